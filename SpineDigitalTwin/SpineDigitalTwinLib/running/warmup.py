"""What the first press needs, loaded before it: the application is not held up then, nor while points are dragged."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Sequence

from .aside import Aside


class Warmup:
    """Imports modules in a thread once a panel is open, and spares what is loaded from garbage collection as long as it is.

    A full collection looks through all objects of the application, which took 217 ms with 300,000 of them: too long for one
    turn of the event loop, and live results bring one about every few seconds. Modules and widgets are no garbage.

    Parameters
    ----------
    names : sequence of str
        Modules.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._aside = Aside(_fail)
        self._spared = False

    @property
    def busy(self) -> bool:
        """Whether modules are being imported."""
        return self._aside.busy

    def start(self) -> None:
        """Begin, for a panel that is opened."""
        self._aside.start(lambda: [importlib.import_module(each) for each in self._names], self._onLoaded)

    def stop(self) -> None:
        """Leave all garbage to be collected as ever, for a panel that is left."""
        self._aside.stop()
        if self._spared:
            gc.unfreeze()
            self._spared = False

    def close(self) -> None:
        """End all, for a panel that goes away."""
        self.stop()
        self._aside.close()

    def _onLoaded(self, _modules: object) -> None:
        gc.freeze()
        self._spared = True


def _fail(error: Exception) -> None:
    raise error
