"""Radiographs: DICOM with what its tags say of the geometry, or plain pictures with a form.

A film is read so that more in the way of the rays is a larger number. What a DICOM file tells of its grey values is believed
(photometric interpretation, and relationship and sign of pixel intensity); a plain picture shows bone bright unless a form says
otherwise.

References
----------
DICOM PS3.3: C.8.11.3 (DX image, Pixel Intensity Relationship), 10.7.1.3 (Imager Pixel Spacing against Pixel Spacing).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ReadError
from ..geometry import FloatArray
from ..xray.films import Picture
from ..xray.setups import Setup
from .texts import PathLike

_MOST_PIXELS = 200_000_000
_LEAST_SIDE = 64
_PICTURES = (".png", ".tif", ".tiff", ".jpg", ".jpeg", ".bmp", ".nii", ".nii.gz", ".nrrd", ".mha", ".mhd")
_SOURCE_SIDES = {"AP": "A", "PA": "P", "LL": "R", "LLD": "R", "RL": "L", "RLD": "L"}
"""View position (0018,5101): a left lateral film has the left side at the detector, so the source is on the right."""


def read_film(path: PathLike) -> Picture:
    """Read a radiograph and what its file says of its geometry.

    Parameters
    ----------
    path : path
        DICOM, or a picture that SimpleITK reads (.png, .tif, .jpg, .nii.gz, ...).

    Raises
    ------
    ReadError
        If it is missing, damaged, no single grey picture, or too small or large to be a radiograph.
    """
    path = Path(path)
    if not path.is_file():
        raise ReadError(f"There is no file {path}.", "Give a radiograph: DICOM or a picture.")
    found = _read_dicom(path) if _is_dicom(path) else _read_picture(path)
    rows, columns = found.values.shape
    if min(rows, columns) < _LEAST_SIDE:
        raise ReadError(f"{path.name} has {columns} x {rows} pixels.", "That is too small for a radiograph of a spine.")
    if not np.isfinite(found.values).all():
        raise ReadError(f"{path.name} has pixels that are no numbers.", "Export it again.")
    return found


def _is_dicom(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM" or path.suffix.lower() in (".dcm", ".dicom")


def _read_picture(path: Path) -> Picture:
    import SimpleITK as sitk

    if not path.name.lower().endswith(_PICTURES):
        raise ReadError(f"{path.name} is no radiograph by its name.", f"Known are DICOM and {', '.join(_PICTURES)}.")
    try:
        reader: Any = _reader()
        reader.SetFileName(str(path))
        reader.ReadImageInformation()
        size = [each for each in reader.GetSize() if each > 1]
        if len(size) != 2 or np.prod(size) > _MOST_PIXELS:
            raise ReadError(f"{path.name} is no single picture: {' x '.join(map(str, reader.GetSize()))}.", "Give one film.")
        pixels = sitk.GetArrayFromImage(reader.Execute())
    except RuntimeError as error:
        raise ReadError(f"{path.name} is damaged or no picture.", "Export it again.") from error
    if reader.GetNumberOfComponents() > 1:
        if np.ptp(pixels[..., :3].astype(np.float64), axis=-1).any():
            raise ReadError(f"{path.name} is a picture in colours.", "Give a grey one.")
        pixels = pixels[..., 0]
    return Picture(np.asarray(pixels.squeeze(), dtype=np.float64), Setup())


def _reader() -> Any:
    import SimpleITK as sitk

    return sitk.ImageFileReader()  # type: ignore[no-untyped-call, unused-ignore]


def _read_dicom(path: Path) -> Picture:
    try:
        import pydicom
    except ImportError as error:
        raise ReadError(
            f"{path.name} needs pydicom, which is not installed.", "Install it with: pip install pydicom."
        ) from error
    try:
        data = pydicom.dcmread(path)
        pixels = _pixels(data, path)
    except ReadError:
        raise
    except Exception as error:  # a damaged file makes pydicom and its decoders raise whatever happens to fail in them
        raise ReadError(f"{path.name} is damaged or packed in a way that cannot be read.", "Export it uncompressed.") from error
    return Picture(_attenuation(data, pixels), _setup(data))


def _pixels(data: Any, path: Path) -> FloatArray:
    frames, samples = int(data.get("NumberOfFrames", 1) or 1), int(data.get("SamplesPerPixel", 1) or 1)
    if "PixelData" not in data or frames != 1 or samples != 1:
        raise ReadError(f"{path.name} is no single grey picture.", "Give one film a file.")
    if int(data.Rows) * int(data.Columns) > _MOST_PIXELS:
        raise ReadError(f"{path.name} claims {data.Columns} x {data.Rows} pixels.", "That is no radiograph.")
    return np.asarray(data.pixel_array, dtype=np.float64)


def _attenuation(data: Any, pixels: FloatArray) -> FloatArray:
    """Return the pixels so that more bone is a larger number, in steps that are even where the file knows them."""
    relationship, sign = (
        str(data.get("PixelIntensityRelationship", "")),
        int(data.get("PixelIntensityRelationshipSign", 0) or 0),
    )
    if relationship == "LIN" and sign:
        rays = pixels if sign > 0 else pixels.max() - pixels
        return np.asarray(-np.log(np.maximum(rays, 1.0) / max(float(rays.max()), 1.0)))
    if relationship == "LOG" and sign:
        return -sign * pixels
    return pixels.max() - pixels if str(data.get("PhotometricInterpretation", "")) == "MONOCHROME1" else pixels


def _setup(data: Any) -> Setup:
    detector, patient = _number(data, "DistanceSourceToDetector"), _number(data, "DistanceSourceToPatient")
    magnified = _number(data, "EstimatedRadiographicMagnificationFactor")
    if patient is None and detector is not None and magnified is not None and magnified > 1:
        patient = detector / magnified
    known = replace(_sides(data), source_detector_mm=detector, source_patient_mm=patient)
    for name, number in (("ImagerPixelSpacing", "0018,1164"), ("PixelSpacing", "0028,0030")):
        values = data.get(name)
        if values is not None and len(values) == 2 and all(float(each) > 0 for each in values):
            # rows come first in DICOM
            pixel = float(values[1]), float(values[0])
            at = "patient" if name == "PixelSpacing" and data.get("PixelSpacingCalibrationType") == "GEOMETRY" else "detector"
            return replace(known, pixel_mm=pixel, pixel_at=at, spacing_from=f"{name} {number}")
    return known


def _sides(data: Any) -> Setup:
    side = _SOURCE_SIDES.get(str(data.get("ViewPosition", "")).upper())
    way = [str(each) for each in data.get("PatientOrientation", None) or []]
    columns = way[0][:1] if len(way) == 2 and way[0][:1] in ("L", "R", "A", "P") else None
    return Setup(source_side=side, columns_to=columns)


def _number(data: Any, name: str) -> float | None:
    value = data.get(name)
    try:
        return float(value) if value is not None and float(value) > 0 else None
    except (TypeError, ValueError):
        return None
