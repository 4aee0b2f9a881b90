"""Standby offers only those who are here, free, willing and allowed; the best come first."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.errors import NotAllowedError, NotNowError
from matchmaker.floor import service, standby
from matchmaker.floor.standby import Hall, Pair, Place, choose
from models import (
    Exclusion,
    ExclusionReason,
    Meeting,
    MeetingStatus,
    Notification,
    Role,
    Side,
    TeamStatus,
    WishChoice,
)
from tests import factories
from tests.events.making import make_team, make_wish
from tests.floor.conftest import Clock
from tests.floor.day import arrive, make_day, make_pair, meet, miss

ONE = Pair(1, 40, (10, 20), (1,), (2,))
TWO = Pair(2, 90, (11, 21), (3, 4), (5,))
HALL = Hall(slots=(7, 8), tables=(100, 101), here=frozenset({1, 2, 3, 4, 5}))


def test_the_most_valuable_comes_first_and_as_early_as_it_can() -> None:
    assert choose([ONE, TWO], HALL) == [
        Place(2, 90, 7, 100, 3, 5), Place(1, 40, 7, 100, 1, 2),
    ]  # fmt: skip
    assert choose([ONE, TWO], HALL, most=1) == [Place(2, 90, 7, 100, 3, 5)]


def test_equal_values_are_in_a_fixed_order() -> None:
    same = replace(TWO, value=40)
    assert [place.wish for place in choose([same, ONE], HALL)] == [1, 2]


@pytest.mark.parametrize(
    "change",
    [
        {"here": frozenset({1, 3, 4, 5})},
        {"busy": frozenset({(7, 2), (8, 2)})},
        {"excluded": frozenset({(10, 20)})},
        {"full": frozenset({20})},
        {"tired": frozenset({(7, 1), (8, 1)})},
        {"taken": frozenset(product((7, 8), (100, 101)))},
        {"booths": {100: 99, 101: 98}},
    ],
)
def test_nobody_who_is_away_busy_excluded_or_full_is_offered(change: dict[str, object]) -> None:
    assert choose([ONE], replace(HALL, **change)) == []


def test_who_is_busy_now_may_come_in_the_next_slot() -> None:
    assert choose([ONE], replace(HALL, busy=frozenset({(7, 1)}))) == [Place(1, 40, 8, 100, 1, 2)]


def test_a_colleague_stands_in_for_one_who_is_busy() -> None:
    assert choose([TWO], replace(HALL, busy=frozenset({(7, 3)}))) == [Place(2, 90, 7, 100, 4, 5)]


def test_a_team_meets_at_its_own_booth_and_others_do_not() -> None:
    hall = replace(HALL, tables=(100, 101, 102), booths={101: 20, 100: 99})
    assert [place.table for place in choose([ONE, TWO], hall)] == [102, 101]


def test_who_waits_at_a_table_stays_there() -> None:
    hall = replace(HALL, sitting={2: 101})
    assert choose([ONE], hall) == [Place(1, 40, 7, 101, 1, 2)]


def test_no_hall_leads_to_an_offer_that_breaks_a_rule() -> None:
    random = Random(11)
    for _round in range(300):
        people = range(1, 9)
        some = lambda things: frozenset(x for x in things if random.random() < 0.3)  # noqa: E731
        hall = Hall(
            slots=(7, 8), tables=(100, 101), here=frozenset(people) - some(people),
            busy=some(product((7, 8), people)), taken=some(product((7, 8), (100, 101))),
            excluded=some(product((10, 11), (20, 21))), full=some((10, 11, 20, 21)),
            tired=some(product((7, 8), people)), booths={100: 10} if random.random() < 0.5 else {},
        )  # fmt: skip
        pairs = [
            Pair(n, random.randrange(100), teams, (1, 2) if teams[0] == 10 else (3, 4),
                 (5, 6) if teams[1] == 20 else (7, 8))
            for n, teams in enumerate(product((10, 11), (20, 21)))
        ]  # fmt: skip
        found = choose(pairs, hall)
        by_wish = {pair.wish: pair for pair in pairs}
        assert [p.value for p in found] == sorted((p.value for p in found), reverse=True)
        for place in found:
            pair = by_wish[place.wish]
            assert {place.need, place.achievement} <= hall.here
            for person in (place.need, place.achievement):
                assert (place.slot, person) not in hall.busy | hall.tired
            assert (place.slot, place.table) not in hall.taken
            assert pair.teams not in hall.excluded
            assert not hall.full & set(pair.teams)
            assert hall.booths.get(place.table) in {None, *pair.teams}


# ---- from the database


def test_a_pair_that_is_here_and_free_is_offered_in_this_slot(session: Session, at: Clock) -> None:
    event = make_day(session)
    meet(session, event, 0, 0)
    wish = make_pair(session, event)
    at("09:05")

    (offer,) = standby.offers(session, event, clock.now())
    assert (offer.wish, offer.slot, offer.table) == (wish, event.slots[0], event.tables[1])


def test_late_in_a_slot_only_the_next_is_offered(session: Session, at: Clock) -> None:
    event = make_day(session)
    make_pair(session, event)

    at("09:10")
    assert [o.slot for o in standby.offers(session, event, clock.now())] == [event.slots[0]]
    at("09:11")
    assert [o.slot for o in standby.offers(session, event, clock.now())] == [event.slots[1]]
    at("12:00")
    assert standby.offers(session, event, clock.now()) == []


def test_what_may_not_or_need_not_meet_is_not_offered(session: Session, at: Clock) -> None:
    event = make_day(session)
    make_pair(session, event, here=False)
    make_pair(session, event, need_choice=WishChoice.NO)
    make_pair(session, event, need_choice=None)
    excluded = make_pair(session, event)
    session.add(
        Exclusion(
            event_id=event.id, need_team_id=excluded.need_team_id,
            achievement_team_id=excluded.achievement_team_id, reason=ExclusionReason.CONFLICT,
            declared_by_id=event.owner_id, at=clock.now(),
        )
    )  # fmt: skip
    withdrawn = make_pair(session, event)
    withdrawn.need_team.status = TeamStatus.WITHDRAWN
    meet(session, event, 4, 2)
    missed = meet(session, event, 0, 0)
    miss(session, missed, Side.NEED)
    other_event = make_day(session)
    make_pair(session, other_event)
    at("09:06")

    assert standby.offers(session, event, clock.now()) == []


def test_who_missed_a_meeting_is_not_offered_until_they_come(session: Session, at: Clock) -> None:
    event = make_day(session)
    missed = meet(session, event, 0, 0)
    absent = missed.wish.need_team
    partner = make_team(session, event, Side.ACHIEVEMENT)
    arrive(session, partner)
    make_wish(session, absent, partner)
    miss(session, missed, Side.NEED)
    at("09:06")
    assert standby.offers(session, event, clock.now()) == []

    service.check_in(session, event.owner, event, absent.members[0])
    session.flush()
    assert len(standby.offers(session, event, clock.now())) == 1


def test_an_organiser_books_an_offer_with_one_tap(session: Session, at: Clock) -> None:
    event = make_day(session)
    missed = meet(session, event, 0, 0)
    waiting = missed.wish.need_team
    partner = make_team(session, event, Side.ACHIEVEMENT)
    arrive(session, partner)
    wish = make_wish(session, waiting, partner)
    miss(session, missed, Side.ACHIEVEMENT, at="09:04")
    at("09:06")

    row = service.fill(session, event.owner, event, wish.id)

    assert (row.status, row.standby) == (MeetingStatus.PLANNED, True)
    assert (row.slot, row.table) == (event.slots[0], event.tables[0]), "where one sits already"
    told = session.scalars(select(Notification.kind)).all()
    assert told == ["meeting.booked", "meeting.booked"]
    with pytest.raises(NotNowError):
        service.fill(session, event.owner, event, wish.id)


def test_the_one_who_is_here_sits_down(session: Session, at: Clock) -> None:
    event = make_day(session)
    need = make_team(session, event, Side.NEED, people=2)
    partner = make_team(session, event, Side.ACHIEVEMENT)
    arrive(session, partner)
    need.members[1].checked_in_at = clock.now()
    wish = make_wish(session, need, partner)
    at("09:02")

    row = service.fill(session, event.owner, event, wish.id)
    assert row.need_person_id == need.members[1].id


def test_only_organisers_book_standby(session: Session, at: Clock) -> None:
    event = make_day(session)
    wish = make_pair(session, event)
    at("09:02")

    for actor in (wish.need_team.registered_by, factories.make_user(session, Role.ADMINISTRATOR)):
        with pytest.raises(NotAllowedError):
            service.fill(session, actor, event, wish.id)
    assert session.scalars(select(Meeting)).all() == []


def test_limits_of_teams_people_and_rows_hold(session: Session, at: Clock) -> None:
    event = make_day(session, most_in_a_row=1)
    first = meet(session, event, 1, 0)
    partner = make_team(session, event, Side.ACHIEVEMENT)
    arrive(session, partner)
    make_wish(session, first.wish.need_team, partner)
    at("09:02")
    assert standby.offers(session, event, clock.now()) == [], "two in a row"

    event.most_in_a_row = None
    assert len(standby.offers(session, event, clock.now())) == 1
    event.team_most = 1
    assert standby.offers(session, event, clock.now()) == []
    event.team_most, event.person_most = None, 1
    assert standby.offers(session, event, clock.now()) == []


def test_who_is_called_in_standby_has_time_to_walk(session: Session, at: Clock) -> None:
    event = make_day(session)
    wish = make_pair(session, event)
    at("09:08")
    row = service.fill(session, event.owner, event, wish.id)

    at("09:10")
    with pytest.raises(NotNowError):
        service.miss(session, event.owner, event, row, by=Side.NEED)
    at("09:11")
    service.miss(session, event.owner, event, row, by=Side.NEED)
    assert row.status == MeetingStatus.MISSED


def test_the_database_sorts_as_wishes_are_valued(
    session: Session, at: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    must, meet_ = WishChoice.MUST, WishChoice.MEET
    event = make_day(session, tables=9)
    for ours, theirs, score in (
        (meet_, None, 1.0), (must, must, 0.0), (None, None, 1.0), (meet_, meet_, 0.0),
        (None, must, 0.0), (meet_, must, 0.9), (None, meet_, 0.1),
    ):  # fmt: skip
        wish = make_pair(session, event, need_choice=ours, achievement_choice=theirs, score=score)
        wish.need_team.opted_in = wish.achievement_team.opted_in = True
    session.flush()
    at("09:05")

    whole = [offer.value for offer in standby.offers(session, event, clock.now())]
    assert whole == [100, 78, 60, 45, 40, 30, 27]
    monkeypatch.setattr(standby, "BATCH", 1)
    assert [offer.value for offer in standby.offers(session, event, clock.now())] == whole
