"""Would the tests notice? Small mistakes in a scenario, and what its tests say to them.

    mutant, trees, operators     the mistakes: each a value with a name that lasts
    workshop                     brings one to life, in place or by compiling anew
    reach, differences           what tests come by, and where a mutant differs from the original
    judging, equivalence         plays the tests against it; proofs that nobody could notice it
    session, cache, telling      a whole run, what is known from earlier ones, what is printed

A mutant is never called equivalent without a proof, and no test is left out that could notice it.
"""
