"""Entering contests, and setting them up: criteria, jury, publication.

What a jury does stands in `ballots`, who sits where in `seats`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import activity, clock
from matchmaker.contests import policy, queries, tally
from matchmaker.contests.kinds import MOST_CRITERIA, MOST_ENTRIES
from matchmaker.errors import InvalidError, NotNowError, require
from matchmaker.events import policy as events
from matchmaker.notifications.service import notify
from models import Criterion, Entry, Event, EventStatus, Juror, Team, User

FROZEN = _l("已有评委交了评分，不能再改。需要改时，请先把这些评分退回重评。")


class ChangedError(NotNowError):
    """Somebody else saved first; who saves again has seen the warning and means it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A row of the criteria as an organiser typed it; `id` None for a new one."""

    id: int | None
    name: str
    weight: int
    most: int


def lock(session: Session, event: Event) -> None:
    """Let whoever changes entries, criteria or ballots of an event do so one after the other.

    SQLite has one writer at a time anyway.
    """
    names = ["status", "results_published_at", "version"]
    session.refresh(event, names, with_for_update={"key_share": True})


def enter(
    session: Session,
    actor: User,
    team: Team,
    *,
    title: str,
    summary: str,
    posting_id: int | None = None,
) -> Entry:
    """Enter a team's project; numbers follow the order of arrival and are never used again.

    Raises:
        NotAllowedError: not one of the team's people, or the team is not admitted.
        NotNowError: the window is closed, or the team has as many entries as it may.
        InvalidError: the posting is not one it brings or is entered already; a name would show.

    """
    event = team.event
    require(policy.can_speak_for(actor, team))
    lock(session, event)
    _check_window(actor, event)
    standing = [e for e in queries.entries_of(session, [team]) if e.withdrawn_at is None]
    if len(standing) >= MOST_ENTRIES:
        raise NotNowError(_l("一个团队最多提交 %(n)d 个参赛项目。", n=MOST_ENTRIES))
    _check_entry(event, team, standing, title, summary, posting_id)
    last = session.scalar(select(func.max(Entry.number)).where(Entry.event_id == event.id))
    entry = Entry(
        event_id=event.id, team_id=team.id, team=team, posting_id=posting_id,
        number=(last or 0) + 1, title=title, summary=summary, entered_at=clock.now(),
    )  # fmt: skip
    session.add(entry)
    session.flush()
    activity.record(session, actor, "entry.entered", entry, **_words(event, entry))
    return entry


def edit(
    session: Session,
    actor: User,
    entry: Entry,
    *,
    version: int,
    title: str,
    summary: str,
    posting_id: int | None = None,
) -> None:
    """Change what a team entered, until a juror has handed in points for it."""
    event = entry.team.event
    require(policy.can_speak_for(actor, entry.team))
    lock(session, event)
    _check_window(actor, event)
    _check_standing(entry, version)
    if queries.has_points(session, event, entry):
        raise NotNowError(_l("已有评委评过这个项目，不能再改。"))
    others = [
        other
        for other in queries.entries_of(session, [entry.team])
        if other.withdrawn_at is None and other.id != entry.id
    ]
    _check_entry(event, entry.team, others, title, summary, posting_id)
    entry.title, entry.summary, entry.posting_id = title, summary, posting_id
    activity.record(session, actor, "entry.edited", entry, **_words(event, entry))


def withdraw(session: Session, actor: User, entry: Entry, *, version: int) -> None:
    """Take an entry back, until the results are out; its number stays empty."""
    event = entry.team.event
    require(policy.can_speak_for(actor, entry.team))
    lock(session, event)
    if not policy.is_unpublished(event):
        raise NotNowError(_l("结果已经公布，不能再撤回。"))
    _check_standing(entry, version)
    entry.withdrawn_at = clock.now()
    activity.record(session, actor, "entry.withdrawn", entry, **_words(event, entry))


def _words(event: Event, entry: Entry) -> dict[str, Any]:
    return {"event": event.title, "title": entry.title, "number": entry.number}


def _check_window(actor: User, event: Event) -> None:
    if not policy.can_enter_now(actor, event):
        raise NotNowError(_l("现在不在提交参赛项目的时间里。需要补交时，请联系组织方。"))


def _check_standing(entry: Entry, version: int) -> None:
    if entry.withdrawn_at is not None:
        raise NotNowError(_l("这个项目已经撤回。"))
    if entry.version != version:
        raise ChangedError(_l("这个项目刚被同事改过。您填的内容还在这里，请对照以后再保存一次。"))


def _check_entry(
    event: Event,
    team: Team,
    others: Sequence[Entry],
    title: str,
    summary: str,
    posting_id: int | None,
) -> None:
    errors: dict[str, Any] = {}
    if posting_id is not None:
        if posting_id not in {row.posting_id for row in team.posting_rows}:
            errors["posting_id"] = _l("请从团队带来的条目中选择。")
        elif any(other.posting_id == posting_id for other in others):
            errors["posting_id"] = _l("这一条已经参赛了。")
    if event.blind:
        for field, text in (("title", title), ("summary", summary)):
            for name in revealed(team, text):
                errors[field] = _l(
                    "这次是匿名评审，请不要写单位或团队的名称“%(name)s”。", name=name
                )
    if errors:
        raise InvalidError(errors)


def revealed(team: Team, text: str) -> list[str]:
    """Which names of the team's organisation stand in a text that a jury reads unnamed."""
    names = [team.organisation.name, team.name if len(team.name) > 3 else ""]
    return [name for name in names if name and name in text]


def named_people(team: Team, text: str) -> list[str]:
    """Which members a text names; only told to organisers, for a name may be an everyday word."""
    return [person.name for person in team.members if len(person.name) > 1 and person.name in text]


