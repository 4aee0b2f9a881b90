"""Teams register, change, leave; organisers admit them, and who waits moves up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.attributes import flag_modified

from matchmaker import activity, clock
from matchmaker.errors import InvalidError, NotNowError, require
from matchmaker.events import policy as events
from matchmaker.events.queries import phase
from matchmaker.i18n import counted
from matchmaker.notifications.service import notify
from matchmaker.registration import door, members, particulars, places, policy, queries
from models import (
    Event,
    EventStatus,
    Organisation,
    Side,
    Team,
    TeamStatus,
    User,
    Verification,
)

REASON_LIMIT = 500
ADMISSIBLE = frozenset({TeamStatus.PENDING, TeamStatus.WAITING, TeamStatus.REFUSED})
AFTER_ADMISSION: list[Callable[[Session, Event], None]] = []
"""What later features do when a team is admitted."""
CHANGED = _l("这个团队刚刚被别人修改过。请重新打开本页，再改一次。")


@dataclass(slots=True)
class ManyAdmitted:
    """What became of several teams that were admitted at once."""

    done: list[Team] = field(default_factory=list)
    no_room: list[Team] = field(default_factory=list)
    decided: list[Team] = field(default_factory=list)
    """Somebody else was faster."""


def register(
    session: Session,
    actor: User,
    event: Event,
    values: Mapping[str, Any],
    *,
    on_behalf: bool = False,
    organisation: Organisation | None = None,
) -> Team:
    """Enter a team: its own people while registration is open, organisers until the end.

    With approval it waits for an organiser; without, and on behalf, it is admitted at once while
    there is room, else it is put on the waiting list.

    Raises:
        NotAllowedError: neither of a verified organisation nor, on behalf, an organiser.
        NotNowError: registration is not open.
        InvalidError: what was typed cannot be used; fields are `members.0.email` and the like.

    """
    require(policy.can_admit(actor, event) if on_behalf else policy.can_register(actor))
    places.lock(session, event)
    _require_open(event, on_behalf=on_behalf)
    owner = organisation if on_behalf else actor.organisation
    if owner is None or owner.status != Verification.VERIFIED:
        raise InvalidError({"organisation": _("请选择一家已核验的单位。")})
    team = Team(
        event_id=event.id, event=event, organisation_id=owner.id, organisation=owner,
        status=TeamStatus.PENDING, registered_by_id=actor.id, registered_by=actor,
        on_behalf=on_behalf, registered_at=clock.now(),
    )  # fmt: skip
    particulars.check_most(event, values, office=on_behalf)
    with session.no_autoflush:
        particulars.write(session, team, values)
    session.add(team)
    session.flush()
    first = None if on_behalf or queries.is_coming(session, actor, event) else actor
    members.write(session, team, values["members"], first=first)
    noun = "team.registered_for" if on_behalf else "team.registered"
    _record(session, actor, noun, team)
    if on_behalf:
        _tell(session, team, "team.registered_for")
    _place(session, actor, team)
    return team


def change(
    session: Session, actor: User, team: Team, values: Mapping[str, Any], *, version: int
) -> None:
    """Change what a team said; more people need room, fewer make some.

    Raises:
        NotAllowedError: not theirs, and not an organiser.
        NotNowError: the event is over, the team has left, or somebody was faster.
        InvalidError: as in `register`; also people who have meetings and are left out.

    """
    require(policy.can_edit(actor, team))
    _lock(session, team)
    if team.version != version:
        raise NotNowError(CHANGED)
    _require_coming(team)
    particulars.check_most(
        team.event, values, office=events.can_manage(actor, team.event), before=team.most
    )
    with session.no_autoflush:
        particulars.check_side(session, team, Side(values["side"]))
        more = _check_growth(session, team, len(values["members"]))
        particulars.write(session, team, values)
    flag_modified(team, "remark")  # a change of people alone is a change of the team too
    members.write(session, team, values["members"])
    _record(session, actor, "team.changed", team)
    if more < 0:
        promote(session, team.event)


def withdraw(session: Session, actor: User, team: Team) -> None:
    """Leave. Meetings stay until the next timetable is made; the place goes to who waits.

    Raises:
        NotAllowedError: not theirs, and not an organiser.
        NotNowError: the event is over, or the team has left already.

    """
    require(policy.can_edit(actor, team))
    _lock(session, team)
    _require_coming(team)
    had_a_place = team.status == TeamStatus.APPROVED
    team.status = TeamStatus.WITHDRAWN
    _record(session, actor, "team.withdrawn", team)
    _tell_owner(session, actor, team, "team.withdrawn", "out")
    if not policy.is_own(actor, team):
        _tell(session, team, "team.withdrawn")
    if had_a_place:
        promote(session, team.event)


def rejoin(session: Session, actor: User, team: Team) -> None:
    """Come after all: as if registered anew, at the end of the line.

    Raises:
        NotNowError: it has not left, or registration is not open.

    """
    require(policy.can_edit(actor, team))
    _lock(session, team)
    if team.status != TeamStatus.WITHDRAWN:
        raise NotNowError(_("这个团队没有退出，不用重新报名。"))
    office = events.can_manage(actor, team.event)
    _require_open(team.event, on_behalf=office)
    team.registered_at = clock.now()
    team.reason, team.decided_by_id, team.decided_at = "", None, None
    _record(session, actor, "team.rejoined", team)
    _place(session, actor, team, office=office)


def admit(session: Session, actor: User, team: Team) -> None:
    """Say that a team comes; its people are told.

    Raises:
        NotAllowedError: not an organiser, or the event is over.
        NotNowError: somebody was faster, or its people do not fit in.

    """
    require(policy.can_admit(actor, team.event))
    _lock(session, team)
    if team.status not in ADMISSIBLE:
        raise NotNowError(_("这个团队的报名已经处理过了。"))
    size = places.size(session, team)
    if not places.fits(session, team.event, size):
        left = places.free(session, team.event) or 0
        raise NotNowError(
            _("只剩 %(left)d 个名额，这个团队有 %(size)d 人。可以先放入候补，"
              "或者在活动设置里增加名额。", left=left, size=size)
        )  # fmt: skip
    _admit(session, actor, team)
    _record(session, actor, "team.approved", team)


def admit_many(session: Session, actor: User, event: Event, teams: Iterable[Team]) -> ManyAdmitted:
    """Admit several, in the order in which they registered, as far as there is room."""
    require(policy.can_admit(actor, event))
    result = ManyAdmitted()
    for team in sorted(teams, key=lambda row: (row.registered_at, row.id)):
        _lock(session, team)
        if team.status not in ADMISSIBLE:
            result.decided.append(team)
        elif not places.fits(session, event, places.size(session, team)):
            result.no_room.append(team)
        else:
            admit(session, actor, team)
            result.done.append(team)
    return result


def refuse(session: Session, actor: User, team: Team, *, reason: str) -> None:
    """Say that a team cannot come, and why; its people are told.

    Raises:
        InvalidError: no reason was given.
        NotNowError: it has left, or was refused already.

    """
    require(policy.can_admit(actor, team.event))
    if not reason.strip():
        raise InvalidError({"reason": _("请写明原因，对方会看到这段话。")})
    _lock(session, team)
    _require_coming(team)
    had_a_place = team.status == TeamStatus.APPROVED
    _decide(team, actor, TeamStatus.REFUSED, reason=reason.strip()[:REASON_LIMIT])
    _record(session, actor, "team.refused", team, reason=team.reason)
    _tell(session, team, "team.refused", reason=team.reason)
    if had_a_place:
        promote(session, team.event)


def put_on_waiting_list(session: Session, actor: User, team: Team) -> None:
    """Let a team wait for a free place; its people are told.

    Raises:
        NotNowError: it waits already, or is not among those who come.

    """
    require(policy.can_admit(actor, team.event))
    _lock(session, team)
    if team.status not in {TeamStatus.PENDING, TeamStatus.APPROVED}:
        raise NotNowError(_("只有等待确认或已确认的团队可以放入候补。"))
    had_a_place = team.status == TeamStatus.APPROVED
    _decide(team, actor, TeamStatus.WAITING)
    _record(session, actor, "team.waiting", team)
    _tell(session, team, "team.waiting")
    if had_a_place:
        promote(session, team.event, but=team)


def promote(session: Session, event: Event, *, but: Team | None = None) -> list[Team]:
    """Give free places to those who wait: the earliest that fits first, until the day begins."""
    session.flush()
    if event.status != EventStatus.OPEN or phase(event) not in door.BEFORE_THE_DAY:
        return []
    left, moved = places.free(session, event), []
    for team in _waiting(session, event):
        size = len(team.members)
        if team is but or (left is not None and size > left):
            continue
        left = None if left is None else left - size
        _admit(session, None, team)
        _record(session, None, "team.promoted", team)
        moved.append(team)
    session.flush()
    return moved


def promote_now(session: Session, actor: User, event: Event) -> list[Team]:
    """Let an organiser do so, after places were added."""
    require(policy.can_admit(actor, event))
    places.lock(session, event)
    return promote(session, event)


def _waiting(session: Session, event: Event) -> list[Team]:
    statement = (
        select(Team)
        .where(Team.event_id == event.id, Team.status == TeamStatus.WAITING)
        .order_by(Team.registered_at, Team.id)
        .options(selectinload(Team.members))
    )
    return list(session.scalars(statement))


def _lock(session: Session, team: Team) -> None:
    """Take the event's lock, and see the team as the one before left it."""
    places.lock(session, team.event)
    session.refresh(team, ["status", "version", "side", "reason"])


