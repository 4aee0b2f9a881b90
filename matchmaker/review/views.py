"""The review desk, accepted pairings of owners, the history of everything."""

from __future__ import annotations

from typing import Any

from flask import Flask, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from matchmaker import db, guard
from matchmaker.accounts import queries as accounts
from matchmaker.catalogue import policy as catalogue
from matchmaker.catalogue.documents import document_of
from matchmaker.catalogue.index import live_index
from matchmaker.catalogue.shown import shown
from matchmaker.guard import only, signed_in
from matchmaker.i18n import named
from matchmaker.labels import choices, label
from matchmaker.matching import kinds as matching
from matchmaker.matching import policy as matching_policy
from matchmaker.matching.learning import Teacher
from matchmaker.paging import Page
from matchmaker.review import acceptance, decision_views, desk, policy, queries
from matchmaker.review.blueprint import OFFICES, Answer, address, bp, filters_asked
from matchmaker.review.card import card_of, indicator_value
from matchmaker.review.desk import QueueFilters
from matchmaker.review.kinds import ACTIVITY, SIGNALS, actor_name, sentence
from matchmaker.vocabulary import queries as vocabulary
from models import (
    ACHIEVEMENT_MODES,
    Match,
    Mode,
    Posting,
    PostingKind,
    RejectReason,
    User,
)

__all__ = ["bp", "decision_views"]
HISTORY_PAGE = 50


def init_app(app: Flask) -> None:
    """Give the earlier features what their pages show of pairs, cards and history."""
    app.extensions["activity_of"] = queries.activity_of
    app.extensions["related_matches"] = related
    app.extensions["card_of"] = card_of
    app.add_template_filter(indicator_value)
    app.jinja_env.globals.update(
        activity_words=sentence, activity_actor=actor_name, signal_words=SIGNALS
    )
    ACTIVITY.update(matching.ACTIVITY)
    app.extensions["activity_words"] = ACTIVITY


def related(session: Session, actor: User, posting: Posting) -> list[dict[str, str]]:
    """Return the other sides of a posting's pairs, as links."""
    return [
        _related(session, actor, posting, match)
        for match in queries.pairs_of(session, actor, posting)
    ]


def _related(session: Session, actor: User, posting: Posting, match: Match) -> dict[str, str]:
    other: Posting = match.achievement if posting.kind == PostingKind.NEED else match.need
    words = _("匹配度 %(n)d，%(status)s", n=round(match.score * 100), status=label(match.status))
    return {
        "title": other.title,
        "words": f"{shown(session, actor, other).organisation}　{words}",
        "url": url_for("review.pairing", match_id=match.id),
    }


@bp.get("/review")
@only(*OFFICES)
def queue() -> Answer:
    """The desk: one need, its candidates, the card of one of them."""
    with db.transaction() as session:
        desk.note_visit(session.merge(guard.current_user()))
    session, actor = db.session(), guard.current_user()
    filters = filters_asked()
    needs = desk.needs_in_queue(session, actor, filters)
    order = list(needs)
    wanted = request.args.get("need", "")
    known = wanted.isdecimal() and len(wanted) < 10 and int(wanted) in needs
    need_id = int(wanted) if known else max(order, key=needs.__getitem__, default=None)
    found = desk.candidates(session, actor, filters, need_id) if need_id else []
    chosen = _chosen(found)
    recommender = live_index().recommender()
    teacher = Teacher(session, recommender)
    facets = desk.facet_counts(session, actor, filters)
    return render_template(
        "review/queue.html",
        filters=filters, counts=desk.tab_counts(session, actor, filters), needs=needs,
        place=order.index(need_id) + 1 if need_id in needs else 0,
        before=_neighbour(filters, order, need_id, -1),
        after=_neighbour(filters, order, need_id, 1),
        found=found, chosen=chosen,
        card=card_of(recommender, chosen, teacher, acceptance.in_force(session)) if chosen else None,
        learned=teacher.of(document_of(chosen.need)) if chosen else None,
        can_teach=chosen is not None and matching_policy.can_teach(actor, chosen.need),
        can_decide=chosen is not None and policy.can_decide(actor, chosen),
        can_pick={match.id for match in found if policy.can_pick(actor, match)},
        picked=set(request.args.getlist("picked")),
        typed=cookie.pop("typed", None) or {},
        reasons=choices(RejectReason), today=queries.decided_today(session, actor),
        facets=facets, options=_options(session, filters, facets), address=address,
        seen_at=actor.queue_seen_at, region_path=vocabulary.region_path,
        undo=_undoable(session, actor),
    )  # fmt: skip


