"""The model as files of other programs, read back by another route."""

import csv
import json

import numpy as np
import pytest
from made_columns import made_column, made_model
from osim_statics import OsimStatics, numbers, root_of
from scipy.spatial.transform import Rotation
from spinetwin.anatomy import level
from spinetwin.biomechanics import TASKS, Settings, loads
from spinetwin.biomechanics.articulation import mechanism_of
from spinetwin.biomechanics.posture import flexed, placed
from spinetwin.cli import main
from spinetwin.errors import ReadError, WriteError
from spinetwin.geometry.surfaces import Surface
from spinetwin.io import write_pois
from spinetwin.io.mjcf import write_mjcf
from spinetwin.io.multibody_tables import (
    write_landmarks,
    write_remarks,
    write_simpack_muscles,
    write_simpack_points,
    write_simpack_strands,
)
from spinetwin.io.opensim import component_name, opensim_surface, write_opensim
from spinetwin.io.osim_info import MISSING, write_osim_info
from spinetwin.io.surfaces import read_stl, write_surface
from spinetwin.poi import Poi, PoiSet, Status

LUMBAR = ["L1", "L2", "L3", "L4", "L5"]
TO_RAS = [2, 0, 1]


@pytest.fixture(scope="module")
def model():
    return made_model(curve_mm=15.0)


def _posed(model, found):
    return placed(model, flexed(model, found.task.trunk_flexion_deg, found.settings.pelvis_share))


def _forces_of(model, found, reactions):
    """Compression, shear forward and to the right from reactions (n, 3), RAS."""
    right, anterior, superior = np.einsum("nij,nj->in", _posed(model, found).joint_axes, reactions)
    return np.stack([superior, -anterior, -right], axis=1)


def _ours(found):
    return np.stack([found.compression, found.shear_anterior, found.shear_right], axis=1)


@pytest.mark.parametrize("task", ["standing", "flexion-60", "lifting-20kg", "prone"])
@pytest.mark.parametrize("ligaments", ["stepwise", "bilinear", "none"])
def test_an_osim_file_holds_the_same_forces(tmp_path, model, task, ligaments):
    found = loads(model, TASKS[task], Settings(ligaments=ligaments))
    mechanism = mechanism_of(model, found)
    write_opensim(tmp_path / "a.osim", mechanism)
    statics = OsimStatics(tmp_path / "a.osim")
    forces = dict(zip(map(component_name, mechanism.strings.names), mechanism.strings.forces, strict=True))
    reactions = statics.reactions(forces)
    theirs = np.array([reactions[name][TO_RAS] for name in mechanism.joints.names[1:]])
    np.testing.assert_allclose(_forces_of(model, found, theirs), _ours(found), atol=1e-6)
    # the posture too: centres of the joints where the task has them
    centres = np.array([statics.joints[name][1][TO_RAS] for name in mechanism.joints.names[1:]])
    np.testing.assert_allclose(1000 * centres, _posed(model, found).joints, atol=1e-9)


def test_an_osim_file_has_all_parts_and_names_that_opensim_allows(tmp_path, model):
    found = loads(model, TASKS["standing"])
    mechanism = mechanism_of(model, found)
    write_opensim(tmp_path / "a.osim", mechanism, {"L3": "Geometry/L3.vtp"})
    root = root_of(tmp_path / "a.osim")
    names = [each.get("name") for each in root.iter() if each.get("name")]
    assert all(not set(name) & set(r" \/*+") for name in names)
    tags = [each.tag for each in root.find("Model/ForceSet/objects")]
    assert tags.count("RigidTendonMuscle") == len(model.muscles.names)
    floors = [float(each.find("min_control").text) for each in root.iter("RigidTendonMuscle")]
    assert floors == [found.settings.activation_floor] * len(model.muscles.names)
    assert tags.count("Ligament") == len(model.ligaments.names) + len(mechanism.resting.names)
    assert tags.count("BushingForce") == model.mobile.sum()
    assert tags.count("CoordinateActuator") == 3 * (1 + model.mobile.sum())
    assert [each.find("mesh_file").text for each in root.iter("Mesh")] == ["Geometry/L3.vtp"]
    assert "wrap" not in (tmp_path / "a.osim").read_text(encoding="utf-8").lower().replace("pathwrapset", "")


