"""Files in the directories of the service that may harm the root who types a command: nothing waits or is changed."""

import os

import pytest

from pushglance.errors import PushglanceError
from pushglance.runtime import plan_cache
from pushglance.runtime.control.control_client import is_running, send_request
from pushglance.runtime.status.status_reader import read_status
from pushglance.runtime.storage.history import History

HUGE = 1 << 36


def make_huge(path):
    """Make a file without content that claims 64 GiB."""
    with path.open("wb") as file:
        file.truncate(HUGE)


TRAPS = {
    "FIFO": os.mkfifo,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "huge": make_huge,
    "directory": lambda path: path.mkdir(),
    "deep": lambda path: path.write_text("[" * 200_000),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_status_is_refused_at_once(tmp_path, trap):
    """A status file that is not one gives an error; it is not read for ever or into memory."""
    TRAPS[trap](tmp_path / "live.json")
    with pytest.raises(PushglanceError, match=r"live\.json cannot be read"):
        read_status(tmp_path)


@pytest.mark.parametrize("trap", ["FIFO", "device", "huge"])
@pytest.mark.parametrize("name", ["pushglance.db", "pushglance.db-wal"])
def test_history_is_refused_at_once(tmp_path, name, trap):
    """A store or a log that is not one is not copied into memory, which would be full soon."""
    (tmp_path / "pushglance.db").touch()
    (tmp_path / name).unlink(missing_ok=True)
    TRAPS[trap](tmp_path / name)
    with History(tmp_path) as history:
        assert history.pushes(5) == []
        assert "cannot be read" in history.problem


@pytest.mark.parametrize("is_link", [True, False])
def test_request_is_written_into_a_fifo_only(tmp_path, is_link):
    """A link to, say, the file of passwords is not followed, and a file is not written to."""
    victim = tmp_path / "victim"
    victim.write_text("root:x:0:0")
    if is_link:
        (tmp_path / "requests").symlink_to(victim)
    else:
        victim = victim.rename(tmp_path / "requests")
    for ask in (is_running, lambda directory: send_request(directory, 0.1, want="push", watch="watch")):
        with pytest.raises(PushglanceError, match="is not a FIFO: remove it"):
            ask(tmp_path)
    assert victim.read_text() == "root:x:0:0"


def test_cached_plan_that_is_a_fifo_is_a_miss(tmp_path, monkeypatch):
    """The daemon starts: it reads its settings instead of waiting for a writer."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    os.mkfifo(tmp_path / plan_cache.NAME, 0o600)
    assert plan_cache.load(tmp_path / "pushglance.toml") is None
