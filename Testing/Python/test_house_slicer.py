"""What the Extensions Index and Slicer ask of the files of the extension (the Slicer layer; the core has its own plan)."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = ("SpineDigitalTwin", "SpinePOI")
PACKAGED = sorted(
    path for module in MODULES for path in [*(ROOT / module).glob("*.py"), *(ROOT / module / f"{module}Lib").rglob("*.py")]
)
OWN = {"spinetwin", "SpineDigitalTwinLib", "SpinePOILib"}
IN_SLICER = {"numpy", "scipy", "SimpleITK", "vtk", "vtkmodules", "slicer", "qt", "ctk"}
INSTALLS = re.compile(r"\b(pip_install|pip_ensure|pip_main)\b")


def file_scope_imports(source: str) -> set[str]:
    """Return the packages that importing a file imports; what stands in functions or is for type checkers does not count."""
    found: set[str] = set()

    def walk(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                found.update(each.name.split(".")[0] for each in child.names)
            elif isinstance(child, ast.ImportFrom) and not child.level:
                found.add((child.module or "").split(".")[0])
            elif not (
                isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
                or (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test))
            ):
                walk(child)

    walk(ast.parse(source))
    return found


def strangers(source: str) -> set[str]:
    """Return what a file of the extension may not import at file scope."""
    return {each for each in file_scope_imports(source) - OWN - IN_SLICER if each not in sys.stdlib_module_names}


def installs_at_import(source: str) -> bool:
    """Say whether importing a file would install something."""
    outside = [node for node in ast.parse(source).body if not isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    return any(INSTALLS.search(ast.unparse(node)) for node in outside)


@pytest.mark.parametrize("path", PACKAGED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_foreign_is_imported_or_installed_by_importing(path):
    source = path.read_text(encoding="utf-8")
    assert strangers(source) == set()
    assert not installs_at_import(source)


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("import torch\n", {"torch"}),
        ("if True:\n    from nnunetv2.run import x\n", {"nnunetv2"}),
        ("class A:\n    import pandas\n", {"pandas"}),
        ("def f():\n    import torch\n", set()),
        ("from . import volumes\nimport numpy, slicer\n", set()),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch\n", set()),
    ],
)
def test_the_import_guard_bites(source, what):
    assert strangers(source) == what


def test_the_install_guard_bites():
    assert installs_at_import("import slicer\nslicer.util.pip_install('torch')\n")
    assert not installs_at_import("import slicer\ndef f():\n    slicer.util.pip_install('torch')\n")


@pytest.mark.parametrize("module", MODULES)
def test_every_script_in_a_module_folder_is_a_module(module):
    """Slicer takes every .py that lies directly in the folder of modules for one, and looks for a class of its name."""
    (script,) = (ROOT / module).glob("*.py")
    classes = {node.name for node in ast.parse(script.read_text(encoding="utf-8")).body if isinstance(node, ast.ClassDef)}
    assert script.stem == module
    assert {module, f"{module}Widget"} <= classes


def test_package_names_are_unique_when_all_lie_in_one_folder():
    tops = [path.parent.name for module in MODULES for path in (ROOT / module).glob("*/__init__.py")]
    assert len(tops) == len(set(tops))
    assert set(tops) == {"spinetwin", "SpineDigitalTwinLib", "SpinePOILib"}
    assert not list(ROOT.glob("Testing/__init__.py")), "a top-level package Testing would hide others of that name"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_what_it_is_and_whom_it_thanks(module):
    source = (ROOT / module / f"{module}.py").read_text(encoding="utf-8")
    for field in ("title", "categories", "contributors", "helpText", "acknowledgementText"):
        assert re.search(rf"parent\.{field} = \S", source), field
    assert (ROOT / module / "Resources" / "Icons" / f"{module}.png").read_bytes().startswith(b"\x89PNG")


def test_the_screenshots_of_the_index_are_files_of_the_repository():
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    urls = re.search(r'EXTENSION_SCREENSHOTURLS "(.*?)"', text)[1].split()
    assert urls
    for url in urls:
        assert (ROOT / url.rpartition("/main/")[2]).is_file(), url
