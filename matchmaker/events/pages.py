"""Pages of one event share a head and tabs; every feature renders its own through here."""

from __future__ import annotations

from typing import Any

from flask import render_template, request

from matchmaker import db, guard
from matchmaker.events import policy, queries
from matchmaker.events.kinds import kind_of
from matchmaker.events.overview import dates_words, phase_words
from matchmaker.events.tabs import tabs_of
from models import Event


def event_page(template: str, event: Event, **context: Any) -> str:
    """Render a page of an event: a template that extends `events/_frame.html`."""
    session, actor = db.session(), guard.current_user()
    here = request.endpoint or ""
    tabs = tabs_of(session, actor, event)
    return render_template(
        template,
        event=event, kind=kind_of(event.kind), phase=queries.phase(event).value,
        phase_text=phase_words(event), dates=dates_words(event),
        can_manage=policy.can_manage(actor, event), can_change=policy.can_change(actor, event),
        tabs=[(tab, here == tab.endpoint or here in tab.also) for tab in tabs],
        **context,
    )  # fmt: skip


def event_of(event_id: int) -> Event:
    """Return the event of an address, as far as the reader may see it."""
    return queries.one(db.session(), guard.current_user(), event_id)
