"""What a version changes, as rows of a list: from a draft, or from what a version has kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from matchmaker.i18n import listed
from matchmaker.timetables.board import pairs_of, place_words
from matchmaker.timetables.changes import Change, Changes, Spot
from models import Event

KINDS = ("moved", "new", "cancelled")


@dataclass(frozen=True, slots=True)
class Row:
    """One meeting that is moved, new or cancelled."""

    kind: str
    pair: str
    before: str
    after: str
    people: tuple[str, ...] = ()
    """Who is told; unknown of versions that are published already."""


def totals_of(changes: Changes | None, stored: Mapping[str, Any]) -> dict[str, int]:
    """Count what is kept and what is not."""
    if changes is None:
        counts = {kind: len(stored.get(kind, ())) for kind in KINDS}
        return {"kept": int(stored.get("kept", 0)), **counts}
    counts = {kind: len(getattr(changes, kind)) for kind in KINDS}
    return {"kept": changes.kept, **counts}


def rows_of(event: Event, changes: Changes) -> list[Row]:
    """Return what a draft changes, moved ones first."""
    return [_row(event, change) for kind in KINDS for change in getattr(changes, kind)]


def _row(event: Event, change: Change) -> Row:
    wish = change.wish
    return Row(
        change.kind,
        f"{wish.need_team.full_name} × {wish.achievement_team.full_name}",
        _spot(event, change.before),
        _spot(event, change.after) + _other_people(change),
        tuple(person.name for person in change.people),
    )


def _spot(event: Event, spot: Spot | None) -> str:
    return place_words(event, spot.slot, spot.table) if spot else ""


def _other_people(change: Change) -> str:
    before, after = change.before, change.after
    if before is None or after is None:
        return ""
    sides = ("need_person", "achievement_person")
    came = [
        getattr(after, side).name
        for side in sides
        if getattr(after, side).id != getattr(before, side).id
    ]
    return str(_("（改由 %(people)s 参加）", people=listed(came))) if came else ""


def stored_rows(session: Session, event: Event, stored: Mapping[str, Any]) -> list[Row]:
    """Return what a published version changed, from the ids it has kept."""
    pairs = pairs_of(
        session, event, {entry[0] for kind in KINDS for entry in stored.get(kind, ())}
    )
    slots = {slot.id: slot for slot in event.slots}
    tables = {table.id: table for table in event.tables}

    def words(place: list[int] | None) -> str:
        return place_words(event, slots.get(place[0]), tables.get(place[1])) if place else ""

    return [
        Row(kind, str(pairs.get(wish, "—")), words(before), words(after))
        for kind in KINDS
        for wish, before, after in stored.get(kind, ())
    ]
