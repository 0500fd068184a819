"""Lends this package, and nothing that lies beside it, to another environment."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[2]

_INIT = """\
__path__ = [{folder!r}]
__file__ = {file!r}
with open(__file__, encoding="utf-8") as file:
    exec(compile(file.read(), __file__, "exec"))
"""


def lend_package(folder: Path) -> dict[str, str]:
    """Make this package importable by a program in another environment.

    The folder of an installed package is full of packages of another Python, so it cannot go onto the path as it is.

    Parameters
    ----------
    folder : Path
        An existing folder that lives as long as the program; a file is written there.

    Returns
    -------
    dict of str to str
        The variables for the program.
    """
    lent = folder / "lent" / _PACKAGE.name
    lent.mkdir(parents=True, exist_ok=True)
    text = _INIT.format(folder=str(_PACKAGE), file=str(_PACKAGE / "__init__.py"))
    (lent / "__init__.py").write_text(text, encoding="utf-8")
    return {"PYTHONPATH": str(lent.parent)}
