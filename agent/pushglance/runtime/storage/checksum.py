"""The seal: a checksum over what the laws depend on, because SQLite has none for its pages.

One wrong byte in a page may leave a database that is in order and a debit that is gone.
"""

import sqlite3
import zlib

_LEDGER = (
    "SELECT push_id, account, device, boot, until_ms, until_wall_ms FROM pushes WHERE until_ms NOT NULL ORDER BY 1"
)
_WATCHES = "SELECT account, device, shown, parked, fingerprint FROM watches ORDER BY 1, 2"
_BOOT = "SELECT boot, opened_ms FROM boot"


def seal(database: sqlite3.Connection) -> None:
    """Note the checksum, in the transaction that changes what it is of; where it stays the same nothing is written."""
    database.execute(
        "INSERT INTO counts VALUES ('seal', ?)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE value != excluded.value",
        (_checksum(database),),
    )


def is_intact(database: sqlite3.Connection) -> bool:
    """Tell whether everything is as it was sealed."""
    (sealed,) = database.execute("SELECT value FROM counts WHERE name = 'seal'").fetchone() or (None,)
    return bool(sealed == _checksum(database))


def _checksum(database: sqlite3.Connection) -> int:
    rows = [database.execute(select).fetchall() for select in (_LEDGER, _WATCHES, _BOOT)]
    return zlib.crc32(repr(rows).encode())
