"""The extension packages every file of the core, and its CMake files say what Slicer's build expects."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "SpineDigitalTwin" / "spinetwin"
IGNORE = shutil.ignore_patterns("__pycache__", "*.egg-info")


def _check(root: Path) -> subprocess.CompletedProcess[str]:
    script = ROOT / "Testing" / "cmake_lists.py"
    return subprocess.run([sys.executable, script, "--check", root], capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def copy(tmp_path):
    for module in ("SpineDigitalTwin", "SpinePOI"):
        shutil.copytree(ROOT / module, tmp_path / module, ignore=IGNORE)
    shutil.copy(ROOT / "CMakeLists.txt", tmp_path)
    return tmp_path


def test_cmake_lists_exactly_the_files_there_are():
    run = _check(ROOT)
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_forgotten_script_is_found_and_repaired(copy):
    (copy / "SpineDigitalTwin" / "spinetwin" / "new.py").touch()
    run = _check(copy)
    assert run.returncode == 1
    assert "SPINETWIN_SCRIPTS: spinetwin/new.py is not listed" in run.stdout
    subprocess.run([sys.executable, ROOT / "Testing" / "cmake_lists.py", copy], check=True, timeout=60)
    assert _check(copy).returncode == 0


def test_a_forgotten_file_of_the_second_module_is_found(copy):
    (copy / "SpinePOI" / "SpinePOILib" / "new.py").touch()
    (copy / "SpinePOI" / "Resources" / "UI" / "new.ui").touch()
    said = _check(copy).stdout
    assert "SpinePOI, MODULE_PYTHON_SCRIPTS: SpinePOILib/new.py is not listed" in said
    assert "SpinePOI, MODULE_PYTHON_RESOURCES: Resources/UI/new.ui is not listed" in said


def test_a_forgotten_table_is_found(copy):
    (copy / "SpineDigitalTwin" / "spinetwin" / "anatomy" / "new.csv").touch()
    assert "SPINETWIN_RESOURCES: spinetwin/anatomy/new.csv is not listed" in _check(copy).stdout


def test_a_listed_file_that_is_gone_is_found(copy):
    (copy / "SpineDigitalTwin" / "spinetwin" / "errors.py").unlink()
    assert "spinetwin/errors.py does not exist" in _check(copy).stdout


def _unpackaged(names: list[str]) -> list[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["*"]
    return [name for name in names if not any(PurePosixPath(name).match(each.removeprefix("**/")) for each in patterns)]


def test_pip_packages_every_data_file_too():
    data = [path.relative_to(CORE).as_posix() for path in CORE.rglob("*.*") if "__pycache__" not in path.parts]
    assert _unpackaged([name for name in data if not name.endswith(".py")]) == []


def test_the_data_file_check_bites():
    assert _unpackaged(["anatomy/levels.csv", "anatomy/levels.xyz"]) == ["anatomy/levels.xyz"]


FAKE_CONFIG = """
set(Slicer_USE_FILE ${CMAKE_CURRENT_LIST_DIR}/use.cmake)
set(Slicer_EXTENSION_GENERATE_CONFIG ${CMAKE_CURRENT_LIST_DIR}/generate.cmake)
set(Slicer_EXTENSION_CPACK ${CMAKE_CURRENT_LIST_DIR}/cpack.cmake)
set(Slicer_QTSCRIPTEDMODULES_LIB_DIR lib/Slicer-5.10/qt-scripted-modules)
set(Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR install/qt-scripted-modules)
"""
FAKE_USE = """
macro(ctkMacroCompilePythonScript)
  cmake_parse_arguments(MY "NO_INSTALL_SUBDIR;GLOBAL_TARGET" "TARGET_NAME;SOURCE_DIR;DESTINATION_DIR;INSTALL_DIR"
    "SCRIPTS;RESOURCES" ${ARGN})
  if(MY_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "Unknown: ${MY_UNPARSED_ARGUMENTS}")
  endif()
  foreach(file ${MY_SCRIPTS} ${MY_RESOURCES})
    if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
      message(FATAL_ERROR "No such file: ${file}")
    endif()
    configure_file(${CMAKE_CURRENT_SOURCE_DIR}/${file} ${MY_DESTINATION_DIR}/${file} COPYONLY)
  endforeach()
  message("INSTALL=${MY_INSTALL_DIR} NO_INSTALL_SUBDIR=${MY_NO_INSTALL_SUBDIR}")
