"""The review desk, decisions, accepted pairings of owners, the history of everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker import db, guard
from matchmaker.catalogue import policy as catalogue
from matchmaker.catalogue.index import live_index
from matchmaker.catalogue.shown import shown
from matchmaker.errors import InvalidError, NotNowError
from matchmaker.guard import only, signed_in
from matchmaker.labels import choices, label
from matchmaker.paging import Page, without
from matchmaker.review import policy, queries, service
from matchmaker.review.card import card_of, indicator_value
from matchmaker.review.kinds import actor_name, sentence
from matchmaker.review.queries import TABS, QueueFilters
from matchmaker.vocabulary import queries as vocabulary
from models import Match, Posting, PostingKind, RejectReason, Role, User

bp = Blueprint("review", __name__)
Answer = str | Response | tuple[str, int]
HISTORY_PAGE = 50
OFFICES = (Role.ORGANISER, Role.ADMINISTRATOR)


def init_app(app: Flask) -> None:
    """Give the catalogue what its detail pages show of pairs and history."""
    app.extensions["activity_of"] = queries.activity_of
    app.extensions["related_matches"] = related
    app.add_template_filter(indicator_value)
    app.jinja_env.globals.update(activity_words=sentence, activity_actor=actor_name)


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
        queries.note_visit(session.merge(guard.current_user()))
    session, actor = db.session(), guard.current_user()
    filters = _filters()
    needs = queries.needs_in_queue(session, actor, filters)
    wanted = request.args.get("need", "")
    known = wanted.isdecimal() and len(wanted) < 10 and int(wanted) in needs
    need_id = int(wanted) if known else None
    if need_id is None and needs:
        need_id = needs[0]
    found = queries.candidates(session, actor, filters, need_id) if need_id else []
    chosen = _chosen(found)
    return render_template(
        "review/queue.html",
        filters=filters, counts=queries.tab_counts(session, actor, filters), needs=needs,
        place=needs.index(need_id) + 1 if need_id in needs else 0,
        before=_neighbour(needs, need_id, -1), after=_neighbour(needs, need_id, 1),
        found=found, chosen=chosen,
        card=card_of(live_index().recommender(), chosen) if chosen else None,
        can_decide=chosen is not None and policy.can_decide(actor, chosen),
        reasons=choices(RejectReason), today=queries.decided_today(session, actor),
        chains=vocabulary.chains(session), without=lambda name, value=None, **more: without(
            request, name, value, **more),
        seen_at=actor.queue_seen_at, region_path=vocabulary.region_path,
        undo=_undoable(session, actor),
    )  # fmt: skip


def _filters() -> QueueFilters:
    tab = request.args.get("tab", "waiting")
    least = request.args.get("least", "0")
    return QueueFilters(
        tab=tab if tab in TABS else "waiting",
        chains=tuple(
            int(c) for c in request.args.getlist("chain") if c.isdecimal() and len(c) < 10
        ),
        regions=tuple(r for r in request.args.getlist("region") if r in {"50", "51"}),
        least=min(100, int(least)) if least.isdecimal() and len(least) < 4 else 0,
    )


def _chosen(found: list[Match]) -> Match | None:
    wanted = request.args.get("match", "")
    for match in found:
        if str(match.id) == wanted:
            return match
    return found[0] if found else None


def _neighbour(needs: list[int], need_id: int | None, step: int) -> str | None:
    if need_id not in needs:
        return None
    place = needs.index(need_id) + step
    if not 0 <= place < len(needs):
        return None
    return without(request, "match", need=needs[place])


def _undoable(session: Session, actor: User) -> Match | None:
    """The pair that was decided just before this page, for the undo toast."""
    wanted = request.args.get("done", "")
    if not wanted.isdecimal() or len(wanted) > 9:
        return None
    found = queries.many(session, actor, [int(wanted)])
    return found[0] if found and found[0].decided_by_id == actor.id else None


@bp.post("/review/<int:match_id>/accept")
@only(Role.ORGANISER)
def accept(match_id: int) -> Response:
    return _decide(match_id, service.accept, explain=True)


@bp.post("/review/<int:match_id>/reject")
@only(Role.ORGANISER)
def reject(match_id: int) -> Response:
    return _decide(match_id, service.reject, explain=True, reason=request.form.get("reason", ""))


@bp.post("/review/<int:match_id>/defer")
@only(Role.ORGANISER)
def defer(match_id: int) -> Response:
    return _decide(match_id, service.defer)


@bp.post("/review/<int:match_id>/undo")
@only(Role.ORGANISER)
def undo(match_id: int) -> Response:
    try:
        with db.transaction() as session:
            actor = guard.current_user()
            match = queries.one(session, actor, match_id)
            service.undo(session, actor, match, version=_version())
            need_id = match.need_id
    except NotNowError as error:
        flash(str(error.message), "warn")
        return _back(match_id)
    flash(_("已撤销，这一对又回到待审。"))
    return redirect(url_for(".queue", need=need_id, match=match_id))


def _decide(
    match_id: int, verb: Callable[..., None], *, explain: bool = False, **values: Any
) -> Response:
    try:
        with db.transaction() as session:
            actor = guard.current_user()
            match = queries.one(session, actor, match_id)
            if explain:
                card = card_of(live_index().recommender(), match)
                values["explanation"] = card.stored()
            remark = request.form.get("remark", "")
            verb(session, actor, match, version=_version(), remark=remark, **values)
            session.flush()
            following = _following(session, actor, match)
    except NotNowError as error:
        flash(str(error.message), "warn")
        return _back(match_id)
    except InvalidError as error:
        flash("；".join(str(text) for text in error.fields.values()) or str(error), "bad")
        return _back(match_id)
    return redirect(following)


def _following(session: Session, actor: User, match: Match) -> str:
    """Where to go on: the next pair of the same need, else the next need."""
    filters = QueueFilters(tab=_tab())
    rest = queries.candidates(session, actor, filters, match.need_id)
    lower = [item for item in rest if item.score <= match.score and item.id != match.id] or rest
    if lower:
        return url_for(".queue", tab=_tab(), need=match.need_id, match=lower[0].id, done=match.id)
    return url_for(".queue", tab=_tab(), done=match.id)


def _tab() -> str:
    tab = request.form.get("tab", "waiting")
    return tab if tab in {"waiting", "new", "deferred"} else "waiting"


def _back(match_id: int) -> Response:
    session, actor = db.session(), guard.current_user()
    match = queries.one(session, actor, match_id)
    tab = {"accepted": "accepted", "rejected": "rejected"}.get(match.status.value, "waiting")
    return redirect(url_for(".queue", tab=tab, need=match.need_id, match=match.id))


def _version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1


@bp.post("/review/<int:match_id>/note")
@only(Role.ORGANISER)
def note(match_id: int) -> Response:
    try:
        with db.transaction() as session:
            actor = guard.current_user()
            match = queries.one(session, actor, match_id)
            service.note(session, actor, match, request.form.get("text", ""))
            need_id = match.need_id
    except InvalidError as error:
        flash(str(error.fields["text"]), "bad")
        return _back(match_id)
    flash(_("备注已保存，其他组织方也能看到。"))
    return redirect(url_for(".queue", tab=_tab(), need=need_id, match=match_id))


@bp.post("/review/bulk")
@only(Role.ORGANISER)
def bulk() -> Response:
    """One decision for several pairs: accept, defer, or reject with one reason."""
    verbs: dict[str, Callable[..., None]] = {
        "accept": service.accept, "reject": service.reject, "defer": service.defer,
    }  # fmt: skip
    act = request.form.get("act", "")
    chosen = [item.partition(":") for item in request.form.getlist("chosen")]
    versions = {
        int(i): int(v)
        for i, _c, v in chosen
        if i.isdecimal() and v.isdecimal() and len(i) < 10 and len(v) < 10
    }
    if act not in verbs or not versions:
        flash(_("请先选中几对，再选择接受、不接受或暂缓。"), "warn")
        return redirect(url_for(".queue", tab=_tab(), need=request.form.get("need")))
    values = {"reason": request.form.get("reason", "")} if act == "reject" else {}
    try:
        with db.transaction() as session:
            actor = guard.current_user()
            matches = queries.many(session, actor, list(versions))
            done, beaten = service.decide_many(
                session, actor, matches, versions, verbs[act], **values
            )
    except InvalidError as error:
        flash("；".join(str(text) for text in error.fields.values()), "bad")
        return redirect(url_for(".queue", tab=_tab(), need=request.form.get("need")))
    flash(_("已处理 %(n)d 对。", n=done))
    if beaten:
        flash(_("%(n)d 对已被别人抢先处理，没有改动。", n=len(beaten)), "warn")
    return redirect(url_for(".queue", tab=_tab()))


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
    return render_template(
        "review/pairing.html",
        match=match, card=card_of(live_index().recommender(), match),
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
