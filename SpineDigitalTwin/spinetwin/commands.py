"""What each subcommand does, in terms of the library."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sized
from contextlib import contextmanager
from pathlib import Path

from .anatomy import level
from .errors import MapError, ParameterError, WriteError
from .geometry import LabelMaps
from .poi import PoiSet, Status

Progress = Callable[[float, str], None]

_MOST_REASONS = 8


def poi(
    subregions: Path,
    vertebrae: Path,
    out: Path,
    *,
    rules: str = "paper",
    levels: Collection[int] | None = None,
    only: Collection[int] | None = None,
    report: Path | None = None,
    quiet: bool = False,
) -> int:
    """Compute the points of two label maps, write them, and draw the report when asked."""
    from .io import check_points_name, write_pois
    from .poi.compute import compute_pois

    check_points_name(out)
    _need_folder(out)
    with progress_bar("points", quiet) as progress:
        maps = _read_maps(subregions, vertebrae)
        try:
            warnings = _warnings(maps)
            points = compute_pois(maps, rules, levels=levels, only=only, progress=progress)
        except MapError as error:
            raise MapError(f"{subregions.name} with {vertebrae.name}: {error.message}", error.hint) from error
    write_pois(out, points)
    print(summary(points))
    for line in (*warnings, *details(points)):
        print(line)
    print(f"Points: {out}")
    if report is not None:
        _report(maps, points, report, title=out.name.split(".")[0], quiet=quiet)
    return 0


def check(subregions: Path, vertebrae: Path) -> int:
    """Print what two label maps hold; 1 when they cannot be used."""
    from .poi.check import check_maps

    found = check_maps(_read_maps(subregions, vertebrae))
    for content in found.levels:
        parts = "complete" if content.complete else "incomplete"
        border = ", reaches the border of the image" if content.touches_border else ""
        print(f"{level(content.level).name:4s} {content.volume / 1000:6.1f} cm³  {parts}{border}")
    for finding in found.findings:
        print(f"{finding.severity.capitalize()}: {finding.text}")
    print("The maps can be used." if found.usable else "The maps cannot be used as they are.")
    return 0 if found.usable else 1


def convert(source: Path, target: Path, space: str | None, like: Path | None) -> int:
    """Read points from one format and write them in another."""
    from .io import read_pois, read_volume, write_pois

    if space == "voxel" and like is None:
        raise ParameterError("Voxel coordinates need an image.", "Name it with --like IMAGE.")
    points = read_pois(source)
    write_pois(target, points, space=space, like=read_volume(like)[1] if like else None)
    print(f"{_count(points.levels, 'level')}, {_count(points, 'point')}: {target}")
    return 0


def demo(out: Path, *, quiet: bool = False) -> int:
    """Make a scoliotic spine, compute its points, write everything into `out` and say where."""
    from .io import write_label_map, write_pois
    from .phantom import SpineParameters, make_spine
    from .poi.compute import compute_pois

    _make_folder(out)
    with progress_bar("spine", quiet) as progress:
        progress(0.0, "shape")
        spine = make_spine(SpineParameters(cobb=25.0))
        maps = spine.voxelise(spine.grid())
        progress(1.0, "done")
    with progress_bar("points", quiet) as progress:
        points = compute_pois(maps, progress=progress)
    write_label_map(out / "subregions.nii.gz", maps.subregions, maps.grid)
    write_label_map(out / "vertebrae.nii.gz", maps.vertebrae, maps.grid)
    write_pois(out / "spine.mrk.json", points)
    print(summary(points))
    print(f"Points for 3D Slicer: {out / 'spine.mrk.json'}")
    _report(maps, points, out / "report", title="Generated spine, Cobb angle 25 degrees", quiet=quiet)
    return 0


def _warnings(maps: LabelMaps) -> list[str]:
    """Return what a person should know of the maps, as lines; maps that cannot be used are refused with the gravest finding."""
    from .poi.check import check_maps

    findings = check_maps(maps).findings
    for finding in findings:
        if finding.severity == "error":
            raise MapError(finding.text, "Correct the maps; `spinetwin check` tells what they hold.")
    return [f"Warning: {finding.text}" for finding in findings if finding.severity == "warning"]


def _read_maps(subregions: Path, vertebrae: Path) -> LabelMaps:
    from .io import read_label_maps

    maps = read_label_maps(subregions, vertebrae)
    for path, array in ((subregions, maps.subregions), (vertebrae, maps.vertebrae)):
        if not array.any():
            raise MapError(
                f"{path.name} is empty: nothing is labelled in it.", "Segment the spine first, or give another file."
            )
    return maps


def _need_folder(file: Path) -> None:
    """Find out before the work, not after it, that the results have no place to go."""
    if not file.parent.exists():
        raise WriteError(f"Cannot write {file}: the folder {file.parent} does not exist.", "Create it first.")


def _refuse_file(folder: Path, option: str) -> None:
    """Say which part of the path of a folder is a file already."""
    in_the_way = next((each for each in (folder, *folder.parents) if each.is_file()), None)
    if in_the_way is not None:
        raise WriteError(f"Cannot make the folder {folder}: {in_the_way} is a file.", f"Choose another with {option}.")


def _make_folder(folder: Path) -> None:
    _refuse_file(folder, "--out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(f"Cannot make the folder {folder}: {error.strerror}.", "Choose another with --out.") from error


def _report(maps: LabelMaps, points: PoiSet, folder: Path, *, title: str, quiet: bool) -> None:
    from .report import write_report

    _refuse_file(folder, "--report")
    with progress_bar("report", quiet) as progress:
        page = write_report(maps, points, folder, title=title, progress=progress)
    print(f"Report: {page.resolve()}")


def summary(points: PoiSet) -> str:
    """Say in one line how many points are ok, suspect and missing."""
    counts = ", ".join(f"{points.count(status)} {status.value}" for status in Status)
    return f"{_count(points.levels, 'level')}, {_count(points, 'point')}: {counts}"


def details(points: PoiSet) -> list[str]:
    """Say where the axes of the vertebrae come from, and why points are suspect or missing, most pressing first."""
    from .report.tables import findings, level_ranges

    sources: dict[str, list[int]] = {}
    for key, frame in points.frames.items():
        sources.setdefault(frame.source, []).append(key)
    lines = [f"Axes of {level_ranges(keys, points.levels)}: {source}" for source, keys in sources.items()]
    reasons: dict[tuple[Status, str, str], int] = {}
    for found in findings(points):
        reason = found.status, found.levels, found.reason
        reasons[reason] = reasons.get(reason, 0) + found.count
    for (status, levels, why), count in list(reasons.items())[:_MOST_REASONS]:
        lines.append(f"{count} {status} at {levels}: {why}")
    if len(reasons) > _MOST_REASONS:
        lines.append(f"and {_count(list(reasons)[_MOST_REASONS:], 'more reason')}; the report tells them all (--report DIR)")
    return lines


def _count(things: Sized, name: str) -> str:
    return f"{len(things)} {name}" + ("" if len(things) == 1 else "s")


@contextmanager
def progress_bar(name: str, quiet: bool = False) -> Iterator[Progress]:
    """Show a bar on standard error; yields a function that takes the fraction done and what is being worked on."""
    from tqdm import tqdm

    with tqdm(
        total=100, desc=name, disable=True if quiet else None, bar_format="{desc} {bar} {percentage:3.0f}% {postfix}"
    ) as bar:

        def show(fraction: float, message: str) -> None:
            bar.set_postfix_str(message, refresh=False)
            bar.update(round(100 * fraction) - bar.n)

        yield show
