"""What choices of two sides come to: the answer, the kind, the value."""

from __future__ import annotations

from itertools import product

import pytest

from matchmaker.wishes.kinds import FIT, agrees, answer_of, kind_of, level_of, other_side, value_of
from models import Side, Team, Wish, WishChoice

MUST, MEET, NO = WishChoice.MUST, WishChoice.MEET, WishChoice.NO
STEPS = (None, MEET, MUST)
"""From less to more."""


def wish(
    need: WishChoice | None, achievement: WishChoice | None, *, need_in: bool = False,
    achievement_in: bool = False, score: float = 0.0, promised: bool = False,
) -> Wish:  # fmt: skip
    return Wish(
        need_choice=need, achievement_choice=achievement, score=score, promised=promised,
        need_team=Team(opted_in=need_in), achievement_team=Team(opted_in=achievement_in),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("need", "achievement", "answer", "kind", "value"),
    [
        (MUST, MUST, "accepted", "must", 100),
        (MUST, MEET, "accepted", "must", 60),
        (MEET, MUST, "accepted", "must", 60),
        (MUST, None, "none", "must", 60),
        (MEET, MEET, "accepted", "wish", 40),
        (MEET, None, "none", "wish", 25),
        (None, MEET, "none", "wish", 25),
        (None, None, "none", "fill", 10),
        (NO, MUST, "declined", "must", 60),
        (MEET, NO, "declined", "wish", 25),
        (NO, None, "declined", "fill", 10),
        (NO, NO, "declined", "fill", 10),
    ],
)
def test_both_choices_make_answer_kind_and_value(
    need: WishChoice | None, achievement: WishChoice | None, answer: str, kind: str, value: int
) -> None:
    row = wish(need, achievement)

    assert (answer_of(row), kind_of(row), value_of(row)) == (answer, kind, value)


@pytest.mark.parametrize(
    ("need", "achievement", "need_in", "achievement_in", "answer"),
    [
        (None, None, True, True, "accepted"),
        (None, None, True, False, "none"),
        (MEET, None, False, True, "accepted"),
        (MEET, None, True, False, "none"),
        (None, NO, True, True, "declined"),
        (NO, None, True, True, "declined"),
    ],
)
def test_who_says_nothing_takes_a_meeting_only_after_opting_in(
    need: WishChoice | None, achievement: WishChoice | None, need_in: bool, achievement_in: bool,
    answer: str,
) -> None:  # fmt: skip
    row = wish(need, achievement, need_in=need_in, achievement_in=achievement_in)

    assert answer_of(row) == answer


def test_opting_in_never_outvotes_a_refusal() -> None:
    assert not agrees(wish(NO, MEET, need_in=True), Side.NEED)


def test_a_promise_is_a_kind_of_its_own_whatever_was_said() -> None:
    for need, achievement in product((None, MUST, MEET, NO), repeat=2):
        assert kind_of(wish(need, achievement, promised=True)) == "promised"


def test_the_value_never_falls_when_a_side_wants_more() -> None:
    for low, high in product(range(3), repeat=2):
        if low > high:
            continue
        for other, score in product(STEPS, (0.0, 0.4, 1.0)):
            before = wish(STEPS[low], other, score=score)
            after = wish(STEPS[high], other, score=score)
            assert value_of(before) <= value_of(after)
            assert level_of(wish(other, STEPS[low])) <= level_of(wish(other, STEPS[high]))


def test_the_value_never_falls_when_the_fit_is_better_and_fit_adds_at_most_its_share() -> None:
    for need, achievement in product((None, MUST, MEET, NO), repeat=2):
        values = [value_of(wish(need, achievement, score=n / 20)) for n in range(21)]
        assert values == sorted(values)
        assert values[-1] - values[0] == FIT


def test_a_better_fit_never_outweighs_a_must_meet() -> None:
    assert value_of(wish(MEET, MEET, score=1.0)) <= value_of(wish(MUST, MEET, score=0.0))


def test_each_side_has_one_opposite() -> None:
    assert {side: other_side(side) for side in Side} == {
        Side.NEED: Side.ACHIEVEMENT, Side.ACHIEVEMENT: Side.NEED,
    }  # fmt: skip
