"""Criteria, jurors, ballots, conflicts of interest, publication."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.contests import ballots, queries, service, tally
from matchmaker.contests.kinds import BallotState
from matchmaker.contests.service import Asked
from matchmaker.errors import InvalidError, NotAllowedError, NotFoundError, NotNowError
from models import (
    Activity,
    Criterion,
    Event,
    EventStatus,
    Juror,
    Membership,
    Notification,
    Role,
    Score,
    Side,
    Verification,
)
from tests import factories
from tests.contests import scene
from tests.events import making


def seen(session: Session, event: Event) -> str:
    return service.fingerprint(queries.criteria(session, event))


def rows(session: Session, event: Event) -> list[tuple[str, int, int]]:
    return [(c.name, c.weight, c.most) for c in queries.criteria(session, event)]


def state(session: Session, event: Event, juror: Juror) -> list[BallotState]:
    return [found for _entry, found in queries.states(session, event, juror)]


def test_criteria_are_set_all_at_once_and_names_may_be_swapped(session: Session) -> None:
    event = scene.make_contest(session)
    one, other = scene.make_criteria(session, event, ("甲", 1, 10), ("乙", 2, 10))
    asked = [Asked(one.id, "乙", 1, 10), Asked(other.id, "甲", 2, 10), Asked(None, "丙", 3, 5)]

    service.set_criteria(session, event.owner, event, asked, seen=seen(session, event))

    assert rows(session, event) == [("乙", 1, 10), ("甲", 2, 10), ("丙", 3, 5)]
    assert [c.id for c in queries.criteria(session, event)][:2] == [one.id, other.id]


def test_points_in_drafts_stay_with_a_criterion_that_stays(session: Session) -> None:
    event = scene.make_contest(session)
    one, other = scene.make_criteria(session, event)
    entry, juror = scene.make_entry(session, event), scene.make_juror(session, event)
    scene.give(session, juror, event, entry, 7, 8, submit=False)

    asked = [Asked(one.id, "新意", 50, 10)]
    service.set_criteria(session, event.owner, event, asked, seen=seen(session, event))
    session.expire_all()

    assert session.scalars(select(Score.points)).all() == [7]
    assert session.get(Criterion, other.id) is None


def test_two_criteria_cannot_have_one_name(session: Session) -> None:
    event = scene.make_contest(session)

    with pytest.raises(InvalidError) as refused:
        service.set_criteria(
            session, event.owner, event, [Asked(None, "甲", 1, 1), Asked(None, "甲", 2, 2)],
            seen=seen(session, event),
        )  # fmt: skip

    assert list(refused.value.fields) == ["name_1"]


def test_nobody_overwrites_criteria_that_they_have_not_seen(session: Session) -> None:
    event = scene.make_contest(session)
    before = seen(session, event)
    scene.make_criteria(session, event)

    with pytest.raises(service.ChangedError):
        service.set_criteria(session, event.owner, event, [], seen=before)


def test_criteria_are_fixed_from_the_first_ballot_that_is_handed_in(session: Session) -> None:
    event = scene.make_contest(session)
    scene.make_criteria(session, event)
    entry, juror = scene.make_entry(session, event), scene.make_juror(session, event)
    scene.give(session, juror, event, entry, 7, 8)

    with pytest.raises(NotNowError, match="已有评委交了评分"):
        service.set_criteria(session, event.owner, event, [], seen=seen(session, event))


def test_an_id_of_another_event_makes_a_new_criterion_and_takes_nothing_away(
    session: Session,
) -> None:
    event, other = scene.make_contest(session), scene.make_contest(session)
    (theirs,) = scene.make_criteria(session, other, ("甲", 1, 10))

    service.set_criteria(
        session, event.owner, event, [Asked(theirs.id, "乙", 9, 9)], seen=seen(session, event)
    )

    assert (rows(session, event), rows(session, other)) == ([("乙", 9, 9)], [("甲", 1, 10)])


def test_a_person_who_is_asked_to_judge_is_told(session: Session) -> None:
    event, person = scene.make_contest(session), factories.make_user(session)

    juror = service.add_juror(session, event.owner, event, person)

    line = session.scalars(select(Notification).filter_by(user_id=person.id)).one()
    assert (line.kind, line.endpoint) == ("juror.added", "contests.jury")
    assert queries.jurors(session, event) == [juror]


def test_nobody_is_asked_twice(session: Session) -> None:
    event = scene.make_contest(session)
    juror = scene.make_juror(session, event)

    with pytest.raises(InvalidError, match="已经是评委"):
        service.add_juror(session, event.owner, event, juror.user)


def test_people_are_asked_once_they_can_see_the_event(session: Session) -> None:
    event = scene.make_contest(session, status=EventStatus.DRAFT, opened_at=None)

    with pytest.raises(NotNowError, match="公布以后"):
        service.add_juror(session, event.owner, event, factories.make_user(session))


def test_only_organisers_choose_the_jury(session: Session) -> None:
    event, person = scene.make_contest(session), factories.make_user(session)

    with pytest.raises(NotAllowedError):
        service.add_juror(session, person, event, person)


def test_who_is_unknown_or_sees_everything_cannot_judge(session: Session) -> None:
    event = scene.make_contest(session)
    pending = factories.make_organisation(session, status=Verification.PENDING)
    wrong = [
        factories.make_user(session, Role.ORGANISER, name="查无此人"),
        factories.make_user(session, Role.ADMINISTRATOR, name="查无此人"),
        factories.make_user(session, membership=Membership.PENDING, name="查无此人"),
        factories.make_user(session, active=False, name="查无此人"),
        factories.make_user(session, organisation=pending, name="查无此人"),
    ]

    assert queries.candidates(session, event, "查无此人") == []
    for person in wrong:
        with pytest.raises(InvalidError):
            service.add_juror(session, event.owner, event, person)


def test_jurors_are_found_by_address_or_part_of_the_name(session: Session) -> None:
    event = scene.make_contest(session)
    person = factories.make_user(session, name="示范评委甲", email="judge@example.org")
    taken = factories.make_user(session, name="示范评委乙")
    scene.make_juror(session, event, taken)

    for text in ("评委", " Judge@Example.org "):
        assert queries.candidates(session, event, text) == [person]
    for text in ("", "%", "_", "\x00"):
        assert queries.candidates(session, event, text) == []


def test_a_juror_goes_with_drafts_but_not_with_what_was_handed_in(session: Session) -> None:
    event = scene.make_contest(session)
    scene.make_criteria(session, event)
    entry, juror = scene.make_entry(session, event), scene.make_juror(session, event)
    scene.give(session, juror, event, entry, 7, 8)

    with pytest.raises(NotNowError, match="先把这些评分退回"):
        service.remove_juror(session, event.owner, event, juror)
    ballots.reopen(session, event.owner, juror, event, entry)
    service.remove_juror(session, event.owner, event, juror)

    assert queries.jurors(session, event) == []
    assert queries.ballots(session, event) == []


def test_a_draft_may_lack_points_and_does_not_count(session: Session) -> None:
    event = scene.make_contest(session)
    scene.make_criteria(session, event)
    entry, juror = scene.make_entry(session, event), scene.make_juror(session, event)

    scene.give(session, juror, event, entry, 7, submit=False)

    assert state(session, event, juror) == [BallotState.DRAFT]
    assert tally.of(session, event).ranked == []
    assert queries.count_left(session, event, juror) == 1


def test_a_ballot_is_handed_in_with_points_by_every_criterion(session: Session) -> None:
    event = scene.make_contest(session)
    _one, other = scene.make_criteria(session, event)
    entry, juror = scene.make_entry(session, event), scene.make_juror(session, event)

    with pytest.raises(InvalidError) as refused:
        scene.give(session, juror, event, entry, 7)
    assert list(refused.value.fields) == [f"points_{other.id}"]

    scene.give(session, juror, event, entry, 7.5, 10)
    assert state(session, event, juror) == [BallotState.SUBMITTED]
    assert queries.count_left(session, event, juror) == 0


@pytest.mark.parametrize("points", [-0.5, 10.5, 7.25, float("nan"), float("inf")])
def test_points_are_halves_from_0_to_the_most(session: Session, points: float) -> None:
    event = scene.make_contest(session)
    scene.make_criteria(session, event)
    entry, juror = scene.make_entry(session, event), scene.make_juror(session, event)

    with pytest.raises(InvalidError):
        scene.give(session, juror, event, entry, points, 5)


def test_what_was_handed_in_is_final_until_an_organiser_reopens_it(session: Session) -> None:
    event = scene.make_contest(session)
    scene.make_criteria(session, event)
    entry, juror = scene.make_entry(session, event), scene.make_juror(session, event)
    scene.give(session, juror, event, entry, 7, 8)

    with pytest.raises(NotNowError, match="已经交了"):
        scene.give(session, juror, event, entry, 1, 1)
    with pytest.raises(NotNowError):
        ballots.set_aside(session, juror.user, juror, event, entry)
    with pytest.raises(NotAllowedError):
        ballots.reopen(session, juror.user, juror, event, entry)
    ballots.reopen(session, event.owner, juror, event, entry)
    scene.give(session, juror, event, entry, 9, 9)

    (line,) = tally.of(session, event).ranked
    assert line.place.score == 90
    lines = session.scalars(select(Activity.action).where(Activity.event_id == event.id)).all()
    assert lines == ["ballot.submitted", "ballot.reopened", "ballot.submitted"]


def test_nobody_scores_in_anothers_name(session: Session) -> None:
    event = scene.make_contest(session)
    scene.make_criteria(session, event)
    entry, juror = scene.make_entry(session, event), scene.make_juror(session, event)

    with pytest.raises(NotAllowedError):
        ballots.save(session, event.owner, juror, event, entry, version=0, points={})


def test_a_ballot_that_changed_in_another_window_is_not_overwritten_unseen(
    session: Session,
) -> None:
    event = scene.make_contest(session)
    one, _other = scene.make_criteria(session, event)
    entry, juror = scene.make_entry(session, event), scene.make_juror(session, event)
    scene.give(session, juror, event, entry, 7, submit=False)
    scene.give(session, juror, event, entry, 8, submit=False)  # only points changed

    for stale in (0, 1):
        with pytest.raises(service.ChangedError):
            ballots.save(
                session, juror.user, juror, event, entry, version=stale, points={one.id: 1}
            )


def test_points_are_given_once_entries_no_longer_change(session: Session) -> None:
    event = scene.make_open_contest(session)
    scene.make_criteria(session, event)
    entry, juror = scene.make_entry(session, event), scene.make_juror(session, event)

    with pytest.raises(NotNowError, match="还没有结束"):
        scene.give(session, juror, event, entry, 7, 8)
    ballots.set_aside(session, juror.user, juror, event, entry)

    assert state(session, event, juror) == [BallotState.ASIDE]


def test_without_criteria_there_is_nothing_to_hand_in(session: Session) -> None:
    event = scene.make_contest(session)
    entry, juror = scene.make_entry(session, event), scene.make_juror(session, event)

    with pytest.raises(NotNowError, match="评分标准"):
        scene.give(session, juror, event, entry)


def test_who_stands_aside_gives_no_points_and_is_not_waited_for(session: Session) -> None:
    event = scene.make_contest(session)
    scene.make_criteria(session, event)
    entry, juror = scene.make_entry(session, event), scene.make_juror(session, event)
    scene.give(session, juror, event, entry, 7, 8, submit=False, remark="草稿")

    ballots.set_aside(session, juror.user, juror, event, entry)

    (ballot,) = queries.ballots(session, event)
    assert (ballot.conflict, ballot.scores, ballot.remark) == (True, [], "")
    assert tally.of(session, event).missing == 0
    with pytest.raises(NotNowError, match="回避"):
        scene.give(session, juror, event, entry, 7, 8)
    ballots.take_up(session, juror.user, juror, event, entry)
    scene.give(session, juror, event, entry, 7, 8)


def own_entries(session: Session, event: Event) -> dict[str, tuple[Juror, int]]:
    """Make entries that are a juror's own business, each in another way."""
    made = {}
    team = making.make_team(session, event, Side.ACHIEVEMENT)
    colleague = factories.make_user(session, organisation=team.organisation)
    entry = scene.make_entry(session, event, team)
    made["colleague"] = (scene.make_juror(session, event, colleague), entry.number)
    person = factories.make_user(session)
    mixed = making.make_team(session, event, Side.NEED, user=person,
                             organisation=factories.make_organisation(session))  # fmt: skip
    entry = scene.make_entry(session, event, mixed)
    made["member"] = (scene.make_juror(session, event, person), entry.number)
    writer = factories.make_user(session)
    posting = factories.make_achievement(session, writer)
    agency = making.make_team(session, event, Side.ACHIEVEMENT, postings=[posting])
    entry = scene.make_entry(session, event, agency, posting_id=posting.id)
    made["posting"] = (scene.make_juror(session, event, writer), entry.number)
    return made


