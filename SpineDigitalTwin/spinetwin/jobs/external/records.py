"""What a worker of ours in another environment shares with the one that started it, beside arrays.

That are the finished stages of the request, and a record of its work: a JSON file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ProgramError

if TYPE_CHECKING:
    from ...segmentation.backends import Stages
    from ..job import Job

RECORD = "record"
"""What it is called among the results."""


def store_option(stages: Stages) -> dict[str, str]:
    """Return the option of a job that tells where the finished stages of its request are."""
    return {"store": str(stages.folder)} if stages.folder is not None else {}


def stages_of(job: Job) -> Stages:
    """Return the finished stages of the request that a job is for."""
    from ...segmentation.backends import Stages

    store = job.options.get("store")
    return Stages(Path(store) if store else None)


def write_record(folder: Path, seconds: Mapping[str, float], stages: Stages, **more: Any) -> dict[str, Path]:
    """Write which parts took how long, which stages were kept by an earlier run, and more; returns it as a result."""
    path = folder / "record.json"
    content = {"seconds": dict(seconds), "reused": list(stages.reused), **more}
    path.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return {RECORD: path}


def read_record(paths: Mapping[str, str], stages: Stages) -> dict[str, Any]:
    """Return what a worker wrote down; the stages hear which of them it has found.

    Raises
    ------
    ProgramError
        If it cannot be read.
    """
    try:
        content = json.loads(Path(paths[RECORD]).read_text(encoding="utf-8"))
        content["seconds"] = {str(name): float(seconds) for name, seconds in content["seconds"].items()}
        reused = tuple(str(each) for each in content["reused"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProgramError("What the worker wrote down of its work cannot be read.", "Try again.") from error
    stages.note(reused)
    return dict(content)
