"""What came of an event, counted from its teams, wishes, meetings and reports."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy.orm import Session

from matchmaker.registration import queries as registration
from matchmaker.timetables import queries as timetables
from matchmaker.wishes import queries as wishes
from matchmaker.wishes.kinds import answer_of, value_of
from models import (
    Event,
    Meeting,
    MeetingReport,
    MeetingStatus,
    NextStep,
    Participant,
    Slot,
    Team,
    Timetable,
    UnscheduledReason,
    Wish,
)

STANDING = frozenset({MeetingStatus.PLANNED, MeetingStatus.RUNNING, MeetingStatus.HELD})
SHARES = ((0.0, 0.0), (0.0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1.0))
"""Groups of teams by the share of their wishes that were met: above the first, up to the second;
the first group has none at all."""


@dataclass(frozen=True, slots=True)
class TeamFigures:
    """One team: its wishes that both sides took, and how many of them have a meeting."""

    team: Team
    wished: int
    met: int

    @property
    def share(self) -> float | None:
        """From 0 to 1; None without a wish."""
        return self.met / self.wished if self.wished else None


@dataclass(frozen=True, slots=True)
class PersonFigures:
    """One person: meetings that stand, and free slots between them (per day, available ones)."""

    person: Participant
    team: Team
    meetings: int
    idle: int
    missed: int


class EventFigures:
    """Everything that is counted for an event, read at once."""

    def __init__(self, session: Session, event: Event) -> None:
        self.event = event
        self.teams = registration.approved(session, event)
        self.wishes: list[Wish] = wishes.for_plan(session, event)
        self.meetings: list[Meeting] = timetables.meetings(session, event)
        self.current: Timetable | None = timetables.current(session, event)
        self.excluded = set(wishes.excluded_pairs(session, event))
        self.left_out: Mapping[UnscheduledReason, int] = (
            timetables.count_unscheduled(session, self.current) if self.current else {}
        )
        self._busy = registration.busy_slots(session, event)

    # ---- meetings

    @cached_property
    def standing(self) -> list[Meeting]:
        return [row for row in self.meetings if row.status in STANDING]

    @cached_property
    def by_status(self) -> Counter[MeetingStatus]:
        return Counter(row.status for row in self.meetings)

    @property
    def standby(self) -> int:
        return sum(row.standby for row in self.standing)

    @property
    def value(self) -> int:
        """Sum of the values of the wishes whose meetings stand."""
        return sum(value_of(row.wish) for row in self.standing)

    @property
    def bound(self) -> float | None:
        """What no timetable could exceed, as the planner proved for the version in force."""
        return self.current.figures.get("bound") if self.current else None

    # ---- teams

    @cached_property
    def of_teams(self) -> list[TeamFigures]:
        """Teams that wished for something, the worst-off first."""
        wished, met = Counter[int](), Counter[int]()
        standing = {row.wish_id for row in self.meetings if row.status in STANDING}
        for wish in self.agreed:
            for team_id in (wish.need_team_id, wish.achievement_team_id):
                wished[team_id] += 1
                met[team_id] += wish.id in standing
        found = [TeamFigures(team, wished[team.id], met[team.id]) for team in self.teams]
        return sorted(found, key=_worst_first)

    @cached_property
    def agreed(self) -> list[Wish]:
        """Wishes that both sides took and that nothing forbids."""
        return [
            wish
            for wish in self.wishes
            if (wish.promised or answer_of(wish) == "accepted")
            and (wish.need_team_id, wish.achievement_team_id) not in self.excluded
        ]

    @property
    def teams_met(self) -> int:
        return len(
            {
                team
                for row in self.standing
                for team in (row.wish.need_team_id, row.wish.achievement_team_id)
            }
        )

    @property
    def coverage(self) -> float | None:
        """Share of the teams that have a meeting."""
        return self.teams_met / len(self.teams) if self.teams else None

    @property
    def worst_off(self) -> TeamFigures | None:
        """The team with wishes whose share of met ones is smallest."""
        return next((row for row in self.of_teams if row.share is not None), None)

    @cached_property
    def share_groups(self) -> list[tuple[float, float, int]]:
        """How many teams had which share of their wishes met."""
        shares = [row.share for row in self.of_teams if row.share is not None]
        return [
            (low, high, sum(share == 0 if high == 0 else low < share <= high for share in shares))
            for low, high in SHARES
        ]

    # ---- people

    @cached_property
    def of_people(self) -> list[PersonFigures]:
        """Everybody who comes, the most idle first."""
        taken: dict[int, list[Slot]] = defaultdict(list)
        missed: Counter[int] = Counter()
        for row in self.meetings:
            for person in (row.need_person, row.achievement_person):
                if row.status in STANDING and row.slot is not None:
                    taken[person.id].append(row.slot)
            if row.status == MeetingStatus.MISSED and row.missed_by is not None:
                missed[row.person_of(row.missed_by).id] += 1
        found = [
            PersonFigures(
                person, team, len(taken[person.id]), self._idle(person, taken[person.id]),
                missed[person.id],
            )
            for team in self.teams
            for person in team.members
        ]  # fmt: skip
        return sorted(found, key=lambda row: (-row.idle, -row.meetings, row.person.id))

    def _idle(self, person: Participant, taken: Iterable[Slot]) -> int:
        """Count free available slots between the first and the last meeting of each day."""
        by_day: dict[int, list[Slot]] = defaultdict(list)
        for slot in taken:
            by_day[slot.day_id].append(slot)
        busy = self._busy.get(person.id, set())
        idle = 0
        for day_id, slots in by_day.items():
            first = min(slot.starts_at for slot in slots)
            last = max(slot.starts_at for slot in slots)
            held = {slot.id for slot in slots}
            idle += sum(
                slot.open and slot.id not in held and slot.id not in busy
                for slot in self.event.slots
                if slot.day_id == day_id and first < slot.starts_at < last
            )
        return idle

    @property
    def idle(self) -> int:
        return sum(row.idle for row in self.of_people)

    @property
    def idle_per_meeting(self) -> float | None:
        return self.idle / len(self.standing) if self.standing else None

    @property
    def people(self) -> int:
        return sum(len(team.members) for team in self.teams)

    @property
    def arrived(self) -> int:
        return sum(p.checked_in_at is not None for team in self.teams for p in team.members)

    # ---- reports

    @cached_property
    def reports(self) -> list[MeetingReport]:
        return [report for row in self.meetings for report in row.reports]

    @property
    def reports_due(self) -> int:
        """Two for each meeting that was held."""
        return 2 * self.by_status[MeetingStatus.HELD]

    @cached_property
    def interest(self) -> list[int]:
        """How many reports say 0, 1, 2 and 3."""
        counts = Counter(r.interest for r in self.reports if r.interest is not None)
        return [counts[level] for level in range(4)]

    @cached_property
    def next_steps(self) -> list[tuple[NextStep, int]]:
        counts = Counter(step for report in self.reports for step in report.next_steps)
        return [(step, counts[step.value]) for step in NextStep]

    @property
    def both_interested(self) -> int:
        """Meetings of which both sides want to talk on (2) or go on (3)."""
        found = 0
        for row in self.meetings:
            levels = [report.interest or 0 for report in row.reports]
            found += len(levels) == 2 and min(levels) >= 2
        return found


def _worst_first(row: TeamFigures) -> tuple[bool, float, int, str]:
    share = row.share
    return share is None, share or 0.0, -row.wished, row.team.full_name