endmacro()
"""
FAKE_USE += """
macro(slicerMacroBuildScriptedModule)
  cmake_parse_arguments(MY "WITH_GENERIC_TESTS;WITH_SUBDIR" "NAME" "SCRIPTS;RESOURCES" ${ARGN})
  if(MY_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "Unknown: ${MY_UNPARSED_ARGUMENTS}")
  endif()
  ctkMacroCompilePythonScript(
    TARGET_NAME ${MY_NAME} SCRIPTS "${MY_SCRIPTS}" RESOURCES "${MY_RESOURCES}"
    DESTINATION_DIR ${CMAKE_BINARY_DIR}/${Slicer_QTSCRIPTEDMODULES_LIB_DIR}
    INSTALL_DIR ${Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR})
endmacro()
"""
FAKE_GENERATE = """
foreach(name HOMEPAGE CATEGORY CONTRIBUTORS DESCRIPTION ICONURL DEPENDS)
  message("EXTENSION_${name}=${EXTENSION_${name}}")
endforeach()
"""


def _configure(root: Path) -> subprocess.CompletedProcess[str]:
    """Configure with a stand-in for Slicer's package that copies what it is told to package and says what it was told."""
    lacking = [name for name in ("cmake", "make", "cc") if shutil.which(name) is None]
    if lacking:
        pytest.skip(f"{', '.join(lacking)} not installed")
    fake = root / "fake"
    fake.mkdir()
    parts = {"SlicerConfig": FAKE_CONFIG, "use": FAKE_USE, "generate": FAKE_GENERATE, "cpack": 'message("CPACK")'}
    for name, text in parts.items():
        (fake / f"{name}.cmake").write_text(text, encoding="utf-8")
    toolchain = [f"-DSlicer_DIR={fake}", "-DCMAKE_C_COMPILER_WORKS=1", "-DCMAKE_CXX_COMPILER_WORKS=1"]
    command = ["cmake", "-S", root, "-B", root / "build", *toolchain]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_the_extension_configures_and_packages_a_core_that_runs(copy):
    run = _configure(copy)
    assert run.returncode == 0, run.stderr
    said = run.stdout + run.stderr
    assert "CPACK" in said
    assert "INSTALL=install/qt-scripted-modules NO_INSTALL_SUBDIR=TRUE" in said
    packaged = copy / "build" / "lib" / "Slicer-5.10" / "qt-scripted-modules"
    code = (
        f"import sys; sys.path.insert(0, {str(packaged)!r}); import spinetwin.anatomy as a; print(a.__file__, a.level('L3').id)"
    )
    where, level = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout.rsplit(maxsplit=1)
    assert Path(where).is_relative_to(packaged)
    assert level == "22"


def test_configuring_fails_when_a_listed_file_is_gone(copy):
    (copy / "SpineDigitalTwin" / "spinetwin" / "errors.py").unlink()
    run = _configure(copy)
    assert run.returncode != 0
    assert "No such file: spinetwin/errors.py" in run.stderr


def test_both_modules_are_built_and_lie_in_one_folder(copy):
    run = _configure(copy)
    assert run.returncode == 0, run.stderr
    packaged = copy / "build" / "lib" / "Slicer-5.10" / "qt-scripted-modules"
    assert {"SpineDigitalTwin.py", "SpinePOI.py"} == {path.name for path in packaged.glob("*.py")}
    assert (packaged / "SpinePOILib" / "__init__.py").is_file()


def _metadata() -> dict[str, str]:
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    return dict(re.findall(r'^set\(EXTENSION_(\w+) "(.*?)"\)', text, re.MULTILINE))


def test_the_extensions_index_entry_agrees_with_cmake():
    entry = json.loads((ROOT / "SpineDigitalTwin.json").read_text(encoding="utf-8"))
    known = {
        "$schema",
        "build_dependencies",
        "build_subdirectory",
        "category",
        "enabled",
        "scm_revision",
        "scm_type",
        "scm_url",
    }
    assert set(entry) <= known | {"tier"}, "schema v1.0.1 allows no other keys"
    assert entry["$schema"].endswith("slicer-extension-catalog-entry-schema-v1.0.1.json#")
    assert entry["category"] == _metadata()["CATEGORY"]
    assert entry["scm_url"].removesuffix(".git") == _metadata()["HOMEPAGE"]
    assert entry["tier"] == 1


def test_the_project_is_named_like_its_index_entry():
    assert "project(SpineDigitalTwin)" in (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")


def test_the_icon_is_there_and_128_pixels_square():
    name = _metadata()["ICONURL"].rpartition("/main/")[2]
    icon = (ROOT / name).read_bytes()
    assert icon.startswith(b"\x89PNG")
    assert int.from_bytes(icon[16:20]) == int.from_bytes(icon[20:24]) == 128
