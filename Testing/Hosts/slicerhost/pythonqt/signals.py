"""Signals by signature: `w.connect('clicked(bool)', f)`, `w.clicked.connect(f)`, and the errors of what they call."""

from __future__ import annotations

import inspect
import logging
import re
import traceback
from collections import defaultdict

from PySide6 import QtCore
from shiboken6 import Shiboken

from .values import to_python, to_qt

raised: list[BaseException] = []
"""What slots raised since the last look: Qt goes on after it, a test must not."""

_connections = defaultdict(list)


def guarded(function, parameters=None):
    """Return a slot that gives a function as many arguments as it takes, and keeps what it raises for the test."""
    taken = _most_arguments(function)

    def slot(*arguments):
        arguments = arguments[:parameters]
        try:
            return function(*[to_python(each) for each in arguments[:taken]])
        except Exception as error:  # noqa: BLE001 - the test reports it
            traceback.print_exc()
            raised.append(error)

    return slot


def _most_arguments(function):
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return None
    return sum(each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD) for each in parameters)


def _normalised(signature):
    # VTK's objects travel through PySide6's signals as Python objects
    signature = re.sub(r"vtk\w+\s*\*", "PyObject", signature)
    return bytes(QtCore.QMetaObject.normalizedSignature(signature)).decode()


def signatures(qobject):
    """Return the signals of an object, the fullest form of each first."""
    meta = qobject.metaObject()
    methods = (meta.method(index) for index in range(meta.methodCount()))
    signal = QtCore.QMetaMethod.MethodType.Signal
    return [bytes(each.methodSignature()).decode() for each in methods if each.methodType() == signal]


def connect(qobject, signature, function):
    """Connect by signature; an unknown one is logged and False."""
    wanted = _normalised(signature)
    if qobject.metaObject().indexOfSignal(wanted) < 0:
        logging.warning("QObject::connect: no such signal %s::%s", qobject.metaObject().className(), signature)
        return False
    inside = wanted[wanted.index("(") + 1 : -1]
    slot = guarded(function, inside.count(",") + 1 if inside else 0)
    connection = QtCore.QObject.connect(qobject, QtCore.SIGNAL(wanted), slot)
    _connections[_address(qobject)].append((wanted, function, connection))
    return True


def disconnect(qobject, signature, function=None):
    """Disconnect one function, or all of a signal; whether there was one."""
    wanted, here = _normalised(signature), _connections[_address(qobject)]
    found = [each for each in here if each[0] == wanted and (function is None or each[1] == function)]
    for each in found:
        here.remove(each)
        QtCore.QObject.disconnect(each[2])
    return bool(found)


def _address(qobject):
    return Shiboken.getCppPointer(qobject)[0]


class Signal:
    """`w.clicked`: connected, disconnected, emitted."""

    def __init__(self, qobject, name):
        self._qobject, self._name = qobject, name
        self._signature = next(each for each in signatures(qobject) if each.startswith(f"{name}("))

    def connect(self, function):
        """Call a function with all that the signal carries."""
        return connect(self._qobject, self._signature, function)

    def disconnect(self, function=None):
        """Stop calling one function, or all."""
        return disconnect(self._qobject, self._signature, function)

    def emit(self, *arguments):
        """Send the signal."""
        getattr(self._qobject, self._name).emit(*[to_qt(each) for each in arguments])

    __call__ = emit
