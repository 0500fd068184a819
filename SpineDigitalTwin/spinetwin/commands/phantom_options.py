"""The options of `spinetwin phantom`: from words on the command line to parameters of the phantom."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from ..errors import ParameterError
from .common import path_of
from .phantom_scan import LABELS, MODALITIES, Scan

if TYPE_CHECKING:
    from ..geometry import FloatArray
    from ..phantom import Curve, Spine

    Measured: TypeAlias = dict[int, FloatArray]

_POSTURE = ("cobb", "apex", "side", "curve", "lenke", "lordosis", "kyphosis", "pelvic_incidence")
"""Options that describe a posture."""

_USUAL_COBB = 45.0
_OTHER_SIDE = {"left": "right", "right": "left"}


def add_options(phantom: argparse.ArgumentParser) -> None:
    """Tell the parser about the options, in the groups of the help text."""
    _add_person(phantom.add_argument_group("person"))
    _add_posture(phantom.add_argument_group("posture, in degrees"))
    _add_scan(phantom.add_argument_group("scan"))


def _add_person(person: argparse._ArgumentGroup) -> None:
    person.add_argument("--seed", type=int, metavar="N", help="draw a person; without it the mean one. Same seed, same bytes")
    person.add_argument("--sex", metavar="SEX", help="f or m (default: the mean of both)")
    person.add_argument("--height-cm", type=float, metavar="CM", help="stature (default: the mean of that sex)")
    person.add_argument("--ribs", action="store_true", help="with ribs")
    _add_discs(person)


def _add_discs(person: argparse._ArgumentGroup) -> None:
    person.add_argument(
        "--degeneration",
        type=int,
        metavar="GRADE",
        help="Pfirrmann grade of all discs, 1-5: their height, and their signal in MR",
    )
    person.add_argument(
        "--grade", action="append", default=[], metavar="DISC=GRADE", help="Pfirrmann grade of one disc, such as L4/5=4"
    )


def _add_posture(posture: argparse._ArgumentGroup) -> None:
    posture.add_argument("--cobb", type=float, metavar="ANGLE", help="Cobb angle of a scoliotic curve, or of the largest one")
    posture.add_argument("--apex", metavar="LEVEL", help="its apex (default: T8)")
    posture.add_argument("--side", metavar="SIDE", help="where its convexity points: right (default) or left")
    posture.add_argument("--curve", action="append", metavar="APEX:COBB:SIDE", help="one of several curves, such as L2:30:left")
    posture.add_argument("--lenke", type=int, metavar="TYPE", help="the curves of Lenke type 1 to 6, the largest one of --cobb")
    posture.add_argument("--lordosis", type=float, metavar="ANGLE", help="L1 to S1 (default: 50, or as the pelvis has it)")
    posture.add_argument("--kyphosis", type=float, metavar="ANGLE", help="T1 to T12 (default: 40)")
    posture.add_argument("--pelvic-incidence", type=float, metavar="ANGLE", help="which sets the lordosis if none is given")
    posture.add_argument(
        "--from",
        dest="measured",
        type=path_of,
        metavar="KEYPOINTS.json",
        help="stand as a real spine does, from its key points",
    )
    posture.add_argument(
        "--variant", action="append", default=[], metavar="KIND[:LEVEL[:SIZE]]", help="what is unusual: L6, wedge:L1:0.35, ..."
    )


def _add_scan(scan: argparse._ArgumentGroup) -> None:
    from ..phantom import FIELDS_OF_VIEW

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
    scan.add_argument(
        "--fov", default="whole", metavar="PART", help=f"{', '.join(FIELDS_OF_VIEW)}, or levels such as L1-L5 (default: whole)"
    )
    scan.add_argument("--modality", default=LABELS, metavar="KIND", help=f"{', '.join(MODALITIES)} (default: {LABELS})")
    scan.add_argument(
        "--endplates",
        action="store_true",
        help="label endplates too (62; 200 + n in the map of vertebrae), 1 mm of each disc",
    )
    scan.add_argument("--metal", action="append", default=[], metavar="LEVEL", help="put pedicle screws into the image")


def scan_of(arguments: argparse.Namespace) -> Scan:
    """Return how the spine is looked at."""
    return Scan(
        spacing=tuple(arguments.spacing),
        orientation=arguments.orientation.upper(),
        oblique=arguments.oblique,
        fov=arguments.fov,
        modality=arguments.modality.lower(),
        metal=tuple(arguments.metal),
        endplates=arguments.endplates,
    )


def spine_of(arguments: argparse.Namespace, measured: Measured | None) -> Spine:
    """Build the spine that was asked for.

    Raises
    ------
    ParameterError
        If an option is impossible, or two contradict each other.
    """
    import numpy as np

    from ..phantom import SpineParameters, make_spine, parse_grade, parse_variant

    if arguments.seed is not None and arguments.seed < 0:
        raise ParameterError(f"The seed must not be negative, but it is {arguments.seed}.")
    names = ("sex", "height_cm", "lordosis", "kyphosis", "pelvic_incidence", "degeneration")
    given = {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}
    variants = tuple(parse_variant(text) for text in arguments.variant)
    grades = tuple(parse_grade(text) for text in arguments.grade)
    parameters = SpineParameters(curves=curves_of(arguments), variants=variants, grades=grades, ribs=arguments.ribs, **given)
    return make_spine(parameters, None if arguments.seed is None else np.random.default_rng(arguments.seed), measured)


def measured_of(arguments: argparse.Namespace) -> Measured | None:
    """Read the measured points of a real spine, which leave no room for a posture in words."""
    from ..io import read_keypoints

    if arguments.measured is None:
        return None
    named = [name for name in _POSTURE if getattr(arguments, name) is not None]
    if named:
        option = "--" + named[0].replace("_", "-")
        raise ParameterError(f"A posture is either measured (--from) or described ({option}), not both.")
    return read_keypoints(arguments.measured)


def curves_of(arguments: argparse.Namespace) -> tuple[Curve, ...]:
    """Return the curves of a scoliosis: of a Lenke type, one by its angle, or several one by one."""
    from ..phantom import Curve

    one = {"cobb": arguments.cobb, "apex": arguments.apex, "side": arguments.side}
    named = {name: value for name, value in one.items() if value is not None}
    if arguments.curve and (named or arguments.lenke is not None):
        other = "--lenke" if arguments.lenke is not None else "--cobb"
        raise ParameterError(f"A scoliosis is given by {other} or by --curve, not by both.")
    if arguments.lenke is not None:
        return _lenke(arguments.lenke, **named)
    if arguments.curve:
        return tuple(_curve(text) for text in arguments.curve)
    if named and "cobb" not in named:
        raise ParameterError("--apex and --side describe a curve, which needs its angle.", "Give --cobb too.")
    return (Curve(**named),) if named else ()


def _lenke(kind: int, cobb: float = _USUAL_COBB, apex: str | None = None, side: str | None = None) -> tuple[Curve, ...]:
    """Return the curves of a type; apex and side, if given, are those of its largest curve."""
    from ..phantom import lenke_curves

    curves = list(lenke_curves(kind, cobb))
    largest = max(range(len(curves)), key=lambda place: curves[place].cobb)
    if side is not None and side != curves[largest].side:
        curves = [replace(curve, side=_OTHER_SIDE[curve.side] if side in _OTHER_SIDE else side) for curve in curves]
    if apex is not None:
        curves[largest] = replace(curves[largest], apex=apex)
    return tuple(curves)


def _curve(text: str) -> Curve:
    from ..phantom import Curve

    apex, _, rest = text.partition(":")
    angle, _, side = rest.partition(":")
    try:
        cobb = float(angle)
    except ValueError:
        raise ParameterError(f"--curve takes APEX:COBB:SIDE such as L2:30:left, not {text!r}.") from None
    return Curve(cobb, apex=apex, side=side or "right")
