"""Which backend does the work."""

from __future__ import annotations

from ...errors import ParameterError
from .protocol import Backend, Request

AUTO = "auto"


def choose(name: str, request: Request, backends: tuple[Backend, ...]) -> tuple[Backend, str]:
    """Return a backend that can run, and why it was chosen.

    Parameters
    ----------
    name : str
        Of a backend, or "auto" for the best that can run.
    request : Request
    backends : tuple of Backend
        The best first.

    Raises
    ------
    ParameterError
        If there is none of this name, or it cannot run; the message says what to do.
    """
    known = {each.describe().name: each for each in backends}
    if name != AUTO:
        if name not in known:
            raise ParameterError(f"There is no backend {name!r}.", f"Choose one of: {', '.join((AUTO, *known))}.")
        availability = known[name].available(request)
        if not availability.ready:
            raise ParameterError(f"The backend {name} cannot run: {availability.reason}")
        return known[name], "asked for"
    reasons: list[str] = []
    for each in _candidates(request, backends):
        availability = each.available(request)
        if availability.ready:
            skipped = "".join(f"; {reason}" for reason in reasons)
            return each, f"the best that can run: {availability.reason}{skipped}"
        reasons.append(f"{each.describe().name}: {availability.reason}")
    raise ParameterError("No backend can run.", " ".join(reasons))


def _candidates(request: Request, backends: tuple[Backend, ...]) -> tuple[Backend, ...]:
    """Return what may be taken: who gives a label map wants it taken over, and no other one made in its place."""
    return tuple(each for each in backends if not (request.sources and each.describe().reads_image))
