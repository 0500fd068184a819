"""The class decorator: properties for the parameters of a class, and their binding to widgets."""

from __future__ import annotations

import typing

from .parameter import Parameter

PROPERTY = "SlicerParameterName"
"""The dynamic property of a widget that names its parameter."""

MODIFIED = "ModifiedEvent"


class Wrapper:
    """What a wrapped class can do."""

    allParameters: typing.ClassVar[dict[str, Parameter]] = {}

    def __init__(self, parameterNode):
        self.parameterNode = parameterNode
        self._bound = {}
        self._following = False
        for each in self.allParameters.values():
            if not each.is_in(parameterNode):
                each.write(parameterNode, each.default)

    def _parameter(self, name):
        if name not in self.allParameters:
            raise ValueError(f"Cannot find a param with the given name: {name}")
        return self.allParameters[name]

    def getValue(self, name):
        return self._parameter(name).read(self.parameterNode)

    def setValue(self, name, value):
        self._parameter(name).write(self.parameterNode, value)

    def default(self, name):
        return self._parameter(name).default

    @classmethod
    def dataType(cls, name):
        return cls.allParameters[name].declared

    def StartModify(self):
        return self.parameterNode.StartModify()

    def EndModify(self, was):
        return self.parameterNode.EndModify(was)

    def Modified(self):
        self.parameterNode.Modified()

    def AddObserver(self, event, callback, priority=0.0):
        return self.parameterNode.AddObserver(event, callback, priority)

    def RemoveObserver(self, tag):
        self.parameterNode.RemoveObserver(tag)

    def connectGui(self, gui):
        """Bind every widget that names a parameter, of a widget or of `slicer.util.childWidgetVariables`."""
        is_widget = getattr(gui, "isWidgetType", lambda: False)()
        widgets = gui.findChildren("QWidget") if is_widget else vars(gui).values()
        return self.connectParametersToGui({each.property(PROPERTY): each for each in widgets if each.property(PROPERTY)})

    def connectParametersToGui(self, mapping):
        from .connectors import connector

        bound = {name: connector(widget, self._parameter(name)) for name, widget in mapping.items()}
        for name, each in bound.items():
            each.write(self.getValue(name))
            each.follow(lambda name=name, each=each: self._from_gui(name, each))
        tag = len(self._bound)
        self._bound[tag] = bound, self.AddObserver(MODIFIED, lambda _node, _event: self._to_gui())
        return tag

    def disconnectGui(self, tag):
        bound, observer = self._bound.pop(tag, ({}, None))
        for each in bound.values():
            each.stop()
        if observer is not None:
            self.RemoveObserver(observer)

    def _from_gui(self, name, each):
        if not self._following:
            self.setValue(name, each.read())

    def _to_gui(self):
        if self._following:
            return
        self._following = True
        try:
            for bound, _ in self._bound.values():
                for name, each in bound.items():
                    each.write(self.getValue(name))
        finally:
            self._following = False


def _property(parameter):
    return property(
        lambda self: parameter.read(self.parameterNode), lambda self, value: parameter.write(self.parameterNode, value)
    )


def parameterNodeWrapper(declaration=None):
    """Decorate a class whose annotations are parameters."""
    if declaration is None:
        return parameterNodeWrapper
    import slicer

    parameters = {
        name: Parameter.of(name, declared, declaration.__dict__.get(name), slicer.vtkMRMLNode)
        for name, declared in typing.get_type_hints(declaration, include_extras=True).items()
    }
    reserved = [name for name in parameters if hasattr(Wrapper, name)]
    if reserved:
        raise ValueError(f"Cannot use reserved name '{reserved[0]}' in a parameterNodeWrapper")
    own = {name: value for name, value in vars(declaration).items() if name not in ("__dict__", "__weakref__")}
    properties = {name: _property(each) for name, each in parameters.items()}
    return type(declaration.__name__, (Wrapper,), {**own, "allParameters": parameters, **properties})
