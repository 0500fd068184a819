"""Mechanisms as OpenSim 4 models (``.osim``): metres, newtons, radians; x forward, y up, z to the right.

Every muscle is a `RigidTendonMuscle` whose curves are constant, which is the string of constant strength that it is in the
model; its fibre is as long as the whole path. Every disc is a `BushingForce`, every strand a `Ligament` with a law in straight
pieces that ends where the strand tears, and what a muscle resists with at rest one more `Ligament` along its path. There is no
wrapping. The default posture is that of the task.

References
----------
OpenSim 4.6, API reference: CustomJoint, BushingForce, Ligament, RigidTendonMuscle.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as Xml

import numpy as np

from ..biomechanics.mechanism import Bands, Mechanism
from ..geometry import FloatArray
from ..geometry.surfaces import Surface
from .atomic import write_text
from .texts import PathLike

OPENSIM_AXES = (1, 2, 0)
"""Which of right, anterior and superior are OpenSim's x, y and z."""
RESERVE = "reserve_"
"""Begins the names of the actuators that make what no muscle can."""
ANGLES = ("FE", "LB", "AR")
"""Flexion (negative) and extension, lateral bending, axial rotation: about right, anterior, superior."""

_FORBIDDEN = re.compile(r"[\s\\*+/]")
_VERSION = "40600"
_ORDER = ("right", "anterior", "superior")
_METRES, _PER_RADIAN = 1e-3, 180.0 / np.pi
_RANGE = np.pi / 2
_TEAR = 1e-6
"""Relative length over which a torn strand loses its tension."""
_WIDEST = 10.0
"""Times the length at which it tears: to where the law of a strand is told."""


@dataclass(frozen=True)
class _Frame:
    """A frame in ground: origin (3,) in m and columns x, y, z."""

    origin: FloatArray
    axes: FloatArray

    def local(self, point: FloatArray) -> FloatArray:
        return np.asarray(self.axes.T @ (point - self.origin))


def write_opensim(path: PathLike, mechanism: Mechanism, meshes: Mapping[str, str] | None = None) -> None:
    """Write a mechanism as an OpenSim model.

    Parameters
    ----------
    path : path
        ``.osim``.
    mechanism : Mechanism
    meshes : mapping of str to str, optional
        File of the surface of a body by its name, in metres along the axes of the body.

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    document = Xml.Element("OpenSimDocument", Version=_VERSION)
    document.append(_model(mechanism, meshes or {}))
    Xml.indent(document)
    write_text(path, Xml.tostring(document, encoding="unicode", xml_declaration=False) + "\n")


def _model(mechanism: Mechanism, meshes: Mapping[str, str]) -> Xml.Element:
    model = Xml.Element("Model", name=component_name(mechanism.title))
    _text(model, "credits", " ".join(mechanism.notes))
    _text(model, "gravity", _numbers([0.0, -mechanism.gravity, 0.0]))
    _text(model, "length_units", "meters")
    _text(model, "force_units", "N")
    frames = [_frame(*pair) for pair in zip(mechanism.bodies.origins, mechanism.bodies.axes, strict=True)]
    _set(model, "BodySet", [*_bodies(mechanism, frames, meshes), *_burdens(mechanism)])
    _set(model, "JointSet", [*_joints(mechanism, frames), *_welds(mechanism, frames)])
    strands = [
        each for bands in (mechanism.bands, mechanism.resting) for each in _strands(bands, mechanism.bodies.names, frames)
    ]
    forces = [*_discs(mechanism), *_muscles(mechanism, frames), *strands, *_reserves(mechanism)]
    _set(model, "ForceSet", forces)
    return model


def component_name(text: str) -> str:
    """Return a name as OpenSim allows it: without spaces and path signs."""
    return _FORBIDDEN.sub("_", text)


def opensim_points(points: FloatArray) -> FloatArray:
    """Return points or directions (..., 3), RAS mm, in OpenSim's ground, m."""
    return np.asarray(points)[..., OPENSIM_AXES] * _METRES


def opensim_surface(surface: Surface, origin: FloatArray, axes: FloatArray) -> Surface:
    """Return a surface (RAS mm) along the axes of its body, m.

    Parameters
    ----------
    surface : Surface
    origin : (3,) array
        Of the body, RAS mm.
    axes : (3, 3) array
        Rows right, anterior, superior.
    """
    return Surface(opensim_points((surface.vertices - origin) @ axes.T), surface.triangles)


def _frame(origin: FloatArray, axes: FloatArray) -> _Frame:
    return _Frame(opensim_points(origin), axes[np.ix_(OPENSIM_AXES, OPENSIM_AXES)].T)


