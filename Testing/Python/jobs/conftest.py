"""Workers as processes of their own."""

import pytest
from real_worker import STRANGE, content, folder, gone, job, start

__all__ = ["content", "folder", "gone", "job", "start"]


@pytest.fixture
def strange():
    """The program whose steps go wrong."""
    return STRANGE
