"""The tables of the store, and opening of a file that may be damaged, older, newer or not a store at all."""

import sqlite3
from pathlib import Path

from pushglance.errors import PushglanceError, StoreError

from . import checksum
from .files import can_write

_STEPS = (  # each converts one format to the next
    """
CREATE TABLE watches (
    account TEXT NOT NULL, device TEXT NOT NULL,
    shown TEXT NOT NULL DEFAULT '{}',           -- fields known to be on the screen, JSON
    parked TEXT NOT NULL DEFAULT '',            -- what Pushover refused and until when, JSON; '': nothing
    fingerprint TEXT NOT NULL DEFAULT '',       -- of the settings that were refused
    PRIMARY KEY (account, device)
) WITHOUT ROWID;
CREATE TABLE pushes (
    push_id INTEGER PRIMARY KEY,
    account TEXT NOT NULL, device TEXT NOT NULL,
    boot TEXT NOT NULL,                         -- the boot whose monotonic clock until_ms refers to
    made_wall_ms INTEGER NOT NULL,              -- for display only: the clock may have been wrong
    until_ms INTEGER,                           -- when the debit is refunded; NULL: it was
    until_wall_ms INTEGER NOT NULL,             -- the same by a trusted clock, or -1
    sent TEXT NOT NULL,                         -- fields, JSON
    outcome TEXT,                               -- NULL: no answer arrived
    said TEXT NOT NULL DEFAULT ''
);
CREATE INDEX debits ON pushes (account, device) WHERE until_ms IS NOT NULL;
CREATE TABLE sensors (name TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE transitions (
    id INTEGER PRIMARY KEY, sensor TEXT NOT NULL,
    wall_ms INTEGER NOT NULL,                   -- for display only, as above
    value INTEGER NOT NULL                      -- 1 open, 0 closed
);
CREATE TABLE counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
""",
    """
CREATE TABLE boot (
    boot TEXT NOT NULL,                         -- the last boot on which this store was opened
    opened_ms INTEGER NOT NULL                  -- first opening on this boot; debits of other boots are older
);
""",
    """
CREATE TABLE pauses (
    account TEXT NOT NULL, device TEXT NOT NULL,
    boot TEXT NOT NULL,                         -- the boot whose monotonic clock until_ms refers to
    for_ms INTEGER NOT NULL,                    -- as requested; -1: until it is ended
    until_ms INTEGER NOT NULL,
    until_wall_ms INTEGER NOT NULL,             -- the same by a trusted clock, or -1
    PRIMARY KEY (account, device)
) WITHOUT ROWID;
""",
    """
CREATE TABLE names (                            -- of the watches in the settings, for display
    account TEXT NOT NULL, device TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (account, device)
) WITHOUT ROWID;
CREATE INDEX transitions_of ON transitions (sensor, wall_ms);
CREATE TABLE samples (                          -- values of the last days, written together with other rows
    id INTEGER PRIMARY KEY, sensor TEXT NOT NULL, wall_ms INTEGER NOT NULL, value REAL NOT NULL
);
CREATE INDEX samples_of ON samples (sensor, wall_ms);
CREATE INDEX samples_at ON samples (wall_ms);
CREATE TABLE days (                             -- one row for each sensor and day
    sensor TEXT NOT NULL, day INTEGER NOT NULL, -- local, since 1970-01-01
    changes INTEGER NOT NULL, low REAL, high REAL, last REAL,
    PRIMARY KEY (sensor, day)
) WITHOUT ROWID;
CREATE TABLE push_days (
    account TEXT NOT NULL, device TEXT NOT NULL, day INTEGER NOT NULL, outcome TEXT NOT NULL, pushes INTEGER NOT NULL,
    PRIMARY KEY (account, device, day, outcome)
) WITHOUT ROWID;
""",
    """
CREATE TABLE learnt (                           -- what pacing has learnt about a sensor or for a watch, JSON
    name TEXT PRIMARY KEY, state TEXT NOT NULL
) WITHOUT ROWID;
""",
    # An index would be a second page to write for each row, so the rows are stored in the order of the queries.
    """
CREATE TABLE kept_transitions (
    sensor TEXT NOT NULL,
    wall_ms INTEGER NOT NULL,                   -- for display only, as above
    nth INTEGER NOT NULL DEFAULT 0,             -- counts the rows of one millisecond
    value INTEGER NOT NULL,                     -- 1 open, 0 closed
    PRIMARY KEY (sensor, wall_ms, nth)
) WITHOUT ROWID;
INSERT INTO kept_transitions
    SELECT sensor, wall_ms, row_number() OVER (PARTITION BY sensor, wall_ms ORDER BY id), value FROM transitions;
DROP TABLE transitions;
ALTER TABLE kept_transitions RENAME TO transitions;
CREATE TABLE kept_samples (
    sensor TEXT NOT NULL, wall_ms INTEGER NOT NULL, value REAL NOT NULL, PRIMARY KEY (sensor, wall_ms)
) WITHOUT ROWID;
INSERT OR REPLACE INTO kept_samples SELECT sensor, wall_ms, value FROM samples ORDER BY id;
DROP TABLE samples;
ALTER TABLE kept_samples RENAME TO samples;
""",
    """
ALTER TABLE pushes RENAME COLUMN said TO detail; -- the text of the answer
ALTER TABLE learnt RENAME TO models;
""",
    # The budget and its checksum are read from one small table without an index; `pushes` is only shown.
    """
DROP INDEX debits;
CREATE TABLE debits (
    push_id INTEGER PRIMARY KEY,
    account TEXT NOT NULL, device TEXT NOT NULL,
    boot TEXT NOT NULL,                         -- the boot whose monotonic clock until_ms refers to
    until_ms INTEGER NOT NULL,                  -- when the debit is refunded
    until_wall_ms INTEGER NOT NULL              -- the same by a trusted clock, or -1
);
INSERT INTO debits SELECT push_id, account, device, boot, until_ms, until_wall_ms
    FROM pushes NOT INDEXED WHERE until_ms NOT NULL;
INSERT INTO counts SELECT 'push_id', max(push_id) FROM pushes HAVING max(push_id) NOT NULL
    ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value);
ALTER TABLE pushes DROP COLUMN boot;
ALTER TABLE pushes DROP COLUMN until_ms;
ALTER TABLE pushes DROP COLUMN until_wall_ms;
""",
)
VERSION = len(_STEPS)
_CHECKSUM_SINCE = 2  # format
_ID_SINCE = 8  # format
_ID = (
    0x7067_6C00  # "pgl"; the header has it, plus the format, as `application_id`: one wrong byte changes one of the two
)
_LOG_BYTES_MAX = 1 << 20  # an ordinary log has half of that

