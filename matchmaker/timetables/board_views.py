"""What organisers do with timetables: plan, work by hand, publish. A refusal changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from matchmaker import db, guard
from matchmaker.errors import InvalidError, NotFoundError, NotNowError
from matchmaker.guard import only
from matchmaker.i18n import counted
from matchmaker.timetables import service
from matchmaker.timetables.blueprint import Answer, asked, bp, event_with_meetings, number, one
from models import Event, Role, Timetable, User

Verb = Callable[[Session, User, Timetable], str]


@bp.post("/timetable/start")
@only(Role.ORGANISER)
def start(event_id: int) -> Answer:
    limit = number(request.form.get("time_limit"))

    def verb(session: Session, actor: User, event: Event) -> str:
        made = service.start(session, actor, event, time_limit=limit)
        return str(_("开始排 v%(n)d，可以离开这一页，排好后会通知您。", n=made.number))

    return _for_event(event_id, verb)


@bp.post("/timetable/edit")
@only(Role.ORGANISER)
def edit(event_id: int) -> Answer:
    def verb(session: Session, actor: User, event: Event) -> str:
        made = service.edit(session, actor, event)
        return str(_("草案 v%(n)d 与已发布的日程一样，可以逐场调整。", n=made.number))

    return _for_event(event_id, verb)


@bp.post("/timetable/<int:version>/stop")
@only(Role.ORGANISER)
def stop(event_id: int, version: int) -> Answer:
    return _plain(event_id, version, service.stop, _("已停止排期。"))


@bp.post("/timetable/<int:version>/discard")
@only(Role.ORGANISER)
def discard(event_id: int, version: int) -> Answer:
    return _plain(event_id, version, service.discard, _("草案 v%(n)d 已放弃。", n=version))


@bp.post("/timetable/<int:version>/publish")
@only(Role.ORGANISER)
def publish(event_id: int, version: int) -> Answer:
    def verb(session: Session, actor: User, timetable: Timetable) -> str:
        seen = number(request.form.get("version"))
        told = service.publish(session, actor, timetable, version=seen)
        return counted("v%(version)d 已发布，已通知 %(n)d 人。", n=told, version=version)

    return _act(event_id, version, verb, leaves=True)


@bp.post("/timetable/<int:version>/move")
@only(Role.ORGANISER)
def move(event_id: int, version: int) -> Answer:
    """Move a meeting to the place whose button was pressed, or on which it was dropped."""
    slot, table = _place()
    return _on_wish(event_id, version, service.move, _("已移动。"), slot, table)


@bp.post("/timetable/<int:version>/book")
@only(Role.ORGANISER)
def book(event_id: int, version: int) -> Answer:
    slot, table = _place()
    return _on_wish(event_id, version, service.book, _("已排入。"), slot, table)


@bp.post("/timetable/<int:version>/swap")
@only(Role.ORGANISER)
def swap(event_id: int, version: int) -> Answer:
    return _on_wish(event_id, version, service.swap, _("两场已交换。"), _number("other"))


@bp.post("/timetable/<int:version>/<any(lock, unlock):verb>")
@only(Role.ORGANISER)
def lock(event_id: int, version: int, verb: str) -> Answer:
    locked = verb == "lock"
    words = _("已锁定，重新排期时不会移动。") if locked else _("已解锁。")
    return _on_wish(event_id, version, service.lock, words, locked=locked)


@bp.post("/timetable/<int:version>/unbook")
@only(Role.ORGANISER)
def unbook(event_id: int, version: int) -> Answer:
    return _on_wish(event_id, version, service.unbook, _("已取消安排，意愿列在右边，可以再排入。"))


@bp.post("/timetable/<int:version>/apply")
@only(Role.ORGANISER)
def apply(event_id: int, version: int) -> Answer:
    return _on_wish(event_id, version, service.apply, _("条件已放宽，这一场已排入。"))


def _number(name: str) -> int:
    """Read an id that a button sends.

    Raises:
        NotFoundError: it is none.

    """
    found = number(request.form.get(name))
    if not found:
        raise NotFoundError
    return found


def _place() -> tuple[int, int]:
    """Read a place that a button sends: ids of slot and table."""
    slot, _colon, table = request.form.get("place", "").partition(":")
    if not (number(slot) and number(table)):
        raise NotFoundError
    return number(slot), number(table)


def _plain(
    event_id: int, version: int, act: Callable[[Session, User, Timetable], None], words: str
) -> Answer:
    def verb(session: Session, actor: User, timetable: Timetable) -> str:
        act(session, actor, timetable)
        return words

    return _act(event_id, version, verb, leaves=True)


def _on_wish(
    event_id: int, version: int, act: Callable[..., None], words: str, *values: int, **more: Any
) -> Answer:
    wish_id = _number("wish")

    def verb(session: Session, actor: User, timetable: Timetable) -> str:
        act(session, actor, timetable, wish_id, *values, **more)
        return words

    return _act(event_id, version, verb, wish_id=wish_id)


def _act(
    event_id: int, version: int, verb: Verb, *, wish_id: int = 0, leaves: bool = False
) -> Answer:
    """Do something with a version; then back to the board, with the meeting still selected."""
    view = asked()
    back = view.url(event_id, version=version) + "#board"
    try:
        with db.transaction() as session:
            _session, actor, _event, timetable = one(event_id, version)
            words = verb(session, actor, timetable)
    except (NotNowError, InvalidError) as error:
        return _refused(error, back)
    if leaves:
        return _done(words, url_for("timetables.board", event_id=event_id))
    return _done(words, view.url(event_id, wish=wish_id, act="", page=0, day=0) + "#board")


def _for_event(event_id: int, verb: Callable[[Session, User, Event], str]) -> Answer:
    back = url_for("timetables.board", event_id=event_id)
    try:
        with db.transaction() as session:
            event = event_with_meetings(event_id)
            words = verb(session, guard.current_user(), event)
    except (NotNowError, InvalidError) as error:
        return _refused(error, back)
    return _done(words, back)


def _done(words: str, following: str) -> Answer:
    flash(words)
    return jsonify(next=following) if _asks_script() else redirect(following)


def _refused(error: NotNowError | InvalidError, back: str) -> Answer:
    words = " ".join(map(str, getattr(error, "fields", {}).values())) or str(error.message)
    if _asks_script():
        return jsonify(sentence=words), 409
    flash(words, "warn")
    return redirect(back)


def _asks_script() -> bool:
    return request.headers.get("X-Requested-With") == "fetch"
