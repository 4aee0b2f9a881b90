"""Figures name teams and people: offices read them."""

from __future__ import annotations

from matchmaker.events import policy as events
from models import User


def can_see(actor: User) -> bool:
    return events.is_office(actor)
