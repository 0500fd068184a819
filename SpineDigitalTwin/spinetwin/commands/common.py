"""What several subcommands need: names on the command line, folders, the progress bar, and saying what came out."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ..errors import MapError, WriteError
from ..geometry import LabelMaps
from ..poi import PoiSet, Status

if TYPE_CHECKING:
    Steps: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

Progress = Callable[[float, str], None]

_MOST_REASONS = 8


def path_of(text: str) -> Path:
    """Read a file name; an empty one, such as a shell makes of an unset variable, would mean the current folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the name is empty")
    return Path(text)


def read_maps(subregions: Path, vertebrae: Path) -> LabelMaps:
    """Read the two label maps of one spine; an empty one is refused."""
    from ..io import read_label_maps

    maps = read_label_maps(subregions, vertebrae)
    for path, array in ((subregions, maps.subregions), (vertebrae, maps.vertebrae)):
        if not array.any():
            raise MapError(
                f"{path.name} is empty: nothing is labelled in it.", "Segment the spine first, or give another file."
            )
    return maps


def warnings_of(maps: LabelMaps) -> list[str]:
    """Return what a person should know of the maps, as sentences.

    Raises
    ------
    MapError
        If the maps cannot be used, with the gravest finding.
    """
    from ..poi.check import check_maps

    findings = check_maps(maps).findings
    for finding in findings:
        if finding.severity == "error":
            raise MapError(finding.text, "Correct the maps; `spinetwin check` tells what they hold.")
    return [finding.text for finding in findings if finding.severity == "warning"]


def need_folder(file: Path) -> None:
    """Find out before the work, not after it, that the results have no place to go."""
    if not file.parent.exists():
        raise WriteError(f"Cannot write {file}: the folder {file.parent} does not exist.", "Create it first.")


def refuse_file(folder: Path, option: str) -> None:
    """Say which part of the path of a folder is a file already."""
    in_the_way = next((each for each in (folder, *folder.parents) if each.is_file()), None)
    if in_the_way is not None:
        raise WriteError(f"Cannot make the folder {folder}: {in_the_way} is a file.", f"Choose another with {option}.")


def make_folder(folder: Path) -> None:
    """Make the folder of `--out`, with its parents."""
    refuse_file(folder, "--out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(f"Cannot make the folder {folder}: {error.strerror}.", "Choose another with --out.") from error


def report(maps: LabelMaps, points: PoiSet, folder: Path, *, title: str, quiet: bool) -> None:
    """Draw the report and say where it lies."""
    from ..report import write_report

    refuse_file(folder, "--report")
    with progress_bar("report", quiet) as progress:
        page = write_report(maps, points, folder, title=title, progress=progress)
    print(f"Report: {page.resolve()}")


def summary(points: PoiSet) -> str:
    """Say in one line how many points are ok, suspect and missing."""
    counts = ", ".join(f"{points.count(status)} {status.value}" for status in Status)
    return f"{count(points.levels, 'level')}, {count(points, 'point')}: {counts}"


def details(points: PoiSet) -> list[str]:
    """Say where the axes of the vertebrae come from, and why points are suspect or missing, most pressing first."""
    from ..report.tables import findings, level_ranges

    sources: dict[str, list[int]] = {}
    for key, frame in points.frames.items():
        sources.setdefault(frame.source, []).append(key)
    lines = [f"Axes of {level_ranges(keys, points.levels)}: {source}" for source, keys in sources.items()]
    reasons: dict[tuple[Status, str, str], int] = {}
    for found in findings(points):
        reason = found.status, found.levels, found.reason
        reasons[reason] = reasons.get(reason, 0) + found.count
    for (status, levels, why), number in list(reasons.items())[:_MOST_REASONS]:
        lines.append(f"{number} {status} at {levels}: {why}")
    if len(reasons) > _MOST_REASONS:
        lines.append(f"and {count(list(reasons)[_MOST_REASONS:], 'more reason')}; the report tells them all (--report DIR)")
    return lines


def count(things: Sized, name: str) -> str:
    """Say how many there are: "1 level", "3 levels"."""
    return f"{len(things)} {name}" + ("" if len(things) == 1 else "s")


@contextmanager
def progress_bar(name: str, quiet: bool = False) -> Iterator[Progress]:
    """Show a bar on standard error; yields a function that takes the fraction done and what is being worked on.

    The Python of an application may lack tqdm: there, each thing that is worked on gets a line.
    """
    if quiet or not _has_bars():
        yield _unheard if quiet else _Lines(name).show
        return
    from tqdm import tqdm

    with tqdm(total=100, desc=name, disable=None, bar_format="{desc} {bar} {percentage:3.0f}% {postfix}") as bar:

        def show(fraction: float, message: str) -> None:
            bar.set_postfix_str(message, refresh=False)
            bar.update(round(100 * fraction) - bar.n)

        yield show


def beside_the_bar(text: str) -> None:
    """Say something on standard error while a bar is shown."""
    if _has_bars():
        from tqdm import tqdm

        tqdm.write(text, file=sys.stderr)
    else:
        print(text, file=sys.stderr)


class _Lines:
    """Progress without a bar."""

    def __init__(self, name: str) -> None:
        self._name, self._said = name, ""

    def show(self, fraction: float, message: str) -> None:
        """Say what is worked on, where that is something new."""
        if message != self._said:
            self._said = message
            print(f"{self._name} {100 * fraction:3.0f}% {message}", file=sys.stderr)


def _has_bars() -> bool:
    return importlib.util.find_spec("tqdm") is not None


def _unheard(_: float, __: str) -> None:
    """Take progress that nobody wants."""
