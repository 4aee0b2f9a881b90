"""Standby: which unscheduled wishes could be met at once, by people who are here and free.

`choose` is pure: it never offers somebody who is busy, not here or excluded, and the best come
first. Whether a meeting may really stand there is decided once more when it is booked.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, or_, select
from sqlalchemy.orm import Session

from matchmaker.floor import policy, queries
from matchmaker.registration import queries as registration
from matchmaker.wishes import queries as wishes
from matchmaker.wishes.kinds import (
    FILL,
    FIT,
    HALF,
    MUTUAL,
    MUTUAL_MUST,
    ONE_MUST,
    answer_of,
    value_of,
)
from models import (
    Event,
    EventTable,
    Meeting,
    MeetingStatus,
    Participant,
    Side,
    Slot,
    Team,
    TeamStatus,
    Wish,
    WishChoice,
)

MOST = 8
"""So many offers are shown."""
BATCH = 200
"""So many wishes are looked at in one go."""
People = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A wish as the choice sees it: its worth, its teams, and who may come for each."""

    wish: int
    value: int
    teams: tuple[int, int]
    need: People
    achievement: People


@dataclass(frozen=True, slots=True)
class Hall:
    """The hall now: all in ids."""

    slots: Sequence[int]
    """In which one may still begin, the earliest first."""
    tables: Sequence[int]
    here: frozenset[int]
    """Participants who are here and not missing."""
    busy: frozenset[tuple[int, int]] = frozenset()
    """(slot, participant): a meeting, a talk, a time in which they cannot."""
    taken: frozenset[tuple[int, int]] = frozenset()
    """(slot, table): a meeting, or the table is closed."""
    booths: Mapping[int, int] = field(default_factory=dict)
    """Table → the team whose booth it is."""
    excluded: frozenset[tuple[int, int]] = frozenset()
    """(need team, achievement team)."""
    full: frozenset[int] = frozenset()
    """Teams that have as many meetings as they may."""
    tired: frozenset[tuple[int, int]] = frozenset()
    """(slot, participant): would have too many, or too many in a row."""
    sitting: Mapping[int, int] = field(default_factory=dict)
    """Participant → the table at which they wait in vain."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where and between whom a wish could be met."""

    wish: int
    value: int
    slot: int
    table: int
    need: int
    achievement: int


def choose(pairs: Iterable[Pair], hall: Hall, *, most: int = MOST) -> list[Place]:
    """Return where the best pairs could meet, each by itself, the most valuable first."""
    found: list[Place] = []
    for pair in sorted(pairs, key=lambda pair: (-pair.value, pair.wish)):
        place = _place(pair, hall)
        if place is not None:
            found.append(place)
        if len(found) == most:
            break
    return found


def _place(pair: Pair, hall: Hall) -> Place | None:
    if pair.teams in hall.excluded or hall.full.intersection(pair.teams):
        return None
    for slot in hall.slots:
        need, achievement = (_free(people, slot, hall) for people in (pair.need, pair.achievement))
        if need is None or achievement is None:
            continue
        table = next(_tables(pair, slot, hall, (need, achievement)), None)
        if table is not None:
            return Place(pair.wish, pair.value, slot, table, need, achievement)
    return None


def _free(people: People, slot: int, hall: Hall) -> int | None:
    """Return who of a side is here and free; who sits at a table waiting comes first."""
    for person in sorted(people, key=lambda person: person not in hall.sitting):
        where = (slot, person)
        if person in hall.here and where not in hall.busy and where not in hall.tired:
            return person
    return None


def _tables(pair: Pair, slot: int, hall: Hall, people: tuple[int, int]) -> Iterator[int]:
    """Yield free tables: a team's own booth before all, else where one of the two sits."""
    free = [table for table in hall.tables if (slot, table) not in hall.taken]
    own = [table for table in free if hall.booths.get(table) in pair.teams]
    waiting = {hall.sitting.get(person) for person in people}
    common = [table for table in free if table not in hall.booths]
    yield from own or sorted(common, key=lambda table: table not in waiting)


# ---- the same from the tables of the database


@dataclass(frozen=True, slots=True)
class Offer:
    """A place with its rows, for showing and booking it."""

    wish: Wish
    slot: Slot
    table: EventTable
    need_person: Participant
    achievement_person: Participant
    value: int


