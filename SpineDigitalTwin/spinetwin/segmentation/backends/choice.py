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
    reasons: dict[str, str] = {}
    for each in _candidates(request, backends):
        availability = each.available(request)
        if availability.ready:
            skipped = f"; {', '.join(reasons)} cannot run here" if reasons else ""
            return each, f"the best that can run: {availability.reason}{skipped}"
        reasons[each.describe().name] = availability.reason
    raise ParameterError("No backend can run.", " ".join(f"{name}: {reason}" for name, reason in reasons.items()))


def _candidates(request: Request, backends: tuple[Backend, ...]) -> tuple[Backend, ...]:
    """Return what may be taken: who gives a label map wants it taken over, and who gives none wants one made."""
    return tuple(each for each in backends if each.describe().reads_image != bool(request.sources)) or backends
