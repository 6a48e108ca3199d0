"""A status page over directories that a test writes, with and without a password."""

import pytest

from pushglance.web.access.authentication import Authenticator, hash_password
from pushglance.web.access.guess_limit import GuessLimit
from support.agent.agent_directories import PASSWORD, AgentDirectories


class Clock:
    """A clock in seconds that a test sets."""

    now_s = 1_800_000_000.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def directories(tmp_path):
    """Return the directories of an agent that has just written its status."""
    directories = AgentDirectories(tmp_path)
    directories.write_status()
    return directories


@pytest.fixture
def client(directories):
    """Return a client of a page without a password."""
    with directories.client() as client:
        yield client


@pytest.fixture(scope="session")
def password_hash():
    """Return the line of the password file; hashing is slow, so it is done once."""
    return hash_password(PASSWORD)


@pytest.fixture
def clock():
    """Return a clock that a test sets."""
    return Clock()


@pytest.fixture
def authenticator(password_hash, clock):
    """Return the password check of a page, on that clock."""
    return Authenticator(password_hash, GuessLimit(clock))


@pytest.fixture
def locked(directories, authenticator):
    """Return a client of a page with a password."""
    with directories.client(authenticator, hosts=None) as client:
        yield client
