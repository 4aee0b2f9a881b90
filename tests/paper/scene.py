"""A small event with a published timetable: two needs, two achievements, a talk, lunch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import Any

from sqlalchemy.orm import Session

from models import (
    Event,
    EventBreak,
    Match,
    MatchStatus,
    Meeting,
    Side,
    Talk,
    Team,
    Timetable,
    TimetableStatus,
    User,
    Visibility,
)
from tests import factories
from tests.events import making

MARKUP = r"#let $x_1$ *粗* _斜_ @引 <标> \反 [方] `码`"
FORMULA = "=cmd|' /C calc'!A0"


@dataclass(slots=True)
class Scene:
    event: Event
    timetable: Timetable | None
    needs: list[Team]
    achievements: list[Team]
    match: Match
    meetings: list[Meeting]
    talk: Talk


def make_scene(session: Session, owner: User | None = None, *, company: User | None = None,
               published: bool = True, **values: Any) -> Scene:  # fmt: skip
    """Three meetings at tables in two rooms, the last of them after tea and a talk.

    The first is of an accepted pair whose need is not listed; the second of a pair that nobody
    has accepted, its need just as hidden; the third has no pair, its teams bring open postings.
    """
    event = making.make_event(session, owner, tables=3, slots=6, **values)
    event.meetings_version = 7 if published else 0
    event.days[0].breaks.append(EventBreak(starts=time(9, 40), ends=time(10), label="茶歇"))
    for table, room in zip(event.tables, ("蓉厅", "蓉厅", "渝厅"), strict=True):
        table.room = room
    needs = [_team(session, event, Side.NEED, n, company if n == 0 else None) for n in range(2)]
    achievements = [_team(session, event, Side.ACHIEVEMENT, n, None) for n in range(2)]
    event.tables[2].fixed_for_id = achievements[1].id
    secret = [team.postings[0] for team in needs]
    for posting in secret:
        posting.visibility = Visibility.TARGETED
    accepted = factories.make_match(
        session, secret[0], achievements[0].postings[0], status=MatchStatus.ACCEPTED,
        decided_by_id=event.owner_id, decided_at=event.created_at,
    )  # fmt: skip
    suggested = factories.make_match(session, secret[1], achievements[0].postings[0])
    talk = Talk(
        event_id=event.id, team_id=achievements[0].id, team=achievements[0],
        speaker=achievements[0].members[0], title="压铸模具随形冷却", room="报告厅",
        starts_at=event.slots[3].starts_at, ends_at=event.slots[3].ends_at,
    )  # fmt: skip
    session.add(talk)
    timetable, meetings = None, []
    if published:
        timetable = making.make_timetable(
            session, event, number=3, status=TimetableStatus.PUBLISHED
        )
        for need, achievement, match, slot, table in (
            (needs[0], achievements[0], accepted, 0, 0),
            (needs[1], achievements[0], suggested, 1, 1),
            (needs[0], achievements[1], None, 4, 2),
        ):
            wish = making.make_wish(session, need, achievement, match=match)
            place = event.slots[slot], event.tables[table]
            meetings.append(making.make_meeting(session, wish, *place, sequence=slot))
    session.flush()
    return Scene(event, timetable, needs, achievements, accepted, meetings, talk)


def _team(session: Session, event: Event, side: Side, n: int, user: User | None) -> Team:
    make = factories.make_need if side == Side.NEED else factories.make_achievement
    words = {Side.NEED: "需求", Side.ACHIEVEMENT: "成果"}[side]
    posting = make(session, user, title=f"示范{words}{n}号")
    owner = posting.owner
    posting.organisation.name = f"示范{words}单位{n}（{event.id}）"
    return making.make_team(
        session, event, side, user=owner, people=2, postings=[posting], name="研发部"
    )
