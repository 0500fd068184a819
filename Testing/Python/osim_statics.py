"""The forces in the joints of an .osim file, read and added up by hand: no line is shared with what writes it."""

from xml.etree import ElementTree as Xml

import numpy as np
from scipy.spatial.transform import Rotation


def root_of(path):
    return Xml.parse(path).getroot()  # noqa: S314 - the test has just written it


def numbers(parent, path):
    return np.array([float(each) for each in parent.find(path).text.split()])


def _matrix(translation, rotation):
    found = np.eye(4)
    found[:3, :3], found[:3, 3] = rotation.as_matrix(), translation
    return found


class OsimStatics:
    """The model in its default posture, ground axes x forward, y up, z right."""

    def __init__(self, path):
        self.model = root_of(path).find("Model")
        self.places = {"/ground": np.eye(4)}
        self.joints, self.carriers = {}, {}
        for joint in self.model.find("JointSet/objects"):
            self._place(joint)

    def _place(self, joint):
        frames = {each.get("name"): each for each in joint.findall("frames/PhysicalOffsetFrame")}
        parent, before = self._ends(joint, frames, "socket_parent_frame")
        child, after = self._ends(joint, frames, "socket_child_frame")
        turn = np.eye(4)
        values = {each.get("name"): numbers(each, "default_value")[0] for each in joint.findall("coordinates/Coordinate")}
        for axis in joint.findall("SpatialTransform/TransformAxis"):
            name = (axis.find("coordinates").text or "").strip()
            if name:
                turn = turn @ _matrix(np.zeros(3), Rotation.from_rotvec(values[name] * numbers(axis, "axis")))
        centre = self.places[parent] @ before
        self.places[child] = centre @ turn @ np.linalg.inv(after)
        self.joints[joint.get("name")] = (child, centre[:3, 3])
        self.carriers[child] = parent

    @staticmethod
    def _ends(joint, frames, socket):
        name = joint.find(socket).text
        if name not in frames:
            return name, np.eye(4)
        frame = frames[name]
        turn = Rotation.from_euler("XYZ", numbers(frame, "orientation"))
        return frame.find("socket_parent").text, _matrix(numbers(frame, "translation"), turn)

    def at(self, body, point):
        return (self.places[body] @ [*point, 1.0])[:3]

    def path(self, force):
        points = force.findall("GeometryPath/PathPointSet/objects/PathPoint")
        carriers = [each.find("socket_parent_frame").text for each in points]
        return carriers, np.array(
            [self.at(body, numbers(each, "location")) for body, each in zip(carriers, points, strict=True)]
        )

    def tension(self, ligament):
        _, points = self.path(ligament)
        stretch = np.linalg.norm(np.diff(points, axis=0), axis=1).sum() / numbers(ligament, "resting_length")[0]
        law = ligament.find("PiecewiseLinearFunction")
        return np.interp(stretch, numbers(law, "x"), numbers(law, "y")) * numbers(ligament, "pcsa_force")[0]

    def strings(self, muscle_forces):
        """Yield carriers, points and tension of everything that pulls."""
        for force in self.model.find("ForceSet/objects"):
            if force.tag == "Ligament":
                yield *self.path(force), self.tension(force)
            elif force.tag.endswith("Muscle"):
                yield *self.path(force), muscle_forces[force.get("name")]

    def loads(self):
        """Yield carrier and force of every weight."""
        for body in self.model.find("BodySet/objects"):
            yield f"/bodyset/{body.get('name')}", numbers(body, "mass")[0] * numbers(self.model, "gravity")

    def above(self, body):
        found = {body}
        for child, parent in self.carriers.items():  # a parent is placed before its children
            if parent in found:
                found.add(child)
        return found

    def reactions(self, muscle_forces):
        """Return the force on the upper body of each joint, N, in ground."""
        pulls = list(self.strings(muscle_forces))
        weights = list(self.loads())
        found = {}
        for name, (child, _) in self.joints.items():
            upper = self.above(child)
            total = sum(force for body, force in weights if body in upper)
            for carriers, points, tension in pulls:
                steps = np.diff(points, axis=0)
                for below, step in enumerate(steps):
                    pull = tension * step / np.linalg.norm(step)
                    total = total + pull * (carriers[below] in upper) - pull * (carriers[below + 1] in upper)
            found[name] = -total
        return found