def fingerprint(criteria: Sequence[Criterion]) -> str:
    """Name a state of the criteria, so that nobody overwrites what they have not seen."""
    text = repr([(c.id, c.name, c.weight, c.most) for c in criteria])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def set_criteria(
    session: Session, actor: User, event: Event, asked: Sequence[Asked], *, seen: str
) -> None:
    """Set by what entries are judged; points in drafts stay with a criterion that stays.

    Raises:
        ChangedError: somebody else changed them.
        NotNowError: points were handed in.
        InvalidError: two have one name, or there are too many.

    """
    require(events.can_manage(actor, event))
    lock(session, event)
    _check_preparation(actor, event)
    known = queries.criteria(session, event)
    if fingerprint(known) != seen:
        raise ChangedError(_l("评分标准刚被别人改过。您填的内容还在这里，请对照以后再保存一次。"))
    if queries.has_points(session, event):
        raise NotNowError(FROZEN)
    _check_criteria(asked)
    _apply(session, event, known, asked)
    words = "、".join(f"{row.name} {row.weight}" for row in asked)[:400]
    activity.record(session, actor, "criteria.changed", event, event=event.title, criteria=words)


def _check_criteria(asked: Sequence[Asked]) -> None:
    if len(asked) > MOST_CRITERIA:
        raise InvalidError(message=_l("评分标准最多 %(n)d 项。", n=MOST_CRITERIA))
    names = [row.name for row in asked]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise InvalidError({f"name_{place}": _l("“%(name)s”写了两次。", name=name)})


def _apply(
    session: Session, event: Event, known: Sequence[Criterion], asked: Sequence[Asked]
) -> None:
    by_id = {criterion.id: criterion for criterion in known}
    kept = {row.id for row in asked}
    for criterion in known:
        if criterion.id not in kept:
            session.delete(criterion)
        else:  # names may be swapped, and the database compares row by row
            criterion.name = f"\u2060{criterion.id}"
    session.flush()
    for place, row in enumerate(asked):
        criterion = by_id.get(row.id or 0) or Criterion(event_id=event.id)
        criterion.ordinal, criterion.name = place, row.name
        criterion.weight, criterion.most = row.weight, row.most
        session.add(criterion)
    session.flush()


def _check_preparation(actor: User, event: Event) -> None:
    if not policy.can_prepare(actor, event):
        raise NotNowError(_l("活动已经结束、取消，或者结果已经公布。"))


def add_juror(session: Session, actor: User, event: Event, person: User) -> Juror:
    """Ask somebody to judge, and tell them.

    Raises:
        NotNowError: the event is not announced yet, or over.
        InvalidError: the person cannot judge, or does already.

    """
    require(events.can_manage(actor, event))
    lock(session, event)
    _check_preparation(actor, event)
    if event.status != EventStatus.OPEN:
        raise NotNowError(_l("活动公布以后再请评委，对方会马上收到通知。"))
    if not policy.can_judge(person):
        raise InvalidError(
            message=_l("评委要是已核验单位的人员。组织方看得到全部评分，不能同时做评委。")
        )
    found = select(Juror.id).where(Juror.event_id == event.id, Juror.user_id == person.id)
    if session.scalar(found) is not None:
        raise InvalidError(message=_l("%(name)s 已经是评委。", name=person.name))
    juror = Juror(event_id=event.id, user_id=person.id, user=person, added_at=clock.now())
    session.add(juror)
    session.flush()
    activity.record(session, actor, "juror.added", event, event=event.title, name=person.name)
    notify(
        session, person, "juror.added", event=event.title, by_mail=True,
        endpoint="contests.jury", endpoint_values={"event_id": event.id},
    )  # fmt: skip
    return juror


def remove_juror(session: Session, actor: User, event: Event, juror: Juror) -> None:
    """Let a juror go; their drafts go with them, what they handed in must be reopened first."""
    require(events.can_manage(actor, event))
    lock(session, event)
    _check_preparation(actor, event)
    given = queries.ballots(session, event, juror)
    if any(ballot.submitted_at is not None for ballot in given):
        raise NotNowError(
            _l("%(name)s 已经交了评分。请先把这些评分退回，再移除。", name=juror.user.name)
        )
    name = juror.user.name
    session.delete(juror)
    session.flush()
    activity.record(session, actor, "juror.removed", event, event=event.title, name=name)


def publish(session: Session, actor: User, event: Event, *, anyway: bool = False) -> int:
    """Make the ranking known to everybody who sees the event; return how many people are told.

    Raises:
        NotNowError: it is published already, too early, or there is nothing to rank.
        InvalidError: ballots are missing and nobody said that it shall be done all the same.

    """
    require(events.can_manage(actor, event))
    lock(session, event)
    if event.results_published_at is not None:
        raise NotNowError(_l("结果已经公布。"))
    if event.status == EventStatus.CANCELLED:
        raise NotNowError(_l("活动已经取消。"))
    if not policy.can_publish_now(actor, event):
        raise NotNowError(_l("提交参赛项目的时间还没有结束，不能公布结果。"))
    counted = tally.of(session, event)
    if not counted.ranked:
        raise NotNowError(_l("还没有一份交来的评分，没有结果可以公布。"))
    if counted.missing and not anyway:
        raise InvalidError(
            {"anyway": _l("还缺 %(n)d 份评分。仍要公布，请勾选这一项。", n=counted.missing)}
        )
    event.results_published_at = clock.now()
    activity.record(session, actor, "results.published", event, event=event.title)
    people = queries.told(session, event)
    for person in people:
        notify(
            session, person, "results.published", event=event.title, by_mail=True,
            endpoint="contests.results", endpoint_values={"event_id": event.id},
        )  # fmt: skip
    return len(people)
