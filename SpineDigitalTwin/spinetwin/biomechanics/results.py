"""What comes out of a simulation: loads of every joint, forces of muscles and ligaments, and how far to trust them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..errors import ParameterError
from ..geometry import FloatArray
from .settings import Settings
from .tasks import Task

RESEARCH_USE = "Research use. Not a medical device: do not base treatment on these numbers."


@dataclass(frozen=True)
class Finding:
    """Why a result must be read with care.

    Attributes
    ----------
    severity : str
        "red" where the result is not to be trusted, "note" for what to know.
    text : str
        As a sentence.
    """

    severity: str
    text: str


@dataclass(frozen=True)
class Loads:
    """Loads of one task.

    Joint k lies below `levels[k]`; its directions are right, anterior and superior half way between the two bodies.

    Attributes
    ----------
    task : Task
    settings : Settings
    levels : tuple of int
        Upper level of each joint, from the lowest one up.
    compression : (n,) array
        Force that presses the two bodies together, N; negative is tension.
    shear_anterior, shear_right : (n,) arrays
        Force that pushes the upper body forward and to the right, N.
    weight : (n,) array
        Part of the compression that the weight above makes, N.
    demand : (n, 3) array
        Moment of the weight about right, anterior and superior, Nm; a negative first component bends forward.
    passive : (n, 3) array
        Moment of disc, ligaments and resting muscles, Nm.
    reserves : (n, 3) array
        Moment that nothing in the model could make, Nm; 0 inside the thorax.
    passive_share : (n,) array
        Part of the flexion moment that bent discs, ligaments and resting muscles balance, without that of discs which give way
        because muscles leave it over; nan where there is hardly a moment.
    in_thorax : (n,) array of bool
        Joints whose moments ribs and sternum carry; their compression is that of the whole section.
    activations, muscle_forces : (m,) arrays
        What the muscles pull with because they are active; the forces in N.
    ligament_forces, ligament_strains : (s,) arrays
        The forces in N; 0 for torn strands.
    findings : tuple of Finding
    multipliers : (k,) array
        Of the optimum; a start for a similar task.
    pressure : (n, 6) array
        Force (N) and moment (Nm) of the pressure in the belly on what is above, about right, anterior and superior.
    yielded : (n, 3) array
        By how much each disc gives way within the uncertainty of its posture, degrees; its moment is part of `passive`.
    left_over : (n, 3) array
        Moment that muscles leave over, Nm: reserve and yielding disc share it.
    left_over_weight : (n, 3) array
        Weight of its square in the optimum, 1/Nm2; 0 inside the thorax.
    resting_forces : (m,) array
        What the muscles pull with however little they are active, because they are long, N.
    """

    task: Task
    settings: Settings
    levels: tuple[int, ...]
    compression: FloatArray
    shear_anterior: FloatArray
    shear_right: FloatArray
    weight: FloatArray
    demand: FloatArray
    passive: FloatArray
    reserves: FloatArray
    passive_share: FloatArray
    in_thorax: npt.NDArray[np.bool_]
    activations: FloatArray
    muscle_forces: FloatArray
    ligament_forces: FloatArray
    ligament_strains: FloatArray
    findings: tuple[Finding, ...]
    multipliers: FloatArray
    pressure: FloatArray = field(default_factory=lambda: np.zeros((1, 6)))
    yielded: FloatArray = field(default_factory=lambda: np.zeros((1, 3)))
    left_over: FloatArray = field(default_factory=lambda: np.zeros((1, 3)))
    left_over_weight: FloatArray = field(default_factory=lambda: np.zeros((1, 3)))
    resting_forces: FloatArray = field(default_factory=lambda: np.zeros(0))

    @property
    def yielding(self) -> FloatArray:
        """Moment (n, 3) that discs make because they give way, Nm."""
        return self.left_over - self.reserves

    @property
    def lacking(self) -> FloatArray:
        """Moment (n, 3) that muscles lack, Nm: reserves, and what discs make beyond the uncertainty of the posture.

        A disc that gives way within that uncertainty replaces no muscle: the person may stand that much differently.
        """
        beyond = np.maximum(np.abs(self.yielded) - self.settings.posture_give, 0.0)
        part = np.divide(beyond, np.abs(self.yielded), out=np.zeros_like(beyond), where=self.yielded != 0.0)
        return np.asarray(self.reserves + part * self.yielding)

    @property
    def trusted(self) -> bool:
        """Whether no gate is red."""
        return all(each.severity != "red" for each in self.findings)


@dataclass(frozen=True)
class PastLoads:
    """What is compared with a result of before, as its file has it.

    Attributes
    ----------
    about : str
        Which result it is, for people.
    task, person : str
        In words.
    levels : tuple of int
        Upper level of each joint.
    compression, shear_anterior, shear_right : (n,) arrays
        N, as `Loads`.
    trusted : bool
    """

    about: str
    task: str
    person: str
    levels: tuple[int, ...]
    compression: FloatArray
    shear_anterior: FloatArray
    shear_right: FloatArray
    trusted: bool


@dataclass(frozen=True)
class Spread:
    """Standard deviations of what a model rests on.

    Attributes
    ----------
    point_mm : float
        Of each coordinate of every point that the model rests on: centres of bodies and joints, and where muscles and
        ligaments attach.
    mass : float
        Of each mass, relative.
    strength : float
        Of each fascicle's strength, relative.

    Raises
    ------
    ParameterError
        If one is out of its range.
    """

    point_mm: float = 1.5
    mass: float = 0.05
    strength: float = 0.15

    def __post_init__(self) -> None:
        if not (0 <= self.point_mm <= 20 and 0 <= self.mass <= 0.5 and 0 <= self.strength <= 0.5):
            raise ParameterError("Spreads must lie in 0 to 20 mm, and in 0 to 0.5 for masses and strengths.")

    def __str__(self) -> str:
        return f"points off by {self.point_mm:g} mm, masses by {self.mass:.0%} and strengths by {self.strength:.0%}"


@dataclass(frozen=True)
class Interval:
    """How far loads spread when points, masses and strengths do.

    Attributes
    ----------
    samples : int
    low, high : mapping of str to (n,) array
        2.5 and 97.5 percent of compression, shear_anterior and shear_right, N.
    spread : Spread
        Of what was drawn.
    """

    samples: int
    low: Mapping[str, FloatArray]
    high: Mapping[str, FloatArray]
    spread: Spread = field(default_factory=Spread)
