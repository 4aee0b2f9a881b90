"""What an index has seen of the database, and whether files were made from this database at all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from matchmaker.catalogue.documents import published
from matchmaker.engine.store import UnusableIndexError
from models import Activity, Organisation, Posting, User, Verification


class Fingerprint(NamedTuple):
    """What changes whenever a published posting does."""

    records: int
    versions: int
    last: datetime | None
    organisations: int
    """How many are verified: with them postings come and go that have not changed themselves."""
    verified: datetime | None
    """When the last of them was."""

    @property
    def standing(self) -> tuple[int, datetime | None]:
        """The part that moves with organisations instead of postings."""
        return self.organisations, self.verified


def fingerprint_of(session: Session) -> Fingerprint:
    """Count the published postings."""
    count, versions, last = session.execute(
        published(
            select(func.count(Posting.id), func.sum(Posting.version), func.max(Posting.updated_at))
        )
    ).one()
    return Fingerprint(count, int(versions or 0), last, *_verified(session))


def pulse_of(session: Session) -> tuple[Any, ...]:
    """Return what nearly every change moves, from the ends of indexes alone."""
    return session.scalar(select(func.max(Posting.updated_at))), *_verified(session)


def _verified(session: Session) -> tuple[int, datetime | None]:
    """Return how many organisations are verified, and when the last of them was."""
    verified = select(func.count(Organisation.id), func.max(Organisation.verified_at)).where(
        Organisation.status == Verification.VERIFIED
    )
    count, last = session.execute(verified).one()
    return count, last


def as_notes(session: Session, seen: Fingerprint) -> dict[str, Any]:
    """Return a fingerprint and the database that it is of, for the files of the index."""
    plain = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in seen._asdict().items()
    }
    return {**plain, "origin": _origin(session), "line": _last_line(session)}


def from_notes(session: Session, notes: Mapping[str, Any]) -> Fingerprint:
    """Return the fingerprint that was noted.

    Raises:
        UnusableIndexError: there is none, or it is of another database, or of what this one no
            longer knows because a backup took its place.

    """
    if not {*Fingerprint._fields, "origin", "line"} <= notes.keys():
        raise UnusableIndexError("the index does not say what it was made from")
    if notes["origin"] != _origin(session):
        raise UnusableIndexError("the index was made from another database")
    if not _is_told(session, notes["line"]):
        raise UnusableIndexError("the index knows what the history of this database does not tell")
    last, verified = (
        notes[name] and datetime.fromisoformat(notes[name]) for name in ("last", "verified")
    )
    return Fingerprint(notes["records"], notes["versions"], last, notes["organisations"], verified)


def _origin(session: Session) -> str:
    """Name a database by who was in it first; its address may change, or there may be two."""
    firsts = (
        session.execute(select(table.id, table.created_at).order_by(table.id).limit(1)).first()
        for table in (Organisation, User)
    )
    return " ".join(f"{row.id}@{row.created_at.isoformat()}" for row in firsts if row)


def _last_line(session: Session) -> tuple[int, str] | None:
    """Return id and time of the last line of history that stays; a draft takes its lines along."""
    stays = or_(Activity.posting_id.is_(None), Posting.published_at.is_not(None))
    lines = select(Activity.id, Activity.at).outerjoin(Posting, Posting.id == Activity.posting_id)
    row = session.execute(lines.where(stays).order_by(Activity.id.desc()).limit(1)).first()
    return None if row is None else (row.id, row.at.isoformat())


def _is_told(session: Session, line: tuple[int, str] | None) -> bool:
    """Whether the history holds this line: what was made after it may know what never happened."""
    if line is None:
        return True
    at = session.scalar(select(Activity.at).where(Activity.id == line[0]))
    return at is not None and at.isoformat() == line[1]
