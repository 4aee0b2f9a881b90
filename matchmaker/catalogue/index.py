"""The published catalogue in memory: one warm copy of the engine in each process.

The copy follows the database by itself: before each use it compares a fingerprint of the
published postings (how many, the sum of their versions, the last change) and, when that moved,
loads exactly the records whose version differs.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import db
from matchmaker.db import Database
from matchmaker.engine import DEFAULT_WEIGHTS, Document, Indicator, Recommender
from models import (
    Achievement,
    Need,
    Organisation,
    Posting,
    PostingKind,
    PostingMode,
    PostingNode,
    PostingStatus,
    Verification,
)
from models import Indicator as IndicatorRow

REFIT_BELOW = 1500
"""Up to this many records a fit takes well under a second, so every change refits."""
REFIT_SHARE = 0.2
"""Above that, refit when this share has changed since the last fit."""
CHUNK = 500
OVERLAP = timedelta(minutes=5)
"""Changes this much older than the last one seen are looked at again: transactions overlap."""
Key = tuple[PostingKind, int]
MAKING = threading.Lock()


class LiveIndex:
    """Keeps a `Recommender` in step with the database; safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.RLock()
        self._fingerprint: tuple[Any, ...] | None = None
        self._versions: dict[Key, int] = {}
        self._documents: dict[PostingKind, dict[int, Document]] = {
            PostingKind.NEED: {},
            PostingKind.ACHIEVEMENT: {},
        }
        self._changed_since_fit = 0
        self._weights = {**DEFAULT_WEIGHTS, **database.settings.weights}
        self._recommender = self._fitted()

    def recommender(self) -> Recommender:
        """Return the engine, brought up to date first."""
        with self._lock:
            with self._database.reading() as session:
                fingerprint = _fingerprint(session)
                if fingerprint != self._fingerprint:
                    self._catch_up(session)
                    self._fingerprint = fingerprint
            return self._recommender

    def warm(self) -> None:
        """Load everything that a first question would wait for: loops, words, the catalogue."""
        need, other = Document(id=1, title="预热"), Document(id=2, title="预热")
        recommender = self.recommender()
        recommender.suggest_for_needs([need])
        recommender.suggest_for_achievements([other])
        recommender.explain(need, other)

    def document(self, kind: PostingKind, posting_id: int) -> Document | None:
        """Return what the engine knows of a published record."""
        return self._documents[kind].get(posting_id)

    def ids(self, kind: PostingKind) -> list[int]:
        """Return the ids of the published records of a kind."""
        return sorted(self._documents[kind])

    def _catch_up(self, session: Session) -> None:
        current = self._with_latest(session) or _versions(session)
        gone = [key for key in self._versions if key not in current]
        changed = [key for key, version in current.items() if self._versions.get(key) != version]
        documents = load_documents(session, [posting_id for _, posting_id in changed])
        self._forget(gone)
        self._take(documents)
        self._versions = current
        self._apply(gone, documents)

    def _with_latest(self, session: Session) -> dict[Key, int] | None:
        """Return the versions after the latest changes alone; None when that is not all of it.

        An organisation that was verified changes no posting, and clocks differ; so the count and
        the sum of versions have to come out right.
        """
        if self._fingerprint is None or self._fingerprint[2] is None:
            return None
        since = self._fingerprint[2] - OVERLAP
        latest = select(Posting.id, Posting.kind, Posting.version).where(
            Posting.updated_at >= since
        )
        current = dict(self._versions)
        shown = {
            (kind, posting_id): version
            for posting_id, kind, version in session.execute(published(latest))
        }
        for posting_id, kind, _version in session.execute(latest):
            current.pop((kind, posting_id), None)
        current |= shown
        count, versions, _last = _fingerprint(session)
        fits = len(current) == count and sum(current.values()) == (versions or 0)
        return current if fits else None

    def _forget(self, keys: Iterable[Key]) -> None:
        for kind, posting_id in keys:
            self._documents[kind].pop(posting_id, None)

    def _take(self, documents: dict[Key, Document]) -> None:
        for (kind, posting_id), document in documents.items():
            self._documents[kind][posting_id] = document

    def _apply(self, gone: list[Key], documents: dict[Key, Document]) -> None:
        total = sum(len(part) for part in self._documents.values())
        self._changed_since_fit += len(gone) + len(documents)
        if total <= REFIT_BELOW or self._changed_since_fit > REFIT_SHARE * total:
            self._recommender = self._fitted()
            self._changed_since_fit = 0
            return
        for kind, posting_id in gone:
            _remove(self._recommender, kind, posting_id)
        for (kind, _), document in documents.items():
            _upsert(self._recommender, kind, document)

    def _fitted(self) -> Recommender:
        needs = self._documents[PostingKind.NEED]
        achievements = self._documents[PostingKind.ACHIEVEMENT]
        recommender = Recommender(weights=self._weights)
        return recommender.fit(
            [needs[key] for key in sorted(needs)],
            [achievements[key] for key in sorted(achievements)],
        )


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


def published(statement: Any) -> Any:
    """Keep what takes part in matching: published postings of verified organisations."""
    return statement.join(Organisation, Organisation.id == Posting.organisation_id).where(
        Posting.status == PostingStatus.PUBLISHED, Organisation.status == Verification.VERIFIED
    )


