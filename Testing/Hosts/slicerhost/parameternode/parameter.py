"""One typed parameter: how its value is checked, written into a parameter node, and read back."""

from __future__ import annotations

import enum
import pathlib
import types
import typing
from dataclasses import dataclass, field
from typing import Any

from .annotations import Default

PLAIN = {str: "", int: 0, float: 0.0, bool: False, pathlib.Path: pathlib.Path()}
_UNIONS = (typing.Union, types.UnionType)


@dataclass(frozen=True)
class Parameter:
    """A parameter as its class declares it."""

    name: str
    declared: Any
    kinds: tuple[type, ...]
    default: Any
    annotations: tuple[Any, ...] = field(default=())

    @classmethod
    def of(cls, name, declared, given, node_class):
        """Read a declaration; `given` is the value behind its equals sign, or None."""
        kind, annotations = declared, ()
        if typing.get_origin(declared) is typing.Annotated:
            kind, *annotations = typing.get_args(declared)
        kinds = typing.get_args(kind) if typing.get_origin(kind) in _UNIONS else (kind,)
        kinds = tuple(each for each in kinds if each is not type(None))
        known = all(isinstance(each, type) for each in kinds)
        if not known or not ((len(kinds) == 1 and _is_value(kinds[0])) or all(issubclass(each, node_class) for each in kinds)):
            raise TypeError(f"{name}: this host has no parameters of type {declared}")
        default = next((each.value for each in annotations if isinstance(each, Default)), given)
        if default is None and _is_value(kinds[0]):
            default = next(iter(kinds[0])) if issubclass(kinds[0], enum.Enum) else PLAIN[kinds[0]]
        return cls(name, declared, kinds, default, tuple(annotations))

    @property
    def is_node(self):
        return not _is_value(self.kinds[0])

    def annotation(self, kind):
        """Return the annotation of a class, or None."""
        return next((each for each in self.annotations if isinstance(each, kind)), None)

    def check(self, value):
        """Raise for a value that Slicer's wrapper refuses."""
        if value is None:
            if not self.is_node:
                raise ValueError(f"{self.name} must not be None")
            return
        kinds = (int, float) if self.kinds == (float,) else self.kinds
        if not isinstance(value, kinds):
            raise TypeError(f"{self.name} must be of type {self.kinds}, not {type(value)}")
        for each in self.annotations:
            if hasattr(each, "validate"):
                each.validate(value)

    def is_in(self, node):
        return node.HasParameter(self.name)

    def write(self, node, value):
        self.check(value)
        if self.is_node:
            node.SetParameter(self.name, "")
            node.SetNodeReferenceID(self.name, value.GetID() if value is not None else None)
        else:
            node.SetParameter(self.name, value.name if isinstance(value, enum.Enum) else str(value))

    def read(self, node):
        if not self.is_in(node):
            self.write(node, self.default)
        if self.is_node:
            return node.GetNodeReference(self.name)
        text, kind = node.GetParameter(self.name), self.kinds[0]
        if issubclass(kind, enum.Enum):
            return kind[text]
        return text == "True" if kind is bool else kind(text)


def _is_value(kind):
    return kind in PLAIN or issubclass(kind, enum.Enum)
