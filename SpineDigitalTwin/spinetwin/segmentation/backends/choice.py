"""Which backend does the work."""

from __future__ import annotations

from collections.abc import Callable

from ...errors import ParameterError
from .protocol import Backend, Request

AUTO = "auto"

Refuse = Callable[[str], None]
"""Takes the name of a backend, and raises a ParameterError if what is asked for is too large for it on this computer."""


def _nothing_is_too_large(_: str) -> None:
    """Let every backend try."""


def choose(
    name: str, request: Request, backends: tuple[Backend, ...], refuse: Refuse = _nothing_is_too_large
) -> tuple[Backend, str]:
    """Return a backend that can run, and why it was chosen.

    Parameters
    ----------
    name : str
        Of a backend, or "auto" for the best that can run.
    request : Request
    backends : tuple of Backend
        The best first.
    refuse : callable, optional
        See `Refuse`.

    Raises
    ------
    ParameterError
        If there is none of this name, or it cannot run, or has not enough memory; the message says what to do.
    """
    known = {each.describe().name: each for each in backends}
    if name == AUTO:
        return _best(request, backends, refuse)
    if name not in known:
        raise ParameterError(f"There is no backend {name!r}.", f"Choose one of: {', '.join((AUTO, *known))}.")
    availability = known[name].available(request)
    if not availability.ready:
        raise ParameterError(f"The backend {name} cannot run: {availability.reason}")
    try:
        refuse(name)
    except ParameterError as error:
        raise ParameterError(error.message, f"{error.hint}{_instead(name, request, backends, refuse)}") from error
    return known[name], "asked for"


def _best(request: Request, backends: tuple[Backend, ...], refuse: Refuse) -> tuple[Backend, str]:
    """Return the first that can run, and why those before it cannot."""
    passed_over: dict[str, ParameterError] = {}
    for each in _candidates(request, backends):
        name = each.describe().name
        try:
            reason = _reason_to_take(each, request, refuse)
        except ParameterError as error:
            passed_over[name] = error
            continue
        others = (f"{other} cannot run here: {error.message.rstrip('.')}" for other, error in passed_over.items())
        return each, "; ".join((f"the best that can run: {reason}", *others))
    raise ParameterError("No backend can run.", " ".join(f"{name}: {error}" for name, error in passed_over.items()))


def _reason_to_take(backend: Backend, request: Request, refuse: Refuse) -> str:
    """Return why a backend can run; a ParameterError says why it cannot."""
    availability = backend.available(request)
    if not availability.ready:
        raise ParameterError(availability.reason)
    refuse(backend.describe().name)
    return availability.reason


def _instead(name: str, request: Request, backends: tuple[Backend, ...], refuse: Refuse) -> str:
    """Name what would do the same work and has enough memory; nothing if there is none."""
    others = tuple(each for each in _candidates(request, backends) if each.describe().name != name)
    try:
        found, _ = _best(request, others, refuse)
    except ParameterError:
        return ""
    return f" Or choose the backend {found.describe().name}, for which there is enough memory."


def _candidates(request: Request, backends: tuple[Backend, ...]) -> tuple[Backend, ...]:
    """Return what may be taken: who gives a label map wants it taken over, and who gives none wants one made."""
    return tuple(each for each in backends if each.describe().reads_image != bool(request.sources)) or backends
