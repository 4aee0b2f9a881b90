"""What the planner and the tabs ask of wishes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sqlalchemy.orm import Session

from matchmaker.wishes import board, exclusions, overview, queries
from models import Event, Side, TeamStatus, Wish, WishChoice
from tests.events.making import make_event, make_team, make_wish
from tests.wishes.making import person, two_teams

MEET, NO, MUST = WishChoice.MEET, WishChoice.NO, WishChoice.MUST


def test_the_planner_gets_the_wishes_of_teams_that_come(session: Session) -> None:
    event = make_event(session)
    wanted = make_wish(session, event=event)
    gone = make_wish(session, event=event)
    gone.achievement_team.status = TeamStatus.WITHDRAWN
    make_wish(session)
    session.flush()

    assert queries.for_plan(session, event) == [wanted]


def test_the_planner_asks_once_for_wishes_and_their_teams(
    session: Session, count_queries: Callable[[Callable[[], object]], int]
) -> None:
    event = make_event(session)
    for _ in range(3):
        make_wish(session, event=event)
    session.expunge_all()
    event = session.get_one(Event, event.id)

    def look() -> None:
        for wish in queries.for_plan(session, event):
            assert wish.need_team.organisation.name
            assert wish.achievement_team.opted_in is False

    assert count_queries(look) == 1


def test_only_wishes_of_the_other_side_wait_for_an_answer(session: Session) -> None:
    event = make_event(session)
    team = make_team(session, event, Side.ACHIEVEMENT)
    states = ((MEET, None), (MUST, None), (None, None), (NO, None), (MEET, MEET), (MEET, NO))
    for theirs, ours in states:
        make_wish(session, None, team, event=event, need_choice=theirs, achievement_choice=ours)

    assert queries.count_unanswered(session, event, [team]) == 2
    assert queries.count_unanswered(session, event, []) == 0


def test_the_tab_costs_two_statements(
    session: Session, count_queries: Callable[[Callable[[], object]], int]
) -> None:
    need, achievement = two_teams(session)
    for _ in range(3):
        make_wish(session, None, achievement, event=need.event, achievement_choice=None)

    def look() -> None:
        own = queries.own_teams(session, person(achievement), need.event)
        assert queries.count_unanswered(session, need.event, own) == 3

    assert count_queries(look) == 2


def test_the_figures_of_organisers(session: Session) -> None:
    event = make_event(session)
    make_wish(session, event=event, need_choice=MUST, achievement_choice=MEET)
    make_wish(session, event=event, achievement_choice=None)
    make_wish(session, event=event, achievement_choice=NO)
    silent = make_wish(
        session, event=event, need_choice=None, achievement_choice=None, suggested=True
    )
    make_team(session, event, Side.NEED)
    exclusions.declare(session, person(silent.need_team), event, silent.need_team,
                    silent.achievement_team)  # fmt: skip
    excluded = overview.excluded_wishes(session, event)

    found = overview.figures(session, event, list(excluded))

    assert list(excluded) == [silent.id]
    assert found == overview.Figures(
        teams=9, idle=4, asked=3, musts=1,
        counts={
            "all": 4, "mutual": 1, "waiting": 1, "declined": 1, "promised": 0, "excluded": 1,
            "suggested": 1,
        },
    )  # fmt: skip


def test_each_filter_lists_as_many_as_it_counts(session: Session) -> None:
    event = make_event(session)
    wishes: list[Wish] = [
        make_wish(session, event=event, need_choice=a, achievement_choice=b)
        for a in (None, MUST, MEET, NO)
        for b in (None, MUST, MEET, NO)
    ]
    wishes[5].promised, wishes[5].promised_by_id = True, event.owner_id
    session.flush()
    counts = overview.figures(session, event, []).counts

    for name in overview.FILTERS:
        assert len(list(session.scalars(overview.listed(event, name)))) == counts[name], name


def test_a_board_asks_as_often_for_many_as_for_few(
    session: Session, count_queries: Callable[[Callable[[], object]], int]
) -> None:
    counts = []
    for n in (1, 6):
        event = make_event(session)
        team = make_team(session, event, Side.NEED)
        for _ in range(n):
            make_wish(session, team, None, event=event, need_choice=None)

        def look(event: Event = event, team: object = team) -> None:
            seen = board.board_of(session, event, team)  # type: ignore[arg-type]
            ids = seen.parts["asked"]
            board.rows_of(session, person(seen.team), seen, ids, event.created_at)

        counts.append(count_queries(partial(look)))

    assert counts[0] == counts[1]
