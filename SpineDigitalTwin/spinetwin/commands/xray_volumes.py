"""`spinetwin xray --transvert`: the standing vertebrae once more, as a network sees them, beside those of the shapes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from ..anatomy import level as level_of
from .common import make_folder

if TYPE_CHECKING:
    from ..xray.networks.volumes import Volume, VolumeNetwork
    from ..xray.standing import Standing

MAP, SURFACES, REPORT = "transvert_vertebrae.nii.gz", "transvert_surfaces", "transvert.json"
"""What is written into the folder."""

TRAINED_ON = "trained on synthetic radiographs"


def write_volumes(folder: Path, standing: Standing, network: VolumeNetwork) -> list[str]:
    """Let the network see every vertebra that the landmarks found, and write map, surfaces and report.

    Returns
    -------
    list of str
        What a person should know, as sentences: a level where the network sees nothing is left out and named.
    """
    from ..io import write_label_map
    from ..io.surfaces import write_surface
    from ..xray.networks.volumes import vertebra_map

    volumes, missing = _seen(standing, network)
    said = [f"The network TransVert ({TRAINED_ON}) has no {level_of(key).name}: {reason}" for key, reason in missing.items()]
    if not volumes:
        return said
    labels, grid = vertebra_map(volumes)
    write_label_map(folder / MAP, labels, grid)
    make_folder(folder / SURFACES)
    for each in volumes:
        write_surface(folder / SURFACES / f"{level_of(each.level).name}.vtp", each.surface)
    alike = _agreement(standing, volumes)
    _write_report(folder / REPORT, network, alike, missing)
    least = min(alike, key=lambda key: alike[key])
    close = f"at least {alike[least]:.2f} ({level_of(least).name})"
    return [*said, f"{MAP} is what a network {TRAINED_ON} sees; its Dice with the reconstruction is {close}."]


def _seen(standing: Standing, network: VolumeNetwork) -> tuple[list[Volume], dict[int, str]]:
    from ..xray.networks.volumes import UNSEEN, volumes_of

    bodies = {start.model.level: start.frame.origin for start in standing.found.starts}
    volumes = volumes_of(standing.found.calibrated(standing.films), bodies, network.run)
    seen = {each.level for each in volumes}
    return volumes, {key: UNSEEN for key in bodies if key not in seen}


def _agreement(standing: Standing, volumes: list[Volume]) -> dict[int, float]:
    """Return the Dice of each volume with the vertebra of the reconstruction."""
    from ..xray.networks.blocks import filled

    found = {each.model.level: each.surface for each in standing.found.vertebrae}
    alike = {}
    for each in volumes:
        other = filled(each.block.voxels(found[each.level].vertices), found[each.level].triangles)
        alike[each.level] = 2.0 * float((each.inside & other).sum()) / float(each.inside.sum() + other.sum())
    return alike


def _write_report(path: Path, network: VolumeNetwork, alike: dict[int, float], missing: dict[int, str]) -> None:
    from ..io.atomic import write_text

    content = {
        "network": f"TransVert, {TRAINED_ON}",
        "trained": network.trained,
        "sha256": network.sha256,
        "dice_on_synthetic_radiographs": dict(network.measured),
        "dice_with_reconstruction": {level_of(key).name: round(value, 3) for key, value in alike.items()},
        "left_out": {level_of(key).name: reason for key, reason in missing.items()},
    }
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
