"""The blueprint of events, and what its views share."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from matchmaker.accounts.blueprint import posted_version
from models import Role

__all__ = ["OFFICES", "Answer", "bp", "posted_ids", "posted_version", "shown_version"]

bp = Blueprint("events", __name__, url_prefix="/events")
Answer = str | Response | tuple[str, int]
OFFICES = (Role.ORGANISER, Role.ADMINISTRATOR)


def posted_ids(name: str) -> set[int]:
    """Return the ids that a form sends under a name; what is no id is left out."""
    found = request.form.getlist(name)
    return {int(text) for text in found if text.isascii() and text.isdigit() and len(text) < 10}


def shown_version(row: Any, *, stale: bool = False) -> Any:
    """Return the version a form starts from: the one it was made from, until that is stale."""
    return row.version if stale else request.form.get("version", row.version)