def slots_for(event: Event, moment: datetime) -> list[Slot]:
    """Return where standby can begin: what is left of this slot if it is worth it, and the next."""
    coming = [
        slot
        for slot in event.slots
        if slot.open and policy.same_day(slot.starts_at, moment)
        and moment <= slot.starts_at + (slot.ends_at - slot.starts_at) / 2
    ]  # fmt: skip
    begun = [slot for slot in coming if slot.starts_at <= moment]
    return [*begun, *coming[len(begun) :][:1]]


def offers(
    session: Session, event: Event, moment: datetime, *, only: int | None = None
) -> list[Offer]:
    """Return the best wishes that could be met now; with `only`, that of one wish."""
    slots = slots_for(event, moment)
    if not slots:
        return []
    teams = _teams(session, event)
    hall = _hall(session, event, moment, slots, teams)
    able = {
        person for person in hall.here
        if any((slot, person) not in hall.busy for slot in hall.slots)
    }  # fmt: skip
    ready = {team.id for team in teams.values() if any(p.id in able for p in team.members)}
    people = {person.id: person for team in teams.values() for person in team.members}
    slot_of = {slot.id: slot for slot in slots}
    table_of = {table.id: table for table in event.tables}
    return [
        Offer(
            wish, slot_of[place.slot], table_of[place.table],
            people[place.need], people[place.achievement], place.value,
        )
        for wish, place in _best(session, event, hall, ready, only)
    ]  # fmt: skip


def _best(
    session: Session, event: Event, hall: Hall, ready: set[int], only: int | None
) -> list[tuple[Wish, Place]]:
    """Look at the most valuable wishes first, and no further than needed."""
    found: list[tuple[Wish, Place]] = []
    for offset in itertools.count(0, BATCH):
        statement = _wishes(event, ready, only).limit(BATCH).offset(offset)
        rows = {wish.id: wish for wish in session.scalars(statement)}
        pairs = [_pair(wish) for wish in rows.values() if answer_of(wish) == "accepted"]
        places = choose(pairs, hall, most=MOST - len(found))
        found += [(rows[place.wish], place) for place in places]
        if len(rows) < BATCH or len(found) >= MOST:
            break
    return found


def _teams(session: Session, event: Event) -> dict[int, Team]:
    found = session.scalars(
        select(Team)
        .where(Team.event_id == event.id, Team.status == TeamStatus.APPROVED)
        .options(*registration.loaded()[1:2])
    ).unique()
    return {team.id: team for team in found}


def _wishes(event: Event, ready: set[int], only: int | None) -> Select[Wish]:
    """Select what nobody refuses, between teams with somebody to come, without a meeting."""
    no = WishChoice.NO
    statement = (
        select(Wish)
        .outerjoin(Meeting, Meeting.wish_id == Wish.id)
        .where(
            Wish.event_id == event.id,
            Wish.need_team_id.in_(ready),
            Wish.achievement_team_id.in_(ready),
            or_(Wish.need_choice.is_(None), Wish.need_choice != no),
            or_(Wish.achievement_choice.is_(None), Wish.achievement_choice != no),
            or_(Meeting.id.is_(None), Meeting.status == MeetingStatus.CANCELLED),
        )
        .order_by(_value().desc(), Wish.id)
    )
    return statement if only is None else statement.where(Wish.id == only)


def _value() -> ColumnElement[float]:
    """Return `wishes.kinds.value_of` as the database sorts by it."""
    ours, theirs = Wish.need_choice, Wish.achievement_choice
    must = WishChoice.MUST
    level = case(
        (and_(ours == must, theirs == must), MUTUAL_MUST),
        (or_(ours == must, theirs == must), ONE_MUST),
        (and_(ours.is_not(None), theirs.is_not(None)), MUTUAL),
        (or_(ours.is_not(None), theirs.is_not(None)), HALF),
        else_=FILL,
    )
    return level + FIT * Wish.score


def _pair(wish: Wish) -> Pair:
    need, achievement = (
        _knowing(wish.team_of(side), words)
        for side, words in (
            (Side.NEED, wish.need_expertise), (Side.ACHIEVEMENT, wish.achievement_expertise),
        )
    )  # fmt: skip
    teams = (wish.need_team_id, wish.achievement_team_id)
    return Pair(wish.id, value_of(wish), teams, need, achievement)


