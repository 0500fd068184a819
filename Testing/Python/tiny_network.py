"""A network that tells labels from grey values, written as an ONNX file byte by byte: no package is needed to make it.

One convolution of a single voxel gives the scores 2 v x - v^2 of a grey value x for labels whose grey value is v: the nearest
v has the largest. An image that shows each label in its own grey is segmented without an error, so that all that is around a
network can be tested apart from what one has learnt.
"""

import hashlib
import json

import numpy as np

LABELS = (0, 26, 41, 42, 43, 44, 45, 46, 47, 48, 60, 61, 62, 100, 49)
"""In the order of their grey values: background is black and bodies are white, for both are never rare."""
_SHARPNESS = 4000.0


def shown(subregions):
    """Return an image of a subregion map in which the tiny network sees every label as it is."""
    table = np.zeros(256, np.int16)
    table[list(LABELS)] = 40 + 25 * np.arange(len(LABELS))
    return table[subregions]


def write_model(folder, *, labels=LABELS, window=(32, 32, 32), spacing=1.5, measured=None, second_look=None, both_ways=False):
    """Write model.onnx and model.json."""
    folder.mkdir(exist_ok=True)
    weights = _network(len(labels), window)
    (folder / "model.onnx").write_bytes(weights)
    content = {"labels": labels, "spacing": [spacing] * 3, "window": window, "trained": "on nothing"}
    content |= {"sha256": hashlib.sha256(weights).hexdigest(), "both_ways": both_ways}
    if second_look is not None:
        content["second_look"] = second_look
    if measured is not None:
        content["measured"] = measured
    (folder / "model.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def _network(count, window):
    grey = np.arange(count, dtype=np.float32) / (count - 1)
    graph = (
        _message(1, _text(1, "image") + _text(1, "slope") + _text(1, "offset") + _text(2, "scores") + _text(4, "Conv"))
        + _text(2, "tiny")
        + _message(5, _tensor("slope", 2 * _SHARPNESS * grey.reshape(count, 1, 1, 1, 1)))
        + _message(5, _tensor("offset", -_SHARPNESS * grey**2))
        + _message(11, _value("image", (1, 1, *window)))
        + _message(12, _value("scores", (1, count, *window)))
    )
    return _number(1, 8) + _message(7, graph) + _message(8, _text(1, "") + _number(2, 17))


def _tensor(name, values):
    dimensions = b"".join(_number(1, size) for size in values.shape)
    return dimensions + _number(2, 1) + _text(8, name) + _message(9, values.astype("<f4").tobytes())


def _value(name, shape):
    dimensions = b"".join(_message(1, _number(1, size)) for size in shape)
    return _text(1, name) + _message(2, _message(1, _number(1, 1) + _message(2, dimensions)))


def _varint(value):
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def _number(field, value):
    return _varint(field << 3) + _varint(value)


def _message(field, content):
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field, value):
    return _message(field, value.encode())