def _require_open(event: Event, *, on_behalf: bool) -> None:
    if event.opened_at is None:
        raise NotNowError(_("活动还没有公布，公布以后才能报名。"))
    if door.is_over(event) or not (on_behalf or door.is_open(event)):
        raise NotNowError(_("现在不在报名时间内。请看活动页上的报名时间，或联系组织方。"))


def _require_coming(team: Team) -> None:
    if door.is_over(team.event):
        raise NotNowError(_("活动已经结束或取消，报名不再改动。"))
    if team.status not in policy.COMING:
        raise NotNowError(_("这个团队已经退出或没有获准参加，不能这样做。"))


def _check_growth(session: Session, team: Team, count: int) -> int:
    """Return how many people more there are; those of an admitted team need room."""
    more = count - places.size(session, team)
    admitted = team.status == TeamStatus.APPROVED
    if admitted and more > 0 and not places.fits(session, team.event, more):
        left = places.free(session, team.event) or 0
        raise InvalidError({"members": counted("活动只剩 %(n)d 个名额，加不下这些人。", n=left)})
    return more


def _place(session: Session, actor: User, team: Team, *, office: bool = False) -> None:
    """Decide what becomes of a new registration."""
    event = team.event
    if event.approval and not (team.on_behalf or office):
        team.status = TeamStatus.PENDING
        _tell_owner(session, actor, team, "team.registered", "pending")
    elif places.fits(session, event, places.size(session, team)):
        _admit(session, actor if office or team.on_behalf else None, team)
    else:
        team.status = TeamStatus.WAITING
        _tell(session, team, "team.waiting")
    session.flush()


