"""SQLite FTS5."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from bench.engine_scale import CHAINS
from bench.engine_speed import K
from bench.peers.base import Ask, Need, Peer


class SQLite(Peer):
    """FTS5 in a file, contentless, merged into one tree; the filter joined, or as a token."""

    tokenizer: ClassVar[str] = "unicode61"

    def connect(self) -> Any:
        try:
            import pysqlite3 as sqlite
        except ImportError:
            import sqlite3 as sqlite

        connection = sqlite.connect(self.folder / "records.sqlite", isolation_level=None)
        for pragma in ("journal_mode=wal", "synchronous=full", f"mmap_size={1 << 33}"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def prepared(self, text: str) -> str:
        return " ".join(self.tokens(text))

    def build(self, texts: Sequence[str]) -> None:
        self.connection = self.connect()
        self.connection.execute("CREATE TABLE records (id INTEGER PRIMARY KEY, chain INTEGER)")
        self.connection.execute(
            "CREATE VIRTUAL TABLE found USING fts5"
            f"(words, chain, content='', tokenize='{self.tokenizer}')"
        )
        self.connection.execute("BEGIN")
        for number, text in enumerate(texts):
            self._write(number, text)
        self.connection.execute("INSERT INTO found(found) VALUES ('optimize')")
        self.connection.execute("COMMIT")
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _write(self, number: int, text: str) -> None:
        chain = number % CHAINS
        self.connection.execute("INSERT INTO records VALUES (?, ?)", (number, chain))
        self.connection.execute(
            "INSERT INTO found(rowid, words, chain) VALUES (?, ?, ?)",
            (number, self.prepared(text), f"chain{chain}"),
        )

    def open(self) -> None:
        self.connection = self.connect()

    def asks(self) -> Mapping[str, Ask]:
        return {
            "all": lambda need: self._best(self._any(self.distinct(need.text))),
            "all_cut": lambda need: self._best(self._any(need.rare)),
            "tenth": lambda need: self._join(need, self.distinct(need.text)),
            "tenth_cut": lambda need: self._join(need, need.rare),
            "tenth_as_token": lambda need: self._token(need, self.distinct(need.text)),
            "tenth_as_token_cut": lambda need: self._token(need, need.rare),
        }

    def _any(self, tokens: Sequence[str]) -> str:
        quoted = " OR ".join('"' + token.replace('"', '""') + '"' for token in tokens)
        return f"words : ({quoted})"

    def _best(self, match: str) -> Sequence[int]:
        return self._ids("SELECT rowid FROM found(?) ORDER BY rank LIMIT ?", match, K)

    def _join(self, need: Need, tokens: Sequence[str]) -> Sequence[int]:
        return self._ids(
            "SELECT found.rowid FROM found(?) CROSS JOIN records ON records.id = found.rowid"
            " WHERE records.chain = ? ORDER BY bm25(found) LIMIT ?",
            self._any(tokens), need.chain, K,
        )  # fmt: skip

    def _token(self, need: Need, tokens: Sequence[str]) -> Sequence[int]:
        return self._best(f'chain : "chain{need.chain}" AND ({self._any(tokens)})')

    def _ids(self, statement: str, *values: Any) -> Sequence[int]:
        return [int(row[0]) for row in self.connection.execute(statement, values)]

    def adds(self) -> Mapping[str, Callable[[int, str], None]]:
        return {"add": self._add}

    def _add(self, number: int, text: str) -> None:
        self.connection.execute("BEGIN")
        self._write(number, text)
        self.connection.execute("COMMIT")


class SQLiteTrigrams(SQLite):
    tokenizer = "trigram"

    def prepared(self, text: str) -> str:
        return text
