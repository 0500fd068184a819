"""The panel Spine Digital Twin, and a spine for it."""

import shutil
from types import SimpleNamespace

import pytest
from slicerhost import films
from slicerhost.waiting import settle
from spinetwin.phantom import Curve, SpineParameters, make_spine
from spinetwin.xray.synthetic import FilmLook
from xray.made_people import lying_and_standing, write_films


@pytest.fixture(scope="session")
def spine_maps():
    """A bent thoracolumbar spine with its sacrum."""
    spine = make_spine(SpineParameters(levels="T10-S1", curves=(Curve(30.0, apex="L1"),)))
    return spine.voxelise(spine.grid(3.0, "LPS", margin_mm=4))


@pytest.fixture
def twin(panel):
    from SpineDigitalTwin import SpineDigitalTwinWidget

    widget = panel(SpineDigitalTwinWidget, 460, 1180)
    widget.enter()
    return widget


@pytest.fixture
def small_samples(host, monkeypatch):
    """Let every sample spine be three coarse vertebrae: the samples themselves have tests of their own."""
    from SpineDigitalTwinLib.data import sampledata

    monkeypatch.setattr(sampledata.Sample, "options", lambda _self: {"levels": "L3-L5", "spacing": [3.0, 3.0, 3.0]})


@pytest.fixture
def nodes(host, spine_maps):
    """The two maps in the scene."""
    from SpineDigitalTwinLib.maps import volumes

    grid = spine_maps.grid
    return (
        volumes.addSubregions("Patient 1, subregions", spine_maps.subregions, grid),
        volumes.addVertebrae("Patient 1, vertebrae", spine_maps.vertebrae, grid),
    )


@pytest.fixture
def shown(host, twin, nodes):
    """The panel with both maps chosen and shown."""
    twin.ui.subregionsSelector.setCurrentNode(nodes[0])
    twin.ui.vertebraeSelector.setCurrentNode(nodes[1])
    settle(host)
    twin.ui.showButton.click()
    settle(host, until=lambda: not twin.panel.labels.busy)
    return twin


@pytest.fixture(scope="session")
def person(tmp_path_factory):
    """A folder with two films of a standing person and landmarks, and the spine."""
    folder = tmp_path_factory.mktemp("films")
    _lying, standing = lying_and_standing("L2-L3")
    write_films(folder, standing, look=FilmLook(soft_tissue=False, marrow=False, photons=0))
    return folder, standing


@pytest.fixture
def filmed(twin, person, host):
    """The panel with both films loaded and their geometry typed."""
    twin.ui.radiographsSection.collapsed = False
    films.load(twin, host, [person[0] / f"{view}.nii.gz" for view in films.VIEWS])
    films.type_geometry(twin, host)
    return twin


@pytest.fixture
def marked(filmed, person, host):
    """The same with landmarks."""
    filmed.panel.radiographs.marks.load(person[0] / "marks.csv")
    settle(host)
    return filmed


@pytest.fixture(scope="session")
def result(tmp_path_factory):
    """Where the worker's first result is kept: making the shapes again takes seconds."""
    return SimpleNamespace(folder=tmp_path_factory.mktemp("result") / "files", verdict=None)


@pytest.fixture
def found(marked, host, monkeypatch, result):
    """The same, reconstructed; by a worker the first time."""
    import qt

    panel = marked.panel.radiographs

    def once(_title, _step, _inputs, _options, output, done, _failed):
        shutil.copytree(result.folder, output, dirs_exist_ok=True)
        # as a worker does, not in the same turn of the event loop
        qt.QTimer.singleShot(0, lambda: done(_at(output, result.verdict)))

    def keeping(*arguments, **words):
        *start, output, done, failed = arguments

        def kept(verdict):
            shutil.copytree(output, result.folder)
            result.verdict = verdict
            done(verdict)

        begin(*start, output, kept, failed, **words)

    begin = panel._background.start
    with monkeypatch.context() as replaced:
        replaced.setattr(panel._background, "start", once if result.verdict is not None else keeping)
        films.run(marked, host)
        settle(host, until=lambda: marked.ui.standingFrame.visible and not panel.busy)
        settle(host, until=lambda: not panel.view.busy)
    return marked


def _at(folder, verdict):
    """The same verdict of files that lie elsewhere."""
    paths = {name: path.replace(path.rpartition("/")[0], str(folder)) for name, path in verdict.result.paths.items()}
    return SimpleNamespace(result=SimpleNamespace(paths=paths, summary=verdict.result.summary))
