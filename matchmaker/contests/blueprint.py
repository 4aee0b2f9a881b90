"""The blueprint of contests and group tables, and what its views share."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from matchmaker import db, guard
from matchmaker.errors import NotFoundError
from matchmaker.events import queries as events
from matchmaker.events.kinds import kind_of
from models import Event, Role

bp = Blueprint("contests", __name__, url_prefix="/events/<int:event_id>")
Answer = str | Response | tuple[str, int]
OFFICES = (Role.ORGANISER, Role.ADMINISTRATOR)


def contest_of(event_id: int) -> Event:
    """Return the contest of an address; other kinds of events have no such pages."""
    return _of_kind(event_id, "contest")


def salon_of(event_id: int) -> Event:
    """Return the event with group tables of an address."""
    return _of_kind(event_id, "groups")


def _of_kind(event_id: int, part: str) -> Event:
    event = events.one(db.session(), guard.current_user(), event_id)
    if not getattr(kind_of(event.kind), part):
        raise NotFoundError
    return event


def posted_number(name: str) -> int:
    """Return an id or a version from a form; -1 never matches."""
    text = request.form.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def asked_number(name: str) -> int:
    """Return an id from the address; -1 never matches."""
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1
