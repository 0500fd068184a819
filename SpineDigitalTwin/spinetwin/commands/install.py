"""`spinetwin install`: the private environments of the backends that need one."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..errors import ParameterError
from ..jobs.environments import ENVIRONMENTS, home, install, remove, state_of
from .common import path_of, progress_bar

if TYPE_CHECKING:
    from .common import Steps


def add(steps: Steps) -> None:
    """Tell the parser about the options."""
    parser = steps.add_parser("install", help="install what a backend needs, in a private environment")
    parser.add_argument("name", nargs="?", choices=tuple(ENVIRONMENTS), help="which; without it, what there is")
    parser.add_argument("--repair", action="store_true", help="install it again, whatever its state")
    parser.add_argument("--remove", action="store_true", help="remove it instead")
    parser.add_argument("--python", type=path_of, metavar="PROGRAM", help="the Python it is made from (default: this one)")
    parser.add_argument(
        "--from", dest="wheels", type=path_of, metavar="FOLDER", help="take the packages from wheels there, and fetch nothing"
    )
    parser.add_argument("--offline", action="store_true", help="fetch nothing; refuse what would need it")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """List, install or remove."""
    if arguments.name is None:
        return _list(arguments)
    if arguments.remove:
        print(f"{arguments.name}: removed" if remove(arguments.name) else f"{arguments.name}: was not installed")
        return 0
    with progress_bar("install", arguments.quiet) as progress:
        made = install(
            arguments.name,
            progress,
            base=arguments.python,
            offline=arguments.offline,
            repair=arguments.repair,
            wheels=arguments.wheels,
        )
    named = made.versions(*ENVIRONMENTS[made.name].asked_for)
    print(f"{made.name}: {', '.join(f'{name} {version}' for name, version in named.items())}")
    print(f"Folder: {made.folder}")
    print(f"Python: {made.python}")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    if arguments.remove or arguments.repair:
        raise ParameterError("It is not said which environment.", f"Name one of {', '.join(ENVIRONMENTS)}.")
    print(f"Folder: {home()}")
    for name, needed in ENVIRONMENTS.items():
        print(f"{name} (for {', '.join(needed.backends)}): {state_of(name).reason}")
        print(f"  {needed.fetches}")
    return 0
