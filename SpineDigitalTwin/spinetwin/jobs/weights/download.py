"""Fetching one large file: continued where it broke off, from the right server, whole or not at all."""

from __future__ import annotations

import json
import shutil
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from fnmatch import fnmatchcase
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from ...errors import ReadError, WriteError
from ...io.atomic import write_error

Progress = Callable[[float, str], None]

_PIECE = 1 << 20
_TIMEOUT_S = 30.0
_TRIES = 3
_AGAIN = "Try again: it goes on where it stopped."
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class _Part:
    """What a server told of the file of which a part is there already."""

    path: Path
    told: Path

    def begun(self, url: str) -> tuple[int, str]:
        """Return how many bytes are there, and by what the server knows their version; 0 where they are of another."""
        with suppress(OSError, ValueError):
            told = json.loads(self.told.read_text(encoding="utf-8"))
            if isinstance(told, dict) and told.get("url") == url and told.get("version"):
                return self.path.stat().st_size, str(told["version"])
        return 0, ""

    def note(self, url: str, version: str) -> None:
        self.told.write_text(json.dumps({"url": url, "version": version}), encoding="utf-8")

    def remove(self) -> None:
        for each in (self.path, self.told):
            each.unlink(missing_ok=True)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows to known hosts only, and never from an encrypted connection to a plain one."""

    def __init__(self, hosts: tuple[str, ...]) -> None:
        self._hosts = hosts

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        _refuse_strangers(newurl, self._hosts, f"{req.host} sends on")
        if urlsplit(req.full_url).scheme == "https" != urlsplit(newurl).scheme:
            raise ReadError(f"{req.host} sends on to an address without encryption.", "Try again later.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def download(url: str, target: Path, hosts: tuple[str, ...], progress: Progress) -> None:
    """Fetch a file.

    Parameters
    ----------
    url : str
    target : Path
        Where it goes when it is whole; until then it grows beside it, under the same name with ``.part`` behind.
    hosts : tuple of str
        Servers that it may come from, as of `Weights.hosts`.
    progress : callable
        Takes the fraction done and how much that is.

    Raises
    ------
    ReadError
        If it cannot be fetched, or not from there.
    WriteError
        If it does not fit on the disk.
    """
    _refuse_strangers(url, hosts, "the address leads")
    part = _Part(target.with_name(f"{target.name}.part"), target.with_name(f"{target.name}.part.json"))
    for left in reversed(range(_TRIES)):
        try:
            _fetch(url, part, hosts, progress)
            break
        except (HTTPException, ConnectionError, TimeoutError, ssl.SSLError, _BrokenOffError) as error:
            if not left:
                raise ReadError(f"The connection to {urlsplit(url).hostname} broke off{_so_far(part)}.", _AGAIN) from error
    try:
        part.path.replace(target)
        part.remove()
    except OSError as error:
        raise write_error(target, error) from error


def size_of(url: str, hosts: tuple[str, ...]) -> float | None:
    """Ask a server how large a file is, in MB; None where it does not tell.

    Raises
    ------
    ReadError
        If it cannot be reached.
    """
    _refuse_strangers(url, hosts, "the address leads")
    with _opened(urllib.request.Request(url, method="HEAD"), hosts) as response:  # noqa: S310 - only http(s), see above
        told = response.headers.get("Content-Length", "")
        return int(told) / 1e6 if told.isdecimal() else None


class _BrokenOffError(Exception):
    """The connection ended before the file did."""


def _fetch(url: str, part: _Part, hosts: tuple[str, ...], progress: Progress) -> None:
    """Fetch what is missing, in one connection."""
    begun, version = part.begun(url)
    request = urllib.request.Request(url)  # noqa: S310 - only http(s), see `download`
    if begun:
        request.add_header("Range", f"bytes={begun}-")
        request.add_header("If-Range", version)
    try:
        with _opened(request, hosts) as response:
            whole = _whole(response, begun)
            if response.status != 206 or whole is None:
                begun = 0
            _refuse_full_disk(part.path, (whole or 0) - begun)
            part.note(url, response.headers.get("ETag") or response.headers.get("Last-Modified") or "")
            _write(response, part.path, begun, whole, progress)
    except _RangeError:
        # what is there is longer than the file, or of another one
        part.remove()
        raise _BrokenOffError from None


class _RangeError(Exception):
    """The server has no such part of the file."""


def _whole(response: HTTPResponse, begun: int) -> int | None:
    """Return the length of the whole file, as far as the server tells."""
    if response.status == 206:
        span, _, whole = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
        if not span.startswith(f"{begun}-") or not whole.isdecimal():
            raise _RangeError
        return int(whole)
    told = response.headers.get("Content-Length", "")
    return int(told) if told.isdecimal() else None


def _write(response: HTTPResponse, path: Path, begun: int, whole: int | None, progress: Progress) -> None:
    done = begun
    try:
        with path.open("r+b" if begun else "wb") as file:
            if begun:
                file.seek(begun)
                file.truncate()
            while piece := response.read(_PIECE):
                file.write(piece)
                done += len(piece)
                of = f" of {whole / 1e6:.0f}" if whole else ""
                progress(min(1.0, done / whole) if whole else 0.0, f"fetching {done / 1e6:.0f}{of} MB")
    except (ConnectionError, TimeoutError, ssl.SSLError):
        raise
    except OSError as error:
        raise write_error(path, error) from error
    if whole is not None and done < whole:
        raise _BrokenOffError
    if whole is not None and done > whole:
        path.unlink(missing_ok=True)
        raise ReadError(f"{urlsplit(response.url).hostname} sent more than it had announced.", "Try again later.")


@contextmanager
def _opened(request: urllib.request.Request, hosts: tuple[str, ...]) -> Iterator[Any]:
    opener = urllib.request.build_opener(_Redirects(hosts))
    try:
        response = opener.open(request, timeout=_TIMEOUT_S)
    except urllib.error.HTTPError as error:
        with closing(error):
            if error.code == 416:
                raise _RangeError from error
            raise ReadError(f"{request.host} answers {error.code} ({error.reason}) for {request.full_url}.", "") from error
    except urllib.error.URLError as error:
        raise ReadError(f"{request.host} cannot be reached: {error.reason}.", "Check the network and the proxy.") from error
    with closing(response):
        yield response


def _refuse_strangers(url: str, hosts: tuple[str, ...], who: str) -> None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not any(fnmatchcase(host, each) for each in hosts):
        raise ReadError(f"Nothing was fetched: {who} to {host or url}, which is not known.", "Import the file by hand.")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise ReadError(f"Nothing was fetched: {who} to an address without encryption.", "Import the file by hand.")


def _refuse_full_disk(path: Path, missing: int) -> None:
    free = shutil.disk_usage(path.parent).free
    if missing > free:
        raise WriteError(
            f"{missing / 1e6:.0f} MB are to be fetched, and {free / 1e6:.0f} MB are free on the disk of {path.parent}.",
            "Free some space.",
        )


def _so_far(part: _Part) -> str:
    with suppress(OSError):
        return f" after {part.path.stat().st_size / 1e6:.0f} MB"
    return ""
