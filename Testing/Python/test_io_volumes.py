"""Volumes: every storage, exact positions, and one sentence for every bad file."""

import gzip
import struct

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from scipy.spatial.transform import Rotation
from spinetwin.errors import MapError, ReadError, WriteError
from spinetwin.geometry import Grid
from spinetwin.io import read_label_map, read_label_maps, read_volume, write_label_map

SHAPE = (7, 8, 9)
FORMATS = (".nii", ".nii.gz", ".nrrd", ".mha")


def labels(dtype=np.uint8, top=50):
    return np.random.default_rng(3).integers(0, top, SHAPE).astype(dtype)


def oblique(shape=SHAPE, axes=(0, 1, 2), signs=(1, 1, 1)):
    affine = np.eye(4)
    turn = Rotation.from_euler("xyz", (20, -35, 50), degrees=True).as_matrix()
    affine[:3, :3] = turn[:, axes] * np.array(signs) * (1.5, 0.75, 3.25)
    affine[:3, 3] = (-31.5, 17.25, 140.5)
    return Grid(shape, affine)


def itk_image(array, grid):
    image = sitk.GetImageFromArray(np.ascontiguousarray(array.T))
    flip = np.diag([-1.0, -1.0, 1.0])
    image.SetSpacing(grid.spacing.tolist())
    image.SetOrigin((flip @ grid.ijk_to_ras[:3, 3]).tolist())
    image.SetDirection((flip @ (grid.ijk_to_ras[:3, :3] / grid.spacing)).ravel().tolist())
    return image


def close(first, second):
    return first.same_place(second, 1e-4)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, 1, 1), (1, -1, -1)])
def test_what_we_write_we_and_itk_read(tmp_path, suffix, dtype, signs):
    array, grid, path = labels(dtype, 250), oblique(signs=signs), tmp_path / f"sub-1.5mm{suffix}"
    write_label_map(path, array, grid)
    found, place = read_label_map(path)
    assert np.array_equal(found, array)
    assert close(place, grid)
    image = sitk.ReadImage(str(path))
    assert np.array_equal(sitk.GetArrayFromImage(image).T, array)
    corner = image.TransformIndexToPhysicalPoint((6, 7, 8))
    assert np.allclose(np.array(corner) * (-1, -1, 1), grid.to_ras((6, 7, 8)), atol=1e-4)


@pytest.mark.parametrize("suffix", [*FORMATS, ".mhd"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint32, np.int64, np.float32, np.float64])
def test_what_itk_writes_we_read(tmp_path, suffix, dtype):
    array, grid, path = labels(dtype), oblique(axes=(2, 0, 1)), tmp_path / f"a{suffix}"
    sitk.WriteImage(itk_image(array, grid), str(path))
    found, place = read_label_map(path)
    assert found.dtype == np.uint8
    assert np.array_equal(found, array)
    assert close(place, grid)
    values, _ = read_volume(path)
    assert values.dtype == dtype
    assert np.array_equal(values, array)


def test_large_labels_become_uint16(tmp_path):
    array = labels(np.float32)
    array[-1, -1, -1] = 300
    sitk.WriteImage(itk_image(array, oblique()), str(tmp_path / "a.nii.gz"))
    found, _ = read_label_map(tmp_path / "a.nii.gz")
    assert found.dtype == np.uint16
    assert np.array_equal(found, array)


def test_slabs_join_without_a_seam(tmp_path):
    array = np.random.default_rng(1).integers(0, 300, (160, 170, 180)).astype(np.float64)
    array[:, :, :100] %= 250
    sitk.WriteImage(itk_image(array, oblique(array.shape)), str(tmp_path / "a.nii"))
    assert np.array_equal(read_label_map(tmp_path / "a.nii")[0], array)


def nifti(path, array=None, *, dims=None, code=2, sform=1, qform=0, rows=None, slope=1.0, units=2, order="<", packed=False):
    """Write a NIfTI-1 file by the letter of the format, with any header."""
    array = labels() if array is None else array
    head = bytearray(352)
    struct.pack_into(order + "i", head, 0, 348)
    dims = (3, *array.shape) if dims is None else dims
    struct.pack_into(order + "8h", head, 40, *dims, *[1] * (8 - len(dims)))
    struct.pack_into(order + "2h", head, 70, code, array.dtype.itemsize * 8)
    struct.pack_into(order + "8f", head, 76, 1, 2, 3, 4, 0, 0, 0, 0)
    struct.pack_into(order + "3f", head, 108, 352, slope, 0)
    head[123] = units
    struct.pack_into(order + "2h", head, 252, qform, sform)
    struct.pack_into(
        order + "12f", head, 280, *(np.array([[2, 0, 0, 5], [0, 3, 0, 6], [0, 0, 4, 7]]) if rows is None else rows).ravel()
    )
    head[344:348] = b"n+1\0"
    data = bytes(head) + array.astype(array.dtype.newbyteorder(order)).tobytes("F")
    path.write_bytes(gzip.compress(data) if packed else data)
    return path


