"""Who is asked to come: owners of postings in the event's chains, those of accepted pairs first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload

from matchmaker import activity, clock
from matchmaker.db import like_pattern
from matchmaker.errors import InvalidError, NotNowError, require
from matchmaker.notifications.service import notify
from matchmaker.registration import door, places, policy
from models import (
    Event,
    Invitation,
    Match,
    MatchStatus,
    Membership,
    Organisation,
    Participant,
    Posting,
    PostingNode,
    PostingStatus,
    Team,
    User,
    Verification,
)

PAGE = 50
MANY = 200
"""So many people are invited at once at most."""


@dataclass(slots=True)
class Candidate:
    """A person with what makes them fit for the event."""

    user: User
    postings: list[Posting] = field(default_factory=list)
    pairs: list[Match] = field(default_factory=list)
    """Their accepted pairs."""
    invitation: Invitation | None = None
    coming: str = ""
    """"self" or "colleague": who of them has registered."""


def candidates(event: Event, text: str = "", *, invited: bool = False) -> Select[Any]:
    """Whom to invite; or who has been: accepted pairs first, then who has most to bring."""
    asked = select(Invitation.user_id).where(Invitation.event_id == event.id)
    statement = select(User.id).join(Organisation, Organisation.id == User.organisation_id)
    if invited:
        statement = statement.where(User.id.in_(asked)).order_by(Organisation.name, User.id)
    else:
        paired = func.max(case((_is_accepted(), 1), else_=0))
        statement = (
            statement.join(Posting, Posting.owner_id == User.id)
            .where(*_fits(event), User.id.not_in(asked), User.id.not_in(_coming(event)))
            .group_by(User.id, Organisation.name)
            .order_by(paired.desc(), func.count(Posting.id).desc(), Organisation.name, User.id)
        )
    words = text.strip()[:60].replace("\x00", "")
    if words:
        pattern = like_pattern(words)
        by_name = User.name.like(pattern, escape="\\")
        statement = statement.where(or_(by_name, Organisation.name.like(pattern, escape="\\")))
    return statement


def _fits(event: Event) -> list[ColumnElement[bool]]:
    """Published, of a verified organisation that knows the owner, and in the event's chains."""
    found: list[ColumnElement[bool]] = [
        Posting.status == PostingStatus.PUBLISHED,
        User.active.is_(True),
        User.membership == Membership.CONFIRMED,
        Organisation.status == Verification.VERIFIED,
    ]
    nodes = [row.node_id for row in event.nodes]
    if nodes:
        filed = select(PostingNode.posting_id).where(PostingNode.node_id.in_(nodes))
        found.append(Posting.id.in_(filed))
    return found


def _coming(event: Event) -> Select[Any]:
    """Who has registered already needs no invitation."""
    return (
        select(Participant.user_id)
        .join(Team, Team.id == Participant.team_id)
        .where(
            Team.event_id == event.id,
            Team.status.in_(policy.COMING),
            Participant.user_id.is_not(None),
        )
    )


def _is_accepted() -> ColumnElement[bool]:
    pair = or_(Match.need_id == Posting.id, Match.achievement_id == Posting.id)
    return exists().where(pair, Match.status == MatchStatus.ACCEPTED)


def count(session: Session, statement: Select[Any]) -> int:
    return (
        session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    )


def page_of(session: Session, event: Event, ids: Sequence[int]) -> list[Candidate]:
    """The people of these ids in this order, with what is shown of them."""
    users = {row.id: row for row in session.scalars(select(User).where(User.id.in_(ids)))}
    found = {number: Candidate(users[number]) for number in ids if number in users}
    for posting in session.scalars(
        select(Posting)
        .join(User, User.id == Posting.owner_id)
        .join(Organisation, Organisation.id == User.organisation_id)
        .where(*_fits(event), Posting.owner_id.in_(found))
        .order_by(Posting.published_at.desc(), Posting.id)
    ):
        found[posting.owner_id].postings.append(posting)
    _add_pairs(session, list(found.values()))
    _add_answers(session, event, found)
    return list(found.values())


def _add_pairs(session: Session, people: Iterable[Candidate]) -> None:
    owners: dict[int, Candidate] = {
        posting.id: person for person in people for posting in person.postings
    }
    pairs = session.scalars(
        select(Match)
        .where(
            Match.status == MatchStatus.ACCEPTED,
            or_(Match.need_id.in_(owners), Match.achievement_id.in_(owners)),
        )
        .order_by(Match.score.desc(), Match.id)
        .options(joinedload(Match.need), joinedload(Match.achievement))
    ).unique()
    for match in pairs:
        for number in (match.need_id, match.achievement_id):
            if number in owners and match not in owners[number].pairs:
                owners[number].pairs.append(match)


def _add_answers(session: Session, event: Event, found: dict[int, Candidate]) -> None:
    for invitation in session.scalars(
        select(Invitation).where(Invitation.event_id == event.id, Invitation.user_id.in_(found))
    ):
        found[invitation.user_id].invitation = invitation
    themselves = set(session.scalars(_coming(event)))
    organisations = set(
        session.scalars(
            select(Team.organisation_id).where(
                Team.event_id == event.id, Team.status.in_(policy.COMING)
            )
        )
    )
    for person in found.values():
        if person.user.id in themselves:
            person.coming = "self"
        elif person.user.organisation_id in organisations:
            person.coming = "colleague"


def invite(session: Session, actor: User, event: Event, ids: Sequence[int]) -> int:
    """Ask people to come: one row and one mail for each, however often; return how many were new.

    Raises:
        NotAllowedError: not an organiser, or the event is over.
        NotNowError: it has not been announced, or registration has ended.
        InvalidError: nobody was chosen, too many, or somebody who is no candidate.

    """
    require(policy.can_admit(actor, event))
    if event.opened_at is None:
        raise NotNowError(_("活动公布以后才能发邀请。"))
    until = event.registration_until
    if door.is_over(event) or (until is not None and until <= clock.now()):
        raise NotNowError(_("报名已经截止，不能再发邀请。可以先在活动设置里延长报名时间。"))
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        raise InvalidError({"user": _("请至少选择一人。")})
    if len(wanted) > MANY:
        raise InvalidError({"user": _("一次最多邀请 %(n)d 人。", n=MANY)})
    places.lock(session, event)  # two who invite at once invite nobody twice
    people = session.scalars(
        select(User).where(
            User.id.in_(candidates(event).order_by(None).where(User.id.in_(wanted)))
        )
    ).all()
    for person in people:
        session.add(
            Invitation(
                event_id=event.id, user_id=person.id, invited_by_id=actor.id, at=clock.now()
            )
        )
        notify(
            session, person, "event.invited", endpoint="registration.register",
            endpoint_values={"event_id": event.id}, by_mail=True,
            event=event.title, until=_day(event),
        )  # fmt: skip
    if people:
        activity.record(session, actor, "invitation.sent", event, event=event.title, n=len(people))
    session.flush()
    return len(people)


def _day(event: Event) -> str:
    moment = event.registration_until
    return "" if moment is None else f"{moment.astimezone(clock.LOCAL_ZONE):%Y-%m-%d}"


def sent(session: Session, event: Event) -> int:
    """How many people have been invited."""
    statement = select(func.count(Invitation.id)).where(Invitation.event_id == event.id)
    return session.scalar(statement) or 0