def test_surfaces_lie_on_their_bodies(tmp_path, model):
    mechanism = mechanism_of(model, loads(model, TASKS["standing"]))
    at = mechanism.bodies.names.index("L3")
    origin, axes = mechanism.bodies.origins[at], mechanism.bodies.axes[at]
    # a corner 10 mm to the right, one 20 mm in front and one 30 mm above the centre of the body
    corners = origin + np.diag([10.0, 20.0, 30.0]) @ axes
    write_surface(tmp_path / "L3.stl", Surface(corners, np.array([[0, 1, 2]])))
    again = read_stl(tmp_path / "L3.stl")
    np.testing.assert_allclose(again.vertices, corners, atol=1e-4)
    local = opensim_surface(again, origin, axes)
    np.testing.assert_allclose(local.vertices, [[0, 0, 0.010], [0.020, 0, 0], [0, 0.030, 0]], atol=1e-6)


@pytest.mark.parametrize("data", [b"", b"solid ascii", b"x" * 84, b"x" * 80 + b"\x01\0\0\0" + b"\xff" * 50])
def test_a_surface_that_is_none_is_refused_in_words(tmp_path, data):
    (tmp_path / "L3.stl").write_bytes(data)
    with pytest.raises(ReadError, match=r"L3\.stl (is no binary|holds corners)"):
        read_stl(tmp_path / "L3.stl")


def test_masses_and_inertia_of_the_bodies(tmp_path, model):
    mechanism = mechanism_of(model, loads(model, TASKS["lifting-20kg"]))
    write_opensim(tmp_path / "a.osim", mechanism)
    bodies = list(root_of(tmp_path / "a.osim").find("Model/BodySet/objects"))
    assert sum(numbers(each, "mass")[0] for each in bodies) == pytest.approx(model.masses.kg.sum() + 20.0)
    top = next(each for each in bodies if each.get("name") == "T1")
    mine = model.masses.owners == len(model.levels)
    # polar moment of point masses about their centre does not depend on axes: half the trace
    points, kilograms = model.masses.points[mine] / 1000, model.masses.kg[mine]
    centre = kilograms @ points / kilograms.sum()
    polar = (kilograms[:, None] * (points - centre) ** 2).sum()
    assert numbers(top, "inertia")[:3].sum() / 2 == pytest.approx(polar)


def test_a_ligament_tears_where_its_law_says(tmp_path, model):
    mechanism = mechanism_of(model, loads(model, TASKS["flexion-60"], Settings(ligaments="stepwise")))
    write_opensim(tmp_path / "a.osim", mechanism)
    posterior = next(each for each in root_of(tmp_path / "a.osim").iter("Ligament") if each.get("name") == "PLL_L3_1")
    law = posterior.find("PiecewiseLinearFunction")
    stretch, tension = numbers(law, "x"), numbers(law, "y")
    share = model.ligaments.shares[model.ligaments.names.index("PLL")]
    assert tension.max() == pytest.approx(384 * share)
    assert tension[stretch > stretch[tension.argmax()]].tolist() == [0.0, 0.0]
    # by hand, from the table: 29.5 N/mm up to 11.1 % of 11 mm, then 61.7
    length = 1000 * numbers(posterior, "resting_length")[0]
    assert length < 11.0
    longer = 1.0 + 0.15 * 11.0 / length
    assert np.interp(longer, stretch, tension) == pytest.approx(share * 11.0 * (29.5 * 0.111 + 61.7 * 0.039))


