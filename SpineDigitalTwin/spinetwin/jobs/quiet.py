"""What is said of a worker that lives and tells nothing: the rows of quiet.csv.

Nobody ends it for that: a network may be at work for minutes without a word. But a person is told, and may.
"""

from __future__ import annotations

from ..anatomy.tables import read_table
from .events import Event, Heartbeat

_ROWS = {row["silence"]: row for row in read_table("quiet.csv", __package__)}
_AGAIN = 2.0
"""What was said is said again when the silence is so many times as long."""


class Quiet:
    """Follows the heartbeats of one worker."""

    def __init__(self) -> None:
        self._said_at = 0.0

    def hear(self, event: Event) -> str:
        """Take an event, and return what a person should be told now of a silence; "" for nothing."""
        if not isinstance(event, Heartbeat):
            self._said_at = 0.0
            return ""
        quiet = event.quiet_s or 0.0
        row = _ROWS["idle" if quiet and min(event.idle_s or 0.0, quiet) >= float(_ROWS["idle"]["after_s"]) else "at work"]
        if quiet < max(float(row["after_s"]), _AGAIN * self._said_at):
            return ""
        self._said_at = quiet
        return row["says"].format(minutes=max(quiet / 60.0, 1.0))
