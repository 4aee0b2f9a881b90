"""What the pages of registration share: the blueprint, and small readers of requests."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

bp = Blueprint("registration", __name__, url_prefix="/events/<int:event_id>")
Answer = str | Response | tuple[str, int]
LARGEST_ID = 10


def posted_version() -> int:
    """Return the version that the form was made from; -1 never matches."""
    return number_of(request.form.get("version", ""), -1)


def posted_ids(name: str) -> list[int]:
    """Return the ids that were ticked; what is no number is left out."""
    found = [number_of(text, 0) for text in request.form.getlist(name)]
    return [number for number in found if number]


def number_of(text: str, otherwise: int = 0) -> int:
    """Read an id from an address or a form."""
    return int(text) if text.isdecimal() and len(text) < LARGEST_ID else otherwise
