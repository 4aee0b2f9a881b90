"""The blueprint of wishes, and what its views share."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from matchmaker.errors import NotFoundError
from matchmaker.events.pages import event_of
from matchmaker.wishes import policy
from models import Event, WishChoice

bp = Blueprint("wishes", __name__, url_prefix="/events/<int:event_id>")
CHOICES = {"must": WishChoice.MUST, "meet": WishChoice.MEET, "no": WishChoice.NO, "clear": None}
"""What buttons send."""
Answer = str | Response | tuple[str, int]


def event_with_wishes(event_id: int) -> Event:
    """Return the event of an address, as far as the reader may see it.

    Raises:
        NotFoundError: it is not there, or has no meetings.

    """
    event = event_of(event_id)
    if not policy.has_wishes(event):
        raise NotFoundError
    return event


def number(text: str | None) -> int:
    """Read an id from an address or a form; what is none finds nothing."""
    return int(text) if text and text.isdecimal() and text.isascii() and len(text) < 10 else 0


def text_asked(limit: int) -> str:
    """Return what is searched for."""
    return request.args.get("q", "").replace("\x00", "").strip()[:limit]
