"""Values on their way between Python and Qt."""

from __future__ import annotations

import enum
import types

from shiboken6 import Shiboken

FUNCTIONS = (types.FunctionType, types.MethodType, types.BuiltinFunctionType)


class Number(int):
    """A value of an enumeration: an int for Python, and still the member that PySide6 wants back."""

    def __new__(cls, member):
        number = super().__new__(cls, member.value)
        number.member = member
        return number

    def __or__(self, other):
        return Number(self.member | other.member) if isinstance(other, Number) else int(self) | other

    def __and__(self, other):
        return Number(self.member & other.member) if isinstance(other, Number) else int(self) & other


def to_python(value):
    """Return what PythonQt would hand to Python."""
    from .faces import face

    if isinstance(value, enum.Enum):
        return Number(value)
    if isinstance(value, (list, tuple)):
        return tuple(to_python(each) for each in value)
    if isinstance(value, dict):
        return {key: to_python(each) for key, each in value.items()}
    return face(value) if isinstance(value, Shiboken.Object) else value


def to_qt(value):
    """Return what PySide6 wants for a value that came from Python."""
    from .faces import Face
    from .signals import guarded

    if isinstance(value, Number):
        return value.member
    if isinstance(value, (list, tuple)):
        return [to_qt(each) for each in value]
    if isinstance(value, FUNCTIONS):
        return guarded(value)
    return Face.object_of(value) if isinstance(type(value), Face) else value