@pytest.mark.parametrize("blind", [False, True])
def test_the_platform_bars_jurors_from_their_own_business(session: Session, blind: bool) -> None:
    event = scene.make_contest(session, blind=blind)
    scene.make_criteria(session, event)

    for juror, number in own_entries(session, event).values():
        entry = queries.judged_entry(session, event, number)
        with pytest.raises(NotNowError, match="有关"):
            scene.give(session, juror, event, entry, 7, 8)
        with pytest.raises(NotNowError):
            ballots.set_aside(session, juror.user, juror, event, entry)
        with pytest.raises(NotNowError):
            ballots.take_up(session, juror.user, juror, event, entry)
        found = {e.number: s for e, s in queries.states(session, event, juror)}
        assert [n for n, s in found.items() if s == BallotState.BARRED] == [number]
        assert queries.count_left(session, event, juror) == 2
        assert queries.barred(session, event)[juror.id] == {entry.id}


def test_points_of_a_juror_who_joined_the_team_later_do_not_count(session: Session) -> None:
    event = scene.make_contest(session)
    scene.make_criteria(session, event)
    entry, juror = scene.make_entry(session, event), scene.make_juror(session, event)
    scene.give(session, juror, event, entry, 7, 8)

    entry.team.members[0].user_id = juror.user_id
    session.flush()

    assert tally.of(session, event).ranked == []


