"""Models of a person's own that are programs: known by what is in them, on a person's word."""

import hashlib

import pytest
from spinetwin import cli
from spinetwin.errors import ParameterError, ReadError
from spinetwin.jobs.weights import refuse_unknown, vouch


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    home = tmp_path / "home ü"
    monkeypatch.setenv("SPINETWIN_HOME", str(home))
    return home


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "mein Netz.pt"
    path.write_bytes(b"a program")
    return path


def test_a_model_is_refused_with_the_command_that_vouches_for_it(model, capsys):
    with pytest.raises(ParameterError) as refused:
        refuse_unknown(model)
    assert f'`spinetwin weights vouch "{model}"`' in str(refused.value)
    assert cli.main(["weights", "vouch", str(model)]) == 0
    assert capsys.readouterr().out == f"sha256:{hashlib.sha256(b'a program').hexdigest()}  {model}\n"
    refuse_unknown(model)


def test_what_counts_is_what_is_in_it_and_not_its_name(model):
    vouch(model)
    refuse_unknown(model.rename(model.with_name("other.pt")))
    model.write_bytes(b"another program")
    with pytest.raises(ParameterError, match="Nobody has vouched"):
        refuse_unknown(model)


def test_what_cannot_be_read_is_neither_vouched_for_nor_known(tmp_path, home, capsys):
    for path in (tmp_path / "nowhere.pt", tmp_path):
        assert cli.main(["weights", "vouch", str(path)]) == 1
        assert "cannot be read" in capsys.readouterr().err
        with pytest.raises(ReadError, match="cannot be read"):
            refuse_unknown(path)
    assert not home.exists()
