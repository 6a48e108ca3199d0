"""The status file: how often it is written, what it contains, who may read it."""

import json
import os
import stat

import pytest

from pushglance.core.commands import Reply
from pushglance.core.decider import Decider
from pushglance.errors import PushglanceError
from pushglance.runtime.status import status_file
from pushglance.runtime.status.status_file import NAME, StatusFile
from pushglance.runtime.status.status_reader import read_status
from support import plans


@pytest.fixture
def status(tmp_path):
    """Return a status file of an agent with one contact; `flush` writes it if it is due, `read` returns its content."""

    class Status:
        path = tmp_path / NAME
        file = StatusFile(tmp_path)
        decider = Decider(plans.plan([plans.topic_contact()]), {}, 0)

        def flush(self, now_ms):
            return self.file.flush(self.decider, now_ms, {"dropped": 3})

        def read(self):
            return json.loads(self.path.read_text())

    return Status()


@pytest.fixture
def writing_takes(monkeypatch):
    """Return a function that sets how long each write takes, in ms; 0 at first."""
    ticks, durations = [0], [0]

    def clock():
        ticks[0] += 1
        return ticks[0] // 2 * durations[0]

    monkeypatch.setattr(status_file, "monotonic_ms", clock)
    return lambda duration_ms: durations.__setitem__(0, duration_ms)


def test_first_write_is_at_once(status, writing_takes):
    """At the start the file is due; then nothing is due until something changes."""
    assert status.file.deadline_ms() == 0
    assert status.flush(10)
    assert status.file.deadline_ms() is None
    assert not status.flush(100_000)


def test_writes_are_half_a_second_apart(status, writing_takes):
    """However often the state changes, the file is written at most every 500 ms, and 500 ms after a change at most."""
    status.flush(10)
    written_ms = []
    for now_ms in range(11, 2100):
        status.file.mark_dirty()
        if status.flush(now_ms):
            written_ms.append(now_ms)
    assert written_ms == [510, 1010, 1510, 2010]
    assert status.file.deadline_ms() == 2510


def test_slow_writes_take_five_percent_of_the_time(status, writing_takes):
    """After a write that took 100 ms the next one is due in 2 s; after a fast one in 500 ms again."""
    writing_takes(100)
    status.flush(10)
    status.file.mark_dirty()
    assert status.file.deadline_ms() == 10 + 2000
    assert not status.flush(2009)
    writing_takes(0)
    assert status.flush(2010)
    status.file.mark_dirty()
    assert status.file.deadline_ms() == 2010 + 500


def test_reply_is_written_at_once(status, writing_takes):
    """A reply does not wait for the pace; one for MQTT is not in the file."""
    status.flush(10)
    status.file.reply(Reply("r1", 1, "watch", "pushed"))
    assert status.file.deadline_ms() == 0
    assert status.flush(11)
    (reply,) = status.read()["replies"]
    assert (reply["request"], reply["subject"], reply["is_done"], reply["detail"]) == ("r1", "watch", 1, "pushed")
    status.file.reply(Reply("mqtt:r2", 1, "watch", "pushed"))
    assert status.file.deadline_ms() is None


def test_last_32_replies_are_in_the_file(status, writing_takes):
    """Older replies are dropped."""
    for number in range(40):
        status.file.reply(Reply(f"r{number}", 1, "watch", ""))
    status.flush(10)
    assert [reply["request"] for reply in status.read()["replies"]] == [f"r{number}" for number in range(8, 40)]


def test_file_has_the_process_the_time_and_the_counts(status, monkeypatch):
    """Readers find the format, the process, the wall time and the daemon's counts, next to the state."""
    monkeypatch.setattr(status_file, "wall_ms", lambda: 1_795_425_600_000)
    status.flush(10)
    content = status.read()
    assert (content["format"], content["pid"], content["wall_ms"]) == (2, os.getpid(), 1_795_425_600_000)
    assert content["dropped"] == 3
    assert set(content["sensors"]) == {"garage"}
    assert set(content["watches"]) == {"watch"}


@pytest.mark.parametrize("umask", [0o077, 0o000])
def test_owner_and_group_may_read(status, umask):
    """Whatever the umask, the file is for its owner and its group only."""
    before = os.umask(umask)
    try:
        status.flush(10)
    finally:
        os.umask(before)
    assert stat.S_IMODE(status.path.stat().st_mode) == 0o640


@pytest.mark.parametrize("trap", ["link", "fifo", "file"])
def test_temporary_name_is_never_opened(status, tmp_path, trap):
    """What has the name of the temporary file is replaced: no link is followed, and no FIFO blocks the agent."""
    precious, temporary = tmp_path / "precious", tmp_path / "live.tmp"
    precious.write_text("keep")
    if trap == "link":
        temporary.symlink_to(precious)
    elif trap == "fifo":
        os.mkfifo(temporary)
    else:
        temporary.write_text("half a status")
    assert status.flush(10)
    assert status.read()["dropped"] == 3
    assert precious.read_text() == "keep"
    assert stat.S_ISREG(status.path.lstat().st_mode)


def test_incomplete_write_does_not_replace_the_file(status, monkeypatch):
    """On a full disk readers keep the last complete file, and the agent continues."""
    status.flush(10)
    content = status.read()
    monkeypatch.setattr(os, "write", lambda fd, data: len(data) - 1)
    status.file.mark_dirty()
    assert status.flush(1000)
    assert status.read() == content


def test_missing_directory_does_not_stop_the_agent(status):
    """A directory that was removed costs the file and nothing else."""
    status.path.parent.rename(status.path.parent.with_name("elsewhere"))
    assert status.flush(10)


def test_status_of_an_earlier_version_is_refused(status):
    """Format 1 had other names for some keys, so a reader of it would show too little without notice."""
    status.path.write_text('{"format": 1, "wall_ms": 0}')
    with pytest.raises(PushglanceError, match="another version of pushglance"):
        read_status(status.path.parent)


def test_file_is_removed_at_the_end(status):
    """After the end no reader takes an old state for the present one."""
    status.flush(10)
    status.file.close()
    assert not status.path.exists()
    status.file.close()