def test_the_tally_says_who_is_missing_who_stands_aside_and_where_jurors_differ(
    session: Session,
) -> None:
    event = scene.make_contest(session)
    one, other = scene.make_criteria(session, event)
    jurors = [scene.make_juror(session, event) for _ in range(3)]
    wide, calm = (scene.make_entry(session, event) for _ in range(2))
    scene.give(session, jurors[0], event, wide, 10, 10, remark="很好")
    scene.give(session, jurors[1], event, wide, 5, 7.5)
    ballots.set_aside(session, jurors[2].user, jurors[2], event, wide)
    scene.give(session, jurors[0], event, calm, 8, 8)

    found = tally.of(session, event)
    first, second = found.lines

    assert (first.entry, first.place.score, first.place.rank) == (wide, 80, 1)
    assert first.means == {one.id: 7.5, other.id: 8.75}
    assert (first.spread, first.is_wide) == (40, True)
    assert (first.submitted, first.expected, len(first.aside)) == (2, 2, 1)
    assert [given.remark for given in first.remarks] == ["很好"]
    assert (second.submitted, second.expected, second.spread) == (1, 3, None)
    assert (found.submitted, found.expected, found.missing) == (3, 5, 2)


def test_entries_without_a_ballot_stand_behind_all_others(session: Session) -> None:
    event = scene.make_contest(session)
    scene.make_criteria(session, event)
    juror = scene.make_juror(session, event)
    unjudged, weak, strong = (scene.make_entry(session, event) for _ in range(3))
    scene.give(session, juror, event, weak, 1, 1)
    scene.give(session, juror, event, strong, 9, 9)

    found = tally.of(session, event)

    assert [line.entry for line in found.lines] == [strong, weak, unjudged]
    assert found.late == [(juror, 1)]


