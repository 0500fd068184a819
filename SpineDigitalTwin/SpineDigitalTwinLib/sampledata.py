"""Spines for Slicer's Sample Data module, made on this machine: nothing is downloaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import slicer
from slicer.i18n import tr as _

from . import volumes

if TYPE_CHECKING:
    from spinetwin.geometry import Grid
    from spinetwin.phantom import Spine

CATEGORY = "Spine Digital Twin"

_SEED = 1


@dataclass(frozen=True)
class Sample:
    """One spine of the list.

    Attributes
    ----------
    name : str
        Shown below its button and given to its nodes.
    thumbnail : str
        File in Resources/Icons.
    part : str
        "" for the whole spine, or a usual field of view of an image, such as "lumbar".
    cobb : float
        Of its thoracic curve, degrees.
    spacing : tuple of float
        Voxel size to the right, to the front and upwards, mm.
    orientation : str
        Storage order.
    modality : str
        Of its image; "" for label maps alone.
    """

    name: str
    thumbnail: str
    part: str
    cobb: float
    spacing: tuple[float, float, float]
    orientation: str
    modality: str

    def options(self) -> dict[str, Any]:
        """Return the options with which the worker makes this sample."""
        options = {"cobb": self.cobb, "spacing": list(self.spacing), "orientation": self.orientation}
        return options | {name: value for name, value in (("part", self.part), ("modality", self.modality)) if value}


SAMPLES = (
    Sample("Straight spine", "SampleStraight.png", "", 0.0, (1.0, 1.0, 1.0), "LPS", ""),
    Sample("Scoliotic spine", "SampleScoliotic.png", "", 45.0, (1.0, 1.0, 1.0), "LPS", ""),
    Sample("Lumbar spine, T2w", "SampleLumbarT2w.png", "lumbar", 0.0, (3.3, 0.75, 0.75), "PIR", "t2w"),
)


def register(icons: Path) -> None:
    """Put all samples on the list of Slicer's Sample Data module; `icons` is the folder of the thumbnails."""
    import SampleData

    for sample in SAMPLES:
        SampleData.SampleDataLogic.registerCustomSampleDataSource(
            category=CATEGORY,
            sampleName=sample.name,
            # Slicer wants one entry of each, also where its own downloader is not used
            uris="",
            fileNames=sample.name,
            nodeNames=sample.name,
            thumbnailFileName=str(icons / sample.thumbnail),
            customDownloader=_onButton,
        )


def _onButton(source: Any) -> list[slicer.vtkMRMLNode]:
    """Make the sample of a button of the Sample Data module."""
    with slicer.util.tryWithErrorDisplay(_("The sample spine could not be made."), waitCursor=True):
        return load(source.sampleName)
    return []


def load(name: str) -> list[slicer.vtkMRMLNode]:
    """Make a sample and add it to the scene: its image if it has one, its two label maps, and its vertebrae in 3D.

    Raises
    ------
    ValueError
        If there is no sample of this name.
    """
    sample = next((each for each in SAMPLES if each.name == name), None)
    if sample is None:
        raise ValueError(f"There is no sample {name!r}; there are: {', '.join(each.name for each in SAMPLES)}.")
    slicer.util.showStatusMessage(_("Making {name}...").format(name=name))
    slicer.app.processEvents()
    spine, grid = _build(sample)
    nodes = _addMaps(sample, spine, grid)
    if sample.modality:
        nodes.insert(0, _addImage(sample, spine, grid))
    _show(nodes)
    slicer.util.showStatusMessage(_("{name}: ready").format(name=name), 3000)
    return nodes


def _build(sample: Sample) -> tuple[Spine, Grid]:
    from spinetwin.phantom import Curve, Spacing, SpineParameters, image_grid, make_spine

    spine = make_spine(SpineParameters(curves=(Curve(sample.cobb),) if sample.cobb else ()))
    spacing = Spacing(*sample.spacing)
    grid = (
        image_grid(spine, sample.part, spacing, sample.orientation) if sample.part else spine.grid(spacing, sample.orientation)
    )
    return spine, grid


def _addMaps(sample: Sample, spine: Spine, grid: Grid) -> list[slicer.vtkMRMLNode]:
    maps = spine.voxelise(grid)
    subregions = volumes.addSubregions(f"{sample.name}, subregions", maps.subregions, grid)
    vertebrae = volumes.addVertebrae(f"{sample.name}, vertebrae", maps.vertebrae, grid)
    surfaces = volumes.addSegmentation(f"{sample.name}, 3D", vertebrae)
    surfaces.CreateClosedSurfaceRepresentation()
    # in slices the subregions are shown, which would be hidden below the same voxels painted by level
    surfaces.GetDisplayNode().SetVisibility2D(False)
    return [subregions, vertebrae, surfaces]


def _addImage(sample: Sample, spine: Spine, grid: Grid) -> slicer.vtkMRMLNode:
    import numpy as np
    from spinetwin.phantom import ImageParameters, render_image

    image = render_image(spine, grid, ImageParameters(modality=sample.modality), np.random.default_rng(_SEED))
    return volumes.addImage(sample.name, image, grid)


def _show(nodes: list[slicer.vtkMRMLNode]) -> None:
    """Show image and subregions in the slice views, and all of it in 3D; without views there is nothing to do."""
    if slicer.app.layoutManager() is None:
        return
    image = next((each for each in nodes if each.GetClassName() == "vtkMRMLScalarVolumeNode"), None)
    subregions = next(each for each in nodes if each.GetClassName() == "vtkMRMLLabelMapVolumeNode")
    slicer.util.setSliceViewerLayers(background=image, label=subregions, labelOpacity=0.4 if image else 1.0, fit=True)
    slicer.util.resetThreeDViews()
