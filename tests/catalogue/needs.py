"""A need as a browser sends it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from matchmaker.db import Database
from models import Posting


def whole(chain_id: int, /, **changes: Any) -> dict[str, Any]:
    """Return what a browser sends for a complete need."""
    return {
        "title": "单晶高镍正极材料的低残锂制备",
        "problem": "现有产线残锂偏高，循环后产气。",
        "indicators-0-name": "残锂",
        "indicators-0-comparator": "le",
        "indicators-0-value": "2000",
        "indicators-0-unit": "ppm",
        "chain": str(chain_id),
        "modes": ["license"],
        "declared_open": "y",
        "act": "submit",
        **changes,
    }


def saved(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Posting)) or 0
