"""The checksum of the rows that the Memory of the core is made of, because SQLite has none for its pages.

Without it one wrong bit in a page could leave a valid database in which a debit is missing. What is checked is what is
read: `read_rows` is the only place that reads these rows, and nothing in it uses an index.
"""

import sqlite3
import zlib
from typing import Any

_NAME = "seal"  # of the checksum in the table `counts`, since the first format that has one
_ROWS = {
    "debits": "SELECT push_id, account, device, boot, until_ms, until_wall_ms FROM debits ORDER BY 1",
    "watches": "SELECT account, device, shown, parked, fingerprint FROM watches ORDER BY 1, 2",
    "boot": "SELECT boot, opened_ms FROM boot",
    "pauses": "SELECT account, device, boot, for_ms, until_ms, until_wall_ms FROM pauses ORDER BY 1, 2",
    "sensors": "SELECT name, state FROM sensors ORDER BY 1",
    "models": "SELECT name, state FROM models ORDER BY 1",
    "push_id": "SELECT value FROM counts WHERE name = 'push_id'",
}
_DEBITS_BEFORE = (  # the formats in which a debit is a part of its push
    "SELECT push_id, account, device, boot, until_ms, until_wall_ms FROM pushes NOT INDEXED"
    " WHERE until_ms NOT NULL ORDER BY 1"
)

Rows = dict[str, list[tuple[Any, ...]]]


def read_rows(database: sqlite3.Connection) -> Rows:
    """Return all rows that the Memory is made of, by table."""
    return {table: database.execute(select).fetchall() for table, select in _ROWS.items()}


def update(database: sqlite3.Connection) -> int:
    """Save the checksum, in the transaction that changes the rows, and return it; if unchanged, nothing is written."""
    value = _checksum(list(read_rows(database).values()))
    database.execute(
        "INSERT INTO counts VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE value != excluded.value",
        (_NAME, value),
    )
    return value


def present(database: sqlite3.Connection) -> int:
    """Return the checksum of the rows as they are now."""
    return _checksum(list(read_rows(database).values()))


def verify(database: sqlite3.Connection, *, has_debits: bool) -> bool:
    """Return whether the rows are as they were when the checksum was saved, also in a format without `debits`."""
    (saved,) = database.execute("SELECT value FROM counts WHERE name = ?", (_NAME,)).fetchone() or (None,)
    if has_debits:
        return bool(saved == present(database))
    selects = (_DEBITS_BEFORE, _ROWS["watches"], _ROWS["boot"])
    return bool(saved == _checksum([database.execute(select).fetchall() for select in selects]))


def _checksum(rows: list[list[tuple[Any, ...]]]) -> int:
    return zlib.crc32(repr(rows).encode())
