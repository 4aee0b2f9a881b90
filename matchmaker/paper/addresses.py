"""Addresses that QR codes carry. Paper is made without a request, so they begin with base_url."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, has_app_context
from werkzeug.routing import BuildError

from config import Settings


@dataclass(frozen=True, slots=True)
class Addresses:
    """What papers of an event point to."""

    settings: Settings

    def arrive(self, event_id: int, code: str) -> str:
        """The check-in page of a badge; the bare code where there is no such page."""
        return self._page("floor.arrive", event_id=event_id, code=code) or code

    def wall(self, event_id: int) -> str:
        """The page for the wall of the hall, else that of the event."""
        page = self._page("floor.wall", event_id=event_id)
        return page or f"{self.settings.base_url}/events/{event_id}"

    def _page(self, endpoint: str, **values: object) -> str:
        if not has_app_context():
            return ""
        try:
            return self.settings.base_url + current_app.url_map.bind("").build(endpoint, values)
        except BuildError:
            return ""
