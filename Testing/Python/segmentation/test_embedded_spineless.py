"""What the network of the package says of images without a spine: it sees vertebrae, and a person is told to doubt them."""

import json

import pytest
import spineless_images
from spinetwin import cli
from spinetwin.io import write_volume


@pytest.mark.parametrize("name", ["leg", "trunk"])
def test_a_person_is_asked_whether_it_is_a_spine(tmp_path, capsys, name):
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed; `make test` installs it")
    path, out = tmp_path / "scan.nii.gz", tmp_path / "out"
    out.mkdir()
    write_volume(path, *getattr(spineless_images, name)())
    code = cli.main(["segment", str(path), "--out", str(out), "--backend", "embedded", "--quiet"])
    said = capsys.readouterr()
    assert "Is it an image of the spine?" in (said.out if code == 0 else said.err)
    if code == 0:
        warnings = json.loads((out / "segmentation.json").read_text(encoding="utf-8"))["warnings"]
        assert any("found in scan.nii.gz lack a disc, an arch, or both" in each for each in warnings)
    else:
        assert list(out.iterdir()) == []
