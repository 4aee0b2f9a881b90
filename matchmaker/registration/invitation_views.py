"""Invitations: whom to ask, who was asked, who has registered since."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from matchmaker import db, guard
from matchmaker.errors import InvalidError
from matchmaker.events.pages import event_of, event_page
from matchmaker.guard import only
from matchmaker.i18n import counted
from matchmaker.paging import Page
from matchmaker.registration import invitations as service
from matchmaker.registration import policy
from matchmaker.registration.blueprint import Answer, bp, posted_ids
from models import Role


@bp.get("/invitations")
@only(Role.ORGANISER)
def invitations(event_id: int) -> str:
    return _page(event_id)


def _page(event_id: int, error: str = "") -> str:
    session, event = db.session(), event_of(event_id)
    invited = request.args.get("tab") == "invited"
    text = request.args.get("q", "")
    statement = service.candidates(event, text, invited=invited)
    page = Page.of(request, service.count(session, statement), service.PAGE)
    ids = session.scalars(statement.limit(page.size).offset(page.offset)).all()
    counts = {
        "open": service.count(session, service.candidates(event)),
        "invited": service.sent(session, event),
    }
    return event_page(
        "registration/invitations.html", event,
        rows=service.page_of(session, event, ids), page=page, invited=invited, text=text,
        counts=counts, error=error,
        can_invite=policy.can_admit(guard.current_user(), event) and not invited,
    )  # fmt: skip


@bp.post("/invitations")
@only(Role.ORGANISER)
def invite(event_id: int) -> Answer:
    try:
        with db.transaction() as session:
            actor, event = guard.current_user(), event_of(event_id)
            n = service.invite(session, actor, event, posted_ids("user"))
    except InvalidError as error:
        return _page(event_id, str(error.message)), 422
    flash(counted("已邀请 %(n)d 人，邮件已寄出。", n=n) if n else _("这些人都已经邀请过了。"))
    return _back(event_id)


def _back(event_id: int) -> Response:
    return redirect(url_for(".invitations", event_id=event_id))
