"""Waiting for a panel, with the event loop running."""

import time


def settle(host, seconds=60.0, until=lambda: True):
    """Let the event loop run until something is true, and a little longer; too long is a failure."""
    end = time.monotonic() + seconds
    for _ in range(5):
        host.app.processEvents()
    while not until() and time.monotonic() < end:
        host.app.processEvents()
        time.sleep(0.002)
    assert until(), "it took too long"
    for _ in range(5):
        host.app.processEvents()
