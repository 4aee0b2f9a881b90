"""The blueprint of the review desk, and what its views share."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from matchmaker.review import desk
from matchmaker.review.desk import TABS, QueueFilters
from models import ACHIEVEMENT_MODES, Role

bp = Blueprint("review", __name__)
Answer = str | Response | tuple[str, int]
OFFICES = (Role.ORGANISER, Role.ADMINISTRATOR)


def address(filters: QueueFilters, **more: Any) -> str:
    """Return the address of the desk under these filters."""
    return url_for("review.queue", **filters.arguments(), **more)


def filters_asked() -> QueueFilters:
    """Read the filters from the address or from a form; what makes no sense is left out."""
    values = request.values
    tab, least = values.get("tab", ""), values.get("least", "0")
    return QueueFilters(
        tab=tab if tab in TABS else "waiting",
        chains=_numbers("chain"),
        regions=tuple(r for r in values.getlist("region") if r in desk.PROVINCES),
        least=min(100, int(least)) if least.isdecimal() and len(least) < 4 else 0,
        modes=tuple(mode for mode in values.getlist("mode") if mode in ACHIEVEMENT_MODES),
        readiness=tuple(name for name in values.getlist("trl") if name in desk.READINESS),
        organisations=_numbers("organisation"),
    )


def _numbers(name: str) -> tuple[int, ...]:
    found = request.values.getlist(name)
    return tuple(int(item) for item in found if item.isdecimal() and len(item) < 10)
