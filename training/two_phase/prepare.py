"""Make the data sets of both phases from a BIDS-like folder: ``python prepare.py BIDS_FOLDER --out nnUNet_raw``.

Phase 1 is trained on images and subregions; phase 2 on cutouts of the subregion map around each body. Then `train.py` trains.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from bids import find_cases
from datasets import PHASES, instance_samples, semantic_sample, splits, write_description, write_sample
from spinetwin.errors import SpineTwinError
from spinetwin.io import read_label_maps
from spinetwin.segmentation.two_phase.instances import CutoutSettings
from spinetwin.segmentation.two_phase.settings import ModelSettings, write_settings


def main() -> int:
    """Prepare, and say what comes next."""
    options = _options()
    try:
        prepare(options)
    except SpineTwinError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Next: python {Path(__file__).with_name('train.py')} {options.out} --out two-phase-training --device cuda")
    return 0


def prepare(options: argparse.Namespace) -> None:
    """Write both data sets.

    Raises
    ------
    SpineTwinError
        If the folder, or a file in it, cannot be used.
    """
    cutouts = CutoutSettings(tuple(options.cutout), tuple(options.spacing), options.orientation)
    settings = ModelSettings(options.orientation, not options.no_bias_correction, cutouts)
    cases = find_cases(options.folder, options.suffix)
    samples: dict[str, dict[str, list[str]]] = {name: {} for name in PHASES}
    for number, case in enumerate(cases, start=1):
        print(f"{number} of {len(cases)}: {case.name}", flush=True)
        maps = read_label_maps(case.subregions, case.vertebrae)
        pairs = {
            "semantic": [semantic_sample(case, options.orientation, bias_correction=settings.bias_correction)],
            "instance": instance_samples(maps, case.name, cutouts),
        }
        for phase, made in pairs.items():
            for sample in made:
                write_sample(options.out / PHASES[phase].folder, sample)
                samples[phase].setdefault(case.subject, []).append(sample.name)
    for name, phase in PHASES.items():
        folder = options.out / phase.folder
        write_description(folder, phase, sum(map(len, samples[name].values())))
        write_settings(folder, settings)
        content = json.dumps(splits(samples[name], phase.folds, options.seed), indent=1)
        (folder / "splits_final.json").write_text(content + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    usual = CutoutSettings()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="with rawdata and derivatives")
    parser.add_argument("--out", type=Path, required=True, help="nnU-Net's folder of raw data sets")
    parser.add_argument("--suffix", default="T2w", help="contrast of the images")
    parser.add_argument("--cutout", type=int, nargs=3, default=usual.size, metavar="VOXELS", help="size of the cutouts")
    parser.add_argument("--spacing", type=float, nargs=3, default=usual.spacing, metavar="MM", help="of the cutouts")
    parser.add_argument("--orientation", default=usual.orientation, help="where the indices of both networks grow to")
    parser.add_argument("--no-bias-correction", action="store_true", help="leave N4 out")
    parser.add_argument("--seed", type=int, default=0, help="of the split into folds")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