def test_publishing_tells_the_teams_and_ends_the_judging(session: Session) -> None:
    event = scene.make_contest(session)
    scene.make_criteria(session, event)
    entry, juror = scene.make_entry(session, event), scene.make_juror(session, event)
    scene.give(session, juror, event, entry, 7, 8)

    assert service.publish(session, event.owner, event) == 1

    line = session.scalars(
        select(Notification).filter_by(user_id=entry.team.registered_by_id)
    ).one()
    assert (line.kind, line.endpoint) == ("results.published", "contests.results")
    assert event.results_published_at is not None
    for act in (
        lambda: scene.give(session, juror, event, entry, 1, 1),
        lambda: ballots.reopen(session, event.owner, juror, event, entry),
        lambda: service.publish(session, event.owner, event),
        lambda: service.add_juror(session, event.owner, event, factories.make_user(session)),
        lambda: service.set_criteria(session, event.owner, event, [], seen=seen(session, event)),
    ):
        with pytest.raises(NotNowError):
            act()


def test_missing_ballots_must_be_accepted_before_publishing(session: Session) -> None:
    event = scene.make_contest(session)
    scene.make_criteria(session, event)
    entry, juror = scene.make_entry(session, event), scene.make_juror(session, event)
    scene.make_juror(session, event)
    scene.give(session, juror, event, entry, 7, 8)

    with pytest.raises(InvalidError, match="还缺 1 份"):
        service.publish(session, event.owner, event)
    service.publish(session, event.owner, event, anyway=True)

    assert event.results_published_at is not None