def test_nifti_sheared_axes_are_kept(tmp_path):
    rows = np.array([[2, 0.5, 0, 5], [0, 3, 0, 6], [0, 0, 4, 7]])
    _, grid = read_label_map(nifti(tmp_path / "a.nii", rows=rows))
    assert np.allclose(grid.ijk_to_ras[:3], rows)
    write_label_map(tmp_path / "b.nii", labels(), grid)
    assert close(read_label_map(tmp_path / "b.nii")[1], grid)
    with pytest.raises(WriteError, match="right angles"):
        write_label_map(tmp_path / "b.nrrd", labels(), grid)


def test_nifti_big_endian_scaled_metres_and_wrong_suffix(tmp_path):
    array = labels(np.int16)
    path = nifti(tmp_path / "a.nii", array, code=4, slope=2.0, units=1, order=">", packed=True)
    values, grid = read_volume(path)
    assert np.array_equal(values, array * 2.0)
    assert np.allclose(grid.spacing, [2000, 3000, 4000])


def test_nifti_trailing_single_dimension(tmp_path):
    assert read_volume(nifti(tmp_path / "a.nii", dims=(4, *SHAPE, 1)))[0].shape == SHAPE
    image = sitk.JoinSeries([itk_image(labels(), oblique())])
    sitk.WriteImage(image, str(tmp_path / "a.nrrd"))
    array, grid = read_volume(tmp_path / "a.nrrd")
    assert np.array_equal(array, labels())
    assert close(grid, oblique())


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"dims": (4, 7, 8, 3, 3)}, "several volumes"),
        ({"dims": (2, 7, 8)}, "flat image"),
        ({"dims": (3, 7, -8, 9)}, "impossible size"),
        ({"dims": (0, 7, 8, 9)}, "impossible size"),
        ({"dims": (3, 32000, 32000, 32000)}, "more than this program reads"),
        ({"dims": (3, 1200, 1200, 1200)}, "truncated"),
        ({"code": 128}, "colours"),
        ({"sform": 0}, "does not say how it lies"),
        ({"rows": np.zeros((3, 4))}, "unusable orientation"),
        ({"rows": np.full((3, 4), np.nan)}, "unusable orientation"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_nifti_hostile_headers(tmp_path, options, says, packed):
    with pytest.raises(ReadError, match=says):
        read_volume(nifti(tmp_path / "a.nii", packed=packed, **options))


@pytest.mark.parametrize("suffix", [*FORMATS, ".mhd"])
@pytest.mark.parametrize("share", [0.001, 0.01, 0.1, 0.3, 0.5, 0.9])
def test_a_file_cut_anywhere(tmp_path, capfd, suffix, share):
    path = tmp_path / f"a{suffix}"
    sitk.WriteImage(itk_image(labels(), oblique()), str(path), suffix in (".nii.gz", ".nrrd"))
    if suffix == ".mhd":
        path = tmp_path / "a.raw"
    data = path.read_bytes()
    path.write_bytes(data[: max(1, int(len(data) * share))])
    with pytest.raises(ReadError) as caught:
        read_volume(tmp_path / f"a{suffix}")
    assert len(str(caught.value)) < 200
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_gzip_cut_at_every_byte_of_its_end(tmp_path):
    path = tmp_path / "a.nii.gz"
    write_label_map(path, labels(), oblique())
    data = path.read_bytes()
    for length in range(len(data) - 12, len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(ReadError):
            read_volume(path)


def test_gzip_with_a_flipped_bit(tmp_path):
    path = tmp_path / "a.nii.gz"
    write_label_map(path, labels(), oblique())
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(bytes(data))
    with pytest.raises(ReadError):
        read_volume(path)


@pytest.mark.parametrize("suffix", [*FORMATS, ".mhd"])
def test_text_empty_missing_and_folder(tmp_path, capfd, suffix):
    (tmp_path / f"text{suffix}").write_text("once upon a time " * 99)
    (tmp_path / f"empty{suffix}").write_text("")
    (tmp_path / f"folder{suffix}").mkdir()
    for name, says in (("text", "not|name"), ("empty", "is empty"), ("folder", "is a folder"), ("missing", "no file")):
        with pytest.raises(ReadError, match=says):
            read_volume(tmp_path / f"{name}{suffix}")
    assert capfd.readouterr() == ("", "")


def test_wrong_suffix(tmp_path):
    (tmp_path / "a.dcm").write_text("x")
    with pytest.raises(ReadError, match=r"\.nii\.gz"):
        read_volume(tmp_path / "a.dcm")
    for name in ("a.mhd", "a.txt"):
        with pytest.raises(WriteError, match="nrrd"):
            write_label_map(tmp_path / name, labels(), oblique())


def test_nrrd_hostile_size_and_vectors(tmp_path):
    head = "NRRD0004\ntype: uchar\ndimension: 3\nspace: left-posterior-superior\nsizes: {}\n"
    head += "space directions: (1,0,0) (0,1,0) (0,0,1)\n"
    head += "encoding: raw\nspace origin: (0,0,0)\n\n"
    for sizes, says in (("30000 30000 30000", "more than"), ("1200 1200 1200", "truncated")):
        (tmp_path / "a.nrrd").write_text(head.format(sizes))
        with pytest.raises(ReadError, match=says):
            read_volume(tmp_path / "a.nrrd")
    sitk.WriteImage(sitk.Image([4, 4, 4], sitk.sitkVectorUInt8, 3), str(tmp_path / "v.nrrd"))
    with pytest.raises(ReadError, match="3 numbers per voxel"):
        read_volume(tmp_path / "v.nrrd")


@pytest.mark.parametrize(
    ("value", "says"), [(1.5, "1.5"), (-3, "-3"), (70000, "70000"), (np.nan, "not a number"), (np.inf, "not a number")]
)
@pytest.mark.parametrize("suffix", FORMATS)
def test_values_that_are_no_labels(tmp_path, value, says, suffix):
    array = labels(np.float64)
    array[3, 4, 8] = value
    sitk.WriteImage(itk_image(array, oblique()), str(tmp_path / f"map{suffix}"))
    with pytest.raises(MapError, match=says) as caught:
        read_label_map(tmp_path / f"map{suffix}")
    assert f"map{suffix}" in str(caught.value)
    assert "nearest" in caught.value.hint


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (1, 0, 2)])
@pytest.mark.parametrize("flips", [(False, False, False), (True, False, True), (False, True, False)])
def test_a_second_map_in_another_axis_order(tmp_path, axes, flips):
    first, second, grid = labels(), labels(np.uint16, 200), oblique()
    turned, affine, corner = second.transpose(axes), np.eye(4), np.zeros(3)
    for axis, source in enumerate(axes):
        affine[:3, axis] = grid.ijk_to_ras[:3, source] * (-1 if flips[axis] else 1)
        corner[source] = SHAPE[source] - 1 if flips[axis] else 0
    affine[:3, 3] = grid.to_ras(corner)
    turned = turned[tuple(slice(None, None, -1) if flip else slice(None) for flip in flips)]
    write_label_map(tmp_path / "s.nii.gz", first, grid)
    write_label_map(tmp_path / "v.nrrd", turned, Grid(turned.shape, affine))
    maps = read_label_maps(tmp_path / "s.nii.gz", tmp_path / "v.nrrd")
    assert close(maps.grid, grid)
    assert np.array_equal(maps.subregions, first)
    assert np.array_equal(maps.vertebrae, second)


