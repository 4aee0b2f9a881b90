"""The life of an event: drafted, edited, announced, called off, closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from matchmaker import activity, clock
from matchmaker.errors import InvalidError, NotNowError, require
from matchmaker.events import policy, queries
from matchmaker.events.checklist import missing
from matchmaker.events.kinds import kind_of
from matchmaker.events.programme import arrange
from matchmaker.events.slots import DayPlan
from matchmaker.events.tables import add_tables
from matchmaker.events.telling import check_version, require_running, tell, tell_of_change
from matchmaker.events.windows import problems, propose
from models import Event, EventNode, EventStatus, User

PLACE = ("region_code", "venue", "address")
SETTINGS = (
    "title", "summary", *PLACE, "registration_from", "registration_until", "wishes_until",
    "capacity", "approval", "team_least", "team_most", "person_most", "most_in_a_row",
    "must_tokens", "met_before_months", "blind",
)  # fmt: skip
"""What the form of an event fills in; kind and chains beside them."""


def draft(
    session: Session,
    actor: User,
    values: Mapping[str, Any],
    *,
    first: DayPlan | None = None,
    tables: Sequence[str] = (),
) -> Event:
    """Begin an event; where its first day is known, with slots and with windows.

    Raises:
        InvalidError: limits or windows contradict each other.

    """
    require(policy.can_create(actor))
    kind = kind_of(values["kind"])
    values = dict(values)
    if first is not None:
        _propose(values, first)
    begin = queries.begin_of(first.day, first.starts) if first else None
    _check(values, begin)
    event = Event(
        kind=values["kind"], slot_minutes=kind.slot_minutes,
        organisation_id=actor.organisation_id, owner_id=actor.id, created_at=clock.now(),
    )  # fmt: skip
    _fill(event, values)
    session.add(event)
    session.flush()
    session.refresh(event)
    activity.record(session, actor, "event.drafted", event, event=event.title)
    if first is not None:
        arrange(session, actor, event, [first], minutes=event.slot_minutes)
    if tables and (kind.meetings or kind.groups):
        add_tables(session, actor, event, tables)
    return event


def edit(
    session: Session, actor: User, event: Event, values: Mapping[str, Any], *, version: int
) -> None:
    """Change the settings of an event; a new place is told to those who come.

    Raises:
        NotNowError: it is over or called off, or somebody else changed it meanwhile.
        InvalidError: limits or windows contradict each other, or the kind can change no more.

    """
    require(policy.can_manage(actor, event))
    require_running(event)
    check_version(event, version)
    if values["kind"] != event.kind and event.status != EventStatus.DRAFT:
        raise InvalidError({"kind": _l("公布以后不能再改活动类型。")})
    _check(values, queries.starts_at(event), opened=event.status == EventStatus.OPEN)
    before = [getattr(event, name) for name in PLACE]
    event.kind = values["kind"]
    _fill(event, values)
    flag_modified(event, "title")  # chains are a table of their own, the version is the event's
    session.flush()
    session.refresh(event, ["region"])
    activity.record(session, actor, "event.edited", event, event=event.title)
    if before != [getattr(event, name) for name in PLACE]:
        tell_of_change(session, actor, event)


def announce(session: Session, actor: User, event: Event) -> None:
    """Open an event to everybody who is signed in.

    Raises:
        NotNowError: it is announced already, over, or something is missing.

    """
    require(policy.can_manage(actor, event))
    if event.status != EventStatus.DRAFT:
        raise NotNowError(_l("活动已经公布过了。"))
    if sentences := missing(event):
        raise NotNowError("".join(str(sentence) for sentence in sentences))
    event.status = EventStatus.OPEN
    event.opened_at = clock.now()
    session.flush()
    activity.record(session, actor, "event.opened", event, event=event.title)


def cancel(session: Session, actor: User, event: Event, *, reason: str) -> None:
    """Call an event off, and tell everybody who comes or was asked to come.

    Raises:
        NotNowError: it is over or called off.
        InvalidError: no reason is given.

    """
    require(policy.can_manage(actor, event))
    require_running(event)
    if not reason.strip():
        raise InvalidError({"reason": _l("请写明原因，报名的人会看到。")})
    event.status = EventStatus.CANCELLED
    event.cancel_reason = reason.strip()
    session.flush()
    activity.record(
        session, actor, "event.cancelled", event, event=event.title, reason=event.cancel_reason
    )
    tell(session, actor, event, "event.cancelled", reason=event.cancel_reason)


def close(session: Session, actor: User, event: Event) -> None:
    """Write an event down as over: reports no longer come in.

    Raises:
        NotNowError: it is not over yet, or not announced.

    """
    require(policy.can_manage(actor, event))
    if event.status != EventStatus.OPEN or queries.phase(event) != queries.Phase.AFTER:
        raise NotNowError(_l("活动公布并且结束以后才能归档。"))
    event.status = EventStatus.CLOSED
    session.flush()
    activity.record(session, actor, "event.closed", event, event=event.title)


def _propose(values: dict[str, Any], first: DayPlan) -> None:
    """Fill in the windows that were left open, in keeping with what was typed."""
    meetings = kind_of(values["kind"]).meetings
    proposed = propose(first.day, clock.now(), meetings=meetings)
    until = values.get("registration_until")
    wishes = values.get("wishes_until") if meetings else None
    if values.get("registration_from") is None:
        values["registration_from"] = proposed.registration_from
    if until is None:
        values["registration_until"] = min(
            filter(None, (proposed.registration_until, wishes)), default=None
        )
    if wishes is None and meetings:
        values["wishes_until"] = max(filter(None, (proposed.wishes_until, until)), default=None)


def _check(values: Mapping[str, Any], begin: Any, *, opened: bool = False) -> None:
    meetings = kind_of(values["kind"]).meetings
    found = problems(values, begin, meetings=meetings)
    least, most = values.get("team_least") or 0, values.get("team_most")
    if most is not None and most < least:
        found["team_most"] = _l("不能小于至少的场数。")
    if opened:
        needed = [
            "registration_from",
            "registration_until",
            *(["wishes_until"] if meetings else []),
        ]
        found |= {
            name: _l("活动已公布，这里不能空着。") for name in needed if values.get(name) is None
        }
    if found:
        raise InvalidError(found)


def _fill(event: Event, values: Mapping[str, Any]) -> None:
    kind = kind_of(event.kind)
    for name in SETTINGS:
        if name in values:
            setattr(event, name, values[name])
    if not kind.meetings:
        event.wishes_until = None
    event.blind = kind.contest and bool(event.blind)
    known = {row.node_id: row for row in event.nodes}
    event.nodes = [
        known.get(node_id) or EventNode(node_id=node_id)
        for node_id in dict.fromkeys(values.get("chain_ids", ()))
    ]
