"""Biomechanics: from points of interest to a multibody model of the trunk, and the loads that it carries.

The model is quasi-static: a chain of rigid vertebrae on ball joints at the discs, a stiff thorax, muscles as strings, discs as
springs, ligaments as strings with a toe region. For research use; see `gates` for when a result is not to be trusted.
"""

from .build import build_model
from .measured import with_measured_areas, with_measured_centroids
from .model import MultibodyModel
from .person import Person
from .results import Interval, Loads, Spread
from .sampling import interval
from .settings import Settings
from .solution import loads
from .tasks import TASKS, Task

__all__ = [
    "TASKS",
    "Interval",
    "Loads",
    "MultibodyModel",
    "Person",
    "Settings",
    "Spread",
    "Task",
    "build_model",
    "interval",
    "loads",
    "with_measured_areas",
    "with_measured_centroids",
]
