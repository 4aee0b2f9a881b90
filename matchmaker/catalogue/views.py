"""Pages of the catalogue: lists, one posting, its versions, what is mine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import current_app, render_template, request
from sqlalchemy.orm import Session

from matchmaker import db, guard
from matchmaker.accounts import queries as accounts
from matchmaker.catalogue import (
    attachment_views,
    form_views,
    life_views,
    policy,
    queries,
    revisions,
    search,
)
from matchmaker.catalogue.blueprint import bp, meter_of
from matchmaker.catalogue.forms import FORMS
from matchmaker.catalogue.index import live_index
from matchmaker.catalogue.shown import shown
from matchmaker.errors import NotFoundError
from matchmaker.guard import signed_in
from matchmaker.labels import choices
from matchmaker.paging import Page, without
from matchmaker.vocabulary import queries as vocabulary
from models import AttachmentKind, Posting, PostingKind, PostingStatus, User

__all__ = ["attachment_views", "bp", "form_views", "life_views"]


# ---- lists


@bp.get("/achievements")
@signed_in
def achievements() -> str:
    return _list(PostingKind.ACHIEVEMENT)


@bp.get("/needs")
@signed_in
def needs() -> str:
    return _list(PostingKind.NEED)


def _list(kind: PostingKind) -> str:
    session, actor = db.session(), guard.current_user()
    filters = search.Filters.of(request, kind)
    hits = search.find(session, live_index().recommender(), actor, filters)
    statement = search.narrowed(actor, filters, hits)
    page = Page.of(request, search.count(session, statement), search.PAGE)
    rows = search.page_of(session, statement, filters, hits, page.offset)
    counts = search.facet_counts(session, actor, filters, hits)
    chains = vocabulary.nodes_of(session, vocabulary.PRIMARY_SCHEME)
    partners = set(session.scalars(queries.partner_ids(actor)))
    sectors = {node.code: node.name for node in vocabulary.sectors(session)}
    return render_template(
        "catalogue/list.html",
        kind=kind, filters=filters, hits=hits, page=page, counts=counts,
        rows=[
            (row, shown(session, actor, row, partners=partners, sectors=sectors)) for row in rows
        ],
        chains=[node for node in chains if node.assignable],
        names=accounts.names_of(session, counts["organisation"]),
        places=_places(session, filters, counts["region"]),
        bands=search.TRL_BANDS, snippet=search.snippet, marked=search.marked,
        without=lambda name, value=None, **more: without(request, name, value, **more),
        can_post=policy.can_post(actor, kind), region_path=vocabulary.region_path,
    )  # fmt: skip


def _places(
    session: Session, filters: search.Filters, counts: dict[Any, int]
) -> list[tuple[str, str]]:
    """The regions to choose from: both provinces, then what lies in them, most postings first."""
    found = search.place_names(session, {"50", "51", *counts, *filters.regions})
    inner = sorted(set(found) - {"50", "51"}, key=lambda place: (-counts.get(place, 0), place))
    return [
        (place, vocabulary.region_path(found[place]))
        for place in ("50", "51", *inner)
        if place in found
    ]


# ---- one posting


@bp.get("/achievements/<int:posting_id>")
@signed_in
def achievement(posting_id: int) -> str:
    return _detail(posting_id, PostingKind.ACHIEVEMENT)


@bp.get("/needs/<int:posting_id>")
@signed_in
def need(posting_id: int) -> str:
    return _detail(posting_id, PostingKind.NEED)


def _detail(posting_id: int, kind: PostingKind) -> str:
    session, actor = db.session(), guard.current_user()
    posting = queries.one(session, actor, posting_id, kind)
    related = current_app.extensions.get("related_matches")
    inside = policy.is_own(actor, posting) or policy.is_office(actor)
    return render_template(
        "catalogue/detail.html",
        posting=posting, shown=shown(session, actor, posting), inside=inside,
        can=_abilities(posting),
        sector=vocabulary.node_by_code(session, "gbt4754", getattr(posting, "sector_code", None)),
        discipline=vocabulary.node_by_code(
            session, "gbt13745", getattr(posting, "discipline_code", None)
        ),
        level=vocabulary.node_by_code(session, "trl", str(posting.trl) if posting.trl else None),
        successors=vocabulary.successors(session, posting.region_code),
        related=related(session, actor, posting) if related else [],
        history=activity_of(session, actor, posting) if inside else [],
        meter=meter_of(posting) if inside else None,
        attachment_kinds=choices(AttachmentKind),
    )  # fmt: skip


def activity_of(session: Session, actor: User, posting: Posting) -> list[Any]:
    """Return the lines of history of a posting; the application wires this to `review`."""
    reader: Callable[[Session, User, Posting], list[Any]] = current_app.extensions["activity_of"]
    return reader(session, actor, posting)


def _abilities(posting: Posting) -> dict[str, bool]:
    actor = guard.current_user()
    return {
        "edit": policy.can_edit(actor, posting),
        "submit": policy.can_submit(actor, posting),
        "publish": policy.can_publish(actor, posting),
        "send_back": policy.can_send_back(actor, posting),
        "withdraw": policy.can_withdraw(actor, posting),
        "republish": policy.can_republish(actor, posting),
        "archive": policy.can_archive(actor, posting),
        "renew": policy.can_renew(actor, posting),
        "contact": shown(db.session(), actor, posting).contact,
    }


# ---- mine, and versions


@bp.get("/mine")
@signed_in
def mine() -> str:
    session, actor = db.session(), guard.current_user()
    wanted = request.args.get("status", "")
    status = PostingStatus(wanted) if wanted in set(PostingStatus) else None
    return render_template(
        "catalogue/mine.html",
        rows=queries.own_postings(session, actor, status), status=status,
        counts=queries.own_counts(session, actor), statuses=list(PostingStatus),
        kinds=[kind for kind in PostingKind if policy.can_post(actor, kind)],
    )  # fmt: skip


@bp.get("/postings/<int:posting_id>/revisions")
@signed_in
def history(posting_id: int) -> str:
    session, actor = db.session(), guard.current_user()
    posting = _inside(session, posting_id)
    found = queries.revisions(session, posting)
    wanted = request.args.get("n", "")
    number = int(wanted) if wanted.isdecimal() else (found[0].number if found else 0)
    after = next((row for row in found if row.number == number), None)
    before = next((row for row in found if row.number == number - 1), None)
    changes = revisions.differences(before.snapshot, after.snapshot) if before and after else []
    labels = {field.name: field.label.text for field in FORMS[posting.kind.value]()}
    return render_template(
        "catalogue/history.html", posting=posting, revisions=found, after=after, before=before,
        changes=changes, labels={**labels, **revisions.PART_LABELS}, actor=actor,
    )  # fmt: skip


def _inside(session: Session, posting_id: int) -> Posting:
    """Versions and their authors are for the posting's people and for offices."""
    actor = guard.current_user()
    posting = queries.one(session, actor, posting_id)
    if not (policy.is_own(actor, posting) or policy.is_office(actor)):
        raise NotFoundError
    return posting
