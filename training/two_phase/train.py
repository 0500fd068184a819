"""Train both phases by nnU-Net v2: ``python train.py nnUNet_raw --out FOLDER``; ``--dry-run`` prints what would be done.

At the end FOLDER/models holds the folders `semantic` and `instance` for ``SPINETWIN_MODELS``. It may be stopped at any time:
the same command goes on where it was, from the last state that nnU-Net has saved of the fold. Needs torch and nnunetv2.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from datasets import PHASES, Phase

PLANS = "nnUNetPlans"


def main() -> None:
    """Plan, preprocess, train every fold, and put the models where they are found."""
    options = _options()
    if options.whole_patch is not None:
        see_cutouts_whole(options.whole_patch, options.raw / PHASES["instance"].folder / "spinetwin.json")
        return
    raw, out = options.raw.absolute(), options.out.absolute()
    variables = {
        "nnUNet_raw": str(raw),
        "nnUNet_preprocessed": str(out / "preprocessed"),
        "nnUNet_results": str(out / "results"),
    }
    for name in options.phases:
        phase = PHASES[name]
        if not _is_newer(_stamp(phase, out), raw / phase.folder / "dataset.json"):
            _run(preparing(phase, options, out), variables, dry=options.dry_run)
            if not options.dry_run:
                _finish_preparing(phase, raw, out)
        if options.plan_only:
            continue
        _run(training(phase, options, out), variables, dry=options.dry_run)
        if not options.dry_run:
            _collect(phase, raw, out, options.trainer)


def _run(commands: Iterable[list[str]], variables: dict[str, str], *, dry: bool) -> None:
    for command in commands:
        print(" ".join(shlex.quote(each) for each in command), flush=True)
        if dry:
            continue
        done = subprocess.run(command, env={**os.environ, **variables}, check=False)  # noqa: S603 - our own commands
        if done.returncode:
            raise SystemExit(f"It ended with {done.returncode}. The same command goes on from here.")


def preparing(phase: Phase, options: argparse.Namespace, out: Path) -> Iterator[list[str]]:
    """Yield the commands that plan a phase and preprocess its data set."""
    here, number = [sys.executable, str(Path(__file__).absolute())], str(phase.number)
    entry = "from nnunetv2.experiment_planning.plan_and_preprocess_entrypoints import {0}; {0}()"
    workers = str(options.processes)
    plan_first = [sys.executable, "-c", entry.format("plan_and_preprocess_entry"), "-d", number, "-npfp", workers]
    preprocess = ["-c", phase.configuration, "-np", workers]
    if phase.name != "instance":
        yield [*plan_first, *preprocess]
        return
    yield [*plan_first, "--no_pp"]
    plan = out / "preprocessed" / phase.folder / f"{PLANS}.json"
    yield [*here, str(options.raw.absolute()), "--out", str(out), "--whole-patch", str(plan)]
    yield [sys.executable, "-c", entry.format("preprocess_entry"), "-d", number, *preprocess]


def training(phase: Phase, options: argparse.Namespace, out: Path) -> Iterator[list[str]]:
    """Yield the commands that train the folds of a phase: those that are not finished, each from where it was stopped.

    What was trained before the data set was prepared anew does not count.
    """
    train = str(Path(__file__).absolute().with_name("run_training.py"))
    for fold in range(phase.folds) if options.folds is None else options.folds:
        place = out / "results" / phase.folder / _model_name(phase, options.trainer) / f"fold_{fold}"
        # written last, after the validation
        if _is_newer(place / "validation" / "summary.json", _stamp(phase, out)):
            continue
        begun = any(_is_newer(each, _stamp(phase, out)) for each in place.glob("checkpoint_*.pth"))
        yield [
            *(sys.executable, train, str(phase.number), phase.configuration, str(fold)),
            *("-tr", options.trainer or phase.trainer, "-device", options.device, *(["--c"] if begun else [])),
        ]


def _stamp(phase: Phase, out: Path) -> Path:
    """Return the file that says since when the data set of a phase is prepared."""
    return out / "preprocessed" / phase.folder / "prepared"


def _is_newer(file: Path, than: Path) -> bool:
    return file.exists() and than.exists() and file.stat().st_mtime_ns >= than.stat().st_mtime_ns


def _model_name(phase: Phase, trainer: str | None) -> str:
    return f"{trainer or phase.trainer}__{PLANS}__{phase.configuration}"


def see_cutouts_whole(plan: Path, settings: Path) -> None:
    """Let a plan see each cutout at once: in a part of one nobody knows which vertebra is the one in the centre.

    Parameters
    ----------
    plan : Path
        nnU-Net's plans.json, which is changed.
    settings : Path
        The spinetwin.json of the data set.
    """
    from nnunetv2.experiment_planning.experiment_planners.network_topology import get_pool_and_conv_props

    said = json.loads(settings.read_text(encoding="utf-8"))
    content = json.loads(plan.read_text(encoding="utf-8"))
    turn = content["transpose_forward"]
    # nnU-Net counts k, j, i, and turns that
    size, spacing = ([said[name][::-1][axis] for axis in turn] for name in ("cutout", "spacing"))
    configuration = content["configurations"]["3d_fullres"]
    _, strides, kernels, patch, _ = get_pool_and_conv_props(spacing, size, 4, 999999)
    settings_of_network = configuration["architecture"]["arch_kwargs"]
    usual, stages = settings_of_network["features_per_stage"], len(strides)
    settings_of_network |= {
        "n_stages": stages,
        "strides": [list(map(int, each)) for each in strides],
        "kernel_sizes": [list(map(int, each)) for each in kernels],
        "features_per_stage": [usual[min(each, len(usual) - 1)] for each in range(stages)],
        "n_conv_per_stage": [2] * stages,
        "n_conv_per_stage_decoder": [2] * (stages - 1),
    }
    configuration |= {"patch_size": [int(each) for each in patch], "spacing": spacing, "batch_size": 2}
    plan.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _finish_preparing(phase: Phase, raw: Path, out: Path) -> None:
    """Let nnU-Net find the folds, and remember that all is there."""
    folder = out / "preprocessed" / phase.folder
    shutil.copy(raw / phase.folder / "splits_final.json", folder / "splits_final.json")
    _stamp(phase, out).touch()


def _collect(phase: Phase, raw: Path, out: Path, trainer: str | None) -> None:
    """Copy what nnU-Net has trained, without its logs, beside what the network expects."""
    name = _model_name(phase, trainer)
    source, target = out / "results" / phase.folder / name, out / "models" / phase.name / name
    shutil.rmtree(target, ignore_errors=True)
    folds = (each for each in source.glob("fold_*/checkpoint_final.pth") if _is_newer(each, _stamp(phase, out)))
    for file in (*source.glob("*.json"), *folds):
        place = target / file.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place)
    shutil.copy(raw / phase.folder / "spinetwin.json", target / "spinetwin.json")
    print(f"{phase.name}: {target}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("raw", type=Path, help="folder that prepare.py has made")
    parser.add_argument("--out", type=Path, required=True, help="for what nnU-Net makes, and the models")
    parser.add_argument("--phases", nargs="+", choices=tuple(PHASES), default=list(PHASES))
    parser.add_argument("--folds", nargs="+", type=int, help="instead of all")
    parser.add_argument("--trainer", help="instead of that in phases.csv, such as nnUNetTrainer_250epochs_NoMirroring")
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu", "mps"))
    parser.add_argument("--processes", type=int, default=2, help="that read cases at a time (default: %(default)s)")
    parser.add_argument("--plan-only", action="store_true", help="stop before the training")
    parser.add_argument("--dry-run", action="store_true", help="print the commands only")
    parser.add_argument("--whole-patch", type=Path, metavar="PLANS", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
