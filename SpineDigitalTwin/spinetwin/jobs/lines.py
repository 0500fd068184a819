"""From bytes, cut anywhere, to lines of text."""

from __future__ import annotations

import codecs

LONGEST = 1 << 20
"""Characters of a line; the longest event of a whole spine has some thousand."""


class LineSplitter:
    r"""Takes bytes as they arrive, cut inside lines and inside characters, and gives whole lines.

    Bytes that are no UTF-8 become U+FFFD. A line that never ends is given in pieces, so that it cannot fill the memory.

    Examples
    --------
    >>> lines = LineSplitter()
    >>> lines.feed(b"Stra\xc3"), lines.feed(b"\x9fe\r\nend"), lines.end()
    ([], ['Straße'], ['end'])
    """

    def __init__(self, longest: int = LONGEST) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._longest = longest
        self._pieces: list[str] = []
        self._waiting = 0

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that are complete now, without their ends; empty ones are left out."""
        *whole, rest = self._decoder.decode(data).split("\n")
        lines = []
        for part in whole:
            lines.append("".join([*self._pieces, part]))
            self._pieces, self._waiting = [], 0
        self._pieces.append(rest)
        self._waiting += len(rest)
        if self._waiting > self._longest:
            lines += self._take()
        return _tidy(lines)

    def end(self) -> list[str]:
        """Return what is left when no more bytes will come, as a list of one line or none."""
        self._pieces.append(self._decoder.decode(b"", final=True))
        return _tidy(self._take())

    def _take(self) -> list[str]:
        line = "".join(self._pieces)
        self._pieces, self._waiting = [], 0
        return [line]


def _tidy(lines: list[str]) -> list[str]:
    return [line for line in (each.removesuffix("\r") for each in lines) if line]
