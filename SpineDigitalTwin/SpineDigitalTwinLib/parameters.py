"""The state of the panel that is saved with the scene."""

import enum
from typing import Annotated

import slicer
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import (
    Decimals,
    Default,
    Maximum,
    Minimum,
    SingleStep,
    WithinRange,
    parameterNodeWrapper,
)
from spinetwin.biomechanics.settings import TABLE as SETTINGS


def _setting(name: str) -> tuple[WithinRange, Default]:
    """Return range and default of a setting of the loads, as its table has them."""
    row = SETTINGS[name]
    return WithinRange(float(row["low"]), float(row["high"])), Default(float(row["value"]))


class Colouring(enum.Enum):
    """What the colour of a segment tells."""

    PART = "part"
    LEVEL = "level"

    def label(self) -> str:
        """Return what the combo box shows."""
        return {"part": _("the part of the vertebra"), "level": _("the level")}[self.value]


class CountFrom(enum.Enum):
    """Where counting of vertebrae begins."""

    TOP = "top"
    SACRUM = "sacrum"

    def label(self) -> str:
        """Return what the combo box shows."""
        return {"top": _("from the top"), "sacrum": _("from the sacrum")}[self.value]


class Sex(enum.Enum):
    """Whose masses and muscle areas are taken."""

    UNKNOWN = ""
    FEMALE = "f"
    MALE = "m"

    def label(self) -> str:
        """Return what the combo box shows."""
        return {"": _("choose"), "f": _("female"), "m": _("male")}[self.value]


@parameterNodeWrapper
class SpineDigitalTwinParameters:
    """What the panel works with.

    Attributes
    ----------
    image : scalar volume
        Shown behind the label maps; they can be made from it.
    backend : str
        What makes them: the name of a backend, or "auto".
    subregions, vertebrae : label map volume
        The two maps that everything is computed from.
    segmentation : segmentation
        That shows them.
    preset : str
        Which parts are shown, a key of `visibility.PRESETS`.
    level : str
        Name of the only level that is shown; "" for all.
    colouring : Colouring
    filled : bool
        Whether parts are filled in slices, or only outlined.
    opacity : float
        Of the filling.
    shown3D : bool
        Whether surfaces are shown in 3D.
    thoracic, lumbar : int
        How many vertebrae the person has.
    countFrom : CountFrom
    cobbShown : bool
        Whether the lines of the Cobb angles are in the views and follow the points.
    profile : str
        Title of the profile that is plotted; "" for the first one that there is.
    loadsSex : Sex
    loadsHeight, loadsWeight : float
        cm and kg; 0 where nobody has said them.
    loadsAge : int
        Years, for files that other programs read; 0 where nobody has said it.
    loadsTask, loadsLigaments, loadsRhythm : str
        Names of a task, of a set of ligament laws, and of a lumbar rhythm.
    loadsStrength, loadsFloor : float
        Stress of a fully active muscle, N/cm2, and least activation of every fascicle.
    loadsPelvis, loadsPower : float
        Part of a flexion that the pelvis makes, and power of the activations whose sum is least.
    loadsLive : bool
        Whether loads follow while points are dragged.
    loadsMuscles : str
        Groups of muscles that are shown in 3D, with commas between.
    loadsStrands : bool
        Whether the ligaments are.
    loadsComputed : bool
        Whether there are loads, which are computed again when the scene is opened.
    filmFrontal, filmLateral : scalar volume
        Radiographs of the standing person.
    filmSdd, filmSod, filmPixel : float
        Distances from the source to the film and to the middle of the patient, and size of a pixel, mm; 0 for what files say.
    filmSlot, filmInverted : bool
        Whether the films were scanned by a slot, and show bone dark.
    filmLevel : str
        Name of the level whose landmarks are placed.
    filmLowest : str
        Name of the lowest vertebra that both films show, from which found landmarks are counted.
    filmOwn : bool
        Whether the patient's own vertebrae, of the label maps, are posed.
    filmCalibrate : bool
        Whether the source of the lateral film is refined from the landmarks.
    filmSilhouettes : bool
        Whether silhouettes are drawn over the films.
    exportName, exportFormat : str
        Of the files that are written.
    """

    image: slicer.vtkMRMLScalarVolumeNode
    backend: Annotated[str, Default("auto")]
    subregions: slicer.vtkMRMLLabelMapVolumeNode
    vertebrae: slicer.vtkMRMLLabelMapVolumeNode
    segmentation: slicer.vtkMRMLSegmentationNode
    preset: Annotated[str, Default("all")]
    level: str
    colouring: Colouring
    filled: Annotated[bool, Default(True)]
    opacity: Annotated[float, WithinRange(0.0, 1.0), Default(0.5)]
    shown3D: Annotated[bool, Default(True)]
    thoracic: Annotated[int, Minimum(11), Maximum(13), Default(12)]
    lumbar: Annotated[int, Minimum(4), Maximum(6), Default(5)]
    countFrom: CountFrom
    cobbShown: bool
    profile: str
    loadsSex: Sex
    loadsHeight: Annotated[float, WithinRange(0.0, 230.0), Decimals(0)]
    loadsWeight: Annotated[float, WithinRange(0.0, 300.0), Decimals(1)]
    loadsAge: Annotated[int, WithinRange(0, 120), Default(0)]
    loadsTask: Annotated[str, Default("standing")]
    loadsLigaments: Annotated[str, Default("stepwise")]
    loadsRhythm: Annotated[str, Default("hess")]
    loadsStrength: Annotated[float, *_setting("strength"), Decimals(0), SingleStep(5.0)]
    loadsFloor: Annotated[float, *_setting("activation_floor"), Decimals(3), SingleStep(0.005)]
    loadsPelvis: Annotated[float, *_setting("pelvis_share"), Decimals(2), SingleStep(0.05)]
    loadsPower: Annotated[float, *_setting("power"), Decimals(0), SingleStep(1.0)]
    loadsLive: bool
    loadsMuscles: str
    loadsStrands: bool
    loadsComputed: bool
    filmFrontal: slicer.vtkMRMLScalarVolumeNode
    filmLateral: slicer.vtkMRMLScalarVolumeNode
    filmSdd: Annotated[float, WithinRange(0.0, 6000.0), Decimals(1), SingleStep(10.0)]
    filmSod: Annotated[float, WithinRange(0.0, 5000.0), Decimals(1), SingleStep(10.0)]
    filmPixel: Annotated[float, WithinRange(0.0, 5.0), Decimals(4), SingleStep(0.01)]
    filmSlot: bool
    filmInverted: bool
    filmLevel: Annotated[str, Default("L3")]
    filmLowest: Annotated[str, Default("L5")]
    filmOwn: bool
    filmCalibrate: bool
    filmSilhouettes: Annotated[bool, Default(True)]
    exportName: Annotated[str, Default("spine")]
    exportFormat: Annotated[str, Default(".nii.gz")]
