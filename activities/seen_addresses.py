"""The addresses of a file that were seen already, however many there are, in little memory."""

import sqlite3
from collections.abc import Sequence
from typing import Self

_PAGES_KIB = 32 * 1024


class SeenAddresses:
    """A temporary SQLite database, which keeps what does not fit its cache in a file without a name.

    Nothing of it outlives the object. Several threads may use it, one at a time.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_PAGES_KIB}"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.execute("CREATE TABLE seen (email TEXT PRIMARY KEY, line INTEGER NOT NULL) WITHOUT ROWID")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def first_lines(self, rows: Sequence[tuple[str, int]]) -> list[int]:
        """For each address and its line the line on which the address came first, in this call or an earlier one."""
        before = self._database.total_changes
        self._database.execute("BEGIN")
        self._database.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", rows)
        self._database.execute("COMMIT")
        if self._database.total_changes - before == len(rows):
            return [line for _, line in rows]
        ask = "SELECT line FROM seen WHERE email = ?"
        return [self._database.execute(ask, (email,)).fetchone()[0] for email, _ in rows]
