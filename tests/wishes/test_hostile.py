"""What a curious side tries in order to learn what the other side said of it."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.wishes import board
from models import Side, Team, WishChoice
from tests.events.making import make_event, make_team, make_wish

NO, MEET = WishChoice.NO, WishChoice.MEET


def rows(session: Session, team: Team) -> dict[int, board.Row]:
    seen = board.board_of(session, team.event, team)
    return board.rows_of(
        session, team.registered_by, seen, seen.parts["all"], clock.now()
    )  # fmt: skip


@pytest.mark.parametrize("choice", [NO, None])
def test_a_refusal_that_nobody_asked_for_looks_like_nothing(
    session: Session, choice: WishChoice | None
) -> None:
    """A score beside one team and none beside another would tell that it has said something."""
    event = make_event(session)
    team = make_team(session, event, Side.NEED)
    silent, refusing = (make_team(session, event, Side.ACHIEVEMENT) for _ in range(2))
    make_wish(session, team, refusing, need_choice=None, achievement_choice=choice, score=0.9)

    found = rows(session, team)

    for other in (silent, refusing):
        row = found[other.id]
        assert (row.why.score, row.state, row.asked, row.choice) == (0, "", False, None)
    seen = board.board_of(session, event, team)
    order = board.find(session, team.registered_by, seen, "")
    assert order == sorted(order, key=lambda key: (found[key].name, key))


def test_a_refused_suggestion_stays_a_suggestion(session: Session) -> None:
    event = make_event(session)
    team, other = make_team(session, event, Side.NEED), make_team(session, event, Side.ACHIEVEMENT)
    make_wish(session, team, other, need_choice=None, achievement_choice=NO, suggested=True)

    row = rows(session, team)[other.id]

    assert (row.why.score, row.state, row.asked) == (50, "", False)
    assert board.board_of(session, event, team).parts["suggested"] == [other.id]


def test_one_does_not_learn_how_much_one_is_wanted(session: Session) -> None:
    event = make_event(session)
    team = make_team(session, event, Side.NEED)
    others = [make_team(session, event, Side.ACHIEVEMENT) for _ in range(2)]
    for other, choice in zip(others, (MEET, WishChoice.MUST), strict=True):
        make_wish(session, team, other, need_choice=None, achievement_choice=choice)

    seen = board.board_of(session, event, team)
    found = rows(session, team)

    assert seen.parts["asked"] == [other.id for other in others]
    states = {
        (row.state, row.asked, row.choice, row.why.score) for row in found.values()
    }  # fmt: skip
    assert states == {("asks", True, None, 50)}
