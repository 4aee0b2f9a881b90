"""Pages of this feature."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("figures", __name__, url_prefix="/events/<int:event_id>")
