"""What `spinetwin simulate` writes for other programs, and how it compares with them."""

from __future__ import annotations

import argparse
import csv
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..anatomy import level
from ..errors import ParameterError
from .common import path_of

if TYPE_CHECKING:
    from ..biomechanics import Loads, MultibodyModel, Settings
    from ..biomechanics.mechanism import Mechanism
    from ..jobs.engines.cross_check import CrossCheck
    from .common import Progress

_ENGINES = ("opensim", "mujoco")
_QUANTITIES = ("muscle_area", "muscle_centroid_right", "muscle_centroid_anterior")
OLDEST = 120.0
_COLUMNS = ("compression N", "shear forward N", "shear right N", "moment right Nm", "moment anterior Nm", "moment superior Nm")


@dataclass(frozen=True)
class _Export:
    """All that an export may need: folder, model, loads, and what was asked for."""

    folder: Path
    model: MultibodyModel
    found: Loads
    arguments: argparse.Namespace


def add_exports(simulate: argparse.ArgumentParser) -> None:
    """Tell the parser about the options."""
    options = simulate.add_argument_group("other programs")
    options.add_argument("--export", nargs="+", default=[], metavar="FORMAT", help=f"also write: {', '.join(EXPORTS)}")
    options.add_argument("--surfaces", type=path_of, metavar="DIR", help="for --export osim: L4.stl and so on, binary, mm")
    options.set_defaults(meshes="Geometry/")
    options.add_argument("--age", type=float, metavar="YEARS", help="for --export osim-info")
    options.add_argument(
        "--cross-check", metavar="ENGINE", help=f"compute the same model in another engine: {' or '.join(_ENGINES)}"
    )
    options.add_argument(
        "--engine-python", type=path_of, metavar="PROGRAM", help="a Python that has the engine of --cross-check"
    )


def check_exports(arguments: argparse.Namespace, settings: Settings) -> None:
    """Refuse formats, engines and ages that there are not, before anything is computed.

    Raises
    ------
    ParameterError
        With what there is; or if the engine is not installed.
    """
    from ..io.multibody import is_model
    from ..jobs.environments import environment_for

    for each in arguments.export:
        if each not in EXPORTS:
            raise ParameterError(f"There is no format {each!r} to export.", f"Choose from {', '.join(EXPORTS)}.")
    if arguments.age is not None and not 0 <= arguments.age <= OLDEST:
        raise ParameterError(f"The age must be between 0 and {OLDEST:g} years, not {arguments.age:g}.")
    to_engines = arguments.cross_check is not None or {"osim", "mjcf"} & set(arguments.export)
    if settings.abdominal_pressure and to_engines:
        raise ParameterError("No pressure in the belly goes into the models of other engines.", "Give --abdominal-pressure 0.")
    if is_model(arguments.points) and "creator" in arguments.export:
        raise ParameterError(f"{arguments.points.name} holds no landmarks for creator.", "Give the points of interest.")
    if arguments.cross_check is None:
        return
    if arguments.cross_check not in _ENGINES:
        raise ParameterError(
            f"There is no engine {arguments.cross_check!r} to compare with.", f"Choose one of {', '.join(_ENGINES)}."
        )
    if arguments.engine_python is None:
        environment_for(arguments.cross_check)


