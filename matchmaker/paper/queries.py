"""What papers are made from, read at once; sessions end before the slow work begins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from matchmaker.errors import NotFoundError
from matchmaker.events import queries as events
from matchmaker.paper import policy
from matchmaker.paper.topics import Topics, topics
from matchmaker.registration import queries as registration
from matchmaker.timetables import queries as timetables
from models import (
    Event,
    Job,
    JobStatus,
    Meeting,
    Participant,
    Talk,
    Team,
    TeamStatus,
    Timetable,
    Unscheduled,
    User,
    Wish,
)

PACKAGE = "paper.package"


@dataclass(frozen=True, slots=True)
class Folder:
    """An event with all that its papers show, and the version they carry."""

    event: Event
    timetable: Timetable | None
    meetings: list[Meeting]
    handed_over: list[tuple[Meeting, Participant]]
    """Meetings that somebody had until a colleague took them over."""
    people: list[Participant]
    """Those whose papers are made, in the order of the sheets."""
    teams: list[Team]
    talks: list[Talk]
    topics: Topics

    @property
    def version(self) -> tuple[int, int]:
        """The timetable, and how often meetings have changed: what tells old paper from new."""
        return version_of(self.event, self.timetable)

    def with_people(self, people: list[Participant]) -> Folder:
        """The same for some of the people."""
        return replace(self, people=people)


def version_of(event: Event, timetable: Timetable | None) -> tuple[int, int]:
    """(0, 0) before anything is published."""
    return (timetable.number, event.meetings_version) if timetable else (0, 0)


def folder(session: Session, event: Event) -> Folder:
    """Everything of an event."""
    teams = registration.approved(session, event)
    found = timetables.meetings(session, event)
    return Folder(
        event, timetables.current(session, event), found, timetables.handed_over(session, event),
        [_of_team(person, team) for team in teams for person in team.members],
        teams, _talks(session, event), topics(session, found),
    )  # fmt: skip


def _of_team(person: Participant, team: Team) -> Participant:
    """Let people know their team when the session has ended."""
    set_committed_value(person, "team", team)
    return person


def own_folder(session: Session, event: Event, people: list[Participant]) -> Folder:
    """What the agenda of some people needs, without the rest of the hall."""
    found = timetables.agenda(session, event, people)
    return Folder(
        event, timetables.current(session, event), found,
        timetables.handed_over(session, event, people), people, [],
        _talks(session, event), topics(session, found),
    )  # fmt: skip


def event_of_id(session: Session, event_id: int) -> Event | None:
    """An event as the background work finds it, with its days, slots and tables."""
    return session.scalar(select(Event).where(Event.id == event_id).options(*events.loaded()))


def own_people(session: Session, actor: User, event: Event) -> list[Participant]:
    """Whom the person is at an event: nobody, or one of an admitted team."""
    found = session.scalars(
        select(Participant)
        .join(Team, Team.id == Participant.team_id)
        .where(
            Participant.event_id == event.id,
            Participant.user_id == actor.id,
            Team.status == TeamStatus.APPROVED,
        )
        .options(joinedload(Participant.team).joinedload(Team.organisation))
    )
    return [person for person in found if policy.is_own(actor, person)]


def count_people(session: Session, event: Event) -> int:
    """How many come."""
    return (
        session.scalar(
            select(func.count(Participant.id))
            .join(Team, Team.id == Participant.team_id)
            .where(Participant.event_id == event.id, Team.status == TeamStatus.APPROVED)
        )
        or 0
    )


def one_person(session: Session, actor: User, event: Event, participant_id: int) -> Participant:
    """A participant whose agenda this person may have.

    Raises:
        NotFoundError: nobody of this event and id comes, or it is not for them.

    """
    found = session.scalar(
        select(Participant)
        .join(Team, Team.id == Participant.team_id)
        .where(
            Participant.id == participant_id,
            Participant.event_id == event.id,
            Team.status == TeamStatus.APPROVED,
        )
        .options(joinedload(Participant.team).joinedload(Team.organisation))
    )
    if found is None or not (policy.can_print(actor, event) or policy.is_own(actor, found)):
        raise NotFoundError
    return found


def unscheduled(session: Session, timetable: Timetable | None) -> list[tuple[Unscheduled, Wish]]:
    """The wishes that the published timetable leaves out, with both teams."""
    if timetable is None:
        return []
    teams = (Wish.need_team, Wish.achievement_team)
    rows = session.execute(
        select(Unscheduled, Wish)
        .join(Wish, Wish.id == Unscheduled.wish_id)
        .where(Unscheduled.timetable_id == timetable.id)
        .options(*(joinedload(side).joinedload(Team.organisation) for side in teams))
        .order_by(Wish.need_team_id, Wish.id)
    )
    return [(left, wish) for left, wish in rows]


def job(session: Session, event: Event) -> Job | None:
    """The last work on a package of this event: it waits, runs, or says why there is none."""
    return next((row for row in _jobs(session) if row.payload.get("event_id") == event.id), None)


def is_busy(row: Job | None) -> bool:
    return row is not None and row.status in {JobStatus.QUEUED, JobStatus.RUNNING}


def _jobs(session: Session) -> Iterable[Job]:
    """The last jobs of all events; payloads are compared here, on any database."""
    return session.scalars(
        select(Job).where(Job.kind == PACKAGE).order_by(Job.id.desc()).limit(200)
    ).unique()


def _talks(session: Session, event: Event) -> list[Talk]:
    return list(
        session.scalars(
            select(Talk)
            .where(Talk.event_id == event.id)
            .options(joinedload(Talk.speaker), joinedload(Talk.team).joinedload(Team.organisation))
            .order_by(Talk.starts_at, Talk.id)
        ).unique()
    )
