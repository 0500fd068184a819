"""Mechanisms as MuJoCo models (MJCF, ``.xml``): metres, newtons, radians; x to the right, y forward, z up.

Every muscle is a tendon with an actuator of constant strength, every disc the stiffness of three hinges. MuJoCo knows no
strings with a toe, so that the law of a strand is made of tendons side by side, each slack until its piece of the law begins;
strands that are torn in the task are left out. What a muscle resists with at rest is made likewise, along its path. The
keyframe ``task`` has the posture and the activations of the task.

References
----------
MuJoCo 4.0, XML reference: spatial tendons (stiffness, springlength), general actuators, keyframes.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as Xml

import numpy as np

from ..biomechanics.mechanism import Bands, Mechanism
from ..geometry import FloatArray
from .atomic import write_text
from .opensim import ANGLES
from .texts import PathLike

KEYFRAME = "task"
JOINT_SITE = "joint_"
"""Begins the names of the sites in the centres of the joints."""

_METRES, _PER_RADIAN = 1e-3, 180.0 / np.pi
_TINY = 1e-9
"""Added to masses (kg) and inertias (kg m2): no body that moves may have none."""
_MUSCLE, _LIGAMENT = "0.8 0.1 0.1 1", "0.5 0.5 0.5 1"


def write_mjcf(path: PathLike, mechanism: Mechanism) -> None:
    """Write a mechanism as a MuJoCo model.

    Parameters
    ----------
    path : path
        ``.xml``.
    mechanism : Mechanism

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    root = Xml.Element("mujoco", model=mechanism.title)
    root.append(Xml.Comment(" ".join(mechanism.notes).replace("--", "- ")))
    Xml.SubElement(root, "compiler", angle="radian", autolimits="true", inertiafromgeom="false")
    Xml.SubElement(root, "option", gravity=_numbers([0.0, 0.0, -mechanism.gravity]))
    _bodies(Xml.SubElement(root, "worldbody"), mechanism)
    _tendons(Xml.SubElement(root, "tendon"), mechanism)
    _actuators(Xml.SubElement(root, "actuator"), mechanism)
    _keyframe(Xml.SubElement(root, "keyframe"), mechanism)
    Xml.indent(root)
    write_text(path, Xml.tostring(root, encoding="unicode") + "\n")


def _bodies(world: Xml.Element, mechanism: Mechanism) -> None:
    """Nest the bodies: what a body carries is inside it."""
    bodies, sites = mechanism.bodies, _sites(mechanism)
    parent, origin, axes = world, np.zeros(3), np.eye(3)
    for at, name in enumerate(bodies.names):
        place = _numbers(axes @ (bodies.origins[at] - origin) * _METRES)
        parent = Xml.SubElement(parent, "body", name=name, pos=place, quat=_quaternion(axes @ bodies.axes[at].T))
        origin, axes = bodies.origins[at], bodies.axes[at]
        _inertial(parent, mechanism, at)
        _hinges(parent, mechanism, at)
        for site, point in sites[at]:
            Xml.SubElement(parent, "site", name=site, pos=_numbers(axes @ (point - origin) * _METRES), size="0.001")
        _burdens(parent, mechanism, at)


def _inertial(body: Xml.Element, mechanism: Mechanism, at: int) -> None:
    bodies = mechanism.bodies
    axes = bodies.axes[at]
    inertia = axes @ bodies.inertias[at] @ axes.T * _METRES**2 + _TINY * np.eye(3)
    full = [*np.diag(inertia), inertia[0, 1], inertia[0, 2], inertia[1, 2]]
    centre = axes @ (bodies.centres[at] - bodies.origins[at]) * _METRES
    mass = _numbers([max(bodies.kg[at], _TINY)])
    Xml.SubElement(body, "inertial", pos=_numbers(centre), mass=mass, fullinertia=_numbers(full))


def _hinges(body: Xml.Element, mechanism: Mechanism, at: int) -> None:
    """Turn about right, then anterior, then superior, each of which has turned along; the disc resists."""
    joints = mechanism.joints
    if not joints.mobile[at]:
        return
    axes, origin = mechanism.bodies.axes[at], mechanism.bodies.origins[at]
    place = _numbers(axes @ (joints.centres[at] - origin) * _METRES)
    for number, word in enumerate(ANGLES):
        Xml.SubElement(
            body,
            "joint",
            name=f"{joints.names[at]}_{word}",
            type="hinge",
            pos=place,
            axis=_numbers(axes @ joints.axes[at][number]),
            stiffness=_numbers([joints.stiffness[at, number] * _PER_RADIAN]),
        )


