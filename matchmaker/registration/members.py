"""The people of a team as they are written down: whose account they are, when they cannot come."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.errors import InvalidError
from matchmaker.registration import policy
from models import Meeting, Membership, Participant, Talk, Team, Unavailability, User

Row = Mapping[str, Any]
Pair = tuple[Row, Participant | None]
MEMBERS_AT_MOST = 10


def write(session: Session, team: Team, rows: Sequence[Row], *, first: User | None = None) -> None:
    """Make the team's people what was typed; `first` is whose account the first one is.

    Raises:
        InvalidError: nobody was named, too many, somebody twice or in another team, or somebody
            is left out who has meetings or a talk.

    """
    _check_number(rows)
    left = {member.id: member for member in team.members}
    pairs: list[Pair] = [(row, left.pop(row.get("id") or 0, None)) for row in rows]
    _check_may_go(session, list(left.values()))
    links = _links(session, team, pairs, first)
    _check_links(session, team, pairs, links)
    for member in left.values():
        team.members.remove(member)
    for (_row, old), user_id in zip(pairs, links, strict=True):
        if old is not None and old.user_id != user_id:
            old.user_id = None
    session.flush()  # a person may change rows: the old link goes before the new one comes
    slots = {slot.id for slot in team.event.slots}
    for number, ((row, old), user_id) in enumerate(zip(pairs, links, strict=True)):
        member = old or _new(team)
        _fill(member, row, slots, ordinal=number, user_id=user_id)
    session.flush()


def _check_number(rows: Sequence[Row]) -> None:
    if not rows:
        raise InvalidError({"members.0.name": _("请至少写一位参会人。")})
    if len(rows) > MEMBERS_AT_MOST:
        raise InvalidError(
            {"members": _("一个团队最多 %(n)d 人，更多的人请另报一个团队。", n=MEMBERS_AT_MOST)}
        )


def _new(team: Team) -> Participant:
    member = Participant(event_id=team.event_id, team_id=team.id, code=secrets.token_hex(16))
    team.members.append(member)
    return member


def _fill(member: Participant, row: Row, slots: set[int], *, ordinal: int,
          user_id: int | None) -> None:  # fmt: skip
    member.ordinal, member.user_id = ordinal, user_id
    member.name = row["name"]
    for name in ("position", "phone", "email"):
        setattr(member, name, row.get(name) or "")
    member.expertise = list(row.get("expertise") or [])
    member.most = row.get("most")
    wanted = {int(slot) for slot in row.get("blocks") or ()} & slots
    kept = [block for block in member.blocks if block.slot_id in wanted]
    known = {block.slot_id for block in kept}
    member.blocks = kept + [Unavailability(slot_id=slot) for slot in sorted(wanted - known)]


def _check_may_go(session: Session, leaving: Sequence[Participant]) -> None:
    """Who has meetings or a talk stays until these are given to somebody else."""
    names = {member.id: member.name for member in leaving}
    if not names:
        return
    meeting = session.execute(
        select(Meeting.need_person_id, Meeting.achievement_person_id).where(
            or_(Meeting.need_person_id.in_(names), Meeting.achievement_person_id.in_(names))
        )
    ).first()
    if meeting is not None:
        name = next(names[number] for number in meeting if number in names)
        raise InvalidError(
            {"members": _("%(name)s 已经排了洽谈，不能删去。可以把这一行改成接替的人，"
                          "或请组织方先调整日程。", name=name)}
        )  # fmt: skip
    speaker = session.scalar(select(Talk.speaker_id).where(Talk.speaker_id.in_(names)))
    if speaker is not None:
        raise InvalidError(
            {"members": _("%(name)s 要作报告，请先为报告换一位报告人。", name=names[speaker])}
        )


def _links(
    session: Session, team: Team, pairs: Sequence[Pair], first: User | None
) -> list[int | None]:
    """Whose accounts the rows are. Accounts of other organisations are never looked at."""
    accounts = _accounts(session, team, [row.get("email") or "" for row, _old in pairs])
    found: list[int | None] = []
    for number, (row, old) in enumerate(pairs):
        email = row.get("email") or ""
        if email in accounts:
            found.append(accounts[email])
        elif number == 0 and first is not None and email in {"", first.email}:
            found.append(first.id)
        elif old is not None and _is_same_person(old, row):
            found.append(old.user_id)
        else:
            found.append(None)
    return found


def _accounts(session: Session, team: Team, emails: Iterable[str]) -> dict[str, int]:
    statement = select(User.email, User.id).where(
        User.email.in_({email for email in emails if email}),
        User.organisation_id == team.organisation_id,
        User.membership == Membership.CONFIRMED,
        User.active,
    )
    return dict(session.execute(statement).all())


def _is_same_person(old: Participant, row: Row) -> bool:
    email = row.get("email") or ""
    return old.name == row["name"] or (bool(email) and old.email == email)


def _check_links(
    session: Session, team: Team, pairs: Sequence[Pair], links: Sequence[int | None]
) -> None:
    """A person is in one team of an event; who left a team is free for another."""
    elsewhere = _elsewhere(session, team, {link for link in links if link is not None})
    seen: set[int] = set()
    for number, ((row, _old), link) in enumerate(zip(pairs, links, strict=True)):
        if link is None:
            continue
        if link in seen:
            raise InvalidError({f"members.{number}.email": _("同一个人写了两次，请删去一行。")})
        seen.add(link)
        other = elsewhere.get(link)
        if other is None:
            continue
        if other.team.status in policy.COMING:
            words = _("%(name)s 已经在“%(team)s”里。一个人只能参加一个团队。", name=row["name"],
                      team=other.team.full_name)  # fmt: skip
            raise InvalidError({f"members.{number}.name": words})
        other.user_id = None


def _elsewhere(session: Session, team: Team, links: set[int]) -> dict[int, Participant]:
    found = session.scalars(
        select(Participant)
        .where(
            Participant.event_id == team.event_id,
            Participant.user_id.in_(links),
            Participant.team_id != team.id,
        )
        .options(joinedload(Participant.team))
    )
    return {person.user_id: person for person in found if person.user_id is not None}