class MjcfStatics:
    """Positions in the keyframe of an MJCF file, by hand."""

    def __init__(self, path):
        root = root_of(path)
        key = root.find("keyframe/key")
        self.angles = iter(float(each) for each in key.get("qpos").split())
        self.ctrl = [float(each) for each in key.get("ctrl").split()]
        self.root, self.sites, self.owners, self.kg, self.parents = root, {}, {}, {}, {}
        self._walk(root.find("worldbody"), np.eye(4), None)

    @staticmethod
    def _of(text):
        return np.array([float(each) for each in text.split()])

    def _walk(self, element, place, parent):
        for body in element.findall("body"):
            name, here = body.get("name"), np.eye(4)
            w, x, y, z = self._of(body.get("quat", "1 0 0 0"))
            here[:3, :3], here[:3, 3] = Rotation.from_quat([x, y, z, w]).as_matrix(), self._of(body.get("pos"))
            for joint in body.findall("joint"):
                anchor, turn = self._of(joint.get("pos")), np.eye(4)
                turn[:3, :3] = Rotation.from_rotvec(next(self.angles) * self._of(joint.get("axis"))).as_matrix()
                turn[:3, 3] = anchor - turn[:3, :3] @ anchor
                here = here @ turn
            here = place @ here
            self.kg[name], self.parents[name] = float(body.find("inertial").get("mass")), parent
            for site in body.findall("site"):
                self.sites[site.get("name")] = (here @ [*self._of(site.get("pos")), 1.0])[:3]
                self.owners[site.get("name")] = name
            self._walk(body, here, name)

    def above(self, body):
        found = {body}
        for child, parent in self.parents.items():
            if parent in found:
                found.add(child)
        return found

    def pulls(self):
        strengths = {each.get("tendon"): -float(each.get("gainprm")) for each in self.root.find("actuator")}
        forces = dict(zip(strengths, (c * s for c, s in zip(self.ctrl, strengths.values(), strict=True)), strict=True))
        for tendon in self.root.find("tendon"):
            sites = [each.get("site") for each in tendon]
            points = np.array([self.sites[each] for each in sites])
            length = np.linalg.norm(np.diff(points, axis=0), axis=1).sum()
            spring = float(tendon.get("stiffness", 0)) * max(0.0, length - self._of(tendon.get("springlength", "0 0"))[1])
            yield [self.owners[each] for each in sites], points, forces.get(tendon.get("name"), 0.0) + spring

    def reaction(self, body, pulls):
        upper = self.above(body)
        total = sum(self.kg[each] for each in upper) * self._of(self.root.find("option").get("gravity"))
        for owners, points, tension in pulls:
            for below, step in enumerate(np.diff(points, axis=0)):
                pull = tension * step / np.linalg.norm(step)
                total = total + pull * (owners[below] in upper) - pull * (owners[below + 1] in upper)
        return -total


@pytest.mark.parametrize("task", ["standing", "flexion-60", "lifting-20kg"])
def test_an_mjcf_file_holds_the_same_forces(tmp_path, model, task):
    found = loads(model, TASKS[task])
    write_mjcf(tmp_path / "a.xml", mechanism_of(model, found))
    statics = MjcfStatics(tmp_path / "a.xml")
    pulls = list(statics.pulls())
    theirs = np.array([statics.reaction(level(key).name, pulls) for key in model.levels])
    np.testing.assert_allclose(_forces_of(model, found, theirs), _ours(found), atol=1e-5)


def test_osim_info_says_what_its_reader_asks_for(tmp_path):
    model = made_model(LUMBAR)
    l4 = level("L4").id
    measured = {("muscle_area", "psoas", "left", l4): 1200.0, ("muscle_centroid_right", "psoas", "left", l4): -45.0}
    measured["muscle_centroid_anterior", "psoas", "left", l4] = 12.0
    write_osim_info(tmp_path / "sub-x_osim_info.json", model, measured, 61.0)
    info = json.loads((tmp_path / "sub-x_osim_info.json").read_text(encoding="utf-8"))
    assert (info["Height"], info["Weight"], info["Age"], info["Sex"][0]) == (175.0, 70.0, 61.0, "M")
    centres = json.loads(info["IVJ_centers_in_world"])
    assert list(centres["S1"].values()) == pytest.approx(model.joints[0])
    assert list(centres["L5"].values()) == pytest.approx(model.joints[1])
    assert set(centres["T5"].values()) == {MISSING}
    axes = json.loads(info["vert_axes_in_world"])
    assert axes["L3"]["AP"] == pytest.approx(-model.axes[3, 1])
    assert axes["T1"]["SI"] == [MISSING] * 3
    moved = json.loads(info["vert_translations"])
    assert np.linalg.norm(list(moved["L5"].values())) == pytest.approx(np.linalg.norm(model.joints[1] - model.joints[0]))
    assert moved["L1"]["SI"] == MISSING  # nothing is known of the joint above
    areas, lateral = json.loads(info["muscleCSA_L"]), json.loads(info["muscleML_L"])
    assert list(areas["L4"]) == ["PM", "RA", "SA", "lD", "TR", "EO", "IO", "ES", "TS", "PS", "QL"]
    assert (areas["L4"]["PS"], lateral["L4"]["PS"], areas["L4"]["RA"]) == (pytest.approx(12.0), pytest.approx(4.5), MISSING)
    assert len(areas) == 17
    forward = {side: json.loads(info[f"muscleAP_{side}"])["L4"] for side in "LR"}
    assert (forward["L"]["PS"], forward["L"]["RA"], forward["R"]["PS"]) == (pytest.approx(1.2), MISSING, MISSING)
    assert json.loads(info["muscleCSA_R"])["L4"]["PS"] == MISSING