def _knowing(team: Team, words: str) -> People:
    """Return those who know what is asked for, else all; as the planner does."""
    members = [person.id for person in team.members]
    knowing = [person.id for person in team.members if words and words in person.expertise]
    return tuple(knowing or members)


def _hall(
    session: Session, event: Event, moment: datetime, slots: list[Slot], teams: dict[int, Team]
) -> Hall:
    standing = [
        (slot, table, (need, achievement))
        for slot, table, need, achievement in session.execute(
            select(
                Meeting.slot_id, Meeting.table_id, Meeting.need_person_id,
                Meeting.achievement_person_id,
            ).where(Meeting.event_id == event.id, Meeting.slot_id.is_not(None))
        )
        if slot is not None and table is not None
    ]  # fmt: skip
    missing = queries.absent(session, event, moment)
    people = [person for team in teams.values() for person in team.members]
    meets = {(slot, person) for slot, _table, pair in standing for person in pair}
    blocks = registration.busy_slots(session, event)
    away = {(slot, person) for person, ids in blocks.items() for slot in ids}
    closed = {(c.slot_id, table.id) for table in event.tables for c in table.closures}
    return Hall(
        slots=[slot.id for slot in slots],
        tables=[table.id for table in event.tables if not table.closed],
        here=frozenset(p.id for p in people if policy.is_here(p, moment) and p.id not in missing),
        busy=frozenset(meets | away),
        taken=frozenset(closed | {(slot, table) for slot, table, _pair in standing}),
        booths={t.id: t.fixed_for_id for t in event.tables if t.fixed_for_id in teams},
        excluded=frozenset(wishes.excluded_pairs(session, event)),
        full=_full(event, teams, [person for _slot, person in meets]),
        tired=_tired(event, slots, people, meets),
        sitting=_sitting(session, event, slots[0]),
    )  # fmt: skip


def _full(event: Event, teams: Mapping[int, Team], meeting: Iterable[int]) -> frozenset[int]:
    team_of = {person.id: team.id for team in teams.values() for person in team.members}
    met = Counter(team_of.get(person) for person in meeting)
    found = set()
    for team in teams.values():
        most = event.team_most if team.most is None else team.most
        if most is not None and met[team.id] >= most:
            found.add(team.id)
    return frozenset(found)


def _tired(
    event: Event, slots: list[Slot], people: Iterable[Participant], meets: set[tuple[int, int]]
) -> frozenset[tuple[int, int]]:
    """Find who would have too many meetings, or too many without a pause."""
    met = Counter(person for _slot, person in meets)
    order = [slot for slot in event.slots if slot.open]
    found = set()
    for person in people:
        most = event.person_most if person.most is None else person.most
        for slot in slots:
            full = most is not None and met[person.id] >= most
            row = event.most_in_a_row
            if full or (row and _row_with(order, slot, person.id, meets) > row):
                found.add((slot.id, person.id))
    return frozenset(found)


def _row_with(order: list[Slot], slot: Slot, person: int, meets: set[tuple[int, int]]) -> int:
    """Count the slots without a pause around one more meeting."""
    length, at = 1, order.index(slot)
    for step in (-1, 1):
        here = at
        while 0 <= here + step < len(order):
            one, other = sorted((order[here], order[here + step]), key=lambda s: s.starts_at)
            if one.ends_at != other.starts_at or (order[here + step].id, person) not in meets:
                break
            here += step
            length += 1
    return length


def _sitting(session: Session, event: Event, slot: Slot) -> dict[int, int]:
    """Return who sits where, waiting for somebody who does not come in this slot."""
    rows = session.scalars(
        select(Meeting).where(
            Meeting.event_id == event.id,
            Meeting.status == MeetingStatus.MISSED,
            Meeting.changed_at >= slot.starts_at,
        )
    )
    found = {}
    for row in rows:
        was = row.was or {}
        if row.missed_by is not None and was.get("slot") == slot.id and was.get("table"):
            found[row.person_of(policy.OTHER[row.missed_by]).id] = int(was["table"])
    return found
