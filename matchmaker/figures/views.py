"""The figures of an event: a page with charts, and the same as a workbook."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, Flask
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker import db
from matchmaker.events.kinds import kind_of
from matchmaker.events.pages import event_of, event_page
from matchmaker.events.queries import Phase, phase
from matchmaker.events.tabs import STEPS, TABS, Step, Tab
from matchmaker.figures import policy
from matchmaker.figures.queries import EventFigures
from matchmaker.figures.workbook import workbook
from matchmaker.guard import only
from matchmaker.paper.sheets import MIME
from models import Event, MeetingStatus, Role, User

bp = Blueprint("figures", __name__, url_prefix="/events/<int:event_id>")
SHOWN = 20
"""So many teams and people stand on the page, the worst-off first; the workbook has all."""


def init_app(app: Flask) -> None:
    del app
    TABS[80] = _tabs
    STEPS[80] = _steps


def _tabs(_session: Session, actor: User, event: Event) -> Iterable[Tab]:
    if policy.can_see(actor) and kind_of(event.kind).meetings:
        yield Tab("figures.figures", _("成效"))


def _steps(_session: Session, actor: User, event: Event) -> Iterable[Step]:
    if not policy.can_see(actor) or not kind_of(event.kind).meetings:
        return
    over = phase(event) == Phase.AFTER
    yield Step(
        _("看成效，写总结"), _("覆盖、满足、空档、缺席和反馈，可以下载表格"),
        "figures.figures", {"event_id": event.id}, waiting=over, act=_("看成效"),
    )  # fmt: skip


@bp.get("/figures")
@only(Role.ORGANISER, Role.ADMINISTRATOR)
def figures(event_id: int) -> str:
    event = event_of(event_id)
    found = EventFigures(db.session(), event)
    return event_page(
        "figures/figures.html", event, figures=found, shown=SHOWN, status=MeetingStatus
    )


@bp.get("/figures.xlsx")
@only(Role.ORGANISER, Role.ADMINISTRATOR)
def download(event_id: int) -> Response:
    event = event_of(event_id)
    response = Response(workbook(EventFigures(db.session(), event)), mimetype=MIME)
    response.headers.set(
        "Content-Disposition", "attachment", filename=f"event-{event.id}-figures.xlsx"
    )
    return response
