"""What the demonstration events are made with: people, postings, moments, and the usual steps.

Everything past is done as of its own day, so that windows and rules hold as they would have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import clock, jobs
from matchmaker.db import Database
from matchmaker.events import queries as event_queries
from matchmaker.events import service as events
from matchmaker.events.slots import DayPlan, Pause
from matchmaker.registration import service as registration
from matchmaker.timetables import queries as timetables
from matchmaker.timetables import service as planning
from matchmaker.vocabulary import queries as vocabulary
from matchmaker.wishes import queries as wish_queries
from matchmaker.wishes import service as wishes
from matchmaker.wishes.service import Pick
from models import (
    Event,
    Job,
    JobStatus,
    Organisation,
    Posting,
    PostingKind,
    PostingStatus,
    Side,
    Team,
    TeamStatus,
    User,
    Wish,
    WishChoice,
)

HALL = "示范会展中心 3 号厅"
COLLEAGUES = (
    ("韩静", "研究员"), ("周岩", "副研究员"), ("郑浩", "高级工程师"), ("许诺", "博士后"),
    ("马跃", "技术总监"), ("罗兰", "研发经理"), ("邓超", "工艺工程师"), ("曾琪", "项目经理"),
)  # fmt: skip


class Stage:
    """The people and postings that the demonstration has, and a source of chance that repeats."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.draw = Random(20261123)  # noqa: S311 - invented people, not secrets
        self.today = clock.today()

    def at(self, days: int, hour: int = 10, minute: int = 0) -> datetime:
        """Return a moment so many days from today, in local time."""
        day = self.today + timedelta(days=days)
        return datetime.combine(day, time(hour, minute), clock.LOCAL_ZONE)

    def organiser(self, session: Session) -> User:
        statement = select(User).where(User.email == "organiser@example.org")
        return session.scalars(statement).unique().one()

    def owners(self, session: Session, kind: PostingKind) -> list[User]:
        """Return who has published postings of a kind, those with the most first."""
        rows = session.scalars(
            select(Posting)
            .join(Organisation, Organisation.id == Posting.organisation_id)
            .where(
                Posting.kind == kind, Posting.status == PostingStatus.PUBLISHED,
                Organisation.demonstration,
            )
            .order_by(Posting.id)
        ).unique()  # fmt: skip
        count: dict[int, int] = {}
        for posting in rows:
            count[posting.owner_id] = count.get(posting.owner_id, 0) + 1
        ids = sorted(count, key=lambda owner: (-count[owner], owner))
        found = [session.get_one(User, owner) for owner in ids]
        known = {"researcher@example.org", "enterprise@example.org"}
        return sorted(found, key=lambda user: user.email not in known)

    def postings(self, session: Session, owner: User, kind: PostingKind) -> list[Posting]:
        statement = (
            select(Posting)
            .where(
                Posting.owner_id == owner.id, Posting.kind == kind,
                Posting.status == PostingStatus.PUBLISHED,
            )
            .order_by(Posting.id)
        )  # fmt: skip
        return list(session.scalars(statement).unique())


@contextmanager
def acting(stage: Stage, moment: datetime) -> Iterator[Session]:
    """Open a transaction as of a moment; jobs wait until somebody runs them."""
    with clock.as_of(moment), stage.database.transaction() as session:
        yield session
        session.info.pop("jobs", None)


def run_jobs(stage: Stage, moment: datetime, *kinds: str) -> None:
    """Run the jobs of some kinds that wait, soon after a moment."""
    with stage.database.reading() as session:
        waiting = select(Job.id).where(Job.kind.in_(kinds), Job.status == JobStatus.QUEUED)
        ids = list(session.scalars(waiting.order_by(Job.id)))
    with clock.as_of(moment + timedelta(minutes=5)):
        for job_id in ids:
            jobs.run(stage.database, job_id)


def announced(
    session: Session, stage: Stage, kind: str, title: str, summary: str, day: date,
    hours: tuple[time, time], tables: Sequence[str] = (), breaks: Sequence[Pause] = (),
    **values: Any,
) -> Event:  # fmt: skip
    organiser = stage.organiser(session)
    chains = {node.name: node.id for node in vocabulary.chains(session)}
    nodes = [chains[name] for name in values.pop("chains", ()) if name in chains]
    plan = DayPlan(day, *hours, tuple(breaks))
    event = events.draft(
        session, organiser,
        {
            "kind": kind, "title": title, "summary": summary, "region_code": "500112",
            "venue": HALL, "address": "示范区会展路 1 号", "nodes": nodes, "approval": True,
            "team_least": 1, "must_tokens": 3, "met_before_months": 24, "blind": False, **values,
        },
        first=plan, tables=tables,
    )  # fmt: skip
    session.flush()
    event = event_queries.one(session, organiser, event.id)
    events.announce(session, organiser, event)
    return event


