"""What teams may enter, change and take back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.contests import queries, service
from matchmaker.contests.kinds import MOST_ENTRIES
from matchmaker.db import Database
from matchmaker.errors import InvalidError, NotAllowedError, NotFoundError, NotNowError
from models import Activity, Entry, Role, Side, Team, TeamStatus, User
from tests import factories
from tests.contests import scene
from tests.events import making


def test_an_admitted_team_enters_and_numbers_follow_the_order_of_arrival(session: Session) -> None:
    event = scene.make_open_contest(session)
    first, second = (making.make_team(session, event, Side.ACHIEVEMENT) for _ in range(2))

    one = service.enter(session, first.registered_by, first, title="甲", summary="简介")
    other = service.enter(session, second.registered_by, second, title="乙", summary="简介")

    assert (one.number, other.number) == (1, 2)
    assert [e.title for e in queries.entries(session, event)] == ["甲", "乙"]
    lines = session.scalars(select(Activity).where(Activity.action == "entry.entered")).all()
    assert [line.event_id for line in lines] == [event.id, event.id]


def test_a_number_is_never_used_again(session: Session) -> None:
    event = scene.make_open_contest(session)
    team = making.make_team(session, event)
    one = service.enter(session, team.registered_by, team, title="甲", summary="简介")
    service.withdraw(session, team.registered_by, one, version=one.version)

    other = service.enter(session, team.registered_by, team, title="甲", summary="简介")

    assert other.number == 2
    assert queries.entries(session, event) == [other]


def test_teams_that_enter_at_the_same_moment_get_numbers_of_their_own(
    own_database: Database,
) -> None:
    with own_database.transaction() as session:
        event = scene.make_open_contest(session)
        ids = [making.make_team(session, event).id for _ in range(12)]

    def enter(team_id: int) -> int:
        with own_database.transaction() as session:
            team = session.get_one(Team, team_id)
            return service.enter(
                session, team.registered_by, team, title="项目", summary="简介"
            ).number

    with ThreadPoolExecutor(12) as pool:
        numbers = list(pool.map(enter, ids))

    assert sorted(numbers) == list(range(1, 13))


@pytest.mark.parametrize("status", [TeamStatus.PENDING, TeamStatus.WAITING, TeamStatus.WITHDRAWN])
def test_a_team_that_is_not_admitted_cannot_enter(session: Session, status: TeamStatus) -> None:
    team = making.make_team(session, scene.make_open_contest(session), status=status)

    with pytest.raises(NotAllowedError):
        service.enter(session, team.registered_by, team, title="甲", summary="简介")


def test_nobody_enters_for_another_team(session: Session) -> None:
    event = scene.make_open_contest(session)
    team, other = making.make_team(session, event), making.make_team(session, event)

    with pytest.raises(NotAllowedError):
        service.enter(session, other.registered_by, team, title="甲", summary="简介")


def test_after_the_window_only_an_organiser_enters_on_behalf(session: Session) -> None:
    event = scene.make_contest(session)
    team = making.make_team(session, event)

    with pytest.raises(NotNowError):
        service.enter(session, team.registered_by, team, title="甲", summary="简介")

    assert service.enter(session, event.owner, team, title="甲", summary="简介").number == 1


def test_once_the_results_are_out_nothing_is_entered_changed_or_taken_back(
    session: Session,
) -> None:
    event = scene.make_open_contest(session, results_published_at=clock.now())
    team = making.make_team(session, event)
    entry = scene.make_entry(session, event, team)

    for act in (
        lambda: service.enter(session, event.owner, team, title="甲", summary="简介"),
        lambda: service.edit(session, event.owner, entry, version=1, title="乙", summary=""),
        lambda: service.withdraw(session, event.owner, entry, version=1),
    ):
        with pytest.raises(NotNowError):
            act()


def test_a_team_has_a_limited_number_of_entries(session: Session) -> None:
    event = scene.make_open_contest(session)
    team = making.make_team(session, event)
    for _ in range(MOST_ENTRIES):
        scene.make_entry(session, event, team)

    with pytest.raises(NotNowError):
        service.enter(session, team.registered_by, team, title="甲", summary="简介")


def test_an_entry_names_a_posting_that_the_team_brings_and_each_only_once(
    session: Session,
) -> None:
    event = scene.make_open_contest(session)
    user = factories.make_user(session, Role.RESEARCHER)
    ours, theirs = (factories.make_achievement(session, user), factories.make_achievement(session))
    team = making.make_team(session, event, Side.ACHIEVEMENT, user=user, postings=[ours])

    for wrong in (theirs.id, 999_999):
        with pytest.raises(InvalidError, match="带来的条目"):
            service.enter(session, user, team, title="甲", summary="简介", posting_id=wrong)
    entry = service.enter(session, user, team, title="甲", summary="简介", posting_id=ours.id)
    with pytest.raises(InvalidError, match="已经参赛"):
        service.enter(session, user, team, title="乙", summary="简介", posting_id=ours.id)
    service.edit(session, user, entry, version=1, title="甲", summary="新简介", posting_id=ours.id)

    assert entry.summary == "新简介"


def test_where_the_jury_is_blind_a_text_does_not_name_the_organisation(session: Session) -> None:
    event = scene.make_open_contest(session, blind=True)
    team = making.make_team(session, event, name="示范材料学院")
    name = team.organisation.name

    for title, summary in ((f"{name}的项目", "简介"), ("项目", f"由{name}研制"),
                           ("项目", "示范材料学院研制")):  # fmt: skip
        with pytest.raises(InvalidError, match="匿名评审"):
            service.enter(session, team.registered_by, team, title=title, summary=summary)

    assert service.enter(session, team.registered_by, team, title="项目", summary="简介")


def test_an_entry_changes_until_a_juror_has_scored_it(session: Session) -> None:
    event = scene.make_contest(session)
    scene.make_criteria(session, event)
    entry, juror = scene.make_entry(session, event), scene.make_juror(session, event)
    service.edit(session, event.owner, entry, version=1, title="改过", summary="简介")
    session.flush()
    scene.give(session, juror, event, entry, 5, 5)

    with pytest.raises(NotNowError, match="已有评委评过"):
        service.edit(session, event.owner, entry, version=2, title="再改", summary="简介")

    assert entry.title == "改过"


def test_who_saves_later_is_told_that_a_colleague_was_faster(session: Session) -> None:
    event = scene.make_open_contest(session)
    entry = scene.make_entry(session, event)
    actor = entry.team.registered_by
    service.edit(session, actor, entry, version=1, title="先", summary="简介")
    session.flush()

    with pytest.raises(service.ChangedError):
        service.edit(session, actor, entry, version=1, title="后", summary="简介")


def test_what_a_team_no_longer_comes_for_is_not_judged(session: Session) -> None:
    event = scene.make_contest(session)
    entry = scene.make_entry(session, event)
    entry.team.status = TeamStatus.WITHDRAWN
    session.flush()

    assert queries.entries(session, event) == []
    with pytest.raises(NotFoundError):
        queries.judged_entry(session, event, entry.number)


def test_an_entry_is_found_only_under_its_own_event(session: Session) -> None:
    entry = scene.make_entry(session, scene.make_open_contest(session))
    other = scene.make_open_contest(session)

    with pytest.raises(NotFoundError):
        queries.one_entry(session, entry.team.registered_by, other, entry.id)


def test_an_entry_of_another_team_does_not_exist_for_a_team(session: Session) -> None:
    event = scene.make_open_contest(session)
    entry, stranger = scene.make_entry(session, event), factories.make_user(session)

    with pytest.raises(NotFoundError):
        queries.one_entry(session, stranger, event, entry.id)


def test_only_offices_see_every_entry(session: Session) -> None:
    event = scene.make_open_contest(session)
    entry = scene.make_entry(session, event, withdrawn_at=clock.now())

    assert queries.all_entries(session, event.owner, event) == [entry]
    with pytest.raises(NotFoundError):
        queries.all_entries(session, entry.team.registered_by, event)


def test_a_closed_window_ends_with_the_wishes(session: Session) -> None:
    soon = clock.now() + timedelta(hours=1)
    event = scene.make_open_contest(
        session, registration_until=clock.now() - timedelta(hours=1), wishes_until=soon
    )
    team = making.make_team(session, event)

    entry: Entry = service.enter(session, team.registered_by, team, title="甲", summary="简介")

    assert entry.number == 1


def test_a_list_of_three_asks_as_often_as_a_list_of_one(
    session: Session, count_queries: object
) -> None:
    event = scene.make_open_contest(session)
    owner: User = event.owner
    scene.make_entry(session, event)

    def look() -> None:
        session.expire_all()
        for entry in queries.all_entries(session, owner, event):
            service.named_people(entry.team, entry.team.full_name)

    first = count_queries(look)  # type: ignore[operator]
    scene.make_entry(session, event)
    scene.make_entry(session, event)
    assert count_queries(look) == first  # type: ignore[operator]
