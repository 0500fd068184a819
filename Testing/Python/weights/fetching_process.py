"""A process that fetches weights from the address it is given, and prints how far it is."""

# ruff: noqa: T201
import sys
from dataclasses import replace
from unittest.mock import patch

from spinetwin.jobs.weights import Store, manifest, weights_of

if __name__ == "__main__":
    name, url = sys.argv[1:]
    here = replace(weights_of(name), url=url, hosts=("127.0.0.1",))
    with patch.dict(manifest.WEIGHTS, {name: here}):
        Store().download(name, lambda done, what: print(f"{done:.3f} {what}", flush=True))