def test_different_grids_are_told_apart_in_words(tmp_path):
    array, grid = labels(), oblique()
    write_label_map(tmp_path / "s.nii", array, grid)

    def other(shape=SHAPE, scale=1.0, shift=0.0, turn=0.0):
        affine = grid.ijk_to_ras.copy()
        affine[:3, :3] = Rotation.from_euler("z", turn, degrees=True).as_matrix() @ affine[:3, :3] * scale
        affine[:3, 3] += shift
        write_label_map(tmp_path / "v.nii", np.ones(shape, np.uint8), Grid(shape, affine))
        return read_label_maps(tmp_path / "s.nii", tmp_path / "v.nii")

    assert other(shift=0.003).vertebrae.all()
    for options, says in (
        ({"shape": (7, 8, 10)}, "7 x 8 x 9 against 7 x 8 x 10 voxels"),
        ({"scale": 2.0}, "spacing 1.5 x 0.75 x 3.25 against 3 x 1.5 x 6.5 mm"),
        ({"shift": 3.0}, r"centres 5\.2 mm apart"),
        ({"turn": 3.0}, "turned by"),
    ):
        with pytest.raises(MapError, match=says) as caught:
            other(**options)
        assert "nearest neighbour" in caught.value.hint


def test_the_quaternion_of_a_file_is_its_rotation(tmp_path):
    turns = [
        *Rotation.random(30, random_state=4).as_matrix(),
        *(np.diag(each) for each in ((-1, -1, 1), (1, -1, -1), (-1, 1, -1))),
    ]
    for turn in turns:
        affine = np.eye(4)
        affine[:3, :3] = turn
        write_label_map(tmp_path / "turned.nii", labels(), Grid(SHAPE, affine))
        b, c, d = struct.unpack_from("<3f", (tmp_path / "turned.nii").read_bytes(), 256)
        a = np.sqrt(max(0.0, 1.0 - b * b - c * c - d * d))
        assert np.abs(Rotation.from_quat([b, c, d, a]).as_matrix() - turn).max() < 1e-3
