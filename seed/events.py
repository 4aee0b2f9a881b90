"""Demonstration events, played through the services.

One docking event is over, one is planned, one can be registered for; a contest has results, a
salon seats.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.contests import ballots, seats
from matchmaker.contests import service as contests
from matchmaker.contests.service import Asked
from matchmaker.db import Database
from matchmaker.events import service as events
from matchmaker.events.slots import Pause
from matchmaker.floor import reporting
from matchmaker.floor import service as floor
from matchmaker.floor.reporting import Said
from matchmaker.registration import service as registration
from matchmaker.registration import talks
from matchmaker.timetables import queries as timetables
from matchmaker.timetables import service as planning
from matchmaker.wishes import exclusions
from matchmaker.wishes import queries as wishes
from models import (
    Criterion,
    Entry,
    Event,
    ExclusionReason,
    Juror,
    Meeting,
    NextStep,
    PostingKind,
    Role,
    Side,
    TableClosure,
    Team,
    User,
)
from seed.staging import (
    Stage,
    acting,
    admit_all,
    announced,
    event_of,
    let_choose,
    plan_and_publish,
    registered,
    run_jobs,
    somebody,
    suggest,
)

SCHOOLS = ("材料学院", "化工学院", "机械学院")
RETURNING = 2
"""So many research teams of the past event come to the next one under the same name."""
CRITERIA = (("创新程度", 30, 10), ("应用价值", 40, 10), ("团队与基础", 20, 10), ("表达", 10, 10))
TOPICS = ("动力电池材料", "智能制造", "绿色化工")


def load_events(database: Database, tell: Callable[[float], None] = lambda _share: None) -> None:
    """Load the demonstration events."""
    stage = Stage(database)
    parts = (_past_docking, _coming_docking, _roadshow, _contest, _salon)
    for number, part in enumerate(parts, start=1):
        part(stage)
        tell(number / len(parts))


def _past_docking(stage: Stage) -> None:
    """Be through with a docking event: everything happened, and reports came in."""
    day = -26
    with acting(stage, stage.at(day - 30)) as session:
        event = announced(
            session, stage, "docking", "示范渝西先进材料对接会",
            "面向先进材料和轻合金，一对一洽谈，每场 20 分钟。", stage.at(day).date(),
            (time(9), time(11, 40)), [f"{n} 桌" for n in range(1, 7)],
            chains=("先进材料", "轻合金材料"), capacity=60, most_in_a_row=4,
        )  # fmt: skip
        event_id = event.id
    with acting(stage, stage.at(day - 20)) as session:
        event = event_of(session, stage, event_id)
        for kind, n in ((PostingKind.NEED, 8), (PostingKind.ACHIEVEMENT, 7)):
            owners = stage.owners(session, kind)
            for number, user in enumerate([*owners[:1], *owners[4 : 3 + n]]):
                registered(
                    session, stage, event, user, kind, number, name=_past_name(kind, number)
                )
        admit_all(session, stage, event)
    suggest(stage, event_id, stage.at(day - 12))
    with acting(stage, stage.at(day - 9)) as session:
        let_choose(session, stage, event_of(session, stage, event_id), answered=0.85)
    plan_and_publish(stage, event_id, stage.at(day - 4))
    _hold(stage, event_id)
    with acting(stage, stage.at(day + 9)) as session:
        events.close(session, stage.organiser(session), event_of(session, stage, event_id))


def _past_name(kind: PostingKind, number: int) -> str:
    """Return the name of a team; companies and two of the others come again to the next event."""
    if kind == PostingKind.NEED:
        return ""
    return SCHOOLS[0] if number < RETURNING else "先进材料团队"


def _hold(stage: Stage, event_id: int) -> None:
    """Let the day pass: arrivals, meetings, one absence, reports."""
    with stage.database.reading() as session:
        rows = timetables.meetings(session, event_of(session, stage, event_id))
        plan = [(row.id, row.slot.starts_at, row.slot.ends_at) for row in rows if row.slot]
    with acting(stage, plan[0][1] - timedelta(minutes=20)) as session:
        event = event_of(session, stage, event_id)
        for row in timetables.meetings(session, event):
            for person in (row.need_person, row.achievement_person):
                if person.checked_in_at is None:
                    floor.check_in(session, stage.organiser(session), event, person)
    for number, (meeting_id, starts, ends) in enumerate(plan):
        _pass(stage, event_id, meeting_id, starts, ends, number)


def _pass(
    stage: Stage, event_id: int, meeting_id: int, starts: datetime, ends: datetime, number: int
) -> None:
    with acting(stage, starts + timedelta(minutes=5)) as session:
        organiser, event = stage.organiser(session), event_of(session, stage, event_id)
        meeting = session.get_one(Meeting, meeting_id)
        if number == 5:
            floor.miss(session, organiser, event, meeting, by=Side.ACHIEVEMENT)
            return
        floor.start(session, organiser, event, meeting)
    with acting(stage, ends) as session:
        organiser, event = stage.organiser(session), event_of(session, stage, event_id)
        meeting = session.get_one(Meeting, meeting_id)
        floor.finish(session, organiser, event, meeting)
        session.flush()
        for side in Side:
            if stage.draw.random() < 0.85:
                _report(session, stage, event, meeting, side, ends)


def _report(
    session: Session, stage: Stage, event: Event, meeting: Meeting, side: Side, moment: datetime
) -> None:
    interest = stage.draw.choice([0, 1, 1, 2, 2, 2, 3])
    steps = ([NextStep.NONE], [NextStep.DATA], [NextStep.SAMPLE, NextStep.NDA], [NextStep.VISIT])
    user = meeting.wish.team_of(side).registered_by
    said = Said(
        met=True, interest=interest, next_steps=tuple(step.value for step in steps[interest]),
        owner_name=user.name, due=moment.date() + timedelta(days=7) if interest else None,
        remark="",
    )  # fmt: skip
    reporting.report(session, user, event, meeting, side=side, said=said)


def _coming_docking(stage: Stage) -> None:
    """Stand a few days before a docking event: a version is published, wishes still come in."""
    day = 9
    tea = Pause(time(10, 20), time(10, 40), "茶歇")
    with acting(stage, stage.at(-14)) as session:
        event = announced(
            session, stage, "docking", "示范两江新材料与智能制造对接会",
            "面向 33 条重点产业链中的新材料和智能制造，企业驻桌，科研团队轮换。", stage.at(day).date(),
            (time(9), time(12)), [f"{n} 桌" for n in range(1, 8)], [tea],
            chains=("先进材料", "轻合金材料", "智能装备及智能制造"), capacity=120, most_in_a_row=4,
            person_most=8, registration_until=stage.at(-2, 18), wishes_until=stage.at(5, 18),
        )  # fmt: skip
        event_id = event.id
    with acting(stage, stage.at(-10)) as session:
        event = event_of(session, stage, event_id)
        for number, user in enumerate(stage.owners(session, PostingKind.NEED)[:18]):
            registered(
                session, stage, event, user, PostingKind.NEED, number, people=1 + (number % 5 == 0)
            )
        for number, user in enumerate(stage.owners(session, PostingKind.ACHIEVEMENT)[:12]):
            for school in SCHOOLS[: 1 + number % 2]:
                if school != SCHOOLS[0]:
                    _register_colleague(session, stage, event, user, number, school)
                    continue
                registered(
                    session, stage, event, user, PostingKind.ACHIEVEMENT, number, name=school,
                    people=1 + number % 3,
                )  # fmt: skip
        admit_all(session, stage, event)
        for table, team in zip(event.tables, _needs(session, event)[:4], strict=False):
            table.fixed_for_id = team.id
        _let_one_pair_meet_again(session, stage, event)
    suggest(stage, event_id, stage.at(-9))
    with acting(stage, stage.at(-3)) as session:
        let_choose(session, stage, event_of(session, stage, event_id), answered=0.8)
    plan_and_publish(stage, event_id, stage.at(-1))
    _change_late(stage, event_id)


def _let_one_pair_meet_again(session: Session, stage: Stage, event: Event) -> None:
    """Let the first of those who met at the past event meet once more; the others stay apart."""
    session.flush()
    for ids, reason in sorted(wishes.excluded_pairs(session, event).items()):
        if reason == ExclusionReason.MET_BEFORE:
            need, achievement = (session.get_one(Team, team_id) for team_id in ids)
            exclusions.allow_again(
                session, stage.organiser(session), event, need, achievement, "上次约好带样品再谈"
            )
            return


def _register_colleague(
    session: Session, stage: Stage, event: Event, user: User, number: int, school: str
) -> None:
    """Register a second team of a university, of people without accounts, on its behalf."""
    brought = stage.postings(session, user, PostingKind.ACHIEVEMENT)[2:4]
    registration.register(
        session, stage.organiser(session), event,
        {
            "side": Side.ACHIEVEMENT.value, "name": school,
            "postings": [posting.id for posting in brought],
            "members": [somebody(stage), somebody(stage)][: 1 + number % 2], "opted_in": True,
            "least": None, "most": None, "remark": "",
        },
        on_behalf=True, organisation=user.organisation,
    )  # fmt: skip
    session.flush()


def _needs(session: Session, event: Event) -> list[Team]:
    statement = select(Team).where(Team.event_id == event.id, Team.side == Side.NEED)
    return list(session.scalars(statement.order_by(Team.id)))


def _change_late(stage: Stage, event_id: int) -> None:
    """Let somebody come for less and a table be lost for a while: a draft shows what that moves."""
    with acting(stage, stage.at(0, 8)) as session:
        event = event_of(session, stage, event_id)
        team = _needs(session, event)[6]
        team.members[0].most = 2
        for slot in event.slots[-2:]:
            event.tables[-1].closures.append(TableClosure(slot_id=slot.id))
        planning.start(session, stage.organiser(session), event, time_limit=30)
    run_jobs(stage, stage.at(0, 8), "timetables.plan")


def _roadshow(stage: Stage) -> None:
    """Have an event to register for, with some teams waiting and talks proposed."""
    day = 24
    with acting(stage, stage.at(-3)) as session:
        event = announced(
            session, stage, "roadshow", "示范成渝中试项目路演",
            "项目登台讲解 15 分钟，之后与感兴趣的企业一对一洽谈。", stage.at(day).date(),
            (time(9, 30), time(12)), [f"{n} 桌" for n in range(1, 6)],
            chains=("先进材料",), capacity=40,
        )  # fmt: skip
        event_id = event.id
    with acting(stage, stage.at(-1)) as session:
        event = event_of(session, stage, event_id)
        for number, user in enumerate(stage.owners(session, PostingKind.ACHIEVEMENT)[1:5]):
            team = registered(session, stage, event, user, PostingKind.ACHIEVEMENT, number)
            posting = team.postings[0] if team.postings else None
            if posting is not None and number < 3:
                values = {
                    "title": posting.title, "abstract": posting.summary[:300],
                    "speaker": team.members[0].id, "posting": posting.id,
                }  # fmt: skip
                registration.admit(session, stage.organiser(session), team)
                talks.propose(session, user, team, values)
        for number, user in enumerate(stage.owners(session, PostingKind.NEED)[1:4]):
            registered(session, stage, event, user, PostingKind.NEED, number)


def _contest(stage: Stage) -> None:
    """Be through with a contest: entries were judged, results are published."""
    day = -8
    with acting(stage, stage.at(day - 20)) as session:
        event = announced(
            session, stage, "contest", "示范科技成果转化大赛",
            "参赛项目由评委按四项标准打分，评委看不到参赛单位。", stage.at(day).date(),
            (time(9), time(12)), blind=True,
        )  # fmt: skip
        event_id = event.id
        asked = [Asked(None, *criterion) for criterion in CRITERIA]
        contests.set_criteria(
            session, stage.organiser(session), event, asked, seen=contests.fingerprint([])
        )
        jurors = select(User).where(User.role.in_([Role.TRANSFER_MANAGER, Role.ENTERPRISE]))
        for user in session.scalars(jurors.order_by(User.id)).unique().all()[:4]:
            if user.active and user.organisation.verified_at:
                contests.add_juror(session, stage.organiser(session), event, user)
    with acting(stage, stage.at(day - 15)) as session:
        event = event_of(session, stage, event_id)
        for number, user in enumerate(stage.owners(session, PostingKind.ACHIEVEMENT)[:6]):
            team = registered(session, stage, event, user, PostingKind.ACHIEVEMENT, number)
            registration.admit(session, stage.organiser(session), team)
            posting = stage.postings(session, user, PostingKind.ACHIEVEMENT)[number % 2]
            contests.enter(
                session, user, team, title=posting.title, summary=posting.summary[:600],
                posting_id=None,
            )  # fmt: skip
    with acting(stage, stage.at(day, 11)) as session:
        event = event_of(session, stage, event_id)
        criteria = list(session.scalars(select(Criterion).where(Criterion.event_id == event_id)))
        entries = list(session.scalars(select(Entry).where(Entry.event_id == event_id)))
        for juror in session.scalars(select(Juror).where(Juror.event_id == event_id)).unique():
            for entry in entries:
                points = {c.id: stage.draw.randint(10, 20) / 2 for c in criteria}
                ballots.save(
                    session, juror.user, juror, event, entry, version=0, points=points,
                    remark="", submit=True,
                )  # fmt: skip
        contests.publish(session, stage.organiser(session), event, anyway=True)


def _salon(stage: Stage) -> None:
    """Have a salon with some seats taken."""
    day = 17
    with acting(stage, stage.at(-2)) as session:
        event = announced(
            session, stage, "salon", "示范周五技术沙龙",
            "三张主题桌，每桌一个题目，自选座位。", stage.at(day).date(), (time(14), time(17)),
            [f"{name} 桌" for name in ("甲", "乙", "丙")], approval=False,
        )  # fmt: skip
        for table, topic in zip(event.tables, TOPICS, strict=True):
            table.topic, table.seats = topic, 6
        event_id = event.id
    with acting(stage, stage.at(-1)) as session:
        event = event_of(session, stage, event_id)
        kinds = (PostingKind.NEED, PostingKind.ACHIEVEMENT)
        for kind in kinds:
            for number, user in enumerate(stage.owners(session, kind)[1:6]):
                team = registered(session, stage, event, user, kind, number)
                if number % 2:
                    continue
                table = event.tables[number % len(event.tables)]
                seats.sit(session, user, event, team.members[0], table)
