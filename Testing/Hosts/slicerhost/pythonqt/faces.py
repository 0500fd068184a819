"""The classes of `qt`, `ctk` and of Slicer's widgets as Python sees them: a face in front of each PySide6 object."""

from __future__ import annotations

import enum
import inspect
import weakref

from PySide6 import QtCore
from shiboken6 import Shiboken

from . import signals
from .values import Number, to_python, to_qt


class Face(type):
    """Makes the classes. Two faces are never related, as PythonQt's are not: a QPushButton is no QWidget to `isinstance`."""

    made: dict[type, Face] = {}  # noqa: RUF012 - one face for each class of PySide6, for the life of the process

    @staticmethod
    def of(qt_class):
        """Return the face of a PySide6 class."""
        if qt_class not in Face.made:
            # PySide6 writes the docstring of a class when it is asked for: two seconds for all of them
            doc = f"{qt_class.__name__} as PythonQt shows it."
            Face.made[qt_class] = Face(qt_class.__name__, (Shown,), {"_qt": qt_class, "__doc__": doc})
        return Face.made[qt_class]

    @staticmethod
    def object_of(shown):
        """Return the PySide6 object behind a face."""
        return object.__getattribute__(shown, "_object")

    def __getattr__(cls, name):
        qt_class = cls.__dict__.get("_qt") or next((each._qt for each in cls.__mro__[1:] if "_qt" in each.__dict__), None)
        if qt_class is None or name.startswith("__") or not hasattr(qt_class, name):
            raise AttributeError(f"type object '{cls.__name__}' has no attribute '{name}'")
        found = getattr(qt_class, name)
        if isinstance(found, enum.Enum):
            return Number(found)
        if isinstance(found, type) or not callable(found):
            return found
        return lambda *arguments: to_python(found(*[to_qt(each) for each in arguments]))


def face(qt_object):
    """Return the face of a PySide6 object, the same one as long as somebody holds it."""
    known = getattr(qt_object, "_face", None)
    shown = known() if known is not None else None
    if shown is None:
        shown = object.__new__(Face.of(type(qt_object)))
        _join(shown, qt_object)
    return shown


def _join(shown, qt_object):
    object.__setattr__(shown, "_object", qt_object)
    if isinstance(qt_object, QtCore.QObject):
        qt_object._face = weakref.ref(shown)


class Shown(metaclass=Face):
    """Base of all faces."""

    def __init__(self, *arguments):
        derived = [each for each in type(self).__mro__ if issubclass(each, Shown) and "_qt" not in each.__dict__][:-1]
        qt_class = _overridden(self, derived) if derived else type(self)._qt
        try:
            qt_object = qt_class(*[to_qt(each) for each in arguments])
        except TypeError as error:
            raise ValueError(f"Could not find matching overload for given arguments: {error}") from error
        _join(self, qt_object)
        if derived:
            qt_object._kept = self

    def __getattr__(self, name):
        qt_object = _alive(self, name)
        if name == "name" and isinstance(qt_object, QtCore.QObject):
            name = "objectName"
        if name in _properties(qt_object):
            return to_python(_read(qt_object, name))
        if _set_by(name) in _properties(qt_object) and not hasattr(qt_object, name):
            return lambda value: _write(qt_object, _set_by(name), to_qt(value))
        if name.endswith("_") or not hasattr(qt_object, name):
            raise AttributeError(f"'{type(self).__name__}' has no attribute named '{name}'")
        found = getattr(qt_object, name)
        if isinstance(found, QtCore.SignalInstance):
            return signals.Signal(qt_object, name)
        if not callable(found) or isinstance(found, type):
            return to_python(found)
        return lambda *arguments: _call(self, name, arguments)

    def __setattr__(self, name, value):
        if "_qt" not in type(self).__dict__ and (self.__dict__.get("_object") is None or name not in _properties(self._object)):
            object.__setattr__(self, name, value)
            return
        qt_object = _alive(self, name)
        name = "objectName" if name == "name" else name
        if name not in _properties(qt_object):
            raise AttributeError(
                f"{type(self).__name__} has no attribute named '{name}': creating new attributes on C++ objects is not allowed"
            )
        if not _properties(qt_object)[name].isWritable():
            raise AttributeError(f"Property '{name}' of {type(self).__name__} object is not writable")
        _write(qt_object, name, to_qt(value))

    def __dir__(self):
        return sorted({*dir(type(self)._qt), *_properties(self._object)})

    def __eq__(self, other):
        return isinstance(type(other), Face) and Face.object_of(self) == Face.object_of(other)

    def __hash__(self):
        return hash(Face.object_of(self))

    def __repr__(self):
        return f"{type(self).__name__} (at: {Face.object_of(self)!r})"

    def connect(self, signature, function):
        """Call a function on a signal, given by its signature; False where there is no such signal."""
        return signals.connect(_alive(self, "connect"), signature, function)

    def disconnect(self, signature, function=None):
        """Stop calling a function, or all functions, on a signal."""
        return signals.disconnect(_alive(self, "disconnect"), signature, function)

    def className(self):
        """Return the name of the C++ class."""
        return _alive(self, "className").metaObject().className()

    def findChildren(self, kind="QObject", name=""):
        """Return all children of a class, given itself or by name."""
        kind = kind if isinstance(kind, str) else kind.__name__
        children = _alive(self, "findChildren").findChildren(QtCore.QObject)
        return tuple(face(each) for each in children if each.inherits(kind) and name in ("", each.objectName()))

    def findChild(self, kind="QObject", name=""):
        """Return the first child of a class, or None."""
        return next(iter(self.findChildren(kind, name)), None)

    def delete(self):
        """Destroy the C++ object now."""
        Shiboken.delete(_alive(self, "delete"))


