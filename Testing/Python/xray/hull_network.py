"""A network that knows nothing but shadows, written as an ONNX file byte by byte: bone is where both films show some.

It stands in for TransVert where what is around a network is tested apart from what one has learnt.
"""

import hashlib
import json

import numpy as np
from spinetwin.xray.networks.blocks import SHOWN
from spinetwin.xray.networks.volumes import DESCRIPTION, WEIGHTS
from tiny_network import _message, _number, _tensor, _text, _value

LEAST = 0.3
"""Contrast of a film from which on there is bone."""


def hull(shown):
    """Return the odds of bone as the network does: the lesser contrast of both films, less `LEAST`."""
    frontal, lateral = shown[:, 0] - LEAST
    return np.minimum(frontal[:, None, :], lateral[None, :, :])


def write_model(folder, **changed):
    """Write weights and description."""
    folder.mkdir(exist_ok=True)
    weights = _network()
    (folder / WEIGHTS).write_bytes(weights)
    content = {"sha256": hashlib.sha256(weights).hexdigest(), "trained": "on shadows", "dice": {"lumbar": 0.5}}
    (folder / DESCRIPTION).write_text(json.dumps(content | changed), encoding="utf-8")
    return folder


def _network():
    film = np.eye(1, SHOWN, dtype=np.float32).reshape(1, SHOWN, 1, 1)
    graph = b"".join(
        _message(1, b"".join(_text(1, name) for name in taken) + _text(2, given) + _text(4, what))
        for what, taken, given in (
            ("Conv", ("frontal", "film", "less"), "front"),
            ("Conv", ("lateral", "film", "less"), "side"),
            ("Unsqueeze", ("front", "behind"), "deep_front"),
            ("Unsqueeze", ("side", "beside"), "deep_side"),
            ("Min", ("deep_front", "deep_side"), "odds"),
        )
    )
    graph += _text(2, "hull")
    graph += _message(5, _tensor("film", film)) + _message(5, _tensor("less", np.array([-LEAST], np.float32)))
    graph += _message(5, _whole("behind", 3)) + _message(5, _whole("beside", 2))
    graph += b"".join(_message(11, _value(name, (1, SHOWN, 64, 64))) for name in ("frontal", "lateral"))
    graph += _message(12, _value("odds", (1, 1, 64, 64, 64)))
    return _number(1, 8) + _message(7, graph) + _message(8, _text(1, "") + _number(2, 17))


def _whole(name, value):
    return _number(1, 1) + _number(2, 7) + _text(8, name) + _message(9, np.array([value], "<i8").tobytes())
