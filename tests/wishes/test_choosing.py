"""Teams say whom they want to meet: who may, until when, with how many must-meets."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.db import Database
from matchmaker.errors import InvalidError, NotAllowedError, NotFoundError, NotNowError
from matchmaker.wishes import service
from matchmaker.wishes.service import Pick
from models import (
    Activity,
    Event,
    EventStatus,
    Job,
    Role,
    Side,
    Team,
    TeamStatus,
    User,
    Wish,
    WishChoice,
)
from tests import factories
from tests.events.making import make_event, make_team, make_wish
from tests.wishes.making import lines, match_of, only_wish, person, team_with_posting, two_teams

MUST, MEET, NO = WishChoice.MUST, WishChoice.MEET, WishChoice.NO


def test_a_choice_makes_the_wish_and_sets_its_own_side_only(session: Session) -> None:
    need, achievement = two_teams(session)

    service.choose(session, person(need), need.event, need, achievement, MEET)

    wish = only_wish(session)
    assert (wish.need_team_id, wish.achievement_team_id) == (need.id, achievement.id)
    assert (wish.need_choice, wish.achievement_choice) == (MEET, None)
    assert wish.need_chosen_at is not None
    assert not wish.suggested


def test_the_other_side_answers_the_same_wish(session: Session) -> None:
    need, achievement = two_teams(session)
    service.choose(session, person(need), need.event, need, achievement, MEET)

    service.choose(session, person(achievement), need.event, achievement, need, NO)

    wish = only_wish(session)
    assert (wish.need_choice, wish.achievement_choice) == (MEET, NO)


def test_a_choice_can_be_taken_back(session: Session) -> None:
    need, achievement = two_teams(session)
    service.choose(session, person(need), need.event, need, achievement, MUST, expertise="工艺")

    service.choose(session, person(need), need.event, need, achievement, None)

    wish = only_wish(session)
    assert (wish.need_choice, wish.need_chosen_at, wish.achievement_expertise) == (None, None, "")


def test_taking_back_what_was_never_chosen_makes_nothing(session: Session) -> None:
    need, achievement = two_teams(session)

    assert service.choose(session, person(need), need.event, need, achievement, None) is None
    assert session.scalar(select(func.count(Wish.id))) == 0


def test_what_a_partner_should_know_is_kept_for_the_other_side(session: Session) -> None:
    need, achievement = two_teams(session)

    service.choose(
        session, person(need), need.event, need, achievement, MEET, expertise=" 工艺放大 "
    )
    service.choose(
        session, person(achievement), need.event, achievement, need, MEET, expertise="采购"
    )

    wish = only_wish(session)
    assert (wish.achievement_expertise, wish.need_expertise) == ("工艺放大", "采购")


def test_another_choice_leaves_what_a_partner_should_know(session: Session) -> None:
    need, achievement = two_teams(session)
    service.choose(session, person(need), need.event, need, achievement, MEET, expertise="工艺")

    service.choose(session, person(need), need.event, need, achievement, MUST)

    assert only_wish(session).achievement_expertise == "工艺"


def test_what_a_partner_should_know_is_short(session: Session) -> None:
    need, achievement = two_teams(session)

    with pytest.raises(InvalidError):
        service.choose(
            session, person(need), need.event, need, achievement, MEET, expertise="懂" * 61
        )


def test_a_colleague_of_the_organisation_may_choose(session: Session) -> None:
    need, achievement = two_teams(session)
    colleague = factories.make_user(session, Role.ENTERPRISE, organisation=need.organisation)

    service.choose(session, colleague, need.event, need, achievement, MEET)

    assert only_wish(session).need_choice == MEET


def test_strangers_and_administrators_choose_for_nobody(session: Session) -> None:
    need, achievement = two_teams(session)
    for role in (Role.ENTERPRISE, Role.ADMINISTRATOR):
        with pytest.raises(NotAllowedError):
            service.choose(
                session, factories.make_user(session, role), need.event, need, achievement, MEET
            )
    with pytest.raises(NotAllowedError):
        service.choose(session, person(achievement), need.event, need, achievement, MEET)


def test_teams_of_one_side_do_not_choose_each_other(session: Session) -> None:
    event = make_event(session)
    one, other = (make_team(session, event, Side.NEED) for _ in range(2))

    with pytest.raises(NotAllowedError):
        service.choose(session, person(one), event, one, other, MEET)


def test_teams_of_two_events_do_not_choose_each_other(session: Session) -> None:
    need, _ = two_teams(session)
    _, elsewhere = two_teams(session)

    with pytest.raises(NotFoundError):
        service.choose(session, person(need), need.event, need, elsewhere, MEET)
    with pytest.raises(NotFoundError):
        service.choose(session, person(need), elsewhere.event, need, elsewhere, MEET)


@pytest.mark.parametrize("status", [TeamStatus.PENDING, TeamStatus.WAITING, TeamStatus.WITHDRAWN])
def test_only_teams_that_come_choose_and_are_chosen(session: Session, status: TeamStatus) -> None:
    need, achievement = two_teams(session)
    achievement.status = status

    with pytest.raises(NotFoundError):
        service.choose(session, person(need), need.event, need, achievement, MEET)
    with pytest.raises(NotAllowedError):
        service.choose(session, person(achievement), need.event, achievement, need, MEET)


def test_an_event_without_meetings_has_no_wishes(session: Session) -> None:
    need, achievement = two_teams(session, kind="salon")

    with pytest.raises(NotFoundError):
        service.choose(session, person(need), need.event, need, achievement, MEET)


def test_after_the_deadline_only_organisers_choose_and_it_is_written_down(
    session: Session,
) -> None:
    past = clock.now() - timedelta(minutes=1)
    need, achievement = two_teams(session, wishes_until=past)
    organiser = factories.make_user(session, Role.ORGANISER)

    with pytest.raises(NotNowError):
        service.choose(session, person(need), need.event, need, achievement, MEET)
    service.choose(session, organiser, need.event, need, achievement, MEET)

    assert only_wish(session).need_choice == MEET
    line = session.scalars(select(Activity)).one()
    assert (line.action, line.actor_id, line.event_id) == (
        "wish.meet_for",
        organiser.id,
        need.event_id,
    )
    assert line.values["other"] == achievement.full_name


def test_own_choices_leave_no_line_in_history(session: Session) -> None:
    need, achievement = two_teams(session)

    service.choose(session, person(need), need.event, need, achievement, MEET)

    assert list(session.scalars(select(Activity))) == []


@pytest.mark.parametrize("status", [EventStatus.CANCELLED, EventStatus.CLOSED])
def test_what_is_over_or_called_off_takes_no_choice(session: Session, status: EventStatus) -> None:
    need, achievement = two_teams(session)
    need.event.status, need.event.cancel_reason = status, "示范原因"

    with pytest.raises(NotNowError):
        service.choose(session, person(need), need.event, need, achievement, MEET)
    with pytest.raises(NotAllowedError):
        service.choose(
            session,
            factories.make_user(session, Role.ORGANISER),
            need.event,
            need,
            achievement,
            MEET,
        )


# ---- must-meets


def test_a_team_has_only_so_many_must_meets(session: Session) -> None:
    event = make_event(session, must_tokens=2)
    need = make_team(session, event, Side.NEED)
    others = [make_team(session, event, Side.ACHIEVEMENT) for _ in range(3)]
    for other in others[:2]:
        service.choose(session, person(need), event, need, other, MUST)

    with pytest.raises(NotNowError) as refusal:
        service.choose(session, person(need), event, need, others[2], MUST)

    assert "2" in str(refusal.value.message)
    service.choose(session, person(need), event, need, others[0], MUST)
    service.choose(session, person(need), event, need, others[0], MEET)
    service.choose(session, person(need), event, need, others[2], MUST)
    found = session.scalars(select(Wish.achievement_team_id).where(Wish.need_choice == MUST))
    assert set(found) == {others[1].id, others[2].id}


def test_the_other_sides_must_meets_cost_us_nothing(session: Session) -> None:
    event = make_event(session, must_tokens=1)
    need = make_team(session, event, Side.NEED)
    one, other = (make_team(session, event, Side.ACHIEVEMENT) for _ in range(2))
    service.choose(session, person(one), event, one, need, MUST)

    service.choose(session, person(need), event, need, other, MUST)

    assert session.scalar(select(func.count(Wish.id)).where(Wish.need_choice == MUST)) == 1


def test_a_must_meet_for_a_team_that_left_comes_back(session: Session) -> None:
    event = make_event(session, must_tokens=1)
    need = make_team(session, event, Side.NEED)
    gone, other = (make_team(session, event, Side.ACHIEVEMENT) for _ in range(2))
    service.choose(session, person(need), event, need, gone, MUST)
    gone.status = TeamStatus.WITHDRAWN
    session.flush()

    service.choose(session, person(need), event, need, other, MUST)


def test_an_event_may_have_no_must_meets(session: Session) -> None:
    need, achievement = two_teams(session, must_tokens=0)

    with pytest.raises(NotNowError):
        service.choose(session, person(need), need.event, need, achievement, MUST)


def test_several_choices_are_taken_together_or_not_at_all(session: Session) -> None:
    event = make_event(session, must_tokens=1)
    need = make_team(session, event, Side.NEED)
    others = [make_team(session, event, Side.ACHIEVEMENT) for _ in range(2)]

    with pytest.raises(NotNowError):
        service.choose_many(
            session, person(need), event, need, [Pick(other, MUST) for other in others]
        )

    assert session.scalar(select(func.count(Wish.id))) == 0


def test_parallel_presses_never_spend_more_must_meets_than_there_are(
    own_database: Database,
) -> None:
    with own_database.transaction() as session:
        event = make_event(session, must_tokens=2)
        need = make_team(session, event, Side.NEED)
        others = [make_team(session, event, Side.ACHIEVEMENT).id for _ in range(6)]
        ids = (person(need).id, event.id, need.id)
    ready, refused = threading.Barrier(len(others)), []

    def press(other_id: int) -> None:
        ready.wait()
        try:
            with own_database.transaction() as session:
                service.choose(
                    session, session.get_one(User, ids[0]), session.get_one(Event, ids[1]),
                    session.get_one(Team, ids[2]), session.get_one(Team, other_id), MUST,
                )  # fmt: skip
        except NotNowError:
            refused.append(other_id)

    threads = [threading.Thread(target=press, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with own_database.reading() as session:
        assert session.scalar(select(func.count(Wish.id)).where(Wish.need_choice == MUST)) == 2
    assert len(refused) == 4


def test_two_sides_that_choose_each_other_at_once_make_one_wish(own_database: Database) -> None:
    with own_database.transaction() as session:
        need, achievement = two_teams(session)
        ids = [(team.registered_by_id, team.id) for team in (need, achievement)]
        event_id = need.event_id
    ready = threading.Barrier(2)

    def press(user_id: int, team_id: int, other_id: int) -> None:
        ready.wait()
        with own_database.transaction() as session:
            service.choose(
                session, session.get_one(User, user_id), session.get_one(Event, event_id),
                session.get_one(Team, team_id), session.get_one(Team, other_id), MEET,
            )  # fmt: skip

    threads = [
        threading.Thread(target=press, args=(*own, other[1])) for own, other in (ids, ids[::-1])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with own_database.reading() as session:
        wish = only_wish(session)
        assert (wish.need_choice, wish.achievement_choice) == (MEET, MEET)


# ---- what people hear


def test_the_other_team_hears_that_it_is_wanted(session: Session) -> None:
    need, achievement = two_teams(session)

    service.choose(session, person(need), need.event, need, achievement, MUST)

    (line,) = lines(session, person(achievement), "wishes.waiting")
    assert line.values == {"event": need.event.title, "n": 1}
    assert line.endpoint_values == {"event_id": need.event_id, "team": achievement.id}
    assert lines(session, person(need), "wishes.waiting") == []


def test_more_wishes_change_the_unread_line_and_write_no_other(session: Session) -> None:
    event = make_event(session)
    achievement = make_team(session, event, Side.ACHIEVEMENT)
    for _ in range(3):
        need = make_team(session, event, Side.NEED)
        service.choose(session, person(need), event, need, achievement, MEET)

    (line,) = lines(session, person(achievement), "wishes.waiting")

    assert line.values["n"] == 3
    line.read_at = clock.now()
    need = make_team(session, event, Side.NEED)
    service.choose(session, person(need), event, need, achievement, MEET)
    assert [row.values["n"] for row in lines(session, person(achievement), "wishes.waiting")] == [
        3,
        4,
    ]


def test_an_answer_brings_the_number_down_and_the_last_one_ends_the_line(session: Session) -> None:
    event = make_event(session)
    achievement = make_team(session, event, Side.ACHIEVEMENT)
    needs = [make_team(session, event, Side.NEED) for _ in range(2)]
    for need in needs:
        service.choose(session, person(need), event, need, achievement, MEET)

    service.choose(session, person(achievement), event, achievement, needs[0], NO)
    (line,) = lines(session, person(achievement), "wishes.waiting")
    assert (line.values["n"], line.read_at) == (1, None)

    service.choose(session, person(needs[1]), event, needs[1], achievement, None)
    assert line.values["n"] == 0
    assert line.read_at is not None


def test_nobody_hears_of_a_refusal_or_of_the_answer_to_a_wish(session: Session) -> None:
    need, achievement = two_teams(session)

    service.choose(session, person(need), need.event, need, achievement, NO)
    assert lines(session, person(achievement), "wishes.waiting") == []
    service.choose(session, person(need), need.event, need, achievement, MEET)
    service.choose(session, person(achievement), need.event, achievement, need, MEET)

    assert lines(session, person(need), "wishes.waiting") == []


def test_a_team_without_accounts_is_told_through_who_registered_it(session: Session) -> None:
    need, achievement = two_teams(session)
    achievement.members[0].user_id = None
    session.flush()

    service.choose(session, person(need), need.event, need, achievement, MEET)

    assert len(lines(session, person(achievement), "wishes.waiting")) == 1


def test_an_organiser_who_registered_a_team_is_not_told_in_its_place(session: Session) -> None:
    need, achievement = two_teams(session)
    achievement.members[0].user_id, achievement.on_behalf = None, True
    session.flush()

    service.choose(session, person(need), need.event, need, achievement, MEET)

    assert lines(session, person(achievement), "wishes.waiting") == []


# ---- the score of a new wish


def test_a_new_wish_takes_the_score_of_the_best_stored_pair(session: Session) -> None:
    event = make_event(session)
    need = team_with_posting(session, event, Side.NEED)
    achievement = team_with_posting(session, event, Side.ACHIEVEMENT)
    match = match_of(session, need, achievement, score=0.7)

    service.choose(session, person(need), event, need, achievement, MEET)

    assert (only_wish(session).score, only_wish(session).match_id) == (0.7, match.id)
    assert session.scalar(select(func.count(Job.id))) == 0


def test_a_wish_without_a_stored_pair_is_scored_later_by_one_job(session: Session) -> None:
    event = make_event(session)
    need = make_team(session, event, Side.NEED)
    for _ in range(2):
        other = make_team(session, event, Side.ACHIEVEMENT)
        service.choose(session, person(need), event, need, other, MEET)

    (job,) = session.scalars(select(Job))
    assert (job.kind, job.payload) == ("wishes.suggest", {"event_id": event.id})


def test_an_answer_after_the_end_makes_the_wish_live_again(session: Session) -> None:
    need, achievement = two_teams(session, wishes_until=clock.now() - timedelta(hours=1))
    wish = make_wish(session, need, achievement, achievement_choice=None, expired_at=clock.now())

    organiser = factories.make_user(session, Role.ORGANISER)
    service.choose(session, organiser, need.event, achievement, need, MEET)

    assert wish.expired_at is None
