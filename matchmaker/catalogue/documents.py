"""Postings as the engine reads them, and which of them take part in matching."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.engine import Document, Indicator
from models import (
    Achievement,
    Crosswalk,
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

CHUNK = 500
"""Records that are read at a time."""
COMMON = ("id", "kind", "version", "trl", "region_code", "organisation_id", "published_at")
TEXTS = ("title", "summary", "problem", "keywords")
READ: dict[PostingKind, tuple[str, ...]] = {
    PostingKind.ACHIEVEMENT: (
        *TEXTS, "approach", "application", "innovations", "price_from", "price_to",
    ),
    PostingKind.NEED: (*TEXTS, "tried", "partner_requirements", "budget", "deadline"),
}  # fmt: skip
"""The columns that the engine reads, beside those of every posting."""


def published(statement: Any) -> Any:
    """Keep what takes part in matching: published postings of verified organisations."""
    return statement.join(Organisation, Organisation.id == Posting.organisation_id).where(
        Posting.status == PostingStatus.PUBLISHED, Organisation.status == Verification.VERIFIED
    )


def load_documents(session: Session, ids: Sequence[int]) -> dict[int, Document]:
    """Read postings as documents of the engine, in chunks and without making objects of rows."""
    documents: dict[int, Document] = {}
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        pieces = _pieces(session, part)
        for table in (Achievement, Need):
            kind = PostingKind.ACHIEVEMENT if table is Achievement else PostingKind.NEED
            names = (*COMMON, *READ[kind])
            columns = [getattr(table, name) for name in names]
            for row in session.execute(select(*columns).where(table.id.in_(part))).mappings():
                posting = SimpleNamespace(**row, **pieces[row["id"]])
                documents[posting.id] = document_of(posting)
    return documents


def _pieces(session: Session, ids: Sequence[int]) -> dict[int, dict[str, list[Any]]]:
    """Return the rows that belong to postings: nodes, modes, indicators."""
    found: dict[int, dict[str, list[Any]]] = {
        key: {"nodes": [], "related": [], "modes": [], "indicators": []} for key in ids
    }
    nodes = select(PostingNode.posting_id, PostingNode.node_id, PostingNode.direct)
    for row in session.execute(nodes.where(PostingNode.posting_id.in_(ids))):
        found[row.posting_id]["nodes"].append(row)
    for here, there in (
        (Crosswalk.from_id, Crosswalk.to_id),
        (Crosswalk.to_id, Crosswalk.from_id),
    ):
        walks = select(PostingNode.posting_id, there).join(Crosswalk, here == PostingNode.node_id)
        for posting_id, node_id in session.execute(walks.where(PostingNode.posting_id.in_(ids))):
            found[posting_id]["related"].append(node_id)
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
        version=posting.version,
        organisation=posting.organisation_id,
        published=posting.published_at.date() if posting.published_at else None,
        indicators=tuple(_indicator(row) for row in posting.indicators),
        chain_related=frozenset(str(node_id) for node_id in posting.related),
        **_terms(posting),
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


def _terms(posting: Any) -> dict[str, Any]:
    """Return what only one kind states: a price; a budget and a day."""
    if posting.kind == PostingKind.ACHIEVEMENT:
        return {"price_from": posting.price_from, "price_to": posting.price_to}
    return {"budget": posting.budget, "deadline": posting.deadline}


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