def export(arguments: argparse.Namespace, model: MultibodyModel, found: Loads) -> None:
    """Write the files that were asked for into the folder of the results.

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    for each in dict.fromkeys(arguments.export):
        EXPORTS[each](_Export(arguments.out, model, found, arguments))


def _osim(wanted: _Export) -> None:
    from ..biomechanics.articulation import mechanism_of
    from ..io.opensim import write_opensim

    mechanism = mechanism_of(wanted.model, wanted.found)
    write_opensim(wanted.folder / "model.osim", mechanism, _meshes(wanted, mechanism))


def _meshes(wanted: _Export, mechanism: Mechanism) -> dict[str, str]:
    """Write the surfaces of vertebrae that are given along the axes of their bodies, and return their files by body."""
    from ..io.opensim import opensim_surface
    from ..io.surfaces import read_stl, write_local_stl

    given = wanted.arguments.surfaces
    if given is None:
        return {}
    folder, bodies = given.parent if given.is_file() else given, mechanism.bodies
    found = {name: path for name in bodies.names if (path := folder / f"{name}.stl").is_file()}
    if not found:
        raise ParameterError(f"{folder} holds no surface of a vertebra of this model.", "Name them by level, such as L4.stl.")
    files = {name: f"{wanted.arguments.meshes}{name}.stl" for name in found}
    for at, name in enumerate(bodies.names):
        if name in found:
            local = opensim_surface(read_stl(found[name]), bodies.origins[at], bodies.axes[at])
            place = wanted.folder / files[name]
            place.parent.mkdir(exist_ok=True)
            write_local_stl(place, local)
    return files


def _mjcf(wanted: _Export) -> None:
    from ..biomechanics.articulation import mechanism_of
    from ..io.mjcf import write_mjcf

    write_mjcf(wanted.folder / "model.xml", mechanism_of(wanted.model, wanted.found))


def _creator(wanted: _Export) -> None:
    from ..io import read_pois
    from ..io.multibody_tables import write_landmarks

    keys, positions = read_pois(wanted.arguments.points).positions()
    write_landmarks(wanted.folder / "landmarks.csv", dict(zip(keys, positions, strict=True)))


def _simpack(wanted: _Export) -> None:
    from ..biomechanics.articulation import mechanism_of
    from ..io.multibody_tables import write_remarks, write_simpack_muscles, write_simpack_points, write_simpack_strands

    mechanism = mechanism_of(wanted.model, wanted.found)
    write_simpack_points(wanted.folder / "simpack_points.csv", mechanism)
    write_simpack_strands(wanted.folder / "simpack_ligaments.csv", mechanism)
    write_simpack_muscles(wanted.folder / "simpack_muscles.csv", mechanism)
    write_remarks(wanted.folder / "simpack_remarks.txt", mechanism)


def _osim_info(wanted: _Export) -> None:
    from ..io.osim_info import write_osim_info

    folder = wanted.arguments.measurements
    measured = {} if folder is None else _measured(folder)
    name = f"sub-{_subject(wanted.arguments.points)}_osim_info.json"
    write_osim_info(wanted.folder / name, wanted.model, measured, wanted.arguments.age)


def _subject(points: Path) -> str:
    """Return whose points they are: ID of sub-ID_..., else the name of the file up to its first point."""
    stem = points.name.partition(".")[0]
    match = re.match(r"sub-([^_]+)", stem)
    return match[1] if match else stem


def _measured(folder: Path) -> dict[tuple[str, str, str, int], float]:
    """Return what was measured of muscles; an iliopsoas is the psoas where the model takes it for one."""
    from ..biomechanics.measured import without_iliacus
    from ..io.measurements import read_measurements

    found = read_measurements(folder / "measurements.json" if folder.is_dir() else folder)
    values = {
        name: {
            (each.part, each.side, each.level): each.value
            for each in found.of(name)
            if each.value is not None and each.level is not None and each.side
        }
        for name in _QUANTITIES
    }
    return {(name, *place): value for name, places in values.items() for place, value in without_iliacus(places).items()}


EXPORTS: Mapping[str, Callable[[_Export], None]] = {
    "osim": _osim,
    "mjcf": _mjcf,
    "creator": _creator,
    "osim-info": _osim_info,
    "simpack": _simpack,
}
"""What writes each format."""


def compare(arguments: argparse.Namespace, model: MultibodyModel, found: Loads, progress: Progress) -> list[str]:
    """Compute the model in another engine where that was asked for; write both results and return what to say of them.

    Raises
    ------
    SpineTwinError
        If the engine cannot compute it.
    """
    from ..biomechanics.articulation import mechanism_of
    from ..io.atomic import write_text
    from ..io.multibody_tables import write_remarks
    from ..jobs.engines.cross_check import cross_check

    if arguments.cross_check is None:
        return []
    checked = cross_check(model, found, arguments.cross_check, progress, arguments.engine_python)
    table = arguments.out / f"cross_check_{arguments.cross_check}.csv"
    write_text(table, _table(checked))
    write_remarks(table.with_name(f"{table.stem}_remarks.txt"), mechanism_of(model, found))
    return _lines(checked)


def _table(checked: CrossCheck) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    optimum = [f"{name} at its optimum" for name in _COLUMNS[:3]]
    writer.writerow(["joint below", *(f"{name} {who}" for name in _COLUMNS for who in ("here", checked.version)), *optimum])
    for at in reversed(range(len(checked.levels))):
        pairs = zip(checked.ours[at], checked.theirs[at], strict=True)
        values = [value for pair in pairs for value in pair] + list(checked.optimum[at])
        writer.writerow([level(checked.levels[at]).name, *(f"{value:.6f}" for value in values)])
    return text.getvalue()


def _lines(checked: CrossCheck) -> list[str]:
    lines = [f"Compression here and in {checked.version}, under the same forces of the muscles and at its own optimum:"]
    for at in reversed(range(len(checked.levels))):
        values = f"{checked.ours[at, 0]:.1f}, {checked.theirs[at, 0]:.1f}, {checked.optimum[at, 0]:.1f} N"
        lines.append(f"Below {level(checked.levels[at]).name}: {values}")
    under = f"{checked.force_difference:.2g} N and {checked.moment_difference:.2g} Nm"
    lines.append(f"Largest difference: {under} under the same muscles, {checked.optimum_difference:.2g} N between the optima")
    return lines
