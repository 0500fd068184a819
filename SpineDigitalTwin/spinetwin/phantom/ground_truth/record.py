"""What the truth of a phantom is made of: plain data, which files hold and tests compare with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...geometry import FloatArray, Frame
from ..shape.variants import Variant

__all__ = ["Angles", "CurveAngle", "GroundTruth", "RibTruth", "Sizes", "Variant", "VariantTruth"]

Points = Mapping[tuple[int, int], FloatArray]


@dataclass(frozen=True)
class CurveAngle:
    """A coronal curve as it is measured: from the most tilted vertebra above to the most tilted one below.

    Attributes
    ----------
    upper, lower : str
        Its end vertebrae.
    apex : str
        The vertebra furthest from the line between the middles of the end vertebrae.
    cobb : float
        Angle between the superior endplate of the upper and the inferior endplate of the lower end vertebra, degrees.
    side : str
        "right" or "left": where its convexity points.
    """

    upper: str
    lower: str
    apex: str
    cobb: float
    side: str


@dataclass(frozen=True)
class Angles:
    """Angles of a spine in degrees, seen in the planes of the patient's body; None where a level is not built.

    Attributes
    ----------
    curves : tuple of CurveAngle
        Every coronal curve of at least 10 degrees, compensatory ones too, from the top.
    kyphosis_t1_t12, kyphosis_t4_t12 : float or None
        Superior endplate of T1 (T4) to inferior endplate of T12.
    lordosis_l1_s1 : float or None
        Superior endplate of L1 to that of S1.
    cervical_lordosis_c2_c7 : float or None
        Inferior endplate of C2 to that of C7.
    sacral_slope : float or None
        Endplate of S1 to the horizontal, positive when it falls to the front.
    pelvic_incidence, pelvic_tilt : float or None
        Where the incidence was asked for; the phantom has no hips to measure it at. Tilt and slope add up to it.
    axial_rotation : mapping of level name to float
        How far a vertebra is turned against S1 (against the body where S1 is not built), seen from above; positive when its
        front is turned to the patient's right.
    """

    curves: tuple[CurveAngle, ...]
    kyphosis_t1_t12: float | None
    kyphosis_t4_t12: float | None
    lordosis_l1_s1: float | None
    cervical_lordosis_c2_c7: float | None
    sacral_slope: float | None
    pelvic_incidence: float | None
    pelvic_tilt: float | None
    axial_rotation: Mapping[str, float]


@dataclass(frozen=True)
class Sizes:
    """Dimensions of one vertebra and of the disc below it: mm, degrees, cubic mm; None for what it does not have.

    A rim is where the edge of the body has turned half way from the side to the endplate.

    Attributes
    ----------
    height_front, height_back : float or None
        Between the superior and the inferior rim in the median plane of the body.
    height_middle : float or None
        Through the middle of the body, from endplate to endplate.
    width, depth : float or None
        Through the middle of the body, right to left and front to back.
    superior_width, superior_depth, inferior_width, inferior_depth : float or None
        Between the rims of each endplate.
    superior_tilt_forward, superior_tilt_right, inferior_tilt_forward, inferior_tilt_right : float or None
        By how much each endplate falls to the front and to the right, against the vertebra's own axes.
    canal_width, canal_depth : float or None
        Least distance between the pedicles, and least distance between body and arch in the median plane.
    pedicle_width_right, pedicle_width_left : float or None
        Least side-to-side size of a pedicle between the canal and its outer side; of thoracic and lumbar levels.
    pedicle_height_right, pedicle_height_left : float or None
        Height in the middle of its narrowest place, up to where an articular process begins.
    pedicle_angle_right, pedicle_angle_left : float or None
        Between its axis and the median plane, seen from above; positive where the axis approaches the midline forwards.
    pedicle_tilt_right, pedicle_tilt_left : float or None
        By how much its lower side rises backwards, against the axial plane.
    lamina_thickness_right, lamina_thickness_left : float or None
        Across the wall of the canal, a sixth of the width of the canal beside the midline.
    lamina_height_right, lamina_height_left : float or None
        Of the arch, in the middle of that.
    facet_axial_right, facet_axial_left : float or None
        Direction a superior facet looks in the axial plane: 0 backwards, positive outwards.
    facet_tilt_right, facet_tilt_left : float or None
        How far it looks up.
    transverse_span : float or None
        From tip to tip of the transverse processes, right to left.
    spinous_length, spinous_inclination : float or None
        Of the axis of the spinous process, from the back wall of the canal to the tip; by how much it falls to the back
        (None where it is forked, as in the neck).
    disc_height_front, disc_height_middle, disc_height_back : float or None
        Between the rims, and between the middles, of the endplates that face the disc.
    disc_wedge_forward, disc_wedge_right : float or None
        Angle by which the disc opens to the front and to the right.
    volumes : mapping of str to float
        By name of the subregion; that of the disc below is "intervertebral_disc".
    """

    height_front: float | None = None
    height_middle: float | None = None
    height_back: float | None = None
    width: float | None = None
    depth: float | None = None
    superior_width: float | None = None
    superior_depth: float | None = None
    inferior_width: float | None = None
    inferior_depth: float | None = None
    superior_tilt_forward: float | None = None
    superior_tilt_right: float | None = None
    inferior_tilt_forward: float | None = None
    inferior_tilt_right: float | None = None
    canal_width: float | None = None
    canal_depth: float | None = None
    pedicle_width_right: float | None = None
    pedicle_width_left: float | None = None
    pedicle_height_right: float | None = None
    pedicle_height_left: float | None = None
    pedicle_angle_right: float | None = None
    pedicle_angle_left: float | None = None
    pedicle_tilt_right: float | None = None
    pedicle_tilt_left: float | None = None
    lamina_thickness_right: float | None = None
    lamina_thickness_left: float | None = None
    lamina_height_right: float | None = None
    lamina_height_left: float | None = None
    facet_axial_right: float | None = None
    facet_axial_left: float | None = None
    facet_tilt_right: float | None = None
    facet_tilt_left: float | None = None
    transverse_span: float | None = None
    spinous_length: float | None = None
    spinous_inclination: float | None = None
    disc_height_front: float | None = None
    disc_height_middle: float | None = None
    disc_height_back: float | None = None
    disc_wedge_forward: float | None = None
    disc_wedge_right: float | None = None
    volumes: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class VariantTruth:
    """One variant as it is in one spine.

    Attributes
    ----------
    variant : Variant
        What was asked for.
    measured : mapping of str to float
        What it amounts to; the names end in their unit (``_mm``, ``_deg``) where they have one.
    """

    variant: Variant
    measured: Mapping[str, float]


@dataclass(frozen=True)
class RibTruth:
    """One rib.

    Attributes
    ----------
    head : (3,) array
        Middle of its head, RAS mm.
    tubercle : (3,) array or None
        Middle of its tubercle; None where it has no joint with the transverse process.
    end : (3,) array
        Where its axis ends in front.
    length : float
        Of its axis from head to end, mm.
    """

    head: FloatArray
    tubercle: FloatArray | None
    end: FloatArray
    length: float


@dataclass(frozen=True)
class GroundTruth:
    """Everything that is known of a phantom.

    Attributes
    ----------
    frames : mapping of level id to Frame
        True axes of every level; the origin is the centroid of its body, RAS mm.
    points : mapping of rule set to mapping of (level id, point id) to (3,) array
        RAS mm; a point that does not exist has no key.
    angles : Angles
        Of the whole spine.
    sizes : mapping of level id to Sizes
        Of each level and the disc below it.
    variants : tuple of VariantTruth
        What is unusual, and what it amounts to.
    parameters : mapping of str
        What the phantom was made with, as numbers, texts, lists and mappings: enough to make it again.
    ribs : mapping of level id to mapping of side ("left", "right") to RibTruth
        Of each level that has ribs.
    """

    frames: Mapping[int, Frame]
    points: Mapping[str, Points]
    angles: Angles
    sizes: Mapping[int, Sizes]
    variants: tuple[VariantTruth, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    ribs: Mapping[int, Mapping[str, RibTruth]] = field(default_factory=dict)
