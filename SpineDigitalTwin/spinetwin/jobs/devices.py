"""Whether what was asked to run on a device can."""

from __future__ import annotations

from ..errors import ParameterError

AUTO = "auto"


def refuse_absent_device(wanted: str, devices: tuple[str, ...], title: str) -> None:
    """Refuse a device that is not there.

    Parameters
    ----------
    wanted : str
        "auto", or as torch spells it; "cuda" is the first of them.
    devices : tuple of str
        Where the backend can run on this computer.
    title : str
        Of the backend.

    Raises
    ------
    ParameterError
        With those that there are.
    """
    if wanted == AUTO or (f"{wanted}:0" if wanted == "cuda" else wanted) in devices:
        return
    raise ParameterError(
        f"{title} cannot run on {wanted}: on this computer it runs on {', '.join(devices)}.",
        "Choose one of these, or auto.",
    )
