"""Fixtures for tests that start the whole agent as a child process."""

from pathlib import Path

import pytest

from pushglance.sandbox import Sandbox
from support.agent.agent_process import AgentProcess


@pytest.fixture
def sandbox():
    """Run a sandbox on a free port."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def folder(tmp_path_factory):
    """Return a folder with a short path: the path of a unix socket may have 107 bytes."""
    return Path(tmp_path_factory.mktemp("a"))


@pytest.fixture
def agent(folder, sandbox):
    """Return an agent that has not been started."""
    agent = AgentProcess(folder, sandbox)
    yield agent
    agent.close()
