"""Private environments: made on request for programs that are too heavy or too particular to live in the same Python.

Nothing of them is imported here; they are started as programs, with nothing of the variables of this process's Python.
"""

from .bars import Bar, bar_of
from .bridge import lend_package
from .child import HangError, Program, run_program
from .folders import home
from .install import install, remove
from .requirements import ENVIRONMENTS
from .state import Environment, State, environment_for, fetched, state_for, state_of
from .variables import clean_variables

__all__ = [
    "ENVIRONMENTS",
    "Bar",
    "Environment",
    "HangError",
    "Program",
    "State",
    "bar_of",
    "clean_variables",
    "environment_for",
    "fetched",
    "home",
    "install",
    "lend_package",
    "remove",
    "run_program",
    "state_for",
    "state_of",
]