def _options(
    session: Session, filters: QueueFilters, facets: dict[str, dict[Any, int]]
) -> list[tuple[str, Any, list[tuple[Any, Any]], Any]]:
    """Return name, title, values with words, and what is chosen, of each facet."""
    chains = {node.id: named(node) for node in vocabulary.chains(session)}
    largest = list(facets["organisation"])[: desk.ORGANISATIONS]
    names = accounts.names_of(session, (*largest, *filters.organisations))
    modes = [mode for mode in ACHIEVEMENT_MODES if mode in facets["mode"] or mode in filters.modes]
    readiness = {"met": _("够"), "short": _("不够"), "unknown": _("有一方没写")}
    return [
        ("chain", _("产业链"), list(chains.items()), filters.chains),
        ("mode", _("转化方式"), choices(Mode, modes), filters.modes),
        ("trl", _("成熟度"), list(readiness.items()), filters.readiness),
        ("organisation", _("需求单位"), list(names.items()), filters.organisations),
        ("region", _("需求所在地"), [("50", _("重庆")), ("51", _("四川"))], filters.regions),
        ("least", _("匹配度至少"), [(n, n) for n in desk.SCORES], (filters.least,)),
    ]


def _chosen(found: list[Match]) -> Match | None:
    wanted = request.args.get("match", "")
    for match in found:
        if str(match.id) == wanted:
            return match
    return found[0] if found else None


def _neighbour(
    filters: QueueFilters, order: list[int], need_id: int | None, step: int
) -> str | None:
    if need_id not in order:
        return None
    place = order.index(need_id) + step
    return address(filters, need=order[place]) if 0 <= place < len(order) else None


def _undoable(session: Session, actor: User) -> list[Match]:
    """The pairs that were decided just before this page, for the undo toast."""
    wanted = [int(i) for i in request.args.getlist("done") if i.isdecimal() and len(i) < 10]
    found = queries.many(session, actor, wanted) if wanted else []
    return [match for match in found if match.decided_by_id == actor.id]


@bp.get("/pairings")
@signed_in
def pairings() -> str:
    """Accepted pairs of one's own postings."""
    session, actor = db.session(), guard.current_user()
    pairs = [(row, _other(actor, row)) for row in queries.accepted_of(session, actor)]
    partners = {other.id for _row, other in pairs}
    return render_template(
        "review/pairings.html",
        rows=[
            (row, shown(session, actor, other, partners=partners), other) for row, other in pairs
        ],
    )


def _other(actor: User, match: Match) -> Posting:
    own = catalogue.is_own(actor, match.need)
    return match.achievement if own else match.need


@bp.get("/pairings/<int:match_id>")
@signed_in
def pairing(match_id: int) -> str:
    """One pair with its card; owners see it once it is accepted."""
    session, actor = db.session(), guard.current_user()
    match = queries.one(session, actor, match_id)
    recommender = live_index().recommender()
    return render_template(
        "review/pairing.html",
        match=match, card=card_of(recommender, match, Teacher(session, recommender)),
        need_shown=shown(session, actor, match.need),
        achievement_shown=shown(session, actor, match.achievement),
        office=policy.can_review(actor), region_path=vocabulary.region_path,
    )  # fmt: skip


@bp.get("/activity")
@only(*OFFICES)
def history() -> str:
    session = db.session()
    page = Page.of(request, queries.count_activity(session), HISTORY_PAGE)
    lines = queries.recent_activity(session, page=page.number, size=HISTORY_PAGE)
    return render_template("review/history.html", history=lines, page=page)
