"""Pictures and the html page of one spine, drawn without a display and without OpenGL."""

from .write import write_report

__all__ = ["write_report"]