def _alive(shown, name):
    qt_object = shown.__dict__.get("_object")
    if qt_object is None:
        raise AttributeError(f"{type(shown).__name__}: '{name}' before the base class was initialised")
    if not Shiboken.isValid(qt_object):
        kind = type(shown).__name__
        raise ValueError(f"Trying to read property '{name}' from a destroyed {kind} object")
    return qt_object


def _call(shown, name, arguments):
    qt_object = _alive(shown, name)
    try:
        return to_python(getattr(qt_object, name)(*[to_qt(each) for each in arguments]))
    except TypeError as error:
        raise ValueError(f"Called {name}() with wrong arguments: {error}") from error


_known_properties: dict[str, dict[str, QtCore.QMetaProperty]] = {}


def _properties(qt_object):
    if not isinstance(qt_object, QtCore.QObject):
        return {}
    meta = qt_object.metaObject()
    if meta.className() not in _known_properties:
        found = [meta.property(index) for index in range(meta.propertyCount())]
        _known_properties[meta.className()] = {each.name(): each for each in found}
    return _known_properties[meta.className()]


def _set_by(name):
    """Return the property that a setter would set: `minimum` for `setMinimum`."""
    return name[3:4].lower() + name[4:] if name.startswith("set") else ""


def _read(qt_object, name):
    # some enumerations have no way through QVariant, so the getter is asked where there is one
    getter = getattr(qt_object, name, None)
    if callable(getter) and not isinstance(getter, QtCore.SignalInstance):
        return getter()
    return qt_object.property(name)


def _write(qt_object, name, value):
    setter = getattr(qt_object, f"set{name[0].upper()}{name[1:]}", None)
    if setter is None:
        qt_object.setProperty(name, value)
        return
    try:
        setter(value)
    except TypeError as error:
        raise ValueError(f"Property '{name}' does not accept {value!r}: {error}") from error


def _overridden(shown, derived):
    """Return a PySide6 class whose virtual functions call the methods that a Python class overrides."""
    qt_class = type(shown)._qt
    names = {name for each in derived for name, value in each.__dict__.items() if inspect.isfunction(value)}
    virtual = {name for name in names if not name.startswith("__") and callable(getattr(qt_class, name, None))}

    def forward(name):
        return lambda _self, *arguments: to_qt(getattr(shown, name)(*[to_python(each) for each in arguments]))

    return type(qt_class.__name__, (qt_class,), {name: forward(name) for name in virtual})
