"""Tables, pictures and the html page of an evaluation."""

from .write import write_evaluation

__all__ = ["write_evaluation"]
