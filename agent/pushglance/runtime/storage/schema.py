"""The tables of the store, and opening a file that may be damaged, foreign, older or newer."""

import sqlite3
from pathlib import Path

from pushglance.errors import PushglanceError, StoreError

from .checksum import is_intact, seal

_STEPS = (  # each leads from one format to the next
    """
CREATE TABLE watches (
    account TEXT NOT NULL, device TEXT NOT NULL,
    shown TEXT NOT NULL DEFAULT '{}',           -- fields surely on the screen, JSON
    parked TEXT NOT NULL DEFAULT '',            -- why nothing is pushed until the settings change
    fingerprint TEXT NOT NULL DEFAULT '',       -- of the settings it was parked with
    PRIMARY KEY (account, device)
) WITHOUT ROWID;
CREATE TABLE pushes (
    push_id INTEGER PRIMARY KEY,
    account TEXT NOT NULL, device TEXT NOT NULL,
    boot TEXT NOT NULL,                         -- whose monotonic clock until_ms is of
    made_wall_ms INTEGER NOT NULL,              -- for people: the clock may have been wrong
    until_ms INTEGER,                           -- when the debit is returned; NULL: it is
    until_wall_ms INTEGER NOT NULL,             -- the same by a trusted clock, or -1
    sent TEXT NOT NULL,                         -- fields, JSON
    outcome TEXT,                               -- NULL: no answer came home
    said TEXT NOT NULL DEFAULT ''
);
CREATE INDEX debits ON pushes (account, device) WHERE until_ms IS NOT NULL;
CREATE TABLE sensors (name TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE transitions (
    id INTEGER PRIMARY KEY, sensor TEXT NOT NULL,
    wall_ms INTEGER NOT NULL,                   -- for people, as above
    value INTEGER NOT NULL                      -- 1 open, 0 closed
);
CREATE TABLE counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
""",
    """
CREATE TABLE boot (
    boot TEXT NOT NULL,                         -- the last one on which this store was opened
    opened_ms INTEGER NOT NULL                  -- when it was opened there first: older debits were made before
);
""",
    """
CREATE TABLE pauses (
    account TEXT NOT NULL, device TEXT NOT NULL,
    boot TEXT NOT NULL,                         -- whose monotonic clock until_ms is of
    for_ms INTEGER NOT NULL,                    -- as it was asked for; -1: until told otherwise
    until_ms INTEGER NOT NULL,
    until_wall_ms INTEGER NOT NULL,             -- the same by a trusted clock, or -1
    PRIMARY KEY (account, device)
) WITHOUT ROWID;
""",
    """
CREATE TABLE names (                            -- what the settings call a watch, for people
    account TEXT NOT NULL, device TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (account, device)
) WITHOUT ROWID;
CREATE INDEX transitions_of ON transitions (sensor, wall_ms);
CREATE TABLE samples (                          -- numbers of the last days, as often as they are written anyway
    id INTEGER PRIMARY KEY, sensor TEXT NOT NULL, wall_ms INTEGER NOT NULL, value REAL NOT NULL
);
CREATE INDEX samples_of ON samples (sensor, wall_ms);
CREATE INDEX samples_at ON samples (wall_ms);
CREATE TABLE days (                             -- what is left of a day after weeks: a row for each sensor
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
CREATE TABLE learnt (                           -- what pacing has learnt of a sensor or for a watch, JSON
    name TEXT PRIMARY KEY, state TEXT NOT NULL
) WITHOUT ROWID;
""",
    # An index is a second page to write for each row: these rows are kept in the order in which they are asked for.
    """
CREATE TABLE kept_transitions (
    sensor TEXT NOT NULL,
    wall_ms INTEGER NOT NULL,                   -- for people, as above
    nth INTEGER NOT NULL DEFAULT 0,             -- of those of this millisecond
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
ALTER TABLE pushes RENAME COLUMN said TO detail; -- the answer's own words
ALTER TABLE learnt RENAME TO models;
""",
)
VERSION = len(_STEPS)
_SEALED_FROM = 2  # on
_LOG_BYTES_MAX = 1 << 20  # twice what an ordinary log grows to

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class DamagedStore(PushglanceError):  # noqa: N818 - named like its siblings in errors.py
    """Report a file that SQLite can no longer read (exit code 3). The next start sets it aside."""

    exit_code = 3


def is_damage(error: sqlite3.Error) -> bool:
    """Tell whether this error means that the file itself is broken, not that the disk is full or away."""
    return _kind_of(error) in _DAMAGE


def _kind_of(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest of the number says where it happened


def open_database(path: Path) -> sqlite3.Connection:
    """Open or create the store. Raises DamagedStore, or StoreError for a newer store or one that cannot be opened."""
    try:
        database = sqlite3.connect(path, isolation_level=None)
        try:
            _prepare(database, path)
        except BaseException:
            database.close()
            raise
    except sqlite3.Error as error:
        if is_damage(error):
            raise DamagedStore(str(error)) from error
        if _kind_of(error) == sqlite3.SQLITE_BUSY:
            raise StoreError(
                f"another program has the store {path} open: close it (fuser -v {path} names it)"
            ) from error
        raise StoreError(f"the store {path} cannot be opened ({error}): is the disk full, or read-only?") from error
    except UnicodeDecodeError as error:  # a schema that is rubbish: Python cannot even read SQLite's complaint
        raise DamagedStore("its schema cannot be read") from error
    return database


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    # Before anything else: only so is the index of the log kept in memory, not in pages of a file (see snapshot.py).
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    # Of a new store. A commit touches half a dozen pages, and each is written to the log whole.
    database.execute("PRAGMA page_size = 512")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")  # a debit is on the card before the push leaves
    database.execute("PRAGMA foreign_keys = OFF")
    # Whoever looks copies it: what one large transaction needed once must not be copied for ever.
    database.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES_MAX}")
    # KiB; SQLite's own 2 MiB would be memory that a daemon never gives back.
    database.execute("PRAGMA cache_size = -256")
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise StoreError(
            f"the store {path} was written by a newer pushglance (format {version}, this one reads {VERSION}): "
            "install that version again, or move the file away and start with a budget that counts as fresh"
        )
    (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise DamagedStore(verdict)
    if version >= _SEALED_FROM and not is_intact(database):
        raise DamagedStore("it is not as it was left")
    if version < VERSION:
        database.executescript(f"BEGIN;{''.join(_STEPS[version:])}")
        seal(database)
        database.execute(f"PRAGMA user_version = {VERSION}")
        database.execute("COMMIT")
