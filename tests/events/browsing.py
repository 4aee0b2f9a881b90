"""What tests of the pages of events share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient

from matchmaker import clock
from matchmaker.db import Database
from models import (
    Event,
    EventStatus,
    User,
)
from tests.events.making import make_event
from tests.pages import hidden_fields, one, opened

PAST = {
    "registration_until": clock.now() - timedelta(days=20),
    "registration_from": clock.now() - timedelta(days=40),
    "wishes_until": clock.now() - timedelta(days=15),
}


def add(database: Database, owner: User, **values: Any) -> Event:
    with database.transaction() as session:
        return make_event(session, session.merge(owner), **values)


def add_draft(database: Database, owner: User, **values: Any) -> Event:
    return add(database, owner, status=EventStatus.DRAFT, opened_at=None, **values)


def reload(database: Database, event: Event) -> Event:
    with database.reading() as session:
        row = session.get(Event, event.id)
        assert row is not None
        _ = row.days, row.slots, row.tables, row.nodes
        return row


def titles(browser: FlaskClient, **query: str) -> list[str]:
    page = opened(browser, "/events/", **query)
    return [link.get_text(strip=True) for link in page.select(".mm-events h2 a")]


def form_of(browser: FlaskClient, address: str) -> dict[str, Any]:
    """Return what the form of a page would send as it stands."""
    form = one(opened(browser, address), "form[data-event-form]")
    fields: dict[str, Any] = dict(hidden_fields(form))
    for field in form.select("input[type=text][name], textarea[name]"):
        fields[str(field["name"])] = field.get("value") or field.get_text().removeprefix("\n")
    for field in form.select("input:not([type])[name]"):
        fields[str(field["name"])] = str(field.get("value", ""))
    for field in form.select("input[checked][name]"):
        fields.setdefault(str(field["name"]), []).append(str(field["value"]))
    for field in form.select("select[name]"):
        chosen = field.select_one("option[selected]")
        fields[str(field["name"])] = str(chosen["value"]) if chosen else ""
    return fields