def test_without_a_ballot_or_before_the_window_ends_there_is_nothing_to_publish(
    session: Session,
) -> None:
    event = scene.make_contest(session)
    scene.make_entry(session, event)
    early = scene.make_open_contest(session)

    with pytest.raises(NotNowError, match="没有结果"):
        service.publish(session, event.owner, event, anyway=True)
    with pytest.raises(NotNowError, match="还没有结束"):
        service.publish(session, early.owner, early, anyway=True)


def test_a_contest_that_was_closed_first_can_still_be_published(session: Session) -> None:
    event = scene.make_contest(session)
    scene.make_criteria(session, event)
    entry, juror = scene.make_entry(session, event), scene.make_juror(session, event)
    scene.give(session, juror, event, entry, 7, 8)
    event.status = EventStatus.CLOSED
    session.flush()

    service.publish(session, event.owner, event)

    assert event.results_published_at is not None


def test_only_organisers_publish(session: Session) -> None:
    event = scene.make_contest(session)
    administrator = factories.make_user(session, Role.ADMINISTRATOR)

    with pytest.raises(NotAllowedError):
        service.publish(session, administrator, event, anyway=True)


def test_a_juror_is_one_only_at_their_own_event(session: Session) -> None:
    event, other = scene.make_contest(session), scene.make_contest(session)
    juror = scene.make_juror(session, event)

    assert queries.own_seat(session, juror.user, event) is juror
    with pytest.raises(NotFoundError):
        queries.own_seat(session, juror.user, other)
    with pytest.raises(NotFoundError):
        queries.one_juror(session, other, juror.id)


def test_a_juror_who_came_to_hold_an_office_no_longer_judges(session: Session) -> None:
    event = scene.make_contest(session)
    juror = scene.make_juror(session, event)
    juror.user.role = Role.ORGANISER
    session.flush()

    assert queries.find_juror(session, juror.user, event) is None


def test_counting_more_ballots_asks_the_database_as_often(
    session: Session, count_queries: object
) -> None:
    event = scene.make_contest(session)
    scene.make_criteria(session, event)
    jurors = [scene.make_juror(session, event)]

    def fill() -> None:
        entry = scene.make_entry(session, event)
        for juror in jurors:
            scene.give(session, juror, event, entry, 7, 8)

    def look() -> None:
        session.expire_all()
        for line in tally.of(session, event).lines:
            assert line.entry.team.full_name
            assert line.given[0].juror.user.organisation.name

    fill()
    first = count_queries(look)  # type: ignore[operator]
    jurors += [scene.make_juror(session, event) for _ in range(2)]
    fill()
    fill()
    assert count_queries(look) == first  # type: ignore[operator]