def _bodies(mechanism: Mechanism, frames: list[_Frame], meshes: Mapping[str, str]) -> Iterable[Xml.Element]:
    bodies = mechanism.bodies
    for at, (name, frame) in enumerate(zip(bodies.names, frames, strict=True)):
        along = bodies.inertias[at][np.ix_(OPENSIM_AXES, OPENSIM_AXES)] * _METRES**2
        inertia = frame.axes.T @ along @ frame.axes
        body = _body(name, bodies.kg[at], frame.local(opensim_points(bodies.centres[at])), inertia)
        if name in meshes:
            _mesh(body, name, meshes[name])
        yield body


def _body(name: str, kilograms: float, centre: FloatArray, inertia: FloatArray) -> Xml.Element:
    body = Xml.Element("Body", name=name)
    _text(body, "mass", _numbers([kilograms]))
    _text(body, "mass_center", _numbers(centre))
    _text(body, "inertia", _numbers([*np.diag(inertia), inertia[0, 1], inertia[0, 2], inertia[1, 2]]))
    return body


def _mesh(body: Xml.Element, name: str, file: str) -> None:
    mesh = Xml.SubElement(Xml.SubElement(body, "attached_geometry"), "Mesh", name=f"{name}_surface")
    _text(mesh, "socket_frame", "..")
    _text(mesh, "scale_factors", "1 1 1")
    _text(mesh, "mesh_file", file)


def _burdens(mechanism: Mechanism) -> Iterable[Xml.Element]:
    for name, kilograms in zip(mechanism.burdens.names, mechanism.burdens.kg, strict=True):
        yield _body(name, kilograms, np.zeros(3), np.zeros((3, 3)))


def _joints(mechanism: Mechanism, frames: list[_Frame]) -> Iterable[Xml.Element]:
    joints, names = mechanism.joints, mechanism.bodies.names
    grounds = [("/ground", _Frame(np.zeros(3), np.eye(3))), *((f"/bodyset/{a}", b) for a, b in zip(names, frames, strict=True))]
    for at, (name, child) in enumerate(zip(joints.names, names, strict=True)):
        own = _frame(joints.centres[at], joints.axes[at])
        kind = "CustomJoint" if joints.mobile[at] else "WeldJoint"
        joint = Xml.Element(kind, name=name)
        _text(joint, "socket_parent_frame", "parent_offset")
        _text(joint, "socket_child_frame", "child_offset")
        if joints.mobile[at]:
            _coordinates(joint, name, joints.angles[at])
        offsets = Xml.SubElement(joint, "frames")
        _offset(offsets, "parent_offset", *grounds[at], own)
        _offset(offsets, "child_offset", f"/bodyset/{child}", frames[at], own)
        if joints.mobile[at]:
            _rotations(joint, name)
        yield joint


def _coordinates(joint: Xml.Element, name: str, angles: FloatArray) -> None:
    coordinates = Xml.SubElement(joint, "coordinates")
    for word, angle in zip(ANGLES, np.radians(angles), strict=True):
        coordinate = Xml.SubElement(coordinates, "Coordinate", name=f"{name}_{word}")
        _text(coordinate, "default_value", _numbers([angle]))
        _text(coordinate, "range", _numbers([-_RANGE, _RANGE]))


def _rotations(joint: Xml.Element, name: str) -> None:
    """Turn about right, then anterior, then superior, each of which has turned along; nothing slides."""
    transform = Xml.SubElement(joint, "SpatialTransform")
    for number, word in enumerate(ANGLES):
        axis = Xml.SubElement(transform, "TransformAxis", name=f"rotation{number + 1}")
        _text(axis, "coordinates", f"{name}_{word}")
        _text(axis, "axis", _numbers(np.eye(3)[number][list(OPENSIM_AXES)]))
        _text(Xml.SubElement(axis, "LinearFunction", name="function"), "coefficients", "1 0")
    for number in range(3):
        axis = Xml.SubElement(transform, "TransformAxis", name=f"translation{number + 1}")
        _text(axis, "coordinates", "")
        _text(axis, "axis", _numbers(np.eye(3)[number]))
        _constant(axis, "function", 0.0)


def _offset(offsets: Xml.Element, name: str, parent: str, frame: _Frame, own: _Frame) -> None:
    offset = Xml.SubElement(offsets, "PhysicalOffsetFrame", name=name)
    _text(offset, "socket_parent", parent)
    _text(offset, "translation", _numbers(frame.local(own.origin)))
    _text(offset, "orientation", _numbers(_body_fixed_xyz(frame.axes.T @ own.axes)))


def _body_fixed_xyz(rotation: FloatArray) -> FloatArray:
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_matrix(rotation).as_euler("XYZ"))


def _welds(mechanism: Mechanism, frames: list[_Frame]) -> Iterable[Xml.Element]:
    """Hang what the hands hold on its body."""
    burdens = mechanism.burdens
    for name, owner, point in zip(burdens.names, burdens.owners, burdens.points, strict=True):
        weld = Xml.Element("WeldJoint", name=f"{name}_hangs")
        _text(weld, "socket_parent_frame", "parent_offset")
        _text(weld, "socket_child_frame", f"/bodyset/{name}")
        offset = Xml.SubElement(Xml.SubElement(weld, "frames"), "PhysicalOffsetFrame", name="parent_offset")
        _text(offset, "socket_parent", f"/bodyset/{mechanism.bodies.names[owner]}")
        _text(offset, "translation", _numbers(frames[owner].local(opensim_points(point))))
        _text(offset, "orientation", "0 0 0")
        yield weld