_IN_USE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_BAD_DISK = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)


class DamagedStore(PushglanceError):  # noqa: N818 - a state, named like its siblings in errors.py
    """A store that can no longer be read (exit code 3). The next start moves it to quarantine."""

    exit_code = 3


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether this error means that the file itself is broken, and not that it is in use or its disk is bad."""
    return _primary_code(error) not in (*_IN_USE, *_BAD_DISK)


def is_bad_sector(error: sqlite3.Error, path: Path) -> bool:
    """Return whether the disk takes another file, but not this one: it will not do so later either."""
    return _primary_code(error) == sqlite3.SQLITE_IOERR and can_write(path)


def _primary_code(error: Exception) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF  # the upper bits are SQLite's extended code


def read_error(error: Exception, path: Path) -> PushglanceError:
    """Return what an error while the store at `path` is opened or read means: a StoreError, or damage.

    Whatever cannot be read is damage, because every other start would end in the same way; except while another
    program has the store open, and while its disk is full or read-only.
    """
    if _primary_code(error) in _IN_USE:
        return StoreError(f"another program has the store {path} open: close it (fuser -v {path} shows which)")
    if not can_write(path):
        return StoreError(f"the store {path} cannot be opened ({error}): is the disk full, or read-only?")
    return DamagedStore(str(error))


def open_database(path: Path) -> tuple[sqlite3.Connection, int]:
    """Open or create the store; return it and the format that it had. Raises DamagedStore and StoreError."""
    database = None
    try:
        database = sqlite3.connect(path, isolation_level=None)
        return database, _prepare(database, path)
    except PushglanceError:
        _close(database)
        raise
    except (sqlite3.Error, ValueError, OverflowError) as error:  # e.g. a damaged schema whose names are not UTF-8
        _close(database)
        raise read_error(error, path) from error


def _close(database: sqlite3.Connection | None) -> None:
    if database is not None:
        database.close()


def _prepare(database: sqlite3.Connection, path: Path) -> int:
    # First of all: only then does SQLite keep the index of the log in memory instead of a file (see snapshot.py).
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    # For a new store. A commit changes about six pages, and each is written to the log as a whole.
    database.execute("PRAGMA page_size = 512")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")  # a debit is on the SD card before its push leaves
    # Readers copy the log: one large transaction must not make every later copy large.
    database.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES_MAX}")
    # 256 KiB; the default of 2 MiB would stay in the daemon's memory for ever.
    database.execute("PRAGMA cache_size = -256")
    version = format_of(database)
    if version > VERSION:
        raise StoreError(
            f"the store {path} was written by a newer pushglance (format {version}, this one reads {VERSION}): "
            "install that version again, or restore a backup of this version:  pushglance restore FILE"
        )
    (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise DamagedStore(verdict)
    if version >= _CHECKSUM_SINCE and not checksum.verify(database, has_debits=version >= _ID_SINCE):
        raise DamagedStore("its checksum is wrong")
    if version < VERSION:
        database.executescript(f"BEGIN;{''.join(_STEPS[version:])}")
        checksum.update(database)
        database.execute(f"PRAGMA application_id = {_ID + VERSION}")
        database.execute(f"PRAGMA user_version = {VERSION}")
        database.execute("COMMIT")
    return version


def format_of(database: sqlite3.Connection) -> int:
    """Return the format, which two fields of the header must agree on. Raises DamagedStore."""
    (version,) = database.execute("PRAGMA user_version").fetchone()
    (application_id,) = database.execute("PRAGMA application_id").fetchone()
    if application_id != (_ID + version if version >= _ID_SINCE else 0):
        raise DamagedStore(f"its header names the format {version} and, in its application id, {application_id:#x}")
    return int(version)
