"""The options of `spinetwin phantom`: from words on the command line to parameters of the phantom."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..anatomy import parse_levels
from ..anatomy.tables import read_table
from ..errors import ParameterError

if TYPE_CHECKING:
    from ..geometry import Grid
    from ..phantom import Curve, Spine

MODALITIES = ("labels",)

_DIRECTIONS = {"R": "right", "L": "right", "A": "anterior", "P": "anterior", "S": "superior", "I": "superior"}


@dataclass(frozen=True)
class Scan:
    """How the spine is looked at.

    Attributes
    ----------
    spacing : tuple of float
        Voxel size in mm: one number, or three that follow the letters of `orientation`.
    orientation : str
        The direction in which each array index grows, such as "PIR".
    oblique : float
        Angle of the grid against the patient, degrees.
    fov : str
        Field of view: a row of ``fields_of_view.csv``, or levels such as "L1-L5".
    modality : str
        What the image looks like; "labels" for none.
    """

    spacing: tuple[float, ...] = (1.0,)
    orientation: str = "RAS"
    oblique: float = 0.0
    fov: str = "whole"
    modality: str = "labels"

    def __post_init__(self) -> None:
        if len(self.spacing) not in (1, 3):
            raise ParameterError("--spacing takes one number or three.")
        if self.modality not in MODALITIES:
            raise ParameterError(f"There is no modality {self.modality!r}.", f"Choose one of: {', '.join(MODALITIES)}.")
        if not -45.0 <= self.oblique <= 45.0:
            raise ParameterError(f"The oblique angle must be between -45 and 45 degrees, not {self.oblique:g}.")

    def grid(self, spine: Spine) -> Grid:
        """Return the voxel grid of the scan.

        Raises
        ------
        ParameterError
            If spacing, orientation or field of view are impossible, or the grid would be too large.
        """
        from ..phantom import Spacing

        size = Spacing(**dict(zip(self._directions(), self.spacing * (3 // len(self.spacing)), strict=True)))
        return spine.grid(size, self.orientation, self.oblique, levels=self._levels())

    def _levels(self) -> str | None:
        known = _fields_of_view()
        levels = known.get(self.fov.strip().lower(), self.fov)
        try:
            parse_levels(levels or "C1")
        except ParameterError as error:
            names = ", ".join(known)
            raise ParameterError(
                f"There is no field of view {self.fov!r}.", f"Choose {names}, or levels such as L1-L5."
            ) from error
        return levels or None

    def _directions(self) -> list[str]:
        names = [_DIRECTIONS.get(letter, letter) for letter in self.orientation.upper()]
        if sorted(names) != ["anterior", "right", "superior"]:
            raise ParameterError(f"An orientation is three letters such as RAS or PIR, not {self.orientation!r}.")
        return names


def _fields_of_view() -> dict[str, str]:
    return {row["name"]: row["levels"] for row in read_table("fields_of_view.csv", __package__)}


def add_options(phantom: argparse.ArgumentParser) -> None:
    """Tell the parser about the options, in the groups of the help text."""
    person = phantom.add_argument_group("person")
    person.add_argument("--seed", type=int, metavar="N", help="draw a person; without it the mean one. Same seed, same bytes")
    posture = phantom.add_argument_group("posture, in degrees")
    posture.add_argument("--cobb", type=float, metavar="ANGLE", help="Cobb angle of one scoliotic curve")
    posture.add_argument("--apex", metavar="LEVEL", help="its apex (default: T8)")
    posture.add_argument("--side", metavar="SIDE", help="where its convexity points: right (default) or left")
    posture.add_argument("--curve", action="append", metavar="APEX:COBB:SIDE", help="one of several curves, such as L2:30:left")
    posture.add_argument("--lordosis", type=float, metavar="ANGLE", help="L1 to S1 (default: 50)")
    posture.add_argument("--kyphosis", type=float, metavar="ANGLE", help="T1 to T12 (default: 40)")
    scan = phantom.add_argument_group("scan")
    scan.add_argument(
        "--spacing",
        type=float,
        nargs="+",
        default=[1.0],
        metavar="MM",
        help="voxel size: one number, or three that follow the letters of --orientation, so that with PIR "
        "0.75 0.75 3.3 is a sagittal scan, 0.75 mm to the back, 0.75 mm down, 3.3 mm from slice to slice (default: 1)",
    )
    scan.add_argument("--orientation", default="RAS", metavar="ABC", help="where each array index grows to (default: RAS)")
    scan.add_argument("--oblique", type=float, default=0.0, metavar="ANGLE", help="turn the grid by this angle (default: 0)")
    names = ", ".join(_fields_of_view())
    scan.add_argument("--fov", default="whole", metavar="PART", help=f"{names}, or levels such as L1-L5 (default: whole)")
    scan.add_argument("--modality", default="labels", metavar="KIND", help=f"{', '.join(MODALITIES)} (default: labels)")


def scan_of(arguments: argparse.Namespace) -> Scan:
    """Return how the spine is looked at."""
    return Scan(
        spacing=tuple(arguments.spacing),
        orientation=arguments.orientation,
        oblique=arguments.oblique,
        fov=arguments.fov,
        modality=arguments.modality.lower(),
    )


def spine_of(arguments: argparse.Namespace) -> Spine:
    """Build the spine that was asked for.

    Raises
    ------
    ParameterError
        If an option is impossible, or two contradict each other.
    """
    import numpy as np

    from ..phantom import SpineParameters, make_spine

    if arguments.seed is not None and arguments.seed < 0:
        raise ParameterError(f"The seed must not be negative, but it is {arguments.seed}.")
    given = {name: getattr(arguments, name) for name in ("lordosis", "kyphosis")}
    words = {name: value for name, value in given.items() if value is not None}
    parameters = SpineParameters(curves=curves_of(arguments), **words)
    return make_spine(parameters, None if arguments.seed is None else np.random.default_rng(arguments.seed))


def curves_of(arguments: argparse.Namespace) -> tuple[Curve, ...]:
    """Return the curves of a scoliosis, given by --cobb or by --curve."""
    from ..phantom import Curve

    one = {"cobb": arguments.cobb, "apex": arguments.apex, "side": arguments.side}
    named = {name: value for name, value in one.items() if value is not None}
    if arguments.curve and named:
        raise ParameterError("A scoliosis is given by --cobb or by --curve, not by both.")
    if arguments.curve:
        return tuple(_curve(text) for text in arguments.curve)
    if named and "cobb" not in named:
        raise ParameterError("--apex and --side describe a curve, which needs its angle.", "Give --cobb too.")
    return (Curve(**named),) if named else ()


def _curve(text: str) -> Curve:
    from ..phantom import Curve

    apex, _, rest = text.partition(":")
    angle, _, side = rest.partition(":")
    try:
        cobb = float(angle)
    except ValueError:
        raise ParameterError(f"--curve takes APEX:COBB:SIDE such as L2:30:left, not {text!r}.") from None
    return Curve(cobb, apex=apex, side=side or "right")
