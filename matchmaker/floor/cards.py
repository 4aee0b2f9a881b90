"""A meeting as one of its sides sees it: where it is, how it stands, what can be done now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.floor import policy, queries
from matchmaker.timetables import queries as timetables
from models import (
    Event,
    EventTable,
    Meeting,
    MeetingReport,
    MeetingStatus,
    Participant,
    Side,
    Slot,
    Team,
    User,
)

NEAR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Card:
    """A meeting as one of its sides sees it."""

    meeting: Meeting
    side: Side
    slot: Slot | None
    """Where it is, or was when it was missed or cancelled."""
    table: EventTable | None
    topics: list[str]
    acts: frozenset[str]
    """start, late, miss, finish, report: what pressing a button would do now."""
    change: str = ""
    """moved, new or cancelled since the person last looked."""
    before: tuple[Slot | None, EventTable | None] | None = None
    next: bool = False
    waits: bool = False
    """For a report of this side."""

    @property
    def asks(self) -> bool:
        """Whether there is a button besides that of the report."""
        return bool(self.acts & {"start", "late"}) or ("miss" in self.acts and not self.waits)

    @property
    def own(self) -> Participant:
        return self.meeting.person_of(self.side)

    @property
    def partner(self) -> Team:
        return self.meeting.wish.team_of(policy.OTHER[self.side])

    @property
    def partner_person(self) -> Participant:
        return self.meeting.person_of(policy.OTHER[self.side])

    @property
    def report(self) -> MeetingReport | None:
        return policy.report_of(self.meeting, self.side)

    @property
    def state(self) -> str:
        return self.meeting.status.value

    @property
    def partner_late(self) -> int:
        """Minutes by which the other side will be late."""
        theirs = self.meeting.late_side == policy.OTHER[self.side]
        return (self.meeting.late_minutes or 0) if theirs else 0

    @property
    def own_late(self) -> int:
        mine = self.meeting.late_side == self.side
        return (self.meeting.late_minutes or 0) if mine else 0


def cards_of(
    session: Session, event: Event, actor: User, teams: Sequence[Team],
    people: Sequence[Participant], since: datetime | None,
) -> list[Card]:  # fmt: skip
    own, ids = {team.id for team in teams}, {person.id for person in people}
    rows = timetables.agenda(session, event, people)
    partners = {row.wish.team_of(side).id for row in rows for side in Side} - own
    topics = queries.topics(session, actor, event, partners)
    made: list[Card] = []
    for row in rows:
        sides = [s for s in policy.sides(actor, row, own) if row.person_of(s).id in ids]
        made += [_card(event, row, side, topics, since) for side in sides[:1]]
    return sorted(made, key=_order)


def _order(card: Card) -> tuple[datetime, int]:
    return (card.slot.starts_at if card.slot else card.meeting.changed_at), card.meeting.id


def _card(
    event: Event, row: Meeting, side: Side, topics: dict[int, list[str]], since: datetime | None
) -> Card:
    moment = clock.now()
    slot, table = row.slot, row.table
    before = _was(event, row)
    if slot is None and before is not None:
        slot, table = before
    moved = row.slot is not None and before is not None and before != (row.slot, row.table)
    change = _change(row, since, moved=moved)
    return Card(
        meeting=row, side=side, slot=slot, table=table,
        topics=topics.get(row.wish.team_of(policy.OTHER[side]).id, []),
        acts=_acts(event, row, side, moment),
        change=change,
        before=before if change == "moved" else None,
        waits=policy.is_open(event) and policy.waits_for_report(row, side, moment),
    )  # fmt: skip


def _was(event: Event, row: Meeting) -> tuple[Slot | None, EventTable | None] | None:
    if not row.was:
        return None
    slot = next((s for s in event.slots if s.id == row.was.get("slot")), None)
    table = next((t for t in event.tables if t.id == row.was.get("table")), None)
    return slot, table


def _change(row: Meeting, since: datetime | None, *, moved: bool) -> str:
    if since is None or row.changed_at <= since or row.status == MeetingStatus.MISSED:
        return ""
    if row.status == MeetingStatus.CANCELLED:
        return "cancelled"
    if moved:
        return "moved"
    return "" if row.status != MeetingStatus.PLANNED else "new" if row.was is None else ""


def _acts(event: Event, row: Meeting, side: Side, moment: datetime) -> frozenset[str]:
    if not policy.is_open(event):
        return frozenset()
    may = {
        "start": policy.may_start(row, moment),
        "late": policy.may_be_late(row, moment) and _is_near(row, moment),
        "miss": policy.may_miss(row, moment) and policy.report_of(row, side) is None,
        "finish": row.status == MeetingStatus.RUNNING,
        "report": policy.may_report(event, row, moment) and _is_worth_a_report(row, moment),
    }
    return frozenset(name for name, possible in may.items() if possible)


def _is_near(row: Meeting, moment: datetime) -> bool:
    """Of all that is to come, only what comes soon has the button; the next always has it."""
    return row.slot is not None and row.slot.starts_at <= moment + NEAR


def _is_worth_a_report(row: Meeting, moment: datetime) -> bool:
    over = row.slot is not None and row.slot.ends_at <= moment
    return over or row.status in {MeetingStatus.RUNNING, MeetingStatus.HELD, MeetingStatus.MISSED}


def next_of(cards: Sequence[Card], moment: datetime) -> Card | None:
    """Return the first that is not over."""
    going = {MeetingStatus.PLANNED, MeetingStatus.RUNNING}
    return next(
        (
            card for card in cards
            if card.meeting.status in going and card.slot is not None
            and card.slot.ends_at > moment
        ),
        None,
    )  # fmt: skip


def as_next(event: Event, card: Card) -> Card:
    late = policy.is_open(event) and policy.may_be_late(card.meeting, clock.now())
    return replace(card, next=True, acts=card.acts | ({"late"} if late else set()))