def _discs(mechanism: Mechanism) -> Iterable[Xml.Element]:
    joints = mechanism.joints
    for name, mobile, stiffness in zip(joints.names[1:], joints.mobile[1:], joints.stiffness[1:], strict=True):
        if not mobile or not stiffness.any():
            continue
        disc = Xml.Element("BushingForce", name=f"disc_{name}")
        _text(disc, "socket_frame1", f"/jointset/{name}/parent_offset")
        _text(disc, "socket_frame2", f"/jointset/{name}/child_offset")
        _text(disc, "rotational_stiffness", _numbers(stiffness[list(OPENSIM_AXES)] * _PER_RADIAN))
        for other in ("translational_stiffness", "rotational_damping", "translational_damping"):
            _text(disc, other, "0 0 0")
        yield disc


def _muscles(mechanism: Mechanism, frames: list[_Frame]) -> Iterable[Xml.Element]:
    strings, names = mechanism.strings, mechanism.bodies.names
    for at, name in enumerate(strings.names):
        points = opensim_points(strings.points[at])
        muscle = Xml.Element("RigidTendonMuscle", name=component_name(name))
        _text(muscle, "min_control", _numbers([mechanism.floor]))
        _text(muscle, "max_control", "1")
        _path(muscle, names, frames, strings.owners[at].tolist(), points)
        _text(muscle, "max_isometric_force", _numbers([strings.strengths[at]]))
        length = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
        _text(muscle, "optimal_fiber_length", _numbers([length]))
        _text(muscle, "tendon_slack_length", "0")
        _constant(muscle, "active_force_length_curve", 1.0)
        _constant(muscle, "passive_force_length_curve", 0.0)
        _constant(muscle, "force_velocity_curve", 1.0)
        yield muscle


def _strands(bands: Bands, bodies: tuple[str, ...], frames: list[_Frame]) -> Iterable[Xml.Element]:
    for at, name in enumerate(bands.names):
        ligament = Xml.Element("Ligament", name=component_name(name))
        _path(ligament, bodies, frames, bands.owners[at].tolist(), opensim_points(bands.points[at]))
        _text(ligament, "resting_length", _numbers([bands.slack_mm[at] * _METRES]))
        _text(ligament, "pcsa_force", "1")
        law = Xml.SubElement(ligament, "PiecewiseLinearFunction", name="force_length_curve")
        stretches, tensions = 1.0 + bands.curves[at][:, 0], bands.curves[at][:, 1]
        # beyond its last two points a function goes on straight: slack on the one side, torn on the other
        _text(law, "x", _numbers([0.0, *stretches, stretches[-1] * (1.0 + _TEAR), _WIDEST * stretches[-1]]))
        _text(law, "y", _numbers([0.0, *tensions, 0.0, 0.0]))
        yield ligament


def _path(parent: Xml.Element, names: tuple[str, ...], frames: list[_Frame], owners: list[int], points: FloatArray) -> None:
    path = Xml.SubElement(parent, "GeometryPath", name="path")
    listed = Xml.SubElement(Xml.SubElement(path, "PathPointSet"), "objects")
    for number, (owner, point) in enumerate(zip(owners, points, strict=True)):
        each = Xml.SubElement(listed, "PathPoint", name=f"P{number + 1}")
        _text(each, "socket_parent_frame", f"/bodyset/{names[owner]}")
        _text(each, "location", _numbers(frames[owner].local(point)))


def _reserves(mechanism: Mechanism) -> Iterable[Xml.Element]:
    """Give every angle an actuator for what nothing else can make, and for what holds the pelvis."""
    for name, mobile in zip(mechanism.joints.names, mechanism.joints.mobile, strict=True):
        for word in ANGLES if mobile else ():
            reserve = Xml.Element("CoordinateActuator", name=f"{RESERVE}{name}_{word}")
            _text(reserve, "min_control", "-Inf")
            _text(reserve, "max_control", "Inf")
            _text(reserve, "coordinate", f"{name}_{word}")
            _text(reserve, "optimal_force", "1")
            yield reserve


def _set(model: Xml.Element, name: str, objects: Iterable[Xml.Element]) -> None:
    Xml.SubElement(Xml.SubElement(model, name, name=name.lower()), "objects").extend(objects)


def _constant(parent: Xml.Element, name: str, value: float) -> None:
    _text(Xml.SubElement(parent, "Constant", name=name), "value", _numbers([value]))


def _text(parent: Xml.Element, name: str, text: str) -> None:
    Xml.SubElement(parent, name).text = text


def _numbers(values: Iterable[float] | FloatArray) -> str:
    return " ".join(repr(float(each)) for each in values)
