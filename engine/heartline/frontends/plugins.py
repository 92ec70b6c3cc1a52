"""Front ends are found by their entry points, and set up by texts.

    [project.entry-points."heartline.frontends"]
    irc = "my_package.irc:Irc"

The keywords of the class are its settings: `heartline run ... --on irc,server=example.org` sets
one. What is not given there is taken from the environment, as in HEARTLINE_IRC_SERVER, so that no
secret need stand in a command.
"""

from __future__ import annotations

import inspect
import os
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from heartline.diagnostics import did_you_mean
from heartline.errors import CallerError, HeartlineError
from heartline.frontends.protocol import FrontEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

__all__ = ["GROUP", "known", "make"]

GROUP = "heartline.frontends"


def known() -> list[str]:
    """The names of the front ends that are installed."""
    return sorted({each.name for each in entry_points(group=GROUP)})


def make(asked: str, environ: Mapping[str, str] | None = None) -> FrontEnd:
    """The front end that `asked` names, with its settings: NAME or NAME,SETTING=VALUE,...

    Raises CallerError where there is none of that name, a setting is unknown or missing, or it
    cannot be set up.
    """
    name, *pairs = asked.split(",")
    maker = _maker(name)
    given = dict(_pair(name, pair) for pair in pairs)
    settings = _settings(name, maker, given, os.environ if environ is None else environ)
    try:
        front_end = maker(**settings)
    except HeartlineError:
        raise
    except ImportError as error:
        raise _unloaded(name, error) from error
    except (ValueError, OSError) as error:
        raise CallerError(f"The front end {name} cannot be set up: {error}") from error
    if not isinstance(front_end, FrontEnd):
        raise CallerError(
            f"What is installed as the front end {name} is none: it lacks name, capabilities, run "
            "or deliver."
        )
    return front_end


def _maker(name: str) -> Callable[..., Any]:
    found = list(entry_points(group=GROUP, name=name))
    if not found:
        names = known()
        raise CallerError(
            f"There is no front end {name[:40]!r}: "
            + (did_you_mean(name, names) or f"there are {', '.join(names) or 'none'}.")
        )
    try:
        maker: Callable[..., Any] = found[0].load()
    except (ImportError, AttributeError) as error:
        raise _unloaded(name, error) from error
    return maker


def _unloaded(name: str, error: Exception) -> CallerError:
    """Why a front end cannot be had; of one of ours a package is missing that its extra brings."""
    missing = (getattr(error, "name", None) or "").partition(".")[0]
    ours = any(each.value.startswith("heartline.") for each in entry_points(group=GROUP, name=name))
    if isinstance(error, ImportError) and ours and missing not in ("", "heartline"):
        return CallerError(
            f"The front end {name} needs the package {missing}, which is not installed: "
            f"pip install 'heartline[{name}]'."
        )
    return CallerError(f"The front end {name} cannot be loaded: {error}.")


def _pair(name: str, pair: str) -> tuple[str, str]:
    key, equals, value = pair.partition("=")
    if not key or not equals:
        raise CallerError(
            f"{pair[:40]!r} is no setting of {name}: write NAME,SETTING=VALUE, with a comma "
            "between two."
        )
    return key.strip().replace("-", "_"), value


def _settings(
    name: str, maker: Callable[..., Any], given: Mapping[str, str], environ: Mapping[str, str]
) -> dict[str, str]:
    settings = dict(given)
    parameters = inspect.signature(maker).parameters
    for key in given:
        if key not in parameters:
            raise CallerError(
                f"The front end {name} has no setting {key[:40]!r}: "
                + (did_you_mean(key, parameters) or f"it has {', '.join(parameters) or 'none'}.")
            )
    for key, parameter in parameters.items():
        variable = f"HEARTLINE_{name}_{key}".upper().replace("-", "_")
        if key not in settings and variable in environ:
            settings[key] = environ[variable]
        if key not in settings and parameter.default is parameter.empty:
            raise CallerError(
                f"The front end {name} needs the setting {key}: put it into {variable}, or write "
                f"--on {name},{key}=..."
            )
    return settings
