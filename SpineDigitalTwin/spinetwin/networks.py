"""How networks in ONNX files are opened: the one place that knows ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .errors import ParameterError


def open_onnx(file: Path) -> Any:
    """Return a network as ONNX Runtime runs it, on the CPU (an `onnxruntime.InferenceSession`).

    Raises
    ------
    ParameterError
        If ONNX Runtime cannot be loaded.
    Exception
        If the file is no network: ONNX Runtime has no base class of its own for what a file can be.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise ParameterError(f"ONNX Runtime cannot be loaded: {error}.", "Install it again: pip install onnxruntime") from error

    options = onnxruntime.SessionOptions()
    # threads that wait for each other sleep: they would take processor time from other programs
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def onnx_runtime_version() -> str:
    """Return the version of ONNX Runtime, once a network was opened."""
    import onnxruntime

    return str(onnxruntime.__version__)