def _admit(session: Session, actor: User | None, team: Team) -> None:
    _decide(team, actor, TeamStatus.APPROVED)
    _tell(session, team, "team.approved")
    for follow in AFTER_ADMISSION:
        follow(session, team.event)


def _decide(team: Team, actor: User | None, status: TeamStatus, *, reason: str = "") -> None:
    team.status, team.reason = status, reason
    team.decided_at = clock.now()
    team.decided_by_id = actor.id if actor else None


def _record(session: Session, actor: User | None, noun: str, team: Team, **more: Any) -> None:
    session.flush()
    values = {"team": team.full_name, "event": team.event.title, **more}
    activity.record(session, actor, noun, team, **values)


def _tell_owner(session: Session, actor: User, team: Team, kind: str, tab: str) -> None:
    """Put a line into the inbox of who runs the event, unless they did it themselves."""
    event = team.event
    if actor.id == event.owner_id:
        return
    notify(
        session, event.owner, kind, endpoint="registration.teams",
        endpoint_values={"event_id": event.id, "tab": tab}, team=team.full_name, event=event.title,
    )  # fmt: skip


def _tell(session: Session, team: Team, kind: str, **values: Any) -> None:
    """Mail who registered the team; where an organiser did, its people who have accounts."""
    for person in _speakers(session, team):
        notify(
            session, person, kind, endpoint="registration.team", by_mail=True,
            endpoint_values={"event_id": team.event_id, "team_id": team.id},
            team=team.full_name, event=team.event.title, **values,
        )  # fmt: skip


def _speakers(session: Session, team: Team) -> list[User]:
    if not team.on_behalf:
        return [team.registered_by]
    ids = [member.user_id for member in team.members if member.user_id is not None]
    return list(session.scalars(select(User).where(User.id.in_(ids)).order_by(User.id)))
