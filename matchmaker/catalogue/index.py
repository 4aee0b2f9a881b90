"""The published catalogue as an index: mapped from the instance folder, in step with the database.

Before each use a process compares a fingerprint of the published postings (how many, the sum of
their versions, the last change, whose organisations are verified) and, when that moved, reads
exactly the records that differ. A small catalogue is fitted anew at every change. A large one lies
in files that all processes share, with a note of the database that they were made from; what has
changed since stays in the memory of each until a job writes it there.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import db
from matchmaker.catalogue.documents import CHUNK, load_documents, published
from matchmaker.catalogue.fingerprint import (
    Fingerprint,
    as_notes,
    fingerprint_of,
    from_notes,
    pulse_of,
)
from matchmaker.db import Database
from matchmaker.engine import Document, Indicator, Recommender, store
from matchmaker.engine.encoders import encoder_from
from matchmaker.engine.index import Index
from matchmaker.engine.meaning import Meaning
from matchmaker.engine.store import UnusableIndexError
from matchmaker.engine.vectors import Vectors
from models import Posting, PostingKind

log = logging.getLogger(__name__)

REFIT_BELOW = 1500
"""Up to this many records a fit takes well under a second, so every change refits."""
KEEP_AT = 1000
"""So many changes are kept in memory before a job writes them to the files."""
DRIFT = 0.02
"""A fit is due when the IDF in force misses the present one by this share of its mean."""
TRUSTED = 2.0
"""Seconds for which an unchanged pulse is taken for an unchanged catalogue."""
OVERLAP = timedelta(minutes=5)
"""Changes this much older than the last one seen are looked at again: transactions overlap."""
KINDS = (PostingKind.NEED, PostingKind.ACHIEVEMENT)
MAKING = threading.Lock()


class Facts(NamedTuple):
    """How the index stands: what offices may ask when lists seem old."""

    version: str
    needs: int
    achievements: int
    features: int
    segments: int
    megabytes: float
    in_files: bool
    pending: int
    """Changes that are in memory alone."""
    drift: float
    most_drift: float = DRIFT
    """Above this the next job fits anew."""


class Changes(NamedTuple):
    """Ids whose record differs from what the index holds, by kind."""

    changed: Mapping[PostingKind, list[int]]
    gone: Mapping[PostingKind, list[int]]


class LiveIndex:
    """Keeps a `Recommender` in step with the database; safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._folder = database.settings.instance / "index"
        self._lock = threading.RLock()
        self._fingerprint: Fingerprint | None = None
        self._pulse: tuple[Any, ...] | None = None
        self._counted = 0.0
        self._state: tuple[int, ...] | None = None
        self._recommender: Recommender | None = None
        settings = database.settings
        encoder = encoder_from(settings.encoder)
        self._meaning: Meaning | None = None
        if encoder is not None:
            self._meaning = Meaning(Vectors(settings.instance / "vectors", encoder))

    def engine(self) -> Recommender:
        """Return an empty engine under the settings of this instance."""
        settings = self._database.settings
        return Recommender(weights=settings.weights, meaning=self._meaning, seed=settings.tie_seed)

    def recommender(self) -> Recommender:
        """Return the engine, brought up to date first."""
        with self._lock:
            self._follow_files()
            with self._database.reading() as session:
                if self._recommender is not None and self._is_quiet(session):
                    return self._recommender
                fingerprint = fingerprint_of(session)
            if self._recommender is None or fingerprint != self._fingerprint:
                self._recommender = self._caught_up(fingerprint)
                self._fingerprint = fingerprint
            return self._recommender

    def _is_quiet(self, session: Session) -> bool:
        """Whether a look at the pulse will do: counting a large catalogue takes many times longer.

        A transaction that ends after a later one leaves the pulse as it was; so it is trusted for
        a moment only.
        """
        if self._fingerprint is None or self._fingerprint.records <= REFIT_BELOW:
            return False
        pulse, moment = pulse_of(session), time.monotonic()
        if pulse == self._pulse and moment - self._counted < TRUSTED:
            return True
        self._pulse, self._counted = pulse, moment
        return False

    def warm(self) -> None:
        """Load everything that a first question would wait for: loops, words, the catalogue."""
        need, other = (
            Document(id=i, title="预热", indicators=(Indicator("预热", "eq", 1, unit=unit),))
            for i, unit in ((1, "m"), (2, "mm"))
        )
        recommender = self.recommender()
        recommender.suggest_for_needs([need])
        recommender.suggest_for_achievements([other])
        recommender.explain(need, other)

    def ids(self, kind: PostingKind) -> list[int]:
        """Return the ids of the published records of a kind."""
        return [int(i) for i in _side(self.recommender(), kind).versions()[0]]

    def facts(self) -> Facts:
        """Return how the index stands; measuring its drift takes a moment in a large one."""
        recommender = self.recommender()
        sides = recommender.needs_, recommender.achievements_
        return Facts(
            version=recommender.index_version_, needs=len(sides[0]), achievements=len(sides[1]),
            features=len(recommender.weighting_.vocabulary_.codes_),
            segments=sum(len(side.segments) for side in sides),
            megabytes=sum(side.nbytes for side in sides) / 1e6,
            in_files=bool(recommender.weighting_.name), drift=recommender.drift(),
            pending=sum(side.n_pending for side in sides) if recommender.weighting_.name else 0,
        )  # fmt: skip

    @property
    def wants_keeping(self) -> bool:
        """Whether what is in memory alone should be written to the files."""
        recommender = self._recommender
        if recommender is None or _total(recommender) <= REFIT_BELOW:
            return False
        pending = recommender.needs_.n_pending + recommender.achievements_.n_pending
        return self._state is None or pending >= KEEP_AT

    def keep(self, tell: Callable[[float], None] | None = None) -> Mapping[str, Any]:
        """Write the index to its files; fit it anew where IDF has drifted. For one job at a time.

        `tell` hears the share that is done; what it raises ends the work, and nothing has changed.
        """
        recommender, fingerprint = self._snapshot()
        drift = recommender.drift()
        if drift > DRIFT:
            with self._database.reading() as session:
                fingerprint = fingerprint_of(session)
            recommender = self._fitted(fingerprint.records, tell)
        with _alone(self._folder):
            self._save(recommender, fingerprint)
        return {"records": _total(recommender), "drift": round(drift, 4), "fit": drift > DRIFT}

    def _save(self, recommender: Recommender, fingerprint: Fingerprint) -> None:
        with self._database.reading() as session:
            notes = as_notes(session, fingerprint)
        store.save(self._folder, recommender, notes)

    def _snapshot(self) -> tuple[Recommender, Fingerprint]:
        """Return the index as it stands, and what of the database it has seen."""
        with self._lock:
            now = self.recommender()
            assert self._fingerprint is not None
            copy = self.engine().restore(now.weighting_, now.needs_, now.achievements_)
            return copy, self._fingerprint

    def _follow_files(self) -> None:
        """Take up another index that has come into force."""
        state = store.state(self._folder)
        if state is None or state == self._state:
            return
        try:
            recommender, notes = store.load(
                self._folder, engine=self.engine(), before=self._recommender
            )
            with self._database.reading() as session:
                self._fingerprint = from_notes(session, notes)
            self._recommender, self._pulse, self._state = recommender, None, state
        except UnusableIndexError as error:
            log.warning("%s; it will be made anew", error)
            self._state = None if self._recommender is None else state

    def _caught_up(self, fingerprint: Fingerprint) -> Recommender:
        if fingerprint.records <= REFIT_BELOW:
            return self._fitted(fingerprint.records)
        if self._recommender is None:
            return self._made(fingerprint)
        with self._database.reading() as session:
            changes = self._latest(session, self._recommender, fingerprint)
            _apply(session, self._recommender, changes or _differences(session, self._recommender))
        return self._recommender

    def _made(self, fingerprint: Fingerprint) -> Recommender:
        """Fit a large catalogue for the first time; other processes wait and map the result.

        Where the folder cannot be written the index stays in memory: a full disk must not keep
        people from their answers.
        """
        recommender: Recommender | None = None
        try:
            with _alone(self._folder):
                self._follow_files()
                if self._recommender is not None:
                    return self._caught_up(fingerprint)
                recommender = self._fitted(fingerprint.records)
                self._save(recommender, fingerprint)
                self._follow_files()
        except OSError as error:
            log.warning("the index stays in memory, %s cannot be written: %s", self._folder, error)
        return self._recommender or recommender or self._fitted(fingerprint.records)

    def _latest(
        self, session: Session, recommender: Recommender, now: Fingerprint
    ) -> Changes | None:
        """Return the latest changes alone; None when that is not all of it.

        An organisation that is verified or no longer so changes no posting. Clocks differ; so the
        count and the sum of versions have to come out right.
        """
        before = self._fingerprint
        if before is None or before.last is None or before.standing != now.standing:
            return None
        latest = select(Posting.id, Posting.kind, Posting.version).where(
            Posting.updated_at >= before.last - OVERLAP
        )
        touched = session.execute(latest).all()
        shown = {row.id: row.version for row in session.execute(published(latest))}
        count, versions = _total(recommender), 0
        changed: dict[PostingKind, list[int]] = {}
        gone: dict[PostingKind, list[int]] = {}
        for kind in KINDS:
            side = _side(recommender, kind)
            ids = [row.id for row in touched if row.kind == kind]
            known = side.versions_of(ids)
            versions += side.sum_of_versions() - sum(known.values())
            versions += sum(shown[i] for i in ids if i in shown)
            count += sum(i in shown for i in ids) - len(known)
            changed[kind] = [i for i in ids if i in shown and known.get(i) != shown[i]]
            gone[kind] = [i for i in known if i not in shown]
        fits = (count, versions) == (now.records, now.versions)
        return Changes(changed, gone) if fits else None

    def _fitted(self, total: int, tell: Callable[[float], None] | None = None) -> Recommender:
        progress = None if tell is None else lambda done: tell(done / (2 * max(1, total)))
        streams = (_stream(self._database, kind) for kind in KINDS)
        return self.engine().fit(*streams, progress=progress)


