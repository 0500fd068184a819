"""What the worker is given to compute the loads that are shown once more, and to write them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from SpinePOILib import pointnodes

from ..measures import results
from . import answers, keeping

if TYPE_CHECKING:
    from ..parameters import SpineDigitalTwinParameters
    from .answers import Answer


def files(answer: Answer, name: str, scratch: Path) -> dict[str, Path]:
    """Write the inputs of the step into a folder; returns them by what they are.

    Parameters
    ----------
    answer : Answer
        The loads that are shown, of the points as they are in the scene.
    name : str
        What report and subject are called: that is the name of the file of the points.
    scratch : path
        A folder that is there.

    Raises
    ------
    WriteError
        If a file cannot be written.
    """
    from spinetwin.io import write_pois
    from spinetwin.io.atomic import write_text
    from spinetwin.io.measurements import write_measurements

    made = {"points": scratch / f"{Path(name).name or 'spine'}.mrk.json"}
    write_pois(made["points"], pointnodes.readAll())
    study = results.study(results.NOW)
    if answer.question.muscles.areas and study is not None:
        made["measurements"] = scratch / "measurements.json"
        write_measurements(made["measurements"], study.found, about=study.about)
    kept = keeping.text()
    if kept:
        made["compare"] = scratch / "kept loads" / "loads.json"
        made["compare"].parent.mkdir()
        write_text(made["compare"], kept)
    return made


def options(answer: Answer, parameters: SpineDigitalTwinParameters) -> dict[str, Any]:
    """Return the options of the step, as the form was when these loads were computed."""
    person, task, settings = answer.question.person, answer.question.task, answer.question.settings
    asked = {
        "sex": person.sex,
        "height_cm": person.height_cm,
        "weight_kg": person.weight_kg,
        "task": task.name,
        "strength": settings.strength,
        "activation_floor": settings.activation_floor,
        "pelvis_share": settings.pelvis_share,
        "power": settings.power,
        "ligaments": settings.ligaments,
        "rhythm": settings.rhythm,
        "samples": answers.SAMPLES,
    }
    return asked | ({"age": parameters.loadsAge} if parameters.loadsAge else {})
