"""How good the network that comes with the package is, and what it costs; prints the tables, with what is wanted beside it.

    python benchmarks/embedded.py [--pairs 6] [--scans 8] [--out embedded] [--record]

Nothing here is trained on, and nothing may be set by what the real scans show: they are the test. Pictures of each scan, of
its middle and of its worst slice, are written into the folder, and a page with all of them, index.md; those of real scans stay
there. `--record` writes the mean Dice into the description of the model, from where the program tells it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from embedded_cases import STAGES, Case, cut, large_lumbar, pairs, real, scans
from embedded_page import Row, write_page
from embedded_pictures import draw, worst_place
from spinetwin.anatomy import SubregionId
from spinetwin.errors import SpineTwinError
from spinetwin.geometry import PartialMaps
from spinetwin.io import write_volume
from spinetwin.segmentation.backends import EmbeddedBackend, Request
from spinetwin.segmentation.backends.embedded import MODEL
from spinetwin.segmentation.evaluation import CaseScores, score_case
from spinetwin.segmentation.separation.voxels import BODY, DISC, ENDPLATE, SACRUM

WANTED = {
    "phantoms": {"body": 0.90, "disc": 0.90, "canal": 0.85, "posterior": 0.70},
    "real": {"body": 0.80, "disc": 0.70},
    "recognition": 0.95,
    "seconds": 40.0,
    "megabytes": 2000.0,
}
POSTERIOR = (
    "arch",
    "spinous",
    "costal_left",
    "costal_right",
    "superior_articular_left",
    "superior_articular_right",
    "inferior_articular_left",
    "inferior_articular_right",
)
SHOWN = ("body", "disc", "endplate", "cord", "canal", "sacrum", *POSTERIOR)
PROGRAM = """
import json, resource, sys, time
from pathlib import Path
from spinetwin.cli import main
from spinetwin.jobs import backends
from spinetwin.segmentation.backends import EmbeddedBackend
backends.BACKENDS = (EmbeddedBackend(Path(sys.argv[1])),)
code = main(sys.argv[2:])
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
print(json.dumps([code, time.process_time(), peak]))
"""


@dataclass(frozen=True)
class Result:
    """What became of one case."""

    case: Case
    found: PartialMaps
    scores: CaseScores
    said: str = ""

    def dice(self, structure: str) -> float | None:
        """Return the Dice of a structure in the whole image; None where it is in neither map or not known."""
        chosen = (each for each in self.scores.structures if each.structure == structure and not each.region)
        return next((each.dice for each in chosen if each.reference_mm3 or each.predicted_mm3), None)


def segmented(case: Case, backend: EmbeddedBackend) -> Result:
    """Segment a case and compare it with what is right; no vertebra is a result, too."""
    said = ""
    try:
        made = backend.run(Request(lambda: case.image, case.grid), lambda *_: None)
        found = PartialMaps(case.grid, made.maps.subregions, made.maps.vertebrae)
    except SpineTwinError as error:
        said = str(error)
        nothing = np.zeros(case.grid.shape, np.uint8)
        found = PartialMaps(case.grid, nothing, nothing)
    return Result(case, found, score_case(case.name, _alike(found, case.knows), case.truth), said)


def _alike(found: PartialMaps, knows: str) -> PartialMaps:
    """Return of what was found what can be compared with a truth that knows bodies or discs alone."""
    kinds = {"bodies": BODY, "discs": DISC}.get(knows)
    if kinds is None:
        return found
    vertebrae = np.where(np.isin(found.subregions, kinds), found.vertebrae, 0).astype(np.uint8)
    return PartialMaps(found.grid, None, vertebrae)


def main() -> None:
    """Print the tables."""
    options = _options()
    backend = EmbeddedBackend(options.model)
    options.out.mkdir(parents=True, exist_ok=True)
    cost(options.model)
    of_phantoms = {f"pairs, {each.name}": [segmented(case, backend) for case in pairs(options.pairs, each)] for each in STAGES}
    whole = list(scans(options.scans))
    of_phantoms["scans"] = [segmented(each, backend) for each in whole]
    of_phantoms["cut scans"] = [segmented(cut(each, np.random.default_rng(n)), backend) for n, each in enumerate(whole)]
    phantoms(of_phantoms)
    of_real = [segmented(each, backend) for each in real()]
    on_real(of_real)
    kinds = {"scans": of_phantoms["scans"], "cut scans": of_phantoms["cut scans"], "real": of_real}
    rows = [_row(each, kind, options.out) for kind, results in kinds.items() for each in results]
    print(f"\nEach case with its pictures: {write_page(options.out, rows).resolve()}")
    if options.record:
        record(options.model, of_phantoms, of_real)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=6, help="held-out pairs like those of each stage of the training")
    parser.add_argument("--scans", type=int, default=8, help="scans of random persons")
    parser.add_argument("--model", type=Path, default=MODEL, help="folder of the weights")
    parser.add_argument("--out", type=Path, default=Path("embedded"), help="folder for the pictures")
    parser.add_argument("--record", action="store_true", help="write the mean Dice into model.json")
    return parser.parse_args()


def cost(model: Path) -> None:
    """Print processor time and memory of `spinetwin segment`, in a process of its own."""
    image, grid = large_lumbar()
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "image.nii.gz"
        write_volume(path, image, grid)
        words = ["segment", str(path), "--out", str(Path(name) / "out"), "--backend", "embedded", "--quiet"]
        done = subprocess.run([sys.executable, "-c", PROGRAM, str(model), *words], capture_output=True, text=True, check=True)
    code, seconds, peak = json.loads(done.stdout.splitlines()[-1])
    print("| `spinetwin segment`, lumbar T2w 512x512x16 | measured | wanted |\n|---|---|---|")
    print(f"| CPU-s | {seconds:.1f} | {WANTED['seconds']:.0f} |")
    print(f"| peak MB | {peak:.0f} | {WANTED['megabytes']:.0f} |")
    if code:
        print(f"(it ended with {code})")


def phantoms(results: Mapping[str, list[Result]]) -> None:
    """Print Dice by structure on each kind of phantoms, and how many vertebrae were recognised."""
    print(f"\n| mean Dice (least) | {' | '.join(results)} | wanted |\n|{'---|' * (len(results) + 2)}")
    for name in SHOWN:
        wanted = WANTED["phantoms"].get("posterior" if name in POSTERIOR else name)
        print(f"| {name} | {' | '.join(_mean(each, name) for each in results.values())} | {wanted or ''} |")
    means = (_value(_average(each, name) for name in POSTERIOR) for each in results.values())
    print(f"| posterior parts, mean | {' | '.join(means)} | {WANTED['phantoms']['posterior']} |")
    _instances([*results["scans"], *results["cut scans"]])


def _instances(results: Iterable[Result]) -> None:
    """Print what was recognised. Of a vertebra at the border the image may show the tip of a process and nothing else."""
    print(
        "\n| case | matched / missed / invented | of the missed, no body in the image | RQ (wanted 0.95) | other name | said |"
    )
    print("|---|---|---|---|---|---|")
    total = np.zeros(4, int)
    for each in results:
        found = next(score for score in each.scores.instances if score.family == "vertebra" and not score.region)
        counts = found.matched, found.missed, found.invented
        total += (*counts, without := _without_body(each))
        print(
            f"| {each.case.name} | {' / '.join(map(str, counts))} | {without} | {_number(found.rq)} | {found.renamed} |"
            f" {each.said} |"
        )
    if total.any():
        counts = total[:3]
        print(f"| all | {' / '.join(map(str, counts))} | {total[3]} | {_recognition(counts):.3f} | | |")


def _recognition(counts: np.ndarray) -> float:
    return float(counts[0] / (counts[0] + counts[1:].sum() / 2))


def _without_body(result: Result) -> int:
    """Count the missed vertebrae of which the image shows no voxel of the body."""
    missed = [each.reference for each in result.scores.matches if each.family == "vertebra" and each.predicted is None]
    body = np.isin(np.asarray(result.case.truth.subregions), BODY)
    return len(set(missed) - set(np.unique(np.asarray(result.case.truth.vertebrae)[body]).tolist()))


def on_real(results: list[Result]) -> None:
    """Print Dice of each real scan, and which vertebrae or discs were found.

    Bodies that lie above the first or below the last one that is labelled are no inventions: nobody says what is there.
    """
    print("\n| real scan | known | Dice | with endplates | wanted | found / missed / invented / beyond the labels | said |")
    print("|---|---|---|---|---|---|---|")
    for each in results:
        what = _judged(each)
        known, score = _masks(each)[what], _judged_dice(each)
        counts = _counts(each)
        more = _dice(known[0] | np.isin(each.found.subregions, ENDPLATE), known[1]) if what == "body" else None
        wanted = WANTED["real"][what]
        print(
            f"| {each.case.name} | {each.case.knows} | {_number(score)} | {_number(more)} | {wanted} | {counts} | {each.said} |"
        )


def _judged(result: Result) -> str:
    """Return the structure that a real scan is judged by."""
    return "disc" if result.case.knows == "discs" else "body"


def _judged_dice(result: Result) -> float | None:
    what = _judged(result)
    return result.dice("vertebrae" if result.case.truth.subregions is None and what == "body" else what)


def _counts(result: Result) -> str:
    family = "disc" if result.case.knows == "discs" else "vertebra"
    return " / ".join(map(str, found_missed_invented_beyond(result, family)))


def _row(result: Result, kind: str, folder: Path) -> Row:
    """Draw a case, and return what the page says of it."""
    dice = {name: _dice(*masks) for name, masks in _masks(result).items() if masks[0].any() or masks[1].any()}
    reached = None
    if kind == "real":
        _, missed, invented, _ = map(int, _counts(result).split(" / "))
        reached = (_judged_dice(result) or 0.0) >= WANTED["real"][_judged(result)] and not missed + invented
    words = ", ".join(f"{name} {value:.3f}" for name, value in dice.items())
    return Row(kind, result.case.name, words, _counts(result), reached, result.said, _drawn(result, kind, folder))


def found_missed_invented_beyond(result: Result, family: str) -> tuple[int, int, int, int]:
    """Count what is labelled and was found, or not, and what was found without a label: between labelled ones, and beyond."""
    matches = [each for each in result.scores.matches if each.family == family]
    found = sum(each.reference is not None and each.predicted is not None for each in matches)
    missed = sum(each.predicted is None for each in matches)
    grid, truth = result.case.grid, np.asarray(result.case.truth.vertebrae)
    ours = np.asarray(_alike(result.found, result.case.knows).vertebrae)
    labels = [each.reference for each in matches if each.reference is not None]
    heights = grid.to_ras(np.argwhere(np.isin(truth, labels)))[:, 2]
    strange = [
        float(grid.to_ras(np.argwhere(ours == each.predicted).mean(axis=0))[2]) for each in matches if each.reference is None
    ]
    beyond = sum(not heights.min() < each < heights.max() for each in strange)
    return found, missed, len(strange) - beyond, beyond


def _masks(result: Result) -> Mapping[str, tuple[np.ndarray, np.ndarray]]:
    """Return what was found and what is right of the structures that the truth knows."""
    ours, truth = np.asarray(result.found.subregions), result.case.truth
    if truth.subregions is None:
        name, kinds = ("disc", DISC) if result.case.knows == "discs" else ("body", BODY)
        return {name: (np.isin(ours, kinds), np.asarray(truth.vertebrae) > 0)}
    theirs = np.asarray(truth.subregions)
    canal = (int(SubregionId.CORD), int(SubregionId.CANAL))
    behind = tuple(range(int(SubregionId.ARCH), int(SubregionId.INFERIOR_ARTICULAR_RIGHT) + 1))
    kinds_of = {"body": BODY, "disc": DISC, "canal": canal, "posterior parts": behind, "sacrum": SACRUM}
    return {name: (np.isin(ours, kinds), np.isin(theirs, kinds)) for name, kinds in kinds_of.items()}


def _drawn(result: Result, kind: str, folder: Path) -> list[str]:
    """Write the pictures of a case; returns their names."""
    masks = _masks(result)
    name = "".join(each if each.isalnum() else "_" for each in f"{kind} {result.case.name.split(':')[0]}")
    draw(result.case, result.found, masks, folder / f"{name}.png")
    worst = worst_place(result.case, masks)
    if worst is None:
        return [f"{name}.png"]
    draw(result.case, result.found, masks, folder / f"{name}_worst.png", worst)
    return [f"{name}.png", f"{name}_worst.png"]


def record(model: Path, of_phantoms: Mapping[str, list[Result]], of_real: list[Result]) -> None:
    """Write mean Dice into the description of the model."""
    path = model / "model.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    strange = [each for kind, results in of_phantoms.items() if kind.startswith("pairs") for each in results]
    scanned = of_phantoms["scans"]
    rows = [
        {"on": f"{len(scanned)} scans of phantoms never trained on", "dice": _means(scanned)},
        {"on": f"{len(strange)} phantoms of any contrast never trained on", "dice": _means(strange)},
    ]
    if of_real:
        bodies = [_dice(*_masks(each)["body"]) for each in of_real if "body" in _masks(each)]
        discs = [_dice(*_masks(each)["disc"]) for each in of_real if "disc" in _masks(each)]
        rows.append({"on": f"{len(of_real)} real MR scans", "dice": {"bodies": _mean_of(bodies), "discs": _mean_of(discs)}})
    content["measured"] = [
        {"on": row["on"], "dice": {name: round(value, 3) for name, value in row["dice"].items() if value is not None}}
        for row in rows
    ]
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _means(results: list[Result]) -> dict[str, float | None]:
    return {
        "bodies": _average(results, "body"),
        "discs": _average(results, "disc"),
        "canal": _average(results, "canal"),
        "arches and processes": _mean_of(_average(results, name) for name in POSTERIOR),
    }


def _dice(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(2 * np.count_nonzero(ours & theirs) / max(np.count_nonzero(ours) + np.count_nonzero(theirs), 1))


def _average(results: Iterable[Result], name: str) -> float | None:
    return _mean_of(each.dice(name) for each in results)


def _mean_of(values: Iterable[float | None]) -> float | None:
    known = [each for each in values if each is not None]
    return float(np.mean(known)) if known else None


def _mean(results: list[Result], name: str) -> str:
    known = [value for value in (each.dice(name) for each in results) if value is not None]
    return f"{np.mean(known):.3f} ({min(known):.3f})" if known else "-"


def _value(values: Iterable[float | None]) -> str:
    return _number(_mean_of(values))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    main()