def _total(recommender: Recommender) -> int:
    return recommender.n_needs_ + recommender.n_achievements_


def _side(recommender: Recommender, kind: PostingKind) -> Index:
    return recommender.needs_ if kind == PostingKind.NEED else recommender.achievements_


def _differences(session: Session, recommender: Recommender) -> Changes:
    """Compare every version; for what the latest changes do not explain."""
    changed: dict[PostingKind, list[int]] = {}
    gone: dict[PostingKind, list[int]] = {}
    for kind in KINDS:
        rows = session.execute(
            published(select(Posting.id, Posting.version).where(Posting.kind == kind))
        )
        shown = np.asarray([(i, version) for i, version in rows], dtype=np.int64).reshape(-1, 2)
        shown = shown[np.argsort(shown[:, 0])]
        ids, versions = _side(recommender, kind).versions()
        here = np.isin(shown[:, 0], ids)
        same = np.zeros(len(shown), dtype=bool)
        same[here] = versions[np.searchsorted(ids, shown[here, 0])] == shown[here, 1]
        changed[kind] = shown[~same, 0].tolist()
        gone[kind] = ids[~np.isin(ids, shown[:, 0])].tolist()
    return Changes(changed, gone)


def _apply(session: Session, recommender: Recommender, changes: Changes) -> None:
    for kind in KINDS:
        documents = list(load_documents(session, changes.changed[kind]).values())
        if kind == PostingKind.NEED:
            recommender.remove_needs(changes.gone[kind])
            recommender.upsert_needs(documents)
        else:
            recommender.remove_achievements(changes.gone[kind])
            recommender.upsert_achievements(documents)


def _stream(database: Database, kind: PostingKind) -> Iterator[Document]:
    """Yield the published records of a kind, a few at a time.

    No session is open while who reads them works: it may write, and without a write-ahead log
    SQLite lets nobody commit while somebody reads.
    """
    found = published(select(Posting.id).where(Posting.kind == kind)).order_by(Posting.id)
    with database.reading() as session:
        ids = list(session.scalars(found))
    for start in range(0, len(ids), CHUNK):
        with database.reading() as session:
            documents = load_documents(session, ids[start : start + CHUNK])
        yield from documents.values()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time write the files; where there are no locks, rely on there being one."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        except ImportError:
            pass
        yield


def live_index() -> LiveIndex:
    """Return the index of the application at work."""
    return index_of(db.database())


def index_of(database: Database) -> LiveIndex:
    """Return the index of a database, made at first use; one per application."""
    with MAKING:
        found: LiveIndex | None = current_app.extensions.get("live_index")
        if found is None:
            found = current_app.extensions["live_index"] = LiveIndex(database)
    return found
