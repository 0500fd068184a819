"""The raw data sets of both phases, as nnU-Net v2 wants them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from bids import Case
from spinetwin.anatomy import LEVELS
from spinetwin.errors import MapError
from spinetwin.geometry import Grid, LabelMaps
from spinetwin.geometry.resampling import resampled_labels
from spinetwin.io import read_label_maps, read_volume, write_label_map, write_volume
from spinetwin.segmentation.separation.voxels import BODY
from spinetwin.segmentation.two_phase.grey import prepared
from spinetwin.segmentation.two_phase.instances import CLASSES, OFFSET, CutoutSettings, centres_of, cut, start_of, working_grid
from spinetwin.segmentation.two_phase.orientation import Turn

Labels = npt.NDArray[np.uint8]

HERE = Path(__file__).parent
ABOVE, CENTRE, BELOW = "above", "centre", "below"


@dataclass(frozen=True)
class Phase:
    """A row of phases.csv."""

    name: str
    number: int
    title: str
    channel: str
    trainer: str
    configuration: str
    folds: int

    @property
    def folder(self) -> str:
        """What nnU-Net calls the data set."""
        return f"Dataset{self.number:03d}_{self.title}"


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


PHASES: Mapping[str, Phase] = {
    row["phase"]: Phase(
        row["phase"],
        int(row["number"]),
        row["name"],
        row["channel"],
        row["trainer"],
        row["configuration"],
        int(row["folds"]),
    )
    for row in _rows("phases.csv")
}
_LABELS = _rows("labels.csv")


@dataclass(frozen=True)
class Sample:
    """One pair of training: name, input and target on one grid."""

    name: str
    image: npt.NDArray[np.float32]
    labels: Labels
    grid: Grid


def semantic_sample(case: Case, orientation: str, *, bias_correction: bool) -> Sample:
    """Return image and subregions of a case, as phase 1 will be given them.

    Raises
    ------
    SpineTwinError
        If a file cannot be read, or image and maps are on different grids.
    """
    image, grid = read_volume(case.image)
    maps = read_label_maps(case.subregions, case.vertebrae)
    if not maps.grid.same_place(grid):
        raise MapError(
            f"{case.subregions.name} is on another grid than {case.image.name}.", "Resample it with nearest neighbour."
        )
    table = np.zeros(256, dtype=np.uint8)
    for row in _LABELS:
        table[int(row["subregion"])] = int(row["label"])
    turn = Turn.to(orientation, grid)
    values = prepared(image, grid, bias_correction=bias_correction)
    return Sample(case.name, turn.turned(values), turn.turned(table[maps.subregions]), turn.grid(grid))


def instance_samples(maps: LabelMaps, name: str, settings: CutoutSettings) -> Iterator[Sample]:
    """Yield a cutout around each body: what phase 2 sees, and the vertebrae above, in the centre and below."""
    working = working_grid(maps.subregions, maps.grid, settings)
    subregions = resampled_labels(maps.subregions, maps.grid, working)
    vertebrae = resampled_labels(maps.vertebrae, maps.grid, working)
    classes = np.zeros(256, dtype=np.uint8)
    classes[list(CLASSES)] = list(CLASSES.values())
    present = [each for each in LEVELS if each.region != "sacral" and (maps.vertebrae == each.id).any()]
    for at, level in enumerate(present):
        centre = centres_of(maps.vertebrae, np.isin(maps.subregions, BODY), maps.grid, [level.id])
        if not len(centre):
            continue
        target = np.zeros(256, dtype=np.uint8)
        for label, row in ((1, at - 1), (2, at), (3, at + 1)):
            if 0 <= row < len(present):
                target[present[row].id] = label
        start = start_of(working.to_ijk(centre)[0], settings.size)
        seen = cut(classes[subregions], start, settings.size)
        right = np.where(seen > 0, target[cut(vertebrae, start, settings.size)], 0).astype(np.uint8)
        grid = working.crop(start, settings.size)
        yield Sample(f"{name}_{level.name}", seen.astype(np.float32) + OFFSET, right, grid)


def labels_of(phase: Phase) -> dict[str, int]:
    """Return the labels of a phase, for dataset.json."""
    if phase.name == "instance":
        return {"background": 0, ABOVE: 1, CENTRE: 2, BELOW: 3}
    return {"background": 0, **{row["name"]: int(row["label"]) for row in _LABELS}}


def write_sample(folder: Path, sample: Sample) -> None:
    """Write a pair where nnU-Net looks for it."""
    for part in ("imagesTr", "labelsTr"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    write_volume(folder / "imagesTr" / f"{sample.name}_0000.nii.gz", sample.image, sample.grid)
    write_label_map(folder / "labelsTr" / f"{sample.name}.nii.gz", np.asarray(sample.labels), sample.grid)


def write_description(folder: Path, phase: Phase, count: int) -> None:
    """Write dataset.json."""
    content = {
        "channel_names": {"0": phase.channel},
        "labels": labels_of(phase),
        "numTraining": count,
        "file_ending": ".nii.gz",
        "overwrite_image_reader_writer": "SimpleITKIO",
    }
    (folder / "dataset.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def splits(subjects: Mapping[str, Sequence[str]], folds: int, seed: int) -> list[dict[str, list[str]]]:
    """Share samples out to folds by subject, so that nobody is trained on and tested on at once.

    Parameters
    ----------
    subjects : mapping of str to sequence of str
        Samples of each subject.
    folds : int
    seed : int
        Of the order of the subjects.
    """
    order = np.random.default_rng(seed).permutation(sorted(subjects)).tolist()
    used = min(folds, len(order))
    found = []
    for fold in range(used):
        held = set(order[fold::used])
        # of one subject alone, training and testing have to be the same
        train = [each for subject in order if subject not in held or used == 1 for each in subjects[subject]]
        found.append({"train": sorted(train), "val": sorted(each for subject in held for each in subjects[subject])})
    return found
