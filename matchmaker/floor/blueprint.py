"""What the pages of the day share: the blueprint, and where a button leads back to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker import db, guard
from matchmaker.errors import NotNowError
from matchmaker.events import queries as events
from matchmaker.floor import queries
from models import Event, Meeting, User

bp = Blueprint("floor", __name__, url_prefix="/events/<int:event_id>")
Answer = str | Response | tuple[str, int]
KEPT = ("slot", "day", "all", "q", "show", "page")
"""What of an address a form carries along."""
Verb = Callable[[Session, User, Event, Meeting], Any]


def act(event_id: int, meeting_id: int, verb: Verb, *, anchor: str = "") -> Response:
    """Do something with a meeting and go back; what is not possible now is said in a sentence."""
    try:
        with db.transaction() as session:
            actor = guard.current_user()
            event = events.one(session, actor, event_id)
            words = verb(session, actor, event, queries.meeting(session, actor, event, meeting_id))
    except NotNowError as error:
        flash(str(error.message), "warn")
        anchor = ""
    else:
        flash(words)
    return back(event_id, anchor or f"m{meeting_id}")


def back(event_id: int, anchor: str = "") -> Response:
    """Return to the page that the form was on, at the thing that was touched."""
    page = request.form.get("back", "")
    endpoint = {"floor": ".floor", "arrivals": ".arrivals"}.get(page, ".agenda")
    kept: dict[str, Any] = {name: request.form[name] for name in KEPT if request.form.get(name)}
    return redirect(url_for(endpoint, event_id=event_id, **kept, _anchor=anchor or None))


def number_of(text: str) -> int:
    """Read an id or a count from a form; what makes no sense is -1, which nothing has."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1