def _fingerprint(session: Session) -> tuple[Any, ...]:
    return tuple(
        session.execute(
            published(
                select(
                    func.count(Posting.id), func.sum(Posting.version), func.max(Posting.updated_at)
                )
            )
        ).one()
    )


def _versions(session: Session) -> dict[Key, int]:
    """Return the version of every published posting."""
    return {
        (kind, posting_id): version
        for posting_id, kind, version in session.execute(
            published(select(Posting.id, Posting.kind, Posting.version))
        )
    }


TEXTS = ("title", "summary", "problem", "keywords")
READ: dict[PostingKind, tuple[str, ...]] = {
    PostingKind.ACHIEVEMENT: (
        *TEXTS, "approach", "application", "innovations", "price_from", "price_to",
    ),
    PostingKind.NEED: (*TEXTS, "tried", "partner_requirements", "budget"),
}  # fmt: skip
"""The columns that the engine reads, beside those of every posting."""


def load_documents(session: Session, ids: list[int]) -> dict[Key, Document]:
    """Read postings as documents of the engine, in chunks and without making objects of rows."""
    documents: dict[Key, Document] = {}
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        pieces = _pieces(session, part)
        for table in (Achievement, Need):
            kind = PostingKind.ACHIEVEMENT if table is Achievement else PostingKind.NEED
            names = ("id", "kind", "trl", "region_code", *READ[kind])
            columns = [getattr(table, name) for name in names]
            for row in session.execute(select(*columns).where(table.id.in_(part))).mappings():
                posting = SimpleNamespace(**row, **pieces[row["id"]])
                documents[kind, posting.id] = document_of(posting)
    return documents


def _pieces(session: Session, ids: list[int]) -> dict[int, dict[str, list[Any]]]:
    """Return the rows that belong to postings: nodes, modes, indicators."""
    found: dict[int, dict[str, list[Any]]] = {
        key: {"nodes": [], "modes": [], "indicators": []} for key in ids
    }
    nodes = select(PostingNode.posting_id, PostingNode.node_id, PostingNode.direct)
    for row in session.execute(nodes.where(PostingNode.posting_id.in_(ids))):
        found[row.posting_id]["nodes"].append(row)
    modes = select(PostingMode.posting_id, PostingMode.mode)
    for posting_id, mode in session.execute(modes.where(PostingMode.posting_id.in_(ids))):
        found[posting_id]["modes"].append(mode)
    lines = select(
        IndicatorRow.posting_id, IndicatorRow.name, IndicatorRow.comparator, IndicatorRow.value,
        IndicatorRow.value_to, IndicatorRow.unit,
    ).order_by(IndicatorRow.ordinal)  # fmt: skip
    for line in session.execute(lines.where(IndicatorRow.posting_id.in_(ids))):
        found[line.posting_id]["indicators"].append(line)
    return found


def document_of(posting: Any) -> Document:
    """Translate a posting, or its columns, into what the engine reads; the only translator."""
    return Document(
        id=posting.id,
        title=posting.title,
        body=body_of(posting),
        chains=frozenset(str(row.node_id) for row in posting.nodes if row.direct),
        chain_parents=frozenset(str(row.node_id) for row in posting.nodes if not row.direct),
        modes=frozenset(mode.value for mode in posting.modes),
        trl=posting.trl,
        region=posting.region_code,
        indicators=tuple(_indicator(row) for row in posting.indicators),
        **_money(posting),
    )


def body_of(posting: Any) -> str:
    """The text below the title, in the order in which a person reads it."""
    return "\n".join(text for _, text in body_parts(posting))


def body_parts(posting: Any) -> list[tuple[str, str]]:
    """The parts of the body as (field, text), none of them empty; joined by line ends."""
    if posting.kind == PostingKind.ACHIEVEMENT:
        parts = [
            ("summary", posting.summary),
            ("problem", posting.problem),
            ("approach", posting.approach),
            ("application", posting.application),
            ("innovations", "；".join(posting.innovations)),
        ]
    else:
        parts = [
            ("summary", posting.summary),
            ("problem", posting.problem),
            ("tried", posting.tried),
            ("partner_requirements", posting.partner_requirements),
        ]
    parts.append(("indicators", "；".join(row.name for row in posting.indicators)))
    parts.append(("keywords", "；".join(posting.keywords)))
    return [(field, text) for field, text in parts if text]


def _money(posting: Any) -> dict[str, int | None]:
    if posting.kind == PostingKind.ACHIEVEMENT:
        return {"price_from": posting.price_from, "price_to": posting.price_to}
    return {"budget": posting.budget}


def _indicator(row: Any) -> Indicator:
    return Indicator(
        name=row.name,
        comparator=row.comparator.value,
        value=number_of(row.value),
        value_to=number_of(row.value_to),
        unit=row.unit,
    )


def number_of(text: str) -> float | None:
    """Read a stored decimal; None when there is none."""
    try:
        return float(text)
    except ValueError:
        return None


def _upsert(recommender: Recommender, kind: PostingKind, document: Document) -> None:
    if kind == PostingKind.NEED:
        recommender.upsert_need(document)
    else:
        recommender.upsert_achievement(document)


def _remove(recommender: Recommender, kind: PostingKind, posting_id: int) -> None:
    if kind == PostingKind.NEED:
        recommender.remove_need(posting_id)
    else:
        recommender.remove_achievement(posting_id)
