"""Files of shape models: round trips, files that other programs would write, and files that nobody should."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.errors import ParameterError, ReadError
from spinetwin.geometry.surfaces import Surface
from spinetwin.io.corresponded import read_corresponded
from spinetwin.io.statismo import read_statismo, write_shape_model
from spinetwin.io.surfaces import write_surface
from spinetwin.jobs.shape_models import stored_models
from spinetwin.jobs.standing_models import kept_model
from spinetwin.xray.landmarks import LANDMARKS
from spinetwin.xray.model_builder.corresponding import model_of
from spinetwin.xray.model_builder.statistical import Corresponded, StatisticalModel
from spinetwin.xray.model_builder.usable import MODES, usable
from spinetwin.xray.pose import rotation_of
from spinetwin.xray.shapes import SETTINGS
from xray.made_films import ball

h5py = pytest.importorskip("h5py", reason="h5py is not installed")

L3 = level("L3").id
TO_LPS = np.array([-1.0, -1.0, 1.0])


@pytest.fixture(scope="module")
def model():
    """A ball that grows, and leans, with made-up landmarks."""
    mean = ball(20.0, finer=3, middle=(3.0, -2.0, 1.0))
    modes = np.stack([0.05 * mean.vertices, 0.03 * mean.vertices[:, [2, 0, 1]]], axis=2)
    marks = mean.vertices[:7].copy()
    marks[2] = np.nan
    variances = (modes**2).sum(axis=(0, 1))
    scores = np.array([[1.0, 0.5], [-1.0, 0.5], [0.0, -1.0]])
    return StatisticalModel(L3, mean, modes, variances, 0.02, scores, marks, {81: mean.vertices[3], 50: mean.vertices[9]})


@pytest.fixture
def written(model, tmp_path):
    write_shape_model(tmp_path / "L3.h5", model)
    return tmp_path / "L3.h5"


def test_a_model_comes_back_as_it_was_written(model, written, tmp_path):
    again = read_statismo(written)
    assert again.level == L3
    np.testing.assert_array_equal(again.mean.triangles, model.mean.triangles)
    for name in ("modes", "variances", "noise", "scores"):
        np.testing.assert_allclose(getattr(again, name), getattr(model, name), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(again.mean.vertices, model.mean.vertices, atol=1e-5)
    np.testing.assert_array_equal(again.landmarks, model.landmarks)
    assert {key: at.tolist() for key, at in again.points.items()} == {key: at.tolist() for key, at in model.points.items()}
    write_shape_model(tmp_path / "again.h5", model)
    assert (tmp_path / "again.h5").read_bytes() == written.read_bytes()


def test_the_file_has_the_layout_of_statismo(model, written):
    """What Scalismo asks of a file, group by group."""
    count = len(model.mean.vertices)
    with h5py.File(written) as file:
        group = file["representer"]
        assert group.attrs["name"] == b"itkStandardMeshRepresenter"
        assert group.attrs["datasetType"] == b"POLYGON_MESH"
        assert (group["points"].shape, group["points"].dtype) == ((3, count), np.float32)
        assert (group["cells"].shape, group["cells"].dtype) == ((3, len(model.mean.triangles)), np.int32)
        assert file["model/mean"].shape == (3 * count,)
        assert file["model/pcaBasis"].shape == (3 * count, 2)
        assert file["model/pcaVariance"].shape == (2,)
        assert file["model/noiseVariance"].shape == (1,)
        assert (int(file["version/majorVersion"][()]), int(file["version/minorVersion"][()])) == (0, 9)
        assert file["catalog/L3/modelPath"][()] == b"/"
        np.testing.assert_allclose(np.linalg.norm(file["model/pcaBasis"][()], axis=0), 1.0, rtol=1e-5)
        np.testing.assert_allclose(file["model/mean"][:3], model.mean.vertices[0] * TO_LPS, atol=1e-5)


def _by_hand(path, model, version=(0, 9), root="/", catalog=None):
    """Write what another program would: nothing here is shared with our writer."""
    count, sizes = len(model.mean.vertices), np.sqrt(model.variances)
    lps = model.mean.vertices * [-1, -1, 1]
    basis = np.zeros((3 * count, len(sizes)), dtype="f4")
    for vertex in range(count):
        for axis, sign in enumerate((-1, -1, 1)):
            basis[3 * vertex + axis] = sign * model.modes[vertex, axis] / (1.0 if version == (0, 8) else sizes)
    with h5py.File(path, "w") as file:
        group = file if root == "/" else file.create_group(root)
        group.create_dataset("model/mean", data=lps.reshape(-1), dtype="f4")
        group.create_dataset("model/pcaBasis", data=basis)
        group.create_dataset("model/pcaVariance", data=sizes**2, dtype="f4")
        group.create_dataset("representer/points", data=lps.T, dtype="f4")
        group.create_dataset("representer/cells", data=model.mean.triangles.T, dtype="i4")
        group["representer"].attrs["datasetType"] = np.array([b"POLYGON_MESH"])
        file.create_dataset("version/majorVersion", data=version[0], dtype="i4")
        file.create_dataset("version/minorVersion", data=version[1], dtype="i4")
        for name in catalog or ():
            file[f"catalog/{name}/modelPath"] = np.array([root.encode()])
            file[f"catalog/{name}/modelType"] = np.array([b"POLYGON_MESH_MODEL"])
    return path


@pytest.mark.parametrize(("version", "root", "catalog"), [((0, 9), "/", None), ((0, 8), "/", None), ((1, 0), "/a/b", ["face"])])
def test_a_file_of_another_program_is_read(model, tmp_path, version, root, catalog):
    found = read_statismo(_by_hand(tmp_path / "m.h5", model, version, root, catalog))
    np.testing.assert_allclose(found.modes, model.modes, atol=1e-5)
    np.testing.assert_allclose(found.mean.vertices, model.mean.vertices, atol=1e-5)
    np.testing.assert_allclose(found.variances, model.variances, rtol=1e-4)
    assert (found.level, found.landmarks, found.points, found.scores.shape) == (None, None, {}, (0, 2))


def _changed(path, place, value):
    with h5py.File(path, "r+") as file:
        del file[place]
        if value is not None:
            file[place] = value


HOSTILE = {
    "lacks model/mean": ("model/mean", None),
    "holds no numbers": ("model/mean", np.array([b"text"])),
    "values that are no numbers": ("model/pcaVariance", np.array([np.nan, 1.0])),
    "a negative variance": ("model/pcaVariance", np.array([-1.0, 1.0])),
    "and a basis of": ("model/pcaBasis", np.zeros((9, 2))),
    "more than 10 m away": ("model/mean", np.full(3 * 258, 1e9)),
    "some of vertices that it lacks": ("representer/cells", np.array([[0], [1], [10**6]])),
    "no model of a surface of triangles": ("representer/cells", np.zeros((4, 8), dtype=int)),
    "names 1 points and places 2": ("spinetwin/pointIds", np.array([81])),
    "which is not known": ("version/minorVersion", np.int32(3)),
    "holds 2 models": ("catalog/L4/modelPath", np.bytes_(b"/")),
}


@pytest.mark.parametrize("sentence", HOSTILE)
def test_a_model_that_lies_is_refused_in_one_sentence(written, sentence):
    place, value = HOSTILE[sentence]
    with h5py.File(written, "r+") as file:
        file.require_group("catalog/L4")
        if place not in file:
            file[place] = 0
        if place != "catalog/L4/modelPath":
            del file["catalog/L4"]
    _changed(written, place, value)
    with pytest.raises(ReadError, match=sentence) as error:
        read_statismo(written)
    assert "\n" not in str(error.value)


def test_a_model_that_claims_to_be_huge_is_refused_before_memory_is_asked_for(written):
    with h5py.File(written, "r+") as file:
        del file["model/mean"]
        file.create_dataset("model/mean", shape=(2**40,), chunks=(1024,), dtype="f8")
    with pytest.raises(ReadError, match="claims to hold 1099511627776 numbers"):
        read_statismo(written)


def test_a_model_that_points_elsewhere_is_refused(written, tmp_path):
    secret = tmp_path / "secret.bin"
    secret.write_bytes(bytes(8 * 3 * 258))
    for link in ("external link", "external data"):
        with h5py.File(written, "r+") as file:
            del file["model/mean"]
            if link == "external link":
                file["model/mean"] = h5py.ExternalLink("other.h5", "/model/mean")
            else:
                file.create_dataset("model/mean", shape=(3 * 258,), dtype="f8", external=[(str(secret), 0, 8 * 3 * 258)])
        with pytest.raises(ReadError, match="points to another file"):
            read_statismo(written)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_a_file_that_is_cut_off_is_refused(written, share):
    whole = written.read_bytes()
    written.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ReadError, match=r"L3.h5"):
        read_statismo(written)


def test_what_is_no_file_is_said(tmp_path):
    for path in (tmp_path, tmp_path / "none.h5"):
        with pytest.raises(ReadError, match="There is no file"):
            read_statismo(path)


def test_without_h5py_it_is_said_what_to_install():
    code = (
        "import sys; sys.modules['h5py'] = None\n"
        "from spinetwin.cli import main; sys.exit(main(['shape-model', '.', '--levels', 'L3', '--out', 'o', '--quiet']))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 1
    assert "need h5py, which is not installed. Install it with: pip install h5py." in run.stderr


# --- folders of shapes ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small():
    return ball(15.0, finer=2, middle=(1.0, 2.0, 3.0))


def _shapes(model, count=5):
    """Return shapes of a known model, each standing elsewhere."""
    rng = np.random.default_rng(1)
    scores, found = rng.normal(size=(count, 2)), []
    for each in scores:
        turn = rotation_of(rng.normal(0.0, 0.2, 3))
        found.append(Surface(model.surface(each).vertices @ turn.T + rng.normal(0.0, 20.0, 3), model.mean.triangles))
    return found


@pytest.fixture
def growing(model):
    """Without the second mode, which is partly a turn."""
    return replace(model, modes=model.modes * np.array([1.0, 0.0]))


def test_a_folder_of_corresponding_meshes_gives_their_model(growing, tmp_path):
    for number, each in enumerate(_shapes(growing)):
        write_surface(tmp_path / f"p{number}.vtp", each)
    found = model_of(read_corresponded(tmp_path))
    assert found.variances[0] > 0.999 * found.variances.sum()
    away = found.modes[:, :, 0] / np.linalg.norm(found.modes[:, :, 0])
    true = growing.modes[:, :, 0] - growing.modes[:, :, 0].mean(axis=0)
    assert np.linalg.norm(away, axis=1) == pytest.approx(np.linalg.norm(true, axis=1) / np.linalg.norm(true), rel=1e-3)


def test_particles_of_shapeworks_move_the_mesh_of_their_mean(growing, tmp_path):
    some = np.linspace(0, len(growing.mean.vertices) - 1, 120).astype(int)
    shapes = np.array([growing.surface(each).vertices for each in np.linspace(-1.5, 1.5, 5)[:, None] * [1.0, 0.0]])
    for number, each in enumerate(shapes):
        for kind, shift in (("world", 0.0), ("local", 50.0)):
            np.savetxt(tmp_path / f"p{number}_{kind}.particles", each[some] * TO_LPS + shift)
    np.savetxt(tmp_path / "mean.particles", shapes.mean(axis=0)[some] * TO_LPS)
    with pytest.raises(ReadError, match="0 meshes of their mean; one is needed"):
        read_corresponded(tmp_path)
    write_surface(tmp_path / "mean_shape.stl", growing.mean)
    given = read_corresponded(tmp_path)
    assert given.names == tuple(f"p{number}_world" for number in range(5))
    found = model_of(given)
    assert len(found.mean.vertices) == len(growing.mean.vertices)
    radii = [
        np.linalg.norm(found.surface(np.array([each])).vertices - found.mean.vertices.mean(axis=0), axis=1) for each in (-1, 1)
    ]
    # the scores -1.5 ... 1.5 have a standard deviation of 1.19, and a vertex moves by a twentieth of its distance
    assert abs(radii[1] - radii[0]).mean() == pytest.approx(2 * 1.186 * 0.05 * 20.0, rel=0.03)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("1 2\n", "each line holds x, y and z"),
        ("a b c\n", "each line holds"),
        ("", "each line holds"),
        ("nan 1 2\n" * 4, "no numbers"),
    ],
)
def test_damaged_particles_are_refused(tmp_path, content, sentence):
    for number in range(3):
        (tmp_path / f"{number}.particles").write_text(content, encoding="ascii")
    with pytest.raises(ReadError, match=sentence):
        read_corresponded(tmp_path)


def test_meshes_that_do_not_correspond_are_refused(small, model, tmp_path):
    for number, each in enumerate((small, small, model.mean)):
        write_surface(tmp_path / f"{number}.vtp", each)
    with pytest.raises(ReadError, match="their vertices do not belong together"):
        read_corresponded(tmp_path)
    (tmp_path / "2.vtp").unlink()
    with pytest.raises(ReadError, match="holds 2 meshes"):
        read_corresponded(tmp_path)


def test_shapes_that_are_all_the_same_make_no_model(small):
    with pytest.raises(ParameterError, match="are the same"):
        model_of(Corresponded(("a", "b", "c"), np.array([small.vertices] * 3), small.triangles))


# --- for a fit --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def usual():
    pytest.importorskip("vtkmodules", reason="VTK is not installed")
    return kept_model("L3")


def _stored(usual):
    modes = usual.modes[:, :, :5]
    return StatisticalModel(
        L3, usual.mean, modes, (modes**2).sum(axis=(0, 1)), 0.0, np.zeros((0, 5)), usual.landmarks, usual.points
    )


def test_a_model_gets_free_modes_and_marrow_for_a_fit(usual):
    found = usable(_stored(usual), L3, usual)
    assert found.carried == ""
    assert (found.model.count, found.model.anatomical) == (MODES, 5)
    np.testing.assert_array_equal(found.model.modes[:, :, :5], usual.modes[:, :, :5])
    free = found.model.modes[:, :, 5:].reshape(-1, MODES - 5)
    mine = usual.modes[:, :, :5].reshape(-1, 5)
    assert np.abs(mine.T @ free).max() < 1e-6 * np.linalg.norm(mine) * np.linalg.norm(free)
    assert np.sqrt((free**2).sum(axis=1).max()) < 3 * SETTINGS["free_sd"]
    assert found.model.core.mean.volume == pytest.approx(usual.core.mean.volume, rel=0.03)


def test_axes_landmarks_and_points_that_a_file_lacks_are_carried_over(usual):
    """However the bone lies in its file, the procedural vertebra is laid over it."""
    stored, turn = _stored(usual), rotation_of(np.array([1.7, 1.1, -2.5]))
    moved = Surface(stored.mean.vertices @ turn.T + [100.0, -50.0, 300.0], stored.mean.triangles)
    modes = np.einsum("ncm,dc->ndm", stored.modes, turn)
    foreign = replace(stored, mean=moved, modes=modes, landmarks=None, points={}, level=None)
    found = usable(foreign, L3, usual)
    assert found.carried == "landmarks and points"
    np.testing.assert_allclose(found.model.mean.vertices, usual.mean.vertices, atol=0.3)
    np.testing.assert_allclose(found.model.landmarks, usual.landmarks, atol=0.5)
    np.testing.assert_allclose(found.model.modes[:, :, 0], usual.modes[:, :, 0], atol=0.05)
    some = replace(stored, landmarks=np.where(np.arange(7)[:, None] == 2, np.nan, usual.landmarks))
    assert usable(some, L3, usual).carried == LANDMARKS[2]


def test_another_bone_is_refused(usual, model):
    with pytest.raises(ParameterError, match="mm from a vertebra of that level"):
        usable(replace(model, landmarks=None), L3, usual)


def test_files_are_told_apart_by_the_level_in_their_names(model, written, small, tmp_path):
    folder = written.parent
    (folder / "my L4 shapes").mkdir()
    for number in range(3):
        write_surface(folder / "my L4 shapes" / f"{number}.vtp", small)
    found = stored_models(folder)
    assert {level(key).name: path.name for key, path in found.places.items()} == {"L3": "L3.h5", "L4": "my L4 shapes"}
    with pytest.raises(ParameterError, match="has no shape model of L5"):
        found.model(level("L5").id)
    assert list(stored_models(written).places) == [L3]
    other = written.rename(folder / "L2.h5")
    with pytest.raises(ParameterError, match=r"L2.h5 is a model of L3, not of L2"):
        stored_models(other).model(level("L2").id)
    with pytest.raises(ReadError, match="tells no level"):
        stored_models(other.rename(folder / "bone.h5"))
    write_shape_model(folder / "a_L1.h5", model)
    write_shape_model(folder / "b_L1.h5", model)
    (folder / "bone.h5").unlink()
    with pytest.raises(ReadError, match="are both models of L1"):
        stored_models(folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ReadError, match="holds no shape model"):
        stored_models(tmp_path / "empty")
    with pytest.raises(ReadError, match="There is no file and no folder"):
        stored_models(tmp_path / "nothing")