def somebody(
    stage: Stage, user: User | None = None, expertise: Sequence[str] = ()
) -> dict[str, Any]:
    name, position = stage.draw.choice(COLLEAGUES)
    return {
        "id": 0, "name": user.name if user else name,
        "position": (user.position if user else position) or position,
        "phone": user.phone if user else "",
        "email": user.email if user else "", "expertise": list(expertise), "most": None,
        "blocks": [],
    }  # fmt: skip


def registered(
    session: Session, stage: Stage, event: Event, user: User, kind: PostingKind, number: int, *,
    name: str = "", people: int = 1,
) -> Team:  # fmt: skip
    """Register a team of an owner with some of the postings, and admit it."""
    side = Side.NEED if kind == PostingKind.NEED else Side.ACHIEVEMENT
    brought = stage.postings(session, user, kind)[: 2 + number % 2]
    members = [somebody(stage, user)] + [somebody(stage) for _ in range(people - 1)]
    for member, posting in zip(members, brought, strict=False):
        member["expertise"] = list(posting.keywords[:2])
    if number % 4 == 3:  # some are there for the morning only
        slots = event.slots
        members[0]["blocks"] = [slot.id for slot in slots[len(slots) * 3 // 4 :]]
    team = registration.register(
        session, user, event,
        {
            "side": side.value, "name": name, "postings": [posting.id for posting in brought],
            "members": members, "opted_in": number % 3 == 0, "least": None, "most": None,
            "remark": "",
        },
    )  # fmt: skip
    session.flush()
    return team


def let_choose(session: Session, stage: Stage, event: Event, *, answered: float) -> None:
    """Let both sides of the best suggestions say what they want; some do not answer."""
    rows = wish_queries.for_plan(session, event)
    teams = {team.id: team for wish in rows for team in (wish.need_team, wish.achievement_team)}
    picks: dict[int, list[Pick]] = {team_id: [] for team_id in sorted(teams)}
    for wish in sorted(rows, key=lambda wish: (-wish.score, wish.id)):
        for side in Side:
            if stage.draw.random() > (answered if side == Side.ACHIEVEMENT else 0.95):
                continue
            own = picks[wish.team_of(side).id]
            spent = sum(pick.choice == WishChoice.MUST for pick in own)
            other = wish.achievement_team if side == Side.NEED else wish.need_team
            own.append(Pick(other, _choice(stage, wish, spent, event.must_tokens)))
    for team_id, chosen in picks.items():
        if chosen:
            team = teams[team_id]
            wishes.choose_many(session, team.registered_by, event, team, chosen)


def _choice(stage: Stage, wish: Wish, spent: int, tokens: int) -> WishChoice:
    if wish.score > 0.45 and spent < tokens:
        return WishChoice.MUST
    return WishChoice.NO if stage.draw.random() < 0.08 else WishChoice.MEET


def event_of(session: Session, stage: Stage, event_id: int) -> Event:
    return event_queries.one(session, stage.organiser(session), event_id)


def admit_all(session: Session, stage: Stage, event: Event) -> None:
    waiting = select(Team).where(Team.event_id == event.id, Team.status == TeamStatus.PENDING)
    for team in session.scalars(waiting.order_by(Team.id)).all():
        registration.admit(session, stage.organiser(session), team)


def suggest(stage: Stage, event_id: int, moment: datetime) -> None:
    with acting(stage, moment) as session:
        wishes.suggest_again(session, stage.organiser(session), event_of(session, stage, event_id))
    run_jobs(stage, moment, "wishes.suggest")


def plan_and_publish(stage: Stage, event_id: int, moment: datetime) -> None:
    with acting(stage, moment) as session:
        event = event_of(session, stage, event_id)
        planning.start(session, stage.organiser(session), event, time_limit=30)
    run_jobs(stage, moment, "timetables.plan")
    with acting(stage, moment) as session:
        draft = timetables.draft(session, event_of(session, stage, event_id))
        assert draft is not None
        planning.publish(session, stage.organiser(session), draft, version=draft.version)