def _sites(mechanism: Mechanism) -> list[list[tuple[str, FloatArray]]]:
    """Return names and points (RAS mm) of what is attached to each body."""
    sites: list[list[tuple[str, FloatArray]]] = [
        [(f"{JOINT_SITE}{name}", centre)] for name, centre in zip(mechanism.joints.names, mechanism.joints.centres, strict=True)
    ]
    for held in (mechanism.strings, mechanism.bands, mechanism.resting):
        for name, path_owners, path in zip(held.names, held.owners, held.points, strict=True):
            for number, (owner, point) in enumerate(zip(path_owners, path, strict=True)):
                sites[owner].append((f"{name}_P{number + 1}", point))
    return sites


def _burdens(body: Xml.Element, mechanism: Mechanism, at: int) -> None:
    burdens, axes = mechanism.burdens, mechanism.bodies.axes[at]
    for name, owner, point, kilograms in zip(burdens.names, burdens.owners, burdens.points, burdens.kg, strict=True):
        if owner != at:
            continue
        place = _numbers(axes @ (point - mechanism.bodies.origins[at]) * _METRES)
        held = Xml.SubElement(body, "body", name=name, pos=place)
        inertia = _numbers([_TINY] * 3)
        Xml.SubElement(held, "inertial", pos="0 0 0", mass=_numbers([kilograms]), diaginertia=inertia)


def _tendons(tendons: Xml.Element, mechanism: Mechanism) -> None:
    strings = mechanism.strings
    for name, path in zip(strings.names, strings.points, strict=True):
        _tendon(tendons, name, _path(name, path), _MUSCLE)
    _strands(tendons, mechanism.bands, _LIGAMENT)
    _strands(tendons, mechanism.resting, _MUSCLE)


def _path(name: str, points: FloatArray) -> list[str]:
    return [f"{name}_P{number + 1}" for number in range(len(points))]


def _strands(tendons: Xml.Element, bands: Bands, colour: str) -> None:
    for at, name in enumerate(bands.names):
        if bands.torn[at]:
            continue
        sites = _path(name, bands.points[at])
        for number, (begins, stiffness) in enumerate(_pieces(bands.curves[at], bands.slack_mm[at] * _METRES)):
            tendon = _tendon(tendons, f"{name}_piece{number + 1}", sites, colour)
            tendon.set("stiffness", _numbers([stiffness]))
            tendon.set("springlength", _numbers([0.0, begins]))


def _pieces(curve: FloatArray, slack: float) -> Iterable[tuple[float, float]]:
    """Yield the length (m) from which each piece of a law stiffens the strand, and by how much (N/m)."""
    before = 0.0
    slopes = np.diff(curve[:, 1]) / np.diff(curve[:, 0])
    for strain, slope in zip(curve[:-1, 0], slopes, strict=True):
        yield slack * (1.0 + strain), (slope - before) / slack
        before = slope


def _tendon(tendons: Xml.Element, name: str, sites: list[str], colour: str) -> Xml.Element:
    tendon = Xml.SubElement(tendons, "spatial", name=name, width="0.001", rgba=colour)
    for site in sites:
        Xml.SubElement(tendon, "site", site=site)
    return tendon


def _actuators(actuators: Xml.Element, mechanism: Mechanism) -> None:
    for name, strength in zip(mechanism.strings.names, mechanism.strings.strengths, strict=True):
        Xml.SubElement(
            actuators,
            "general",
            name=name,
            tendon=name,
            ctrlrange=_numbers([mechanism.floor, 1.0]),
            gainprm=_numbers([-strength]),
        )


def _keyframe(keyframe: Xml.Element, mechanism: Mechanism) -> None:
    joints, strings = mechanism.joints, mechanism.strings
    angles = np.radians(joints.angles[joints.mobile]).ravel()
    Xml.SubElement(keyframe, "key", name=KEYFRAME, qpos=_numbers(angles), ctrl=_numbers(strings.forces / strings.strengths))


def _quaternion(rotation: FloatArray) -> str:
    from scipy.spatial.transform import Rotation

    x, y, z, w = Rotation.from_matrix(rotation).as_quat()
    return _numbers([w, x, y, z])


def _numbers(values: Iterable[float] | FloatArray) -> str:
    return " ".join(repr(float(each)) for each in values)
