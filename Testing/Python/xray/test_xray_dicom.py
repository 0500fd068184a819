"""What the tags of a film say of its geometry and its grey values."""

import numpy as np
import pytest
from spinetwin.errors import ReadError
from spinetwin.io.films import read_film

pydicom = pytest.importorskip("pydicom", reason="pydicom is not installed")


def _film(path, pixels=None, **tags):
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    data = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    pixels = np.arange(80 * 100, dtype=np.uint16).reshape(80, 100) if pixels is None else pixels
    data.Rows, data.Columns = pixels.shape
    data.SamplesPerPixel, data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 1, 16, 16, 15, 0
    data.PhotometricInterpretation = "MONOCHROME2"
    data.PixelData = pixels.tobytes()
    for name, value in tags.items():
        setattr(data, name, value)
    data.save_as(path, enforce_file_format=True)
    return path


GEOMETRY = {"DistanceSourceToDetector": 1800, "DistanceSourceToPatient": 1500}


def test_imager_spacing_is_preferred_and_said(tmp_path):
    path = _film(tmp_path / "f.dcm", **GEOMETRY, ImagerPixelSpacing=[0.2, 0.3], PixelSpacing=[0.1, 0.1])
    film = read_film(path).film("frontal")
    assert "0.3 x 0.2 mm at the detector (ImagerPixelSpacing 0018,1164)" in film.spacing
    assert film.camera.focal == pytest.approx([1800 / 0.3, 1800 / 0.2])


def test_a_calibrated_spacing_lies_at_the_patient(tmp_path):
    path = _film(tmp_path / "f.dcm", **GEOMETRY, PixelSpacing=[0.25, 0.25], PixelSpacingCalibrationType="GEOMETRY")
    film = read_film(path).film("frontal")
    assert "at the patient (PixelSpacing 0028,0030)" in film.spacing
    assert film.pixel_mm == pytest.approx(0.25)


def test_magnification_tells_where_the_patient_stands(tmp_path):
    tags = {"DistanceSourceToDetector": 1800, "EstimatedRadiographicMagnificationFactor": 1.2, "ImagerPixelSpacing": [0.2, 0.2]}
    assert read_film(_film(tmp_path / "f.dcm", **tags)).setup.source_patient_mm == pytest.approx(1500)


def test_view_and_orientation_are_read(tmp_path):
    setup = read_film(_film(tmp_path / "f.dcm", ViewPosition="PA", PatientOrientation=["R", "F"])).setup
    assert (setup.source_side, setup.columns_to) == ("P", "R")


@pytest.mark.parametrize(
    ("tags", "rising"),
    [
        ({}, True),
        ({"PhotometricInterpretation": "MONOCHROME1"}, False),
        ({"PixelIntensityRelationship": "LIN", "PixelIntensityRelationshipSign": 1}, False),
        ({"PixelIntensityRelationship": "LIN", "PixelIntensityRelationshipSign": -1}, True),
        ({"PixelIntensityRelationship": "LOG", "PixelIntensityRelationshipSign": -1}, True),
    ],
)
def test_more_in_the_way_is_a_larger_number(tmp_path, tags, rising):
    values = read_film(_film(tmp_path / "f.dcm", **tags)).values
    assert (np.diff(values.ravel()[1:]) >= 0).all() == rising
    assert np.isfinite(values).all()


def test_counts_become_attenuation(tmp_path):
    counts = np.full((70, 70), 1000, dtype=np.uint16)
    counts[10:20] = 500
    tags = {"PixelIntensityRelationship": "LIN", "PixelIntensityRelationshipSign": 1}
    values = read_film(_film(tmp_path / "f.dcm", counts, **tags)).values
    assert values[15, 5] - values[30, 5] == pytest.approx(np.log(2))


@pytest.mark.parametrize("size", [0, 100, 400, 9000])
def test_a_damaged_file_is_refused(tmp_path, size):
    path = _film(tmp_path / "f.dcm")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ReadError):
        read_film(path)
