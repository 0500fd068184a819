"""Who may import whom: the rooms of the core, and what each may ask of the outside."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "SpineDigitalTwin" / "spinetwin"

GROUND = {"anatomy", "geometry", "errors", "networks"}
TOP = {"report", "jobs", "commands", "cli", ""}
EVERYTHING = GROUND | {"phantom", "poi", "measure", "segmentation", "biomechanics", "xray", "io"} | TOP
ROOMS = {
    "errors": set[str](),
    "networks": {"errors"},
    "anatomy": {"errors"},
    "geometry": {"errors"},
    "phantom": GROUND,
    "poi": GROUND,
    "measure": GROUND,
    "segmentation": GROUND,
    "biomechanics": GROUND,
    "xray": GROUND | {"phantom", "poi"},
    "io": GROUND | {"poi", "measure", "phantom", "biomechanics", "xray"},
    "report": EVERYTHING,
    "jobs": EVERYTHING,
    "commands": EVERYTHING,
    "cli": EVERYTHING,
    "__main__": EVERYTHING,
    "": EVERYTHING,
}
"""What each room may import beside itself; "" is the package's own face, `spinetwin/__init__.py`."""

DATA_TYPES = {
    "poi": {"poi", "poi.model", "poi.Poi", "poi.PoiSet", "poi.Status"},
    "measure": {"measure.changes", "measure.known", "measure.landmarks", "measure.results", "measure.table"},
    "phantom": {"phantom.ground_truth.record"},
    "xray": {"xray.films", "xray.landmarks", "xray.model_builder.statistical", "xray.setups", "xray.trust"},
    "biomechanics": {
        "biomechanics.mechanism",
        "biomechanics.model",
        "biomechanics.person",
        "biomechanics.results",
        "biomechanics.settings",
        "biomechanics.tasks",
        "biomechanics.tissues",
    },
}
"""What `io` may know of other rooms: the data, never the computing."""

GLUE = {"slicer", "qt", "ctk", "PythonQt", "PySide6", "vtkSlicer"}
ANYWHERE = {"numpy", "scipy", "spinetwin"}
INSIDE_FUNCTIONS = {
    "SimpleITK": None,
    "h5py": {"io"},
    "matplotlib": None,
    "mpl_toolkits": None,
    "numba": {"xray"},
    "onnxruntime": {"networks"},
    "psutil": {"jobs"},
    "pydicom": {"io"},
    "tqdm": {"commands", "cli", "jobs"},
    "vtk": {"report", "geometry.surfaces"},
    "vtkmodules": {"report", "geometry.surfaces"},
    "torch": {"segmentation"},
    "nnunetv2": {"segmentation"},
    "totalspineseg": {"jobs"},
    "opensim": {"jobs.engines"},
    "mujoco": {"jobs.engines"},
}
"""Heavy or optional packages, and where they may be imported (None: everywhere), always inside a function."""


@dataclass(frozen=True)
class Import:
    """One imported dotted name, and whether it happens when the file itself is imported."""

    name: str
    line: int
    at_file_scope: bool


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def imports_of(source: str, module: str, *, is_package: bool) -> Iterator[Import]:
    """Yield every import of a file, relative ones resolved against its dotted name."""
    package = module.split(".") if is_package else module.split(".")[:-1]

    def walk(node: ast.AST, scope: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from (Import(each.name, child.lineno, scope) for each in child.names)
            elif isinstance(child, ast.ImportFrom):
                base = package[: len(package) - child.level + 1] if child.level else []
                origin = ".".join([*base, *([child.module] if child.module else [])])
                yield from (Import(f"{origin}.{each.name}", child.lineno, scope) for each in child.names)
            else:
                inside = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) or _is_type_checking(child)
                yield from walk(child, scope and not inside)

    yield from walk(ast.parse(source), True)


def room_of(dotted: str) -> str:
    """Return the room of a dotted name inside the core: `spinetwin.poi.model.Poi` lives in `poi`."""
    parts = dotted.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in ROOMS else ""


def _inside_wall(here: str, found: Import) -> str | None:
    there = room_of(found.name)
    short = found.name.removeprefix("spinetwin.")
    if there == here or (there == "" and found.name == "spinetwin.__version__"):
        return None
    if there not in ROOMS[here]:
        return f"`{here}` may not know `{there or 'the whole package'}`"
    if here == "io" and there in DATA_TYPES and not {short, short.rpartition(".")[0]} & (DATA_TYPES[there] - {there}):
        return f"`io` may know the data types of `{there}` only, not {short}"
    return None


def _outside_wall(module: str, found: Import) -> str | None:
    top = found.name.split(".")[0]
    if top in GLUE:
        return f"the core never imports {top}"
    if top in INSIDE_FUNCTIONS:
        places, short = INSIDE_FUNCTIONS[top], module.removeprefix("spinetwin.")
        if places is not None and not any(short == each or short.startswith(f"{each}.") for each in places):
            return f"{top} belongs in {', '.join(sorted(places))}"
        return f"{top} is imported at file scope; import it inside the function" if found.at_file_scope else None
    if top in sys.stdlib_module_names or top in ANYWHERE:
        return None
    return f"{top} is not a dependency of the core"


def violations(source: str, module: str, *, is_package: bool = False) -> list[str]:
    """Return what a file of the core imports against the plan of the house."""
    here = room_of(module)
    if here == "" and module != "spinetwin":
        return [f"{module}: no such room; add it to the plan (DESIGN, CONTRIBUTING.md and this test) or move the file"]
    problems = []
    for found in imports_of(source, module, is_package=is_package):
        inside = found.name.split(".")[0] == "spinetwin"
        problem = _inside_wall(here, found) if inside else _outside_wall(module, found)
        if problem:
            problems.append(f"{module}:{found.line}: {problem}")
    return problems


