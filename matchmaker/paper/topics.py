"""What a meeting is about, as far as each side may read it on paper."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.catalogue.queries import is_public
from matchmaker.i18n import listed
from models import Match, MatchStatus, Meeting, Organisation, Posting, Side, TeamPosting

BROUGHT = 3
"""So many titles stand for what a team brings."""
OTHER = {Side.NEED: Side.ACHIEVEMENT, Side.ACHIEVEMENT: Side.NEED}
Topics = dict[tuple[int, Side | None], str]
"""By meeting and reader; None reads for the organisers, who see both titles."""


@dataclass(frozen=True, slots=True)
class Title:
    text: str
    public: bool


def topics(session: Session, meetings: list[Meeting]) -> Topics:
    """Return by meeting and reader the pair behind it, else what the other side brings.

    One's own titles stand there in any case, those of the other side if everybody may see them or
    the pair was accepted: paper lies about.
    """
    titles, brought = _titles(session, meetings), _brought(session, meetings)
    found: Topics = {}
    for meeting in meetings:
        match = meeting.wish.match
        found[meeting.id, None] = _pair(match, None, titles)
        for side, other in OTHER.items():
            team = meeting.wish.team_of(other)
            found[meeting.id, side] = _pair(match, side, titles) or listed(
                brought[team.id][:BROUGHT]
            )
    return found


def _pair(match: Match | None, reader: Side | None, titles: dict[int, Title]) -> str:
    """Need — achievement; one of them where the reader may not know the other."""
    if match is None:
        return ""
    accepted = match.status == MatchStatus.ACCEPTED
    ids = {Side.NEED: match.need_id, Side.ACHIEVEMENT: match.achievement_id}
    shown = [
        titles[id_].text
        for side, id_ in ids.items()
        if reader in {side, None} or accepted or titles[id_].public
    ]
    return " — ".join(shown)


def _titles(session: Session, meetings: list[Meeting]) -> dict[int, Title]:
    """The titles of all postings in the pairs."""
    matches = [meeting.wish.match for meeting in meetings if meeting.wish.match]
    ids = {id_ for match in matches for id_ in (match.need_id, match.achievement_id)}
    if not ids:
        return {}
    rows = session.execute(
        select(Posting.id, Posting.title, is_public())
        .join(Organisation, Organisation.id == Posting.organisation_id)
        .where(Posting.id.in_(ids))
    )
    return {id_: Title(title, bool(public)) for id_, title, public in rows}


def _brought(session: Session, meetings: list[Meeting]) -> dict[int, list[str]]:
    """What teams bring and everybody may see, by team."""
    found: dict[int, list[str]] = defaultdict(list)
    ids = {meeting.wish.team_of(side).id for meeting in meetings for side in Side}
    if not ids:
        return found
    rows = session.execute(
        select(TeamPosting.team_id, Posting.title)
        .join(Posting, Posting.id == TeamPosting.posting_id)
        .join(Organisation, Organisation.id == Posting.organisation_id)
        .where(TeamPosting.team_id.in_(ids), is_public())
        .order_by(TeamPosting.team_id, Posting.id)
    )
    for team_id, title in rows:
        found[team_id].append(title)
    return found
