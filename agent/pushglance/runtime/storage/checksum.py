"""The checksum of the rows that the budget is computed from, because SQLite has none for its pages.

Without it one wrong byte in a page could leave a valid database in which a debit is missing.
"""

import sqlite3
import zlib

_NAME = "seal"  # of the checksum in the table `counts`, since the first format that has one
_LEDGER = (
    "SELECT push_id, account, device, boot, until_ms, until_wall_ms FROM pushes WHERE until_ms NOT NULL ORDER BY 1"
)
_WATCHES = "SELECT account, device, shown, parked, fingerprint FROM watches ORDER BY 1, 2"
_BOOT = "SELECT boot, opened_ms FROM boot"


def update(database: sqlite3.Connection) -> None:
    """Save the checksum, in the transaction that changes the rows; if it is unchanged, nothing is written."""
    database.execute(
        "INSERT INTO counts VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE value != excluded.value",
        (_NAME, ledger_checksum(database)),
    )


def verify(database: sqlite3.Connection) -> bool:
    """Return whether the rows are as they were when the checksum was saved."""
    (saved,) = database.execute("SELECT value FROM counts WHERE name = ?", (_NAME,)).fetchone() or (None,)
    return bool(saved == ledger_checksum(database))


def ledger_checksum(database: sqlite3.Connection) -> int:
    """Return the CRC-32 of debits, shown fields and boot as they are in the database."""
    rows = [database.execute(select).fetchall() for select in (_LEDGER, _WATCHES, _BOOT)]
    return zlib.crc32(repr(rows).encode())
