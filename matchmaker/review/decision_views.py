"""Decisions on pairs: one or several at a time, taken back, noted; and where the desk goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import flash, redirect, request
from flask import session as cookie
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker import clock, db, guard
from matchmaker.catalogue import queries as catalogue
from matchmaker.catalogue.index import live_index
from matchmaker.errors import InvalidError, NotFoundError, NotNowError
from matchmaker.guard import only
from matchmaker.i18n import counted
from matchmaker.matching import service as matching
from matchmaker.matching.learning import Teacher
from matchmaker.review import acceptance, desk, queries, service
from matchmaker.review.blueprint import address, bp, filters_asked
from matchmaker.review.card import card_of
from matchmaker.review.desk import OPEN_TABS, QueueFilters
from models import Match, MatchStatus, Need, Posting, PostingKind, Role, User


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
            order = list(desk.needs_in_queue(session, actor, filters))
            if explain:
                recommender = live_index().recommender()
                teacher, chances = Teacher(session, recommender), acceptance.in_force(session)
                card = card_of(recommender, match, teacher, chances)
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
    found = desk.candidates(session, actor, filters, need_id)
    rest = [item for item in found if item.id not in done]
    lower = [item for item in rest if item.score <= lowest] or rest
    if lower:
        return address(filters, need=need_id, match=lower[0].id, done=done)
    later = order[order.index(need_id) + 1 :] if need_id in order else []
    return address(filters, need=later[0] if later else None, done=done)


def _working() -> QueueFilters:
    """The filters under which decisions go on: in a tab of pairs that can be decided."""
    filters = filters_asked()
    return filters if filters.tab in OPEN_TABS else filters.of_tab("waiting")


def _reopened() -> QueueFilters:
    """The filters that show a pair which waits again."""
    filters = filters_asked()
    return filters if filters.tab in {"waiting", "new"} else filters.of_tab("waiting")


def _back(match_id: int) -> Response:
    """Go where the pair is now, under the same facets."""
    session, actor = db.session(), guard.current_user()
    match = queries.one(session, actor, match_id)
    return redirect(address(_filters_of(match), need=match.need_id, match=match.id))


def _filters_of(match: Match) -> QueueFilters:
    if match.status in {MatchStatus.ACCEPTED, MatchStatus.REJECTED}:
        return filters_asked().of_tab(match.status.value)
    if match.defer_until is not None and match.defer_until > clock.today():
        return filters_asked().of_tab("deferred")
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


@bp.post("/review/needs/<int:posting_id>/learning")
@only(Role.ORGANISER)
def learning(posting_id: int) -> Response:
    """Let decisions move what is suggested for a need, or not; the list follows in a moment."""
    with db.transaction() as session:
        actor = guard.current_user()
        need = session.scalar(
            catalogue.visible_to(actor, PostingKind.NEED).where(Posting.id == posting_id)
        )
        if not isinstance(need, Need):
            raise NotFoundError
        on = request.form.get("on") == "1"
        matching.set_learning(session, actor, need, on=on)
    flash(_("以往的决定会影响这条需求的推荐。") if on else _("以往的决定不再影响这条需求的推荐。"))
    return redirect(address(_working(), **{**_place(), "need": posting_id}))


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
        return redirect(address(filters_asked(), **_place()))
    try:
        with db.transaction() as session:
            actor, filters = guard.current_user(), _working()
            matches = queries.many(session, actor, list(versions))
            order = list(desk.needs_in_queue(session, actor, filters))
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
        return redirect(address(filters_asked(), **_place(), picked=list(versions)))
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
    teacher = Teacher(db.session(), recommender)
    chances = acceptance.in_force(db.session())
    given = {name: request.form.get(name, "") for name in ("reason", "remark")}
    kept = given if act == "reject" else {}
    return lambda match: {
        **kept,
        "explanation": card_of(recommender, match, teacher, chances).stored(),
    }


def _tell(result: service.ManyDecided, *, undone: bool) -> None:
    """Say what happened to several pairs; what was decided stands beside the button of undo."""
    if result.done and undone:
        flash(counted("已撤销，%(n)d 对又回到待审。", n=len(result.done)))
    if result.beaten:
        flash(counted("%(n)d 对已被别人抢先处理，没有改动。", n=len(result.beaten)), "warn")
    if result.own:
        words = counted("%(n)d 对有本单位参与，不能由您决定，没有改动。", n=len(result.own))
        flash(words, "warn")
