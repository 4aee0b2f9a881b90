"""Lists: what is searched for, how it is narrowed, counted and ordered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Request
from markupsafe import Markup, escape
from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session, selectinload

from matchmaker.catalogue import queries
from matchmaker.db import like_pattern
from matchmaker.engine import Recommender, fold
from models import (
    Achievement,
    Mode,
    NameVisibility,
    Need,
    Posting,
    PostingKind,
    PostingMode,
    PostingNode,
    PostingStatus,
    Region,
    User,
)

PAGE = 20
SHORT_QUERY = 40
"""Up to this many characters a query is looked for word by word; a longer text is compared."""
HITS = 2000
NEAR = 100
NEAR_SHARE = 0.3
"""What a pasted text finds has at least this share of the best one's similarity."""
ORGANISATIONS = 12
QUERY_LIMIT = 5000
TRL_BANDS = {"1-5": (1, 5), "6-7": (6, 7), "8-9": (8, 9)}
PLACE = re.compile(r"50(?:\d{4})?|51(?:\d{2})?")
"""The beginning of a region's code: a province, a district of Chongqing, a city of Sichuan."""
SORTS = ("relevance", "new", "title", "trl", "ending")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address says about a list."""

    kind: PostingKind
    text: str = ""
    chains: tuple[int, ...] = ()
    bands: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    organisations: tuple[int, ...] = ()
    statuses: tuple[str, ...] = ()
    sort: str = "new"

    @classmethod
    def of(cls, request: Request, kind: PostingKind) -> Filters:
        """Read the address; what makes no sense is left out."""
        text = request.args.get("q", "").replace("\x00", "").strip()[:QUERY_LIMIT]
        sort = request.args.get("sort", "relevance" if text else "new")
        return cls(
            kind=kind,
            text=text,
            chains=tuple(_numbers(request.args.getlist("chain"))),
            bands=tuple(band for band in request.args.getlist("trl") if band in TRL_BANDS),
            modes=tuple(mode for mode in request.args.getlist("mode") if mode in set(Mode)),
            regions=tuple(p for p in request.args.getlist("region") if PLACE.fullmatch(p)),
            organisations=tuple(_numbers(request.args.getlist("organisation"))),
            statuses=tuple(s for s in request.args.getlist("status") if s in set(PostingStatus)),
            sort=sort if sort in SORTS else "new",
        )


def _numbers(values: Iterable[str]) -> Iterable[int]:
    return (int(value) for value in values if value.isdecimal() and len(value) < 10)


@dataclass(frozen=True, slots=True)
class Hits:
    """Ids that answer the text, best first, and whether they merely resemble it."""

    ids: list[int] = field(default_factory=list)
    near: bool = False


def find(session: Session, recommender: Recommender, actor: User, filters: Filters) -> Hits | None:
    """Answer the text of a list; None when there is none."""
    if not filters.text:
        return None
    visible = queries.visible_to(actor, filters.kind).subquery()
    ranked = recommender.search(filters.text, side=filters.kind.value, k=500)
    order = {posting_id: place for place, (posting_id, _score) in enumerate(ranked)}
    scores = dict(ranked)
    folded = fold(filters.text)
    if len(folded) <= SHORT_QUERY:
        statement = select(Posting.id, Posting.title).where(Posting.id.in_(select(visible.c.id)))
        for word in folded.split():
            statement = statement.where(Posting.search_text.like(like_pattern(word), escape="\\"))
        newest = statement.order_by(Posting.updated_at.desc(), Posting.id.desc())
        rows = session.execute(newest.limit(HITS)).all()
        if rows:
            words = folded.split()
            in_title = {row.id: all(word in fold(row.title) for word in words) for row in rows}
            ids = sorted(in_title, key=lambda i: (not in_title[i], order.get(i, HITS), i))
            return Hits(ids)
    allowed = set(session.scalars(select(visible.c.id).where(visible.c.id.in_(list(order)))))
    found = [posting_id for posting_id in order if posting_id in allowed][:NEAR]
    least = NEAR_SHARE * scores[found[0]] if found else 0.0
    return Hits([posting_id for posting_id in found if scores[posting_id] >= least], near=True)


def narrowed(actor: User, filters: Filters, hits: Hits | None, *, skip: str = "") -> Select[Any]:
    """Select the ids of a list, with all facets but `skip` applied."""
    statement = queries.visible_to(actor, filters.kind).with_only_columns(Posting.id)
    if hits is not None:
        statement = statement.where(Posting.id.in_(hits.ids))
    if filters.chains and skip != "chain":
        statement = statement.where(
            Posting.id.in_(
                select(PostingNode.posting_id).where(PostingNode.node_id.in_(filters.chains))
            )
        )
    if filters.bands and skip != "trl":
        ranges = [Posting.trl.between(*TRL_BANDS[band]) for band in filters.bands]
        statement = statement.where(or_(*ranges))
    if filters.modes and skip != "mode":
        statement = statement.where(
            Posting.id.in_(
                select(PostingMode.posting_id).where(PostingMode.mode.in_(filters.modes))
            )
        )
    if filters.regions and skip != "region":
        statement = statement.where(
            or_(*[Posting.region_code.like(f"{prefix}%") for prefix in filters.regions])
        )
    if filters.organisations and skip != "organisation":
        statement = statement.where(
            Posting.organisation_id.in_(filters.organisations), _named(actor)
        )
    if skip != "status":
        statuses = filters.statuses or (PostingStatus.PUBLISHED.value,)
        statement = statement.where(Posting.status.in_(statuses))
    return statement


def _named(actor: User) -> Any:
    """Keep postings whose organisation the person may know: a facet must not give it away."""
    return or_(
        Posting.name_visibility == NameVisibility.EVERYONE,
        queries.is_own(actor),
    )


def page_of(
    session: Session, statement: Select[Any], filters: Filters, hits: Hits | None, offset: int
) -> list[Posting]:
    """Load one page of a list in its order."""
    ids = list(session.scalars(_ordered(statement, filters, hits).limit(PAGE).offset(offset)))
    kind = Achievement if filters.kind == PostingKind.ACHIEVEMENT else Need
    rows = session.scalars(
        select(kind)
        .where(kind.id.in_(ids))
        .options(selectinload(kind.nodes), selectinload(kind.mode_rows))
    ).unique()
    by_id: dict[int, Posting] = {row.id: row for row in rows}
    return [by_id[posting_id] for posting_id in ids if posting_id in by_id]


def _ordered(statement: Select[Any], filters: Filters, hits: Hits | None) -> Select[Any]:
    if filters.sort == "relevance" and hits is not None and hits.ids:
        places = {posting_id: place for place, posting_id in enumerate(hits.ids[:500])}
        return statement.order_by(case(places, value=Posting.id, else_=500), Posting.id)
    if filters.sort == "title":
        return statement.order_by(Posting.title, Posting.id)
    if filters.sort == "trl":
        return statement.order_by(func.coalesce(Posting.trl, 0).desc(), Posting.id.desc())
    if filters.sort == "ending":
        return statement.order_by(Posting.valid_until.is_(None), Posting.valid_until, Posting.id)
    return statement.order_by(Posting.updated_at.desc(), Posting.id.desc())


def count(session: Session, statement: Select[Any]) -> int:
    """How many postings a list has."""
    return session.scalar(select(func.count()).select_from(statement.subquery())) or 0


def facet_counts(
    session: Session, actor: User, filters: Filters, hits: Hits | None
) -> dict[str, dict[Any, int]]:
    """Count every value of every facet among what the other facets leave."""

    def grouped(name: str, column: Any, key: Any) -> dict[Any, int]:
        among = narrowed(actor, filters, hits, skip=name)
        rows = session.execute(select(column, func.count()).where(key.in_(among)).group_by(column))
        return dict(rows.all())

    return {
        "chain": grouped("chain", PostingNode.node_id, PostingNode.posting_id),
        "mode": grouped("mode", PostingMode.mode, PostingMode.posting_id),
        "status": grouped("status", Posting.status, Posting.id),
        **_column_counts(session, actor, filters, hits),
    }


def _column_counts(
    session: Session, actor: User, filters: Filters, hits: Hits | None
) -> dict[str, dict[Any, int]]:
    """Count readiness, region and organisation; in one statement while none of them is chosen."""
    band = case(
        *[(Posting.trl.between(low, high), name) for name, (low, high) in TRL_BANDS.items()],
        else_="",
    )
    columns = {
        "trl": band,
        "region": Posting.region_code,
        "organisation": case((_named(actor), Posting.organisation_id), else_=None),
    }
    chosen = bool(filters.bands or filters.regions or filters.organisations)
    counts: dict[str, Counter[Any]] = {name: Counter() for name in columns}
    for names in [[name] for name in columns] if chosen else [list(columns)]:
        among = narrowed(actor, filters, hits, skip=names[0] if chosen else "")
        picked = [columns[name] for name in names]
        for *values, number in session.execute(
            select(*picked, func.count()).where(Posting.id.in_(among)).group_by(*picked)
        ):
            for name, value in zip(names, values, strict=True):
                counts[name][value] += number
    counts["organisation"].pop(None, None)
    counts["region"] = _by_place(counts["region"])
    most = counts["organisation"].most_common(ORGANISATIONS)
    return {**{name: dict(found) for name, found in counts.items()}, "organisation": dict(most)}


def _by_place(codes: Mapping[str, int]) -> Counter[str]:
    """Add up codes of regions by province, and by district of Chongqing or city of Sichuan."""
    places: Counter[str] = Counter()
    for code, number in codes.items():
        places[code[:2]] += number
        inner = code if code.startswith("50") else code[:4]
        if not inner.endswith("00"):
            places[inner] += number
    return places


def place_names(session: Session, places: Iterable[str]) -> dict[str, Region]:
    """The regions that places of the facet stand for."""
    codes = {place.ljust(6, "0"): place for place in places}
    rows = session.scalars(select(Region).where(Region.code.in_(codes))).unique()
    return {codes[row.code]: row for row in rows}


def snippet(posting: Posting, text: str, length: int = 130) -> str:
    """Return a passage of the posting around the first word that was looked for."""
    body = posting.summary or ""
    rest = [posting.problem]
    if isinstance(posting, Achievement):
        rest.append(posting.approach)
    body = "　".join(part for part in [body, *rest] if part)
    words = fold(text).split() if 0 < len(text) <= SHORT_QUERY else []
    place = min((body.lower().find(word) for word in words if word in body.lower()), default=0)
    start = max(0, place - 30) if place > length - 40 else 0
    cut = body[start : start + length].strip()
    return ("…" if start else "") + cut + ("…" if start + length < len(body) else "")


def marked(text: str, query: str) -> Markup:
    """Mark the words that were looked for."""
    words = fold(query).split() if 0 < len(query) <= SHORT_QUERY else []
    lower = text.lower()
    places: set[int] = set()
    for word in words:
        start = lower.find(word)
        while start >= 0:
            places |= set(range(start, start + len(word)))
            start = lower.find(word, start + 1)
    result, inside = Markup(""), False
    for index, character in enumerate(text):
        if (index in places) != inside:
            inside = not inside
            result += Markup('<mark class="q">') if inside else Markup("</mark>")
        result += escape(character)
    return result + Markup("</mark>") if inside else result
