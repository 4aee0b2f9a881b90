"""Wishes that a version leaves out: why, in words with numbers, and what would let them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session, joinedload

from matchmaker import clock
from matchmaker.labels import label
from matchmaker.timetables.board import people_of
from matchmaker.timetables.kinds import REFUSALS, cause_words
from matchmaker.wishes import queries as wishes
from matchmaker.wishes.kinds import agrees, answer_of, value_of
from models import (
    Event,
    Placement,
    Side,
    Team,
    TeamStatus,
    Timetable,
    Unscheduled,
    UnscheduledReason,
    Wish,
    WishChoice,
)

PAGE = 6
FULL = {UnscheduledReason.A_FULL: Side.NEED, UnscheduledReason.B_FULL: Side.ACHIEVEMENT}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A wish of the list beside the board."""

    wish_id: int
    need: str
    achievement: str
    why: str
    cause: str = ""
    act: str = ""
    promised: bool = False


def chosen(reason: str) -> tuple[UnscheduledReason, ...]:
    """Return the reasons to show: one that is asked for, or all that a plan could change."""
    if reason in set(UnscheduledReason):
        return (UnscheduledReason(reason),)
    return tuple(row for row in UnscheduledReason if row.value not in REFUSALS)


def rows(
    session: Session, event: Event, timetable: Timetable, reason: str, *, offset: int = 0
) -> list[LeftOut]:
    """Return one page of the wishes that are left out, the weightiest first."""
    statement = _statement(timetable, chosen(reason)).limit(PAGE).offset(offset)
    found = session.execute(statement).all()
    words = _Words(session, event, timetable, found)
    return [words.row(wish, why, fits_if) for wish, why, fits_if in found]


def _statement(timetable: Timetable, reasons: Sequence[UnscheduledReason]) -> Select[Any]:
    def is_must(choice: Any) -> Any:
        return case((choice == WishChoice.MUST, 1), else_=0)

    sides = (Wish.need_team, Wish.achievement_team)
    return (
        select(Wish, Unscheduled.reason, Unscheduled.fits_if)
        .join(Unscheduled, Unscheduled.wish_id == Wish.id)
        .where(Unscheduled.timetable_id == timetable.id, Unscheduled.reason.in_(reasons))
        .order_by(
            Wish.promised.desc(),
            (is_must(Wish.need_choice) + is_must(Wish.achievement_choice)).desc(),
            Wish.score.desc(),
            Wish.id,
        )
        .options(*(joinedload(side).joinedload(Team.organisation) for side in sides))
    )


class _Words:
    """Words of some wishes; what they need is asked once for all."""

    def __init__(
        self, session: Session, event: Event, timetable: Timetable, found: Sequence[Any]
    ) -> None:
        self.event = event
        self.slots = {slot.id: slot for slot in event.slots}
        teams = [
            team for wish, *_rest in found for team in (wish.need_team, wish.achievement_team)
        ]
        self.teams = {team.id: team.full_name for team in teams}
        self.met = _met(session, timetable, list(self.teams))
        people = {(fits_if or {}).get("participant", 0) for _wish, _why, fits_if in found}
        self.people = people_of(session, event, people)
        excluded = any(why == UnscheduledReason.EXCLUDED for _wish, why, _fits in found)
        self.excluded = wishes.excluded_pairs(session, event) if excluded else {}

    def row(
        self, wish: Wish, why: UnscheduledReason, fits_if: Mapping[str, Any] | None
    ) -> LeftOut:
        cause, act = self._cause(fits_if)
        names = (wish.need_team.full_name, wish.achievement_team.full_name)
        return LeftOut(wish.id, *names, self._why(wish, why), cause, act, wish.promised)

    def _why(self, wish: Wish, why: UnscheduledReason) -> str:
        if why in FULL:
            return self._full(wish, FULL[why])
        if why == UnscheduledReason.NOT_ANSWERED:
            return self._not_answered(wish)
        if why == UnscheduledReason.DECLINED:
            refused = [side for side in Side if wish.choice_of(side) == WishChoice.NO]
            return str(_("%(side)s已谢绝", side=_named(refused)))
        if why == UnscheduledReason.EXCLUDED:
            known = self.excluded.get((wish.need_team_id, wish.achievement_team_id))
            return str(label(known or why))
        if why == UnscheduledReason.LOWER_PRIORITY:
            return str(_("优先级较低，价值 %(n)d", n=value_of(wish)))
        return str(label(why))

    def _full(self, wish: Wish, side: Side) -> str:
        team = wish.team_of(side)
        most = self.event.team_most if team.most is None else team.most
        met = self.met.get(team.id, 0)
        if most is None or met < most:
            return str(_("%(side)s能来的人都已排满", side=label(side)))
        return str(_("%(side)s已满，%(n)d/%(most)d 场", side=label(side), n=met, most=most))

    def _not_answered(self, wish: Wish) -> str:
        silent = _named([side for side in Side if not agrees(wish, side)])
        if wish.expired_at is not None:
            return str(_("%(side)s到期没有答复", side=silent))
        until = self.event.wishes_until
        if until is None:
            return str(_("%(side)s还没有答复", side=silent))
        when = clock.time_of_day(until, with_day=True)
        return str(_("%(side)s还没有答复，%(when)s 到期", side=silent, when=when))

    def _cause(self, fits_if: Mapping[str, Any] | None) -> tuple[str, str]:
        if not fits_if:
            return "", ""
        slot = self.slots.get(fits_if.get("slot", 0))
        several = len(self.event.days) > 1
        return cause_words(
            fits_if,
            person=self.people.get(fits_if.get("participant", 0), ""),
            team=self.teams.get(fits_if.get("team", 0), ""),
            time=clock.time_of_day(slot.starts_at, with_day=several) if slot else "",
        )


def _named(sides: Sequence[Side]) -> str:
    return str(label(sides[0])) if len(sides) == 1 else str(_("双方"))


def _met(session: Session, timetable: Timetable, teams: Sequence[int]) -> dict[int, int]:
    """Return how many meetings a version gives to teams."""
    found: dict[int, int] = {}
    for side in (Wish.need_team_id, Wish.achievement_team_id):
        statement = (
            select(side, func.count())
            .join(Placement, Placement.wish_id == Wish.id)
            .where(Placement.timetable_id == timetable.id, side.in_(teams))
            .group_by(side)
        )
        found |= dict(session.execute(statement).all())
    return found


def ready(session: Session, event: Event) -> dict[str, int]:
    """Count what planning needs: teams of both sides, wishes, tables, slots."""
    return {
        "teams": _count_teams(session, event),
        "wishes": len(plannable(session, event)),
        "tables": sum(not table.closed for table in event.tables),
        "slots": sum(slot.open for slot in event.slots),
    }


def plannable(session: Session, event: Event) -> list[Wish]:
    """Return the wishes that the planner may use."""
    apart = wishes.excluded_pairs(session, event)
    return [
        wish
        for wish in wishes.for_plan(session, event)
        if (wish.need_team_id, wish.achievement_team_id) not in apart
        and (answer_of(wish) == "accepted" or (wish.promised and answer_of(wish) != "declined"))
    ]


def _count_teams(session: Session, event: Event) -> int:
    statement = select(func.count(Team.id)).where(
        Team.event_id == event.id, Team.status == TeamStatus.APPROVED
    )
    return session.scalar(statement) or 0
