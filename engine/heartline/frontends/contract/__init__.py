"""What every front end keeps to, as a suite for pytest: whoever writes one runs it.

    from heartline.frontends.contract import FrontEndContract

    class TestIrc(FrontEndContract):
        def driver(self) -> IrcDriver:
            return IrcDriver()

The author writes the driver: how somebody sits down there, presses, and what they were sent. The
tests are the suite's.

    driving  what a driver is, and what the suite gives to it
    plays    what the terminal says on the same way, to compare with
    ways     ways to each ending of each scenario that comes with Heartline
    suite    the tests

docs/contract.md says how to use it. pytest is needed here, and nowhere else in the front ends.
"""

from heartline.frontends.contract.driving import Driver, NotThere, Person, Start, Wish, World
from heartline.frontends.contract.suite import FrontEndContract

__all__ = ["Driver", "FrontEndContract", "NotThere", "Person", "Start", "Wish", "World"]