def _module_name(path: Path) -> str:
    parts = path.relative_to(CORE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = sorted(CORE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: _module_name(path))
def test_every_file_keeps_to_the_plan(path):
    found = violations(path.read_text(encoding="utf-8"), _module_name(path), is_package=path.name == "__init__.py")
    assert not found, "\n".join(found)


def test_there_are_files_to_look_at():
    assert {_module_name(path) for path in FILES} >= {"spinetwin", "spinetwin.anatomy", "spinetwin.errors"}


@pytest.mark.parametrize(
    ("module", "source", "word"),
    [
        ("spinetwin.anatomy.levels", "from ..geometry import Grid", "may not know `geometry`"),
        ("spinetwin.geometry.grid", "from spinetwin.anatomy import level", "may not know `anatomy`"),
        ("spinetwin.geometry.grid", "from .. import anatomy", "may not know `anatomy`"),
        ("spinetwin.poi.compute", "from ..phantom import make", "may not know `phantom`"),
        ("spinetwin.poi.compute", "import spinetwin.io.volumes", "may not know `io`"),
        ("spinetwin.phantom.simple", "def f():\n    from ..poi import Poi", "may not know `poi`"),
        ("spinetwin.measure.angles", "from ..report.views import draw", "may not know `report`"),
        ("spinetwin.poi.compute", "import spinetwin", "may not know `the whole package`"),
        ("spinetwin.io.markups", "from ..poi.compute import compute", "data types"),
        ("spinetwin.io.markups", "from ..poi import compute_points", "data types"),
        ("spinetwin.io.truth", "from ..phantom import make_spine", "data types of `phantom`"),
        ("spinetwin.io.loads", "from ..biomechanics.loads import loads", "data types of `biomechanics`"),
        ("spinetwin.biomechanics.build", "from ..poi import PoiSet", "may not know `poi`"),
        ("spinetwin.report.page", "import slicer", "never imports slicer"),
        ("spinetwin.cli", "def f():\n    import qt", "never imports qt"),
        ("spinetwin.cli", "from slicer.util import loadVolume", "never imports slicer"),
        ("spinetwin.poi.compute", "def f():\n    import vtk", "vtk belongs in"),
        ("spinetwin.report.views", "import vtk", "file scope"),
        ("spinetwin.geometry.grid", "def f():\n    from vtkmodules.util import numpy_support", "vtkmodules belongs in"),
        ("spinetwin.io.volumes", "import SimpleITK as sitk", "file scope"),
        ("spinetwin.report.views", "class A:\n    from matplotlib import pyplot", "file scope"),
        ("spinetwin.report.views", "try:\n    import matplotlib\nexcept ImportError:\n    pass", "file scope"),
        ("spinetwin.jobs.worker", "def f():\n    import torch", "torch belongs in"),
        ("spinetwin.segmentation.net", "import torch", "file scope"),
        ("spinetwin.io.volumes", "def f():\n    import nibabel", "not a dependency"),
        ("spinetwin.helpers", "import os", "no such room"),
    ],
)
def test_the_guard_bites(module, source, word):
    found = violations(source, module)
    assert len(found) == 1
    assert word in found[0]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("spinetwin.anatomy.levels", "from ..errors import ParameterError\nfrom .tables import read_table"),
        ("spinetwin.poi.compute", "from ..anatomy import level\nfrom ..geometry.grid import Grid\nfrom .model import Poi"),
        ("spinetwin.io.markups", "from ..poi import Poi, PoiSet\nfrom ..poi.model import Status\nfrom ..poi import model"),
        ("spinetwin.io.truth", "from ..phantom.ground_truth.record import GroundTruth"),
        ("spinetwin.io.volumes", "def f():\n    import SimpleITK as sitk"),
        ("spinetwin.io.volumes", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import SimpleITK as sitk"),
        ("spinetwin.report.views", "import scipy.ndimage\ndef f():\n    import vtk"),
        ("spinetwin.geometry.surfaces", "def f():\n    import vtk"),
        ("spinetwin.segmentation.net", "def f():\n    import torch"),
        ("spinetwin.cli", "from .poi import compute_points\nfrom . import __version__, report"),
    ],
)
def test_what_is_allowed_passes(module, source):
    assert violations(source, module) == []


def test_a_package_resolves_its_own_dots():
    found = violations("from .model import Poi\nfrom ..phantom import make", "spinetwin.poi", is_package=True)
    assert found == ["spinetwin.poi:2: `poi` may not know `phantom`"]


HEAVY = {"SimpleITK", "matplotlib", "vtk", "vtkmodules", "torch", "nnunetv2", "onnxruntime", "numba", "slicer"}


def _loaded_by(*modules: str) -> list[str]:
    """Import the modules one after the other in a fresh interpreter; say which one was the first to load what."""
    code = (
        f"import importlib, sys\nseen = set()\nfor module in {modules!r}:\n    importlib.import_module(module)\n"
        f"    new = {HEAVY!r} & sys.modules.keys() - seen\n    seen |= new\n"
        "    for name in sorted(new): print(f'{module} loads {name}')\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


def test_importing_the_core_loads_nothing_heavy():
    assert _loaded_by(*(_module_name(path) for path in FILES if path.name != "__main__.py")) == []


def test_the_heavy_import_check_bites():
    assert _loaded_by("json", "matplotlib") == ["matplotlib loads matplotlib"]
