"""Pairs that must not meet: of one organisation, declared, met before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.errors import InvalidError, NotAllowedError, NotFoundError, NotNowError
from matchmaker.wishes import exclusions, queries, service
from models import (
    Activity,
    Event,
    Exclusion,
    ExclusionReason,
    MeetingReport,
    MeetingStatus,
    Organisation,
    Role,
    Side,
    Team,
    WishChoice,
)
from tests import factories
from tests.events.making import make_event, make_meeting, make_team, make_wish
from tests.wishes.making import lines, only_wish, person, two_teams

MEET = WishChoice.MEET


def held(
    session: Session, need_of: Organisation, achievement_of: Organisation, *, days_ago: int = 30,
    name: str = "", status: MeetingStatus = MeetingStatus.HELD,
) -> Event:  # fmt: skip
    """Make an earlier event at which two organisations met."""
    day = clock.today() - timedelta(days=days_ago)
    event = make_event(session, day=day)
    need = make_team(session, event, Side.NEED, organisation=need_of, name=name)
    achievement = make_team(session, event, Side.ACHIEVEMENT, organisation=achievement_of)
    wish = make_wish(session, need, achievement)
    make_meeting(session, wish, event.slots[0], event.tables[0], status=status)
    return event


def pair(need: Team, achievement: Team) -> tuple[int, int]:
    return need.id, achievement.id


def test_teams_of_one_organisation_do_not_meet(session: Session) -> None:
    need, achievement = two_teams(session)
    cousin = make_team(session, need.event, Side.ACHIEVEMENT, organisation=need.organisation)

    assert queries.excluded_pairs(session, need.event) == {
        pair(need, cousin): ExclusionReason.SAME_ORGANISATION
    }
    with pytest.raises(NotNowError):
        service.choose(session, person(need), need.event, need, cousin, MEET)
    assert achievement.id


def test_teams_that_met_at_another_event_do_not_meet_again(session: Session) -> None:
    need, achievement = two_teams(session)
    held(session, need.organisation, achievement.organisation)

    assert queries.excluded_pairs(session, need.event) == {
        pair(need, achievement): ExclusionReason.MET_BEFORE
    }


def test_it_does_not_matter_on_which_sides_they_met(session: Session) -> None:
    need, achievement = two_teams(session)
    held(session, achievement.organisation, need.organisation)

    assert pair(need, achievement) in queries.excluded_pairs(session, need.event)


def test_another_department_of_the_same_organisation_has_not_met(session: Session) -> None:
    need, achievement = two_teams(session)
    held(session, need.organisation, achievement.organisation, name="示范二部")

    assert queries.excluded_pairs(session, need.event) == {}


@pytest.mark.parametrize("status", [MeetingStatus.PLANNED, MeetingStatus.RUNNING])
def test_a_meeting_that_was_only_planned_does_not_count(
    session: Session, status: MeetingStatus
) -> None:
    need, achievement = two_teams(session)
    held(session, need.organisation, achievement.organisation, status=status)

    assert queries.excluded_pairs(session, need.event) == {}


@pytest.mark.parametrize(("met", "excluded"), [(True, True), (False, False)])
def test_a_report_that_they_met_counts_as_much(
    session: Session, met: bool, excluded: bool
) -> None:  # fmt: skip
    need, achievement = two_teams(session)
    day = clock.today() - timedelta(days=30)
    earlier = make_event(session, day=day)
    wish = make_wish(
        session, make_team(session, earlier, Side.NEED, organisation=need.organisation),
        make_team(session, earlier, Side.ACHIEVEMENT, organisation=achievement.organisation),
    )  # fmt: skip
    meeting = make_meeting(session, wish, earlier.slots[0], earlier.tables[0])
    session.add(
        MeetingReport(
            meeting_id=meeting.id, side=Side.NEED, by_id=earlier.owner_id, at=clock.now(), met=met
        )
    )
    session.flush()

    assert (pair(need, achievement) in queries.excluded_pairs(session, need.event)) is excluded


@pytest.mark.parametrize(
    ("months", "days_ago", "excluded"),
    [(24, 30, True), (24, 800, False), (1, 30, False), (0, 1, False), (9999, 800, True)],
)
def test_a_meeting_counts_for_as_many_months_as_the_event_says(
    session: Session, months: int, days_ago: int, excluded: bool
) -> None:
    need, achievement = two_teams(session, met_before_months=months)
    held(session, need.organisation, achievement.organisation, days_ago=days_ago)

    assert (pair(need, achievement) in queries.excluded_pairs(session, need.event)) is excluded


def test_a_meeting_at_this_event_excludes_nothing(session: Session) -> None:
    need, achievement = two_teams(session)
    wish = make_wish(session, need, achievement)
    make_meeting(
        session, wish, need.event.slots[0], need.event.tables[0], status=MeetingStatus.HELD
    )

    assert queries.excluded_pairs(session, need.event) == {}


def test_many_teams_are_looked_through_with_as_many_queries_as_few(
    session: Session, count_queries: Callable[[Callable[[], object]], int]
) -> None:
    few, many = make_event(session), make_event(session)
    for event, number in ((few, 1), (many, 5)):
        for _ in range(number):
            need, achievement = two_teams(session, event)
            held(session, need.organisation, achievement.organisation)

    counts = [
        count_queries(partial(queries.excluded_pairs, session, event)) for event in (few, many)
    ]

    assert counts[0] == counts[1]
    assert len(queries.excluded_pairs(session, many)) == 5


# ---- declared


def test_a_team_declares_a_conflict_of_interest_and_takes_it_back(session: Session) -> None:
    need, achievement = two_teams(session)
    event = need.event

    exclusions.declare(session, person(need), event, need, achievement)
    assert queries.excluded_pairs(session, event) == {
        pair(need, achievement): ExclusionReason.CONFLICT
    }
    assert list(queries.declared_by(session, need)) == [achievement.id]

    exclusions.withdraw(session, person(need), event, need, achievement)
    assert queries.excluded_pairs(session, event) == {}
    actions = list(session.scalars(select(Activity.action).order_by(Activity.id)))
    assert actions == ["exclusion.declared", "exclusion.withdrawn"]


def test_the_other_side_neither_sees_nor_takes_back_a_declared_conflict(session: Session) -> None:
    need, achievement = two_teams(session)
    exclusions.declare(session, person(need), need.event, need, achievement)

    assert queries.declared_by(session, achievement) == {}
    with pytest.raises(NotFoundError):
        exclusions.withdraw(session, person(achievement), need.event, achievement, need)


def test_every_refusal_of_an_excluded_pair_reads_the_same(session: Session) -> None:
    event = make_event(session)
    need = make_team(session, event, Side.NEED)
    cousin = make_team(session, event, Side.ACHIEVEMENT, organisation=need.organisation)
    met, declared, ruled_out = (make_team(session, event, Side.ACHIEVEMENT) for _ in range(3))
    held(session, need.organisation, met.organisation)
    exclusions.declare(session, person(declared), event, declared, need)
    office = factories.make_user(session, Role.ORGANISER)
    exclusions.exclude(session, office, event, need, ruled_out, remark="秘密的理由")

    words = set()
    for other in (cousin, met, declared, ruled_out):
        with pytest.raises(NotNowError) as refusal:
            service.choose(session, person(need), event, need, other, MEET)
        words.add(str(refusal.value.message))

    assert len(words) == 1


def test_a_choice_from_before_stays_and_can_be_cleared(session: Session) -> None:
    need, achievement = two_teams(session)
    service.choose(session, person(need), need.event, need, achievement, MEET)
    exclusions.declare(session, person(achievement), need.event, achievement, need)

    assert only_wish(session).need_choice == MEET
    assert queries.count_unanswered(session, need.event, [achievement]) == 0
    (line,) = lines(session, person(achievement), "wishes.waiting")
    assert line.read_at is not None
    service.choose(session, person(need), need.event, need, achievement, None)
    assert only_wish(session).need_choice is None


def test_only_a_teams_own_people_declare_its_conflicts(session: Session) -> None:
    need, achievement = two_teams(session)
    for actor in (person(achievement), factories.make_user(session, Role.ORGANISER)):
        with pytest.raises(NotAllowedError):
            exclusions.declare(session, actor, need.event, need, achievement)


def test_a_pair_is_excluded_once(session: Session) -> None:
    need, achievement = two_teams(session)
    exclusions.declare(session, person(need), need.event, need, achievement)

    with pytest.raises(NotNowError):
        exclusions.declare(session, person(achievement), need.event, achievement, need)
    with pytest.raises(NotNowError):
        exclusions.exclude(
            session, factories.make_user(session, Role.ORGANISER), need.event, need, achievement
        )
    assert session.scalar(select(func.count(Exclusion.id))) == 1


def test_organisers_rule_a_pair_out_and_let_it_meet_again_with_a_reason(session: Session) -> None:
    need, achievement = two_teams(session)
    office = factories.make_user(session, Role.ORGANISER)
    row = exclusions.exclude(session, office, need.event, need, achievement, remark="竞争关系")
    assert (row.reason, row.remark) == (ExclusionReason.ORGANISER, "竞争关系")

    with pytest.raises(InvalidError):
        exclusions.lift(session, office, need.event, row, " ")
    exclusions.lift(session, office, need.event, row, "双方书面同意")

    assert queries.excluded_pairs(session, need.event) == {}
    last = session.scalars(select(Activity).order_by(Activity.id.desc())).first()
    assert last is not None
    assert (last.action, last.values["remark"]) == ("exclusion.lifted", "双方书面同意")


def test_participants_rule_nobody_out_and_lift_nothing(session: Session) -> None:
    need, achievement = two_teams(session)
    row = exclusions.declare(session, person(need), need.event, need, achievement)

    with pytest.raises(NotAllowedError):
        exclusions.lift(session, person(need), need.event, row, "理由")
    with pytest.raises(NotAllowedError):
        exclusions.exclude(session, person(need), need.event, need, achievement)


def test_an_exclusion_of_another_event_is_not_found(session: Session) -> None:
    need, achievement = two_teams(session)
    row = exclusions.declare(session, person(need), need.event, need, achievement)
    elsewhere = make_event(session)

    with pytest.raises(NotFoundError):
        queries.one_exclusion(session, elsewhere, row.id)
    with pytest.raises(NotFoundError):
        exclusions.lift(
            session, factories.make_user(session, Role.ORGANISER), elsewhere, row, "理由"
        )


def test_organisers_let_a_pair_that_met_before_meet_once_more(session: Session) -> None:
    need, achievement = two_teams(session)
    event, office = need.event, factories.make_user(session, Role.ORGANISER)
    held(session, need.organisation, achievement.organisation)
    assert set(queries.excluded_pairs(session, event)) == {pair(need, achievement)}

    with pytest.raises(InvalidError):
        exclusions.allow_again(session, office, event, need, achievement, " ")
    row = exclusions.allow_again(session, office, event, need, achievement, "带样品再谈")

    assert queries.excluded_pairs(session, event) == {}
    assert service.choose(session, person(need), event, need, achievement, MEET) is not None
    exclusions.forbid_again(session, office, event, row)
    assert set(queries.excluded_pairs(session, event)) == {pair(need, achievement)}
    told = [line.action for line in session.scalars(select(Activity).order_by(Activity.id))]
    assert told[-2:] == ["reunion.allowed", "reunion.forbidden"]


def test_what_was_declared_or_is_of_one_house_stays_apart(session: Session) -> None:
    need, achievement = two_teams(session)
    event, office = need.event, factories.make_user(session, Role.ORGANISER)
    cousin = make_team(session, event, Side.ACHIEVEMENT, organisation=need.organisation)
    held(session, need.organisation, achievement.organisation)
    exclusions.allow_again(session, office, event, need, achievement, "带样品再谈")
    exclusions.declare(session, person(need), event, need, achievement)

    assert queries.excluded_pairs(session, event) == {
        pair(need, achievement): ExclusionReason.CONFLICT,
        pair(need, cousin): ExclusionReason.SAME_ORGANISATION,
    }
    for other in (achievement, cousin):
        with pytest.raises(NotNowError):
            exclusions.allow_again(session, office, event, need, other, "理由")


def test_participants_let_nobody_meet_again(session: Session) -> None:
    need, achievement = two_teams(session)
    held(session, need.organisation, achievement.organisation)

    with pytest.raises(NotAllowedError):
        exclusions.allow_again(session, person(need), need.event, need, achievement, "理由")