def test_landmarks_are_what_opensim_creator_reads(tmp_path):
    points, _ = made_column(LUMBAR)
    write_landmarks(tmp_path / "a.csv", points)
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()))
    assert list(rows[0]) == ["name", "x", "y", "z"]
    assert len({each["name"] for each in rows}) == len(points) == len(rows)
    first, at = rows[0], next(iter(points.values()))
    assert [1000 * float(first[axis]) for axis in "zxy"] == pytest.approx(at)


def test_tables_for_simpack_name_every_end_of_a_strand(tmp_path, model):
    mechanism = mechanism_of(model, loads(model, TASKS["standing"]))
    write_simpack_points(tmp_path / "p.csv", mechanism)
    write_simpack_strands(tmp_path / "l.csv", mechanism)
    points = {row["point"]: row for row in csv.DictReader((tmp_path / "p.csv").read_text(encoding="utf-8").splitlines())}
    strands = list(csv.DictReader((tmp_path / "l.csv").read_text(encoding="utf-8").splitlines()))
    assert len(strands) == len(model.ligaments.names)
    for row in strands:
        ends = [points[row[end]] for end in ("upper point", "lower point")]
        apart = np.linalg.norm(np.diff([[float(end[f"{axis} mm"]) for axis in "xyz"] for end in ends], axis=0))
        assert float(row["slack length mm"]) == pytest.approx(apart)
        assert ends[0]["body"] != ends[1]["body"]


@pytest.mark.parametrize(
    "write", [write_opensim, write_mjcf, write_simpack_points, write_simpack_strands, write_simpack_muscles, write_remarks]
)
def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path, model, write):
    mechanism = mechanism_of(model, loads(model, TASKS["standing"]))
    with pytest.raises(WriteError, match="does not exist"):
        write(tmp_path / "no" / "a.osim", mechanism)
    assert not list(tmp_path.iterdir())


def test_the_command_writes_every_format(tmp_path, capsys):
    points, frames = made_column(["T12", *LUMBAR])
    for key, frame in frames.items():
        for poi, away in ((128, -frame.anterior), (129, -frame.superior), (130, frame.right)):
            points[key, poi] = frame.origin + 10 * away
    path = tmp_path / "sub-Bär 1_pois.mrk.json"
    write_pois(path, PoiSet.of([Poi(*key, Status.OK, tuple(at.tolist()), source="made") for key, at in points.items()]))
    given, out = tmp_path / "surfaces", tmp_path / "out ü 1"
    given.mkdir()
    write_surface(given / "L3.stl", Surface(np.eye(3), np.array([[0, 1, 2]])))
    person = ["--sex", "f", "--height-cm", "168", "--weight-kg", "64", "--quiet", "--out", str(out), "--surfaces", str(given)]
    assert main(["simulate", str(path), *person, "--export", "osim", "mjcf", "creator", "osim-info", "simpack", "osim"]) == 0
    names = {each.relative_to(out).as_posix() for each in out.rglob("*") if each.is_file()}
    assert {"model.osim", "Geometry/L3.stl", "model.xml", "landmarks.csv", "sub-Bär 1_osim_info.json"} <= names
    assert {"simpack_points.csv", "simpack_ligaments.csv", "simpack_muscles.csv", "simpack_remarks.txt"} <= names
    assert not [each for each in names if each.startswith(".")]
    (given / "L3.stl").unlink()
    capsys.readouterr()
    assert main(["simulate", str(path), *person, "--export", "osim"]) == 1
    assert "holds no surface of a vertebra of this model" in capsys.readouterr().err
