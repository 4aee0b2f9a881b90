"""The review desk, decisions, accepted pairings of owners, the history of everything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker import clock, db, guard
from matchmaker.catalogue import policy as catalogue
from matchmaker.catalogue.index import live_index
from matchmaker.catalogue.shown import shown
from matchmaker.errors import InvalidError, NotNowError
from matchmaker.guard import only, signed_in
from matchmaker.i18n import counted, named
from matchmaker.labels import choices, label
from matchmaker.paging import Page
from matchmaker.review import policy, queries, service
from matchmaker.review.card import card_of, indicator_value
from matchmaker.review.kinds import actor_name, sentence
from matchmaker.review.queries import OPEN_TABS, TABS, QueueFilters
from matchmaker.vocabulary import queries as vocabulary
from models import (
    ACHIEVEMENT_MODES,
    Match,
    MatchStatus,
    Mode,
    Posting,
    PostingKind,
    RejectReason,
    Role,
    User,
)

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
    order = list(needs)
    wanted = request.args.get("need", "")
    known = wanted.isdecimal() and len(wanted) < 10 and int(wanted) in needs
    need_id = int(wanted) if known else max(order, key=needs.__getitem__, default=None)
    found = queries.candidates(session, actor, filters, need_id) if need_id else []
    chosen = _chosen(found)
    facets = queries.facet_counts(session, actor, filters)
    return render_template(
        "review/queue.html",
        filters=filters, counts=queries.tab_counts(session, actor, filters), needs=needs,
        place=order.index(need_id) + 1 if need_id in needs else 0,
        before=_neighbour(filters, order, need_id, -1),
        after=_neighbour(filters, order, need_id, 1),
        found=found, chosen=chosen,
        card=card_of(live_index().recommender(), chosen) if chosen else None,
        can_decide=chosen is not None and policy.can_decide(actor, chosen),
        can_pick={match.id for match in found if policy.can_pick(actor, match)},
        picked=set(request.args.getlist("picked")),
        typed=cookie.pop("typed", None) or {},
        reasons=choices(RejectReason), today=queries.decided_today(session, actor),
        facets=facets, options=_options(session, filters, facets), address=address,
        seen_at=actor.queue_seen_at, region_path=vocabulary.region_path,
        undo=_undoable(session, actor),
    )  # fmt: skip


def address(filters: QueueFilters, **more: Any) -> str:
    """Return the address of the desk under these filters."""
    return url_for("review.queue", **filters.arguments(), **more)


def _filters() -> QueueFilters:
    """Read the filters from the address or from a form; what makes no sense is left out."""
    values = request.values
    tab, least = values.get("tab", ""), values.get("least", "0")
    return QueueFilters(
        tab=tab if tab in TABS else "waiting",
        chains=_numbers("chain"),
        regions=tuple(r for r in values.getlist("region") if r in queries.PROVINCES),
        least=min(100, int(least)) if least.isdecimal() and len(least) < 4 else 0,
        modes=tuple(mode for mode in values.getlist("mode") if mode in ACHIEVEMENT_MODES),
        readiness=tuple(name for name in values.getlist("trl") if name in queries.READINESS),
        organisations=_numbers("organisation"),
    )


def _numbers(name: str) -> tuple[int, ...]:
    found = request.values.getlist(name)
    return tuple(int(item) for item in found if item.isdecimal() and len(item) < 10)


def _options(
    session: Session, filters: QueueFilters, facets: dict[str, dict[Any, int]]
) -> list[tuple[str, Any, list[tuple[Any, Any]], Any]]:
    """Return name, title, values with words, and what is chosen, of each facet."""
    chains = {node.id: named(node) for node in vocabulary.chains(session)}
    largest = list(facets["organisation"])[: queries.ORGANISATIONS]
    names = queries.organisation_names(session, dict.fromkeys((*largest, *filters.organisations)))
    modes = [mode for mode in ACHIEVEMENT_MODES if mode in facets["mode"] or mode in filters.modes]
    readiness = {"met": _("够"), "short": _("不够"), "unknown": _("有一方没写")}
    return [
        ("chain", _("产业链"), list(chains.items()), filters.chains),
        ("mode", _("转化方式"), choices(Mode, modes), filters.modes),
        ("trl", _("成熟度"), list(readiness.items()), filters.readiness),
        ("organisation", _("需求单位"), list(names.items()), filters.organisations),
        ("region", _("需求所在地"), [("50", _("重庆")), ("51", _("四川"))], filters.regions),
        ("least", _("匹配度至少"), [(n, n) for n in queries.SCORES], (filters.least,)),
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
    return redirect(address(_reopened(), need=need_id, match=match_id))


def _decide(
    match_id: int, verb: Callable[..., None], *, explain: bool = False, **values: Any
) -> Response:
    try:
        with db.transaction() as session:
            actor, filters = guard.current_user(), _working()
            match = queries.one(session, actor, match_id)
            order = list(queries.needs_in_queue(session, actor, filters))
            if explain:
                card = card_of(live_index().recommender(), match)
                values["explanation"] = card.stored()
            remark = request.form.get("remark", "")
            verb(session, actor, match, version=_version(), remark=remark, **values)
            session.flush()
            following = _following(session, actor, filters, order, [match])
    except NotNowError as error:
        flash(str(error.message), "warn")
        return _back(match_id)
    except InvalidError as error:
        flash("；".join(str(text) for text in error.fields.values()) or str(error), "bad")
        _keep_typed(match_id)
        return _back(match_id)
    return redirect(following)


def _keep_typed(match_id: int) -> None:
    """Carry what was typed to the page that asks again; bounded, because a cookie carries it."""
    limits = {"reason": 40, "remark": service.REMARK_LIMIT}
    kept = {name: request.form.get(name, "")[:limit] for name, limit in limits.items()}
    cookie["typed"] = {"match": match_id, **kept}


def _following(
    session: Session, actor: User, filters: QueueFilters, order: list[int], decided: list[Match]
) -> str:
    """Where to go on: the next pair of the same need, else the next need of the order before."""
    need_id, done = decided[0].need_id, [match.id for match in decided]
    lowest = min(match.score for match in decided)
    found = queries.candidates(session, actor, filters, need_id)
    rest = [item for item in found if item.id not in done]
    lower = [item for item in rest if item.score <= lowest] or rest
    if lower:
        return address(filters, need=need_id, match=lower[0].id, done=done)
    later = order[order.index(need_id) + 1 :] if need_id in order else []
    return address(filters, need=later[0] if later else None, done=done)


def _working() -> QueueFilters:
    """The filters under which decisions go on: in a tab of pairs that can be decided."""
    filters = _filters()
    return filters if filters.tab in OPEN_TABS else filters.of_tab("waiting")


def _reopened() -> QueueFilters:
    """The filters that show a pair which waits again."""
    filters = _filters()
    return filters if filters.tab in {"waiting", "new"} else filters.of_tab("waiting")


def _back(match_id: int) -> Response:
    """Go where the pair is now, under the same facets."""
    session, actor = db.session(), guard.current_user()
    match = queries.one(session, actor, match_id)
    return redirect(address(_filters_of(match), need=match.need_id, match=match.id))


def _filters_of(match: Match) -> QueueFilters:
    if match.status in {MatchStatus.ACCEPTED, MatchStatus.REJECTED}:
        return _filters().of_tab(match.status.value)
    if match.defer_until is not None and match.defer_until > clock.today():
        return _filters().of_tab("deferred")
    return _reopened()


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
    except InvalidError as error:
        flash(str(error.fields["text"]), "bad")
        return _back(match_id)
    flash(_("备注已保存，其他组织方也能看到。"))
    return _back(match_id)


@bp.post("/review/bulk")
@only(Role.ORGANISER)
def bulk() -> Response:
    """One decision for several pairs: accept, defer, reject with one reason, or take back."""
    verbs: dict[str, Callable[..., None]] = {
        "accept": service.accept, "reject": service.reject, "defer": service.defer,
        "undo": service.undo,
    }  # fmt: skip
    act, versions = request.form.get("act", ""), _versions()
    if act not in verbs or not versions:
        flash(_("请先选中几对，再选择接受、不接受或暂缓。"), "warn")
        return redirect(address(_filters(), **_place()))
    try:
        with db.transaction() as session:
            actor, filters = guard.current_user(), _working()
            matches = queries.many(session, actor, list(versions))
            order = list(queries.needs_in_queue(session, actor, filters))
            result = service.decide_many(
                session, actor, matches, versions, verbs[act], values_of=_values_of(act)
            )
            session.flush()
            following = (
                _following(session, actor, filters, order, result.done)
                if result.done and act != "undo"
                else address(_reopened() if act == "undo" else filters, **_place(matches))
            )
    except InvalidError as error:
        flash("；".join(str(text) for text in error.fields.values()), "bad")
        _keep_typed(0)
        return redirect(address(_filters(), **_place(), picked=list(versions)))
    _tell(result, undone=act == "undo")
    return redirect(following)


def _versions() -> dict[int, int]:
    """Return the pairs that were chosen, each with the version that was seen."""
    chosen = [item.partition(":") for item in request.form.getlist("chosen")]
    return {
        int(i): int(v)
        for i, _colon, v in chosen
        if i.isdecimal() and v.isdecimal() and len(i) < 10 and len(v) < 10
    }


def _place(matches: Sequence[Match] = ()) -> dict[str, Any]:
    """Where on the desk to be: at the first of these pairs, else where the form was."""
    if matches:
        return {"need": matches[0].need_id, "match": matches[0].id}
    return {name: request.form.get(name) or None for name in ("need", "match")}


def _values_of(act: str) -> Callable[[Match], dict[str, Any]]:
    """Return what a decision keeps of each pair: its card, and the reason of a rejection."""
    if act in {"defer", "undo"}:
        return lambda _match: {}
    recommender = live_index().recommender()
    given = {name: request.form.get(name, "") for name in ("reason", "remark")}
    kept = given if act == "reject" else {}
    return lambda match: {**kept, "explanation": card_of(recommender, match).stored()}


def _tell(result: service.ManyDecided, *, undone: bool) -> None:
    """Say what happened to several pairs; what was decided stands beside the button of undo."""
    if result.done and undone:
        flash(counted("已撤销，%(n)d 对又回到待审。", n=len(result.done)))
    if result.beaten:
        flash(counted("%(n)d 对已被别人抢先处理，没有改动。", n=len(result.beaten)), "warn")
    if result.own:
        words = counted("%(n)d 对有本单位参与，不能由您决定，没有改动。", n=len(result.own))
        flash(words, "warn")


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
