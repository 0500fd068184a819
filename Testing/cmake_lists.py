"""Keep the lists of packaged files in SpineDigitalTwin/CMakeLists.txt equal to the folder.

Slicer packages only what CMake lists by name; a forgotten file works from the checkout and is missing in the extension.

Usage: cmake_lists.py [--check] [ROOT]
"""

import re
import sys
from pathlib import Path

IGNORED = {"__pycache__"}
LISTS = ("MODULE_PYTHON_SCRIPTS", "MODULE_PYTHON_RESOURCES", "SPINETWIN_SCRIPTS", "SPINETWIN_RESOURCES")


def packaged(module: Path) -> dict[str, list[str]]:
    """Return what each CMake list has to hold, relative to the module folder."""
    core = _files(module, "spinetwin")
    glue = sorted([*(path.name for path in module.glob("*.py")), *_files(module, f"{module.name}Lib")])
    return {
        "MODULE_PYTHON_SCRIPTS": glue,
        "MODULE_PYTHON_RESOURCES": _files(module, "Resources"),
        "SPINETWIN_SCRIPTS": [name for name in core if name.endswith(".py")],
        "SPINETWIN_RESOURCES": [name for name in core if not name.endswith(".py")],
    }


def _files(module: Path, folder: str) -> list[str]:
    return sorted(
        path.relative_to(module).as_posix()
        for path in (module / folder).rglob("*")
        if path.is_file() and not IGNORED & set(path.parts) and not path.name.startswith(".")
    )


def _block(name: str) -> re.Pattern[str]:
    return re.compile(rf"set\({name}\n(.*?)^  \)", re.DOTALL | re.MULTILINE)


def listed(text: str) -> dict[str, list[str]]:
    """Return what the CMake file lists now."""
    found = {name: _block(name).search(text) for name in LISTS}
    return {name: match[1].split() if match else [] for name, match in found.items()}


def updated(text: str, wanted: dict[str, list[str]]) -> str:
    """Return the CMake file with its lists replaced."""
    for name, files in wanted.items():
        body = "".join(f"  {each}\n" for each in files)
        text = _block(name).sub(f"set({name}\n{body}  )", text)
    return text


def main(arguments: list[str]) -> int:
    """Rewrite the lists, or with --check only say what differs."""
    check = "--check" in arguments
    roots = [Path(each) for each in arguments if each != "--check"]
    module = (roots[0] if roots else Path(__file__).resolve().parents[1]) / "SpineDigitalTwin"
    cmake = module / "CMakeLists.txt"
    text, wanted = cmake.read_text(encoding="utf-8"), packaged(module)
    if not check:
        cmake.write_text(updated(text, wanted), encoding="utf-8", newline="\n")
        return 0
    now = listed(text)
    differences = [f"{name}: {each} is not listed" for name in wanted for each in wanted[name] if each not in now[name]]
    differences += [f"{name}: {each} does not exist" for name in wanted for each in now[name] if each not in wanted[name]]
    differences += [f"{name}: a file is listed twice" for name in now if len(set(now[name])) < len(now[name])]
    sys.stdout.write("".join(f"{each}; run `make cmake-lists`\n" for each in differences))
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
