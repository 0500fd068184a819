"""Keep the lists of packaged files in the CMakeLists.txt of both modules equal to their folders.

Slicer packages only what CMake lists by name; a forgotten file works from the checkout and is missing in the extension.

Usage: cmake_lists.py [--check] [ROOT]
"""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

IGNORED = {"__pycache__"}
MODULES = ("SpineDigitalTwin", "SpinePOI")


def packaged(module: Path) -> dict[str, list[str]]:
    """Return what each CMake list of a module has to hold, relative to the module folder; the core lies in one of them."""
    glue = sorted([*(path.name for path in module.glob("*.py")), *_files(module, f"{module.name}Lib")])
    lists = {"MODULE_PYTHON_SCRIPTS": glue, "MODULE_PYTHON_RESOURCES": _files(module, "Resources")}
    core = _files(module, "spinetwin")
    if core:
        lists["SPINETWIN_SCRIPTS"] = [name for name in core if name.endswith(".py")]
        lists["SPINETWIN_RESOURCES"] = [name for name in core if not name.endswith(".py")]
    return lists


def _files(module: Path, folder: str) -> list[str]:
    return sorted(
        path.relative_to(module).as_posix()
        for path in (module / folder).rglob("*")
        if path.is_file() and not IGNORED & set(path.parts) and not path.name.startswith(".")
    )


def _block(name: str) -> re.Pattern[str]:
    return re.compile(rf"set\({name}\n(.*?)^  \)", re.DOTALL | re.MULTILINE)


def listed(text: str, names: Iterable[str]) -> dict[str, list[str]]:
    """Return what the CMake file lists now."""
    found = {name: _block(name).search(text) for name in names}
    return {name: match[1].split() if match else [] for name, match in found.items()}


def updated(text: str, wanted: dict[str, list[str]]) -> str:
    """Return the CMake file with its lists replaced."""
    for name, files in wanted.items():
        body = "".join(f"  {each}\n" for each in files)
        text = _block(name).sub(f"set({name}\n{body}  )", text)
    return text


def differences(module: Path) -> list[str]:
    """Say what the CMake file of a module lists wrongly."""
    wanted = packaged(module)
    now = listed((module / "CMakeLists.txt").read_text(encoding="utf-8"), wanted)
    found = [f"{name}: {each} is not listed" for name in wanted for each in wanted[name] if each not in now[name]]
    found += [f"{name}: {each} does not exist" for name in wanted for each in now[name] if each not in wanted[name]]
    found += [f"{name}: a file is listed twice" for name in now if len(set(now[name])) < len(now[name])]
    return [f"{module.name}, {each}" for each in found]


def rewrite(module: Path) -> None:
    """Renew the lists of a module."""
    cmake = module / "CMakeLists.txt"
    text = updated(cmake.read_text(encoding="utf-8"), packaged(module))
    cmake.write_text(text, encoding="utf-8", newline="\n")


def main(arguments: list[str]) -> int:
    """Rewrite the lists, or with --check only say what differs."""
    roots = [Path(each) for each in arguments if each != "--check"]
    root = roots[0] if roots else Path(__file__).resolve().parents[1]
    modules = [root / name for name in MODULES]
    if "--check" not in arguments:
        for module in modules:
            rewrite(module)
        return 0
    found = [each for module in modules for each in differences(module)]
    sys.stdout.write("".join(f"{each}; run `make cmake-lists`\n" for each in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
