"""Who may open the store: one daemon, its owner and its group."""

import contextlib
import os
import sqlite3
import subprocess
import sys

import pytest

from pushglance.errors import StoreError
from pushglance.runtime.storage.lock import lock_directory
from pushglance.runtime.storage.store import NAME, SqliteStore
from runtime.storage.conftest import BOOT, debit
from support import plans


def test_only_owner_and_group_can_read_the_store(open_store, tmp_path):
    """The status page, in the group of the daemon, may read; the lock and the push id file are for the owner only."""
    before = os.umask(0o077)  # as in the systemd unit
    try:
        store, _ = open_store()
        store.save([debit(1)], 0)
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {
        NAME: 0o640,
        f"{NAME}-wal": 0o640,
        "pushglance.lock": 0o600,
        "pushglance.booked": 0o600,
    }


def test_store_open_in_another_program_is_an_error(tmp_path):
    """A store that is open in another program, e.g. sqlite3, gives its own error."""
    opened = SqliteStore(tmp_path, [plans.watch()], BOOT)
    opened.load(0)
    opened.close()
    with contextlib.closing(sqlite3.connect(tmp_path / NAME)) as other:
        other.execute("SELECT count(*) FROM pushes").fetchone()
        with pytest.raises(StoreError, match="another program has the store"):
            SqliteStore(tmp_path, [plans.watch()], BOOT).load(0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files that another user cannot open")
def test_files_created_by_root_belong_to_the_service(open_store, tmp_path):
    """Files that root creates in the directory of the service belong to the user of the service."""
    os.chown(tmp_path, 12345, 12345)
    store, _ = open_store()
    store.save([debit(1)], 0)
    assert {path.stat().st_uid for path in tmp_path.iterdir()} == {12345}
    os.chown(tmp_path, 0, 0)


def test_second_daemon_is_refused(open_store, tmp_path):
    """The second process on one store gets an error with the process id of the first."""
    open_store()
    program = (
        "import sys, pathlib; from pushglance.runtime.storage.lock import lock_directory;"
        "lock_directory(pathlib.Path(sys.argv[1]))"
    )
    second = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, timeout=30)
    assert second.returncode == 1
    assert f"another pushglance (process {os.getpid()}) uses the store" in second.stderr


def test_unusable_directory_is_an_error(tmp_path):
    """A state directory that is a file gives an error, not a trace."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be used"):
        SqliteStore(tmp_path / "file", [plans.watch()], BOOT).load(0)


def test_new_state_directory_is_closed_to_others(tmp_path):
    """Only the owner can write to a directory that the store creates, only its group can enter it."""
    before = os.umask(0)
    try:
        lock_directory(tmp_path / "a/state").close()
    finally:
        os.umask(before)
    assert (tmp_path / "a/state").stat().st_mode & 0o777 == 0o750
