"""Events: drafted, edited, announced, called off, closed; and who hears of it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.errors import InvalidError, NotAllowedError, NotNowError
from matchmaker.events import queries, service
from matchmaker.events.checklist import missing
from matchmaker.events.queries import Phase
from matchmaker.events.slots import DayPlan, with_lunch
from matchmaker.events.windows import propose
from models import (
    Activity,
    Event,
    EventStatus,
    Invitation,
    Mail,
    Notification,
    Role,
    TeamStatus,
    User,
)
from tests import factories
from tests.events.making import make_event, make_team


@pytest.fixture
def organiser(session: Session) -> User:
    return factories.make_user(session, Role.ORGANISER)


def settings(actor: User, **values: Any) -> dict[str, Any]:
    return {
        "kind": "docking", "title": "示范区新材料对接会", "summary": "",
        "region_code": actor.organisation.region_code, "venue": "示范会展中心", "address": "",
        "registration_from": None, "registration_until": None, "wishes_until": None,
        "capacity": None, "approval": True, "team_least": 1, "team_most": None,
        "person_most": None, "most_in_a_row": None, "must_tokens": 3, "met_before_months": 24,
        "blind": False, "chain_ids": [], **values,
    }  # fmt: skip


def in_days(n: int, *, starts: time = time(9), ends: time = time(17)) -> DayPlan:
    return with_lunch(clock.today() + timedelta(days=n), starts, ends, "午休")


def as_settings(event: Event, **values: Any) -> dict[str, Any]:
    found = {name: getattr(event, name) for name in ("kind", *service.SETTINGS)}
    return {**found, "chain_ids": [row.node_id for row in event.nodes], **values}


def told(session: Session, kind: str) -> list[int]:
    statement = select(Notification.user_id).where(Notification.kind == kind)
    return list(session.scalars(statement.order_by(Notification.user_id)))


def actions(session: Session, event: Event) -> list[str]:
    statement = select(Activity.action).where(Activity.event_id == event.id)
    return list(session.scalars(statement.order_by(Activity.id)))


# ---- drafting


def test_an_event_with_its_first_day_is_nearly_ready(session: Session, organiser: User) -> None:
    event = service.draft(
        session, organiser, settings(organiser), first=in_days(40), tables=["1 桌", "2 桌"]
    )

    assert event.status == EventStatus.DRAFT
    assert event.opened_at is None
    assert len(event.slots) == 19  # 9:00–12:00 and 13:30–17:00 by twenty minutes
    assert [table.name for table in event.tables] == ["1 桌", "2 桌"]
    assert missing(event) == []


def test_windows_are_proposed_from_the_first_day(session: Session, organiser: User) -> None:
    first = in_days(40)
    event = service.draft(session, organiser, settings(organiser), first=first)

    def evening(days: int) -> datetime:
        return datetime.combine(first.day - timedelta(days=days), time(18), clock.LOCAL_ZONE)

    assert event.registration_until == evening(14)
    assert event.wishes_until == evening(5)
    assert event.registration_from is not None
    assert queries.phase(event) == Phase.PREPARATION


def test_what_was_typed_is_kept_instead_of_a_proposal(session: Session, organiser: User) -> None:
    until = clock.now() + timedelta(days=20)
    values = settings(organiser, registration_until=until)

    event = service.draft(session, organiser, values, first=in_days(40))

    assert event.registration_until == until


def test_a_proposal_gives_way_to_what_was_typed_beside_it(
    session: Session, organiser: User
) -> None:
    late, early = (clock.now() + timedelta(days=n) for n in (38, 10))
    first = in_days(40)

    one = service.draft(
        session, organiser, settings(organiser, registration_until=late), first=first
    )
    other = service.draft(session, organiser, settings(organiser, wishes_until=early), first=first)

    assert one.wishes_until == late
    assert other.registration_until == early


@pytest.mark.parametrize("lead", range(2, 60))
def test_proposed_windows_always_fit(lead: int) -> None:
    moment = clock.now()
    first = clock.today() + timedelta(days=lead)
    windows = propose(first, moment, meetings=True)

    assert windows.registration_from == moment
    assert windows.registration_until is not None
    assert windows.wishes_until is not None
    assert moment < windows.registration_until <= windows.wishes_until
    assert windows.wishes_until < datetime.combine(first, time(), clock.LOCAL_ZONE)


def test_a_salon_has_no_wishes_and_no_blind_jury(session: Session, organiser: User) -> None:
    values = settings(organiser, kind="salon", blind=True, wishes_until=clock.now())

    event = service.draft(session, organiser, values, first=in_days(40))

    assert (event.wishes_until, event.blind) == (None, False)
    assert [str(sentence) for sentence in missing(event)] == ["还没有可用的桌位。"]


def test_only_organisers_set_up_events(session: Session, organiser: User) -> None:
    for role in set(Role) - {Role.ORGANISER}:
        person = factories.make_user(session, role)
        with pytest.raises(NotAllowedError):
            service.draft(session, person, settings(organiser))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"registration_from": 10, "registration_until": 9}, "registration_until"),
        ({"registration_from": 1, "registration_until": 50}, "registration_until"),
        ({"registration_until": 20, "wishes_until": 19}, "wishes_until"),
        ({"wishes_until": 40}, "wishes_until"),
        ({"team_least": 3, "team_most": 2}, "team_most"),
    ],
)
def test_windows_and_limits_that_contradict_each_other_are_refused(
    session: Session, organiser: User, values: dict[str, Any], field: str
) -> None:
    midnight = datetime.combine(clock.today(), time(1), clock.LOCAL_ZONE)
    values = {
        name: value if name.startswith("team") else midnight + timedelta(days=value)
        for name, value in values.items()
    }

    with pytest.raises(InvalidError) as error:
        service.draft(session, organiser, settings(organiser, **values), first=in_days(40))

    assert list(error.value.fields) == [field]


# ---- editing


def test_an_edit_is_saved_and_noted(session: Session, organiser: User) -> None:
    event = make_event(session, organiser)
    chain = factories.make_node(session)
    values = as_settings(event, title="新名称", capacity=200, chain_ids=[chain.id])

    service.edit(session, organiser, event, values, version=event.version)

    assert (event.title, event.capacity, event.chains) == ("新名称", 200, [chain])
    assert actions(session, event) == ["event.edited"]
    assert told(session, "event.changed") == []


def test_nobody_overwrites_what_they_have_not_seen(session: Session, organiser: User) -> None:
    event = make_event(session, organiser)
    seen = event.version
    service.edit(session, organiser, event, as_settings(event, title="先改的"), version=seen)

    with pytest.raises(NotNowError):
        service.edit(session, organiser, event, as_settings(event, title="后改的"), version=seen)

    assert event.title == "先改的"


def test_chains_alone_are_a_new_version_too(session: Session, organiser: User) -> None:
    event = make_event(session, organiser)
    seen = event.version
    chain = factories.make_node(session)

    service.edit(session, organiser, event, as_settings(event, chain_ids=[chain.id]), version=seen)

    assert event.version == seen + 1


def test_a_new_venue_of_an_announced_event_is_told_once(session: Session, organiser: User) -> None:
    event = make_event(session, organiser)
    team = make_team(session, event, people=2)
    values = as_settings(event, venue="示范宾馆", address="示范路 1 号")

    service.edit(session, organiser, event, values, version=event.version)

    assert told(session, "event.changed") == [team.registered_by_id]
    assert len(session.scalars(select(Mail)).all()) == 1


def test_nobody_hears_of_changes_to_a_draft(session: Session, organiser: User) -> None:
    event = make_event(session, organiser, status=EventStatus.DRAFT, opened_at=None)
    make_team(session, event)

    service.edit(
        session, organiser, event, as_settings(event, venue="示范宾馆"), version=event.version
    )

    assert told(session, "event.changed") == []


def test_the_kind_can_change_until_the_event_is_announced(
    session: Session, organiser: User
) -> None:
    draft = make_event(session, organiser, status=EventStatus.DRAFT, opened_at=None)
    announced = make_event(session, organiser)

    service.edit(session, organiser, draft, as_settings(draft, kind="contest"), version=1)
    with pytest.raises(InvalidError) as error:
        service.edit(
            session, organiser, announced, as_settings(announced, kind="contest"), version=1
        )

    assert draft.kind == "contest"
    assert list(error.value.fields) == ["kind"]


def test_an_announced_event_keeps_its_windows(session: Session, organiser: User) -> None:
    event = make_event(session, organiser)
    values = as_settings(event, registration_until=None, wishes_until=None)

    with pytest.raises(InvalidError) as error:
        service.edit(session, organiser, event, values, version=event.version)

    assert set(error.value.fields) == {"registration_until", "wishes_until"}


# ---- announcing


def test_announcing_opens_the_event_to_all(session: Session, organiser: User) -> None:
    event = make_event(session, organiser, status=EventStatus.DRAFT, opened_at=None)
    reader = factories.make_user(session)
    hidden = session.scalars(queries.visible_to(reader)).all()

    service.announce(session, organiser, event)

    assert hidden == []
    assert queries.one(session, reader, event.id) is event
    assert event.opened_at is not None
    assert actions(session, event) == ["event.opened"]
    with pytest.raises(NotNowError):
        service.announce(session, organiser, event)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"registration_from": None}, "还没有定报名的开始和截止。"),
        ({"registration_until": None}, "还没有定报名的开始和截止。"),
        ({"wishes_until": None}, "还没有定意愿截止时间。"),
        ({"slots": 0}, "还没有开放的时段。"),
        ({"tables": 0}, "还没有可用的桌位。"),
        ({"registration_until": datetime(2026, 1, 2, tzinfo=UTC), "registration_from": None},
         "还没有定报名的开始和截止。"),
    ],
)  # fmt: skip
def test_what_is_missing_keeps_an_event_from_being_announced(
    session: Session, organiser: User, values: dict[str, Any], sentence: str
) -> None:
    event = make_event(session, organiser, status=EventStatus.DRAFT, opened_at=None, **values)

    with pytest.raises(NotNowError, match=sentence):
        service.announce(session, organiser, event)

    assert event.status == EventStatus.DRAFT


def test_an_event_in_the_past_is_not_announced(session: Session, organiser: User) -> None:
    event = make_event(
        session, organiser, status=EventStatus.DRAFT, opened_at=None,
        day=clock.today() - timedelta(days=1),
        registration_until=clock.now() - timedelta(days=2),
        wishes_until=clock.now() - timedelta(days=2),
    )  # fmt: skip

    assert [str(sentence) for sentence in missing(event)] == [
        "活动日期已经过去。", "报名截止时间已经过去。", "意愿截止时间已经过去。",
    ]  # fmt: skip


def test_a_contest_needs_neither_tables_nor_slots(session: Session, organiser: User) -> None:
    event = make_event(
        session, organiser, kind="contest", slots=0, tables=0, wishes_until=None,
        status=EventStatus.DRAFT, opened_at=None,
    )  # fmt: skip

    service.announce(session, organiser, event)

    assert event.status == EventStatus.OPEN


# ---- calling off, closing


def test_calling_off_tells_who_comes_and_who_was_asked(session: Session, organiser: User) -> None:
    event = make_event(session, organiser)
    coming = [make_team(session, event, status=status) for status in
              (TeamStatus.PENDING, TeamStatus.APPROVED, TeamStatus.WAITING)]  # fmt: skip
    for status in (TeamStatus.REFUSED, TeamStatus.WITHDRAWN):
        make_team(session, event, status=status, reason="示范原因")
    make_team(session, make_event(session))  # of another event
    asked, gone = factories.make_user(session), factories.make_user(session, active=False)
    for person in (asked, gone, coming[0].registered_by):
        session.add(
            Invitation(event_id=event.id, user_id=person.id, invited_by_id=organiser.id, at=clock.now())
        )  # fmt: skip
    session.flush()

    service.cancel(session, organiser, event, reason=" 场地临时停电 ")

    assert told(session, "event.cancelled") == sorted(
        [*(team.registered_by_id for team in coming), asked.id]
    )
    assert event.cancel_reason == "场地临时停电"
    assert actions(session, event) == ["event.cancelled"]
    with pytest.raises(NotNowError):
        service.cancel(session, organiser, event, reason="再一次")


def test_calling_off_needs_a_reason(session: Session, organiser: User) -> None:
    event = make_event(session, organiser)

    with pytest.raises(InvalidError):
        service.cancel(session, organiser, event, reason="  ")


def test_only_what_is_over_is_closed(session: Session, organiser: User) -> None:
    coming = make_event(session, organiser)
    over = make_event(session, organiser, day=clock.today() - timedelta(days=1),
                      registration_until=clock.now() - timedelta(days=3),
                      wishes_until=clock.now() - timedelta(days=2))  # fmt: skip

    service.close(session, organiser, over)
    with pytest.raises(NotNowError):
        service.close(session, organiser, coming)

    assert over.status == EventStatus.CLOSED
    with pytest.raises(NotNowError):
        service.edit(session, organiser, over, as_settings(over), version=over.version)


def test_administrators_and_guests_change_nothing(session: Session, organiser: User) -> None:
    event = make_event(session, organiser)
    for role in (Role.ADMINISTRATOR, Role.ENTERPRISE):
        person = factories.make_user(session, role)
        with pytest.raises(NotAllowedError):
            service.edit(session, person, event, as_settings(event), version=event.version)
        with pytest.raises(NotAllowedError):
            service.announce(session, person, event)
        with pytest.raises(NotAllowedError):
            service.cancel(session, person, event, reason="示范")
        with pytest.raises(NotAllowedError):
            service.close(session, person, event)
