"""How long the section Radiographs holds the application up: as `panel_turns.py`, on films of 7.5 million pixels and T1 to L5.

The worker's answer is written beforehand, from the phantom itself: what it costs to compute is another benchmark's question.

Usage: PYTHONPATH=SpineDigitalTwin:SpinePOI:Testing/Hosts:benchmarks python benchmarks/radiograph_turns.py
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
from panel_turns import Clock, application, shown
from slicerhost import desktop
from spinetwin.anatomy import level
from spinetwin.geometry import Grid
from spinetwin.io import write_pois, write_volume
from spinetwin.io.film_forms import write_landmarks
from spinetwin.io.surfaces import write_surface
from spinetwin.phantom import Curve, Spine, SpineParameters, make_spine, truth
from spinetwin.phantom.surfaces import vertebra_surface
from spinetwin.poi import Poi, PoiSet, Status
from spinetwin.xray.cameras import ConeCamera
from spinetwin.xray.synthetic import clicked_landmarks, usual_cameras

SIZE = (2500, 3000)
PIXEL_MM = 0.2


def write_person(folder: Path) -> tuple[Spine, tuple[ConeCamera, ConeCamera]]:
    """Write films, landmarks and the answer of the worker."""
    spine = make_spine(SpineParameters(levels="T1-L5", curves=(Curve(30.0),)))
    spine = spine.transformed(np.eye(3), -np.mean([each.origin for each in spine.frames.values()], axis=0))
    rng = np.random.default_rng(0)
    for view in ("frontal", "lateral"):
        grey = rng.integers(0, 4000, size=(*SIZE, 1), dtype=np.uint16)
        write_volume(folder / f"{view}.mha", grey, Grid(grey.shape, np.eye(4)), packed=False)
    cameras = usual_cameras(SIZE[0], PIXEL_MM)
    write_landmarks(folder / "marks.csv", clicked_landmarks(spine, cameras, rng))
    levels = []
    for key, shape in spine.shapes.items():
        write_surface(folder / f"{level(key).name}.vtp", vertebra_surface(shape, 1.5).placed(spine.frames[key]))
        levels.append(
            {
                "level": level(key).name,
                "reasons": [],
                "residual_mm_of_bone": {"frontal": 1.0, "lateral": 1.0},
                "landmark_mm": 1.0,
                "origin": spine.frames[key].origin.tolist(),
            }
        )
    (folder / "xray.json").write_text(json.dumps({"shapes": "phantom", "levels": levels, "left_out": {}}), encoding="utf-8")
    points = [
        Poi(key, poi, Status.OK, tuple(at.tolist()), source="phantom, standing")
        for (key, poi), at in truth(spine).points.items()
    ]
    write_pois(folder / "points.mrk.json", PoiSet.of(points))
    return spine, cameras


def radiographs(host: ModuleType, clock: Clock, folder: Path) -> None:
    """Press what the section has."""
    from SpineDigitalTwin import SpineDigitalTwinWidget

    spine, _cameras = write_person(folder)
    paths = {level(key).name: str(folder / f"{level(key).name}.vtp") for key in spine.shapes}
    paths |= {"report": str(folder / "xray.json"), "points": str(folder / "points.mrk.json")}
    verdict = SimpleNamespace(result=SimpleNamespace(paths=paths, summary="17 levels standing"))
    with shown(host, SpineDigitalTwinWidget) as widget:
        from SpineDigitalTwinLib.radiographs import marks, vertebrae

        panel = widget.panel.radiographs
        idle = lambda: not (panel.form.busy or panel.busy or panel.view.busy)  # noqa: E731
        for view in ("frontal", "lateral"):
            clock.row(f"load the {view} film", lambda view=view: panel.form.load(view, folder / f"{view}.mha"), idle)
        clock.row("type the size of a pixel", lambda: setattr(widget.ui.pixelBox, "value", PIXEL_MM))
        clock.row("choose a preset", lambda: panel.form._onPreset(1))
        clock.row("load landmarks of 17 levels", lambda: panel.marks.load(folder / "marks.csv"))
        clock.row("choose a level", lambda: panel.marks.chooseLevel("T9"))
        clock.row("choose a landmark", lambda: panel.marks.choose("spinous"))
        film, key = panel.form.films["frontal"], (level("T9").id, "spinous")
        place = marks.pixels(film)[key]
        clock.row("drag a landmark", lambda: marks.put(film, {key: place + 3.0}))
        panel._background.start = lambda *_arguments, **_words: None
        clock.row("write what the worker reads", widget.ui.xrayButton.click, idle)
        clock.row("take 17 vertebrae in, draw their silhouettes", lambda: panel._onFound(verdict, None), idle)
        matrix = np.eye(4)
        matrix[2, 3] = 5.0
        handle = vertebrae.transform(level("T9").id)
        move = host.util.vtkMatrixFromArray(matrix)
        clock.row("move a vertebra by its handle", lambda: handle.SetMatrixTransformToParent(move), idle)
        clock.row("blink to the renderings", widget.ui.blinkButton.click, idle)
        clock.row("blink back", widget.ui.blinkButton.click, idle)
        clock.row("points to Spine POI", widget.ui.standingPointsButton.click)
        clock.row("refresh with nothing new", panel.refresh)
        clock.row("close the scene", lambda: host.mrmlScene.Clear(False))


def main() -> None:
    """Print the table."""
    print(f"{'CPU milliseconds':64s} {'longest':>8s} {'all':>8s} {'turns':>6s}")
    with application() as host, tempfile.TemporaryDirectory() as folder:
        radiographs(host, Clock(host, ""), Path(folder))
        raised = desktop.slots_that_raised()
        if raised:
            raise raised[0]


if __name__ == "__main__":
    main()
