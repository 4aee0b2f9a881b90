"""Learning from decisions: what is alike moves, and the parts add up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError

from matchmaker.engine import Document, Recommender
from matchmaker.engine.learning import (
    SPEAKS_OF,
    Decision,
    Lessons,
    error_weights,
    reweighted,
)
from matchmaker.engine.lexical import full_text
from matchmaker.engine.likeness import NEAR, Likeness
from matchmaker.engine.weighting import Counted

NEED = Document(id=1, title="单晶高镍正极材料的低残锂制备", body="软包电池产气，残锂偏高。")
AGAIN = Document(id=2, title="单晶高镍正极材料的低残锂制备技术", body="软包电池产气，残锂偏高。")
FOREIGN = Document(id=3, title="柑橘采摘机器人末端执行器")
TITLES = [
    "单晶高镍三元材料的残锂原位转化", "高镍正极材料包覆", "正极材料烧结辊道窑", "软包电池产气抑制",
    "柑橘采摘机器人", "泡菜低盐发酵", "残锂水洗工艺与装备", "机器人减速器",
]  # fmt: skip
ACHIEVEMENTS = [Document(id=10 + i, title=title) for i, title in enumerate(TITLES)]
ENGINE = Recommender().fit([NEED, AGAIN, FOREIGN], ACHIEVEMENTS)
share = st.floats(0, 1)
decisions = st.lists(
    st.builds(
        Decision,
        st.sampled_from([NEED, AGAIN, FOREIGN]),
        st.sampled_from(ACHIEVEMENTS),
        st.sampled_from([0.0, 1 / 3, 2 / 3, 1.0]),
        share,
    ),
    max_size=12,
)


def learned(*known: Decision) -> Lessons:
    return Lessons(Likeness(ENGINE.weighting_)).fit(NEED, known)


def decided(number: int, outcome: float, need: Document = NEED) -> Decision:
    return Decision(need, ACHIEVEMENTS[number], outcome, 0.4)


def test_without_decisions_nothing_changes() -> None:
    assert learned().changes(ACHIEVEMENTS).tolist() == [0.0] * len(ACHIEVEMENTS)
    assert learned().parts(ACHIEVEMENTS[0]) == ()


def test_what_is_like_an_accepted_one_rises_and_what_is_like_a_rejected_one_falls() -> None:
    rises, falls = (learned(decided(0, outcome)).changes(ACHIEVEMENTS) for outcome in (1.0, 0.0))

    assert rises[6] > 0 > falls[6]
    assert rises[1] > rises[6] > rises[5] == falls[5] == 0
    assert rises[0] == falls[0] == 0  # the pair itself is decided


def test_a_rejection_moves_less_than_an_acceptance_that_was_as_wrong() -> None:
    high = learned(Decision(NEED, ACHIEVEMENTS[0], 1.0, 0.5)).changes(ACHIEVEMENTS)
    low = learned(Decision(NEED, ACHIEVEMENTS[0], 0.0, 0.5)).changes(ACHIEVEMENTS)

    assert high[1] > -low[1] > 0


def test_a_score_that_was_right_teaches_nothing_even_beside_one_that_was_wrong() -> None:
    right = Decision(NEED, ACHIEVEMENTS[0], 0.0, 0.0)
    wrong = Decision(NEED, ACHIEVEMENTS[0], 0.0, 1.0)

    assert not learned(right).changes(ACHIEVEMENTS).any()
    assert learned(right, wrong).parts(ACHIEVEMENTS[0]) == learned(wrong).parts(ACHIEVEMENTS[0])


def test_decisions_on_the_same_need_posted_again_count_and_those_on_others_do_not() -> None:
    of_own, of_again, of_foreign = (
        learned(decided(0, 1.0, need)).changes(ACHIEVEMENTS) for need in (NEED, AGAIN, FOREIGN)
    )

    assert of_own[6] > of_again[6] > of_own[6] / 2
    assert of_again[0] > of_again[6]  # what was accepted for the same need as posted before
    assert not of_foreign.any()


def test_decisions_on_a_need_that_is_only_a_little_alike_are_not_listened_to() -> None:
    distant = Document(id=4, title="高镍正极材料的回收", body="湿法浸出率偏低。")
    words = ENGINE.weighting_.needs(Counted.of([full_text(item) for item in (NEED, distant)]))
    assert 0.05 < (words @ words.T).toarray()[0, 1] < NEAR

    lessons = learned(decided(0, 1.0, distant))

    assert lessons.decisions_ == ()
    assert not lessons.changes(ACHIEVEMENTS).any()


@settings(max_examples=60, deadline=None)
@given(decisions)
def test_the_parts_sum_to_the_change_and_none_contradicts_its_decision(
    known: list[Decision],
) -> None:
    lessons = learned(*known)
    for achievement, change in zip(ACHIEVEMENTS, lessons.changes(ACHIEVEMENTS), strict=True):
        parts = lessons.parts(achievement)

        assert sum(part.contribution for part in parts) == pytest.approx(change, abs=1e-12)
        for part in parts:
            error = part.decision.outcome - part.decision.score
            assert np.sign(part.contribution) == np.sign(error)


@settings(max_examples=60, deadline=None)
@given(decisions, st.randoms())
def test_the_order_of_decisions_does_not_matter(known: list[Decision], random: object) -> None:
    mixed = list(known)
    random.shuffle(mixed)  # type: ignore[attr-defined]

    one, other = learned(*known), learned(*mixed)

    assert one.changes(ACHIEVEMENTS).tolist() == other.changes(ACHIEVEMENTS).tolist()
    assert one.parts(ACHIEVEMENTS[0]) == other.parts(ACHIEVEMENTS[0])


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8), share)
def test_more_like_an_accepted_one_never_scores_lower_all_else_equal(
    seed: int, n: int, more: float
) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.random((n + 1, 4))
    vectors /= np.linalg.norm(vectors, axis=1)[:, None]
    errors = rng.uniform(-1, 1, n)
    errors[0] = abs(errors[0])
    weights = error_weights(vectors[:n] @ vectors[:n].T, errors)
    alike = vectors[n] @ vectors[:n].T
    closer = alike.copy()
    closer[0] += more * (1 - closer[0])

    assert closer @ weights >= alike @ weights
    assert (weights * errors >= 0).all()


def test_what_another_decision_explains_adds_nothing_and_takes_nothing_away() -> None:
    alike = np.asarray([[1.0, 0.9], [0.9, 1.0]])

    assert error_weights(alike, [1.0, 0.1]) == pytest.approx([1 / 1.5, 0.0])
    assert error_weights(alike, [-1.0, -0.1]) == pytest.approx([-1 / 1.5, 0.0])


def test_leaving_a_decision_out_takes_its_effect_back() -> None:
    before = learned(decided(1, 1.0))
    after = learned(decided(1, 1.0), decided(4, 0.0))

    assert after.changes(ACHIEVEMENTS)[7] < before.changes(ACHIEVEMENTS)[7]
    assert [part.decision for part in after.parts(ACHIEVEMENTS[0])] == [decided(1, 1.0)]


@pytest.mark.parametrize(("outcome", "score"), [(2.0, 0.5), (1.0, -0.1), (float("nan"), 0.5)])
def test_an_outcome_or_score_outside_0_and_1_is_refused(outcome: float, score: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        learned(Decision(NEED, ACHIEVEMENTS[0], outcome, score))


def test_errors_and_kernel_must_fit_each_other() -> None:
    with pytest.raises(ValueError, match="shape"):
        error_weights(np.eye(2), [1.0])
    with pytest.raises(ValueError, match="noise"):
        error_weights(np.eye(1), [1.0], noise=0)


def test_lessons_must_be_learned_before_they_are_applied() -> None:
    with pytest.raises(NotFittedError):
        Lessons(Likeness(ENGINE.weighting_)).changes(ACHIEVEMENTS)


def test_a_reason_of_a_field_raises_the_weight_of_its_signal_and_of_no_other() -> None:
    weights = {"title": 0.35, "trl": 0.08, "region": 0.03}

    assert reweighted(weights, {}) == weights
    assert reweighted(weights, {"too_early": 2}) == {**weights, "trl": pytest.approx(0.16)}
    assert reweighted(weights, {"other_problem": 3, "has_supplier": 1, "price": 1}) == weights
    assert reweighted(weights, {"region": 10**6})["region"] < 0.09 + 1e-9


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 50), st.integers(0, 50))
def test_a_reason_given_more_often_never_weighs_less(one: int, more: int) -> None:
    first, second = (reweighted({"trl": 0.08}, {"too_early": n})["trl"] for n in (one, one + more))
    assert first <= second <= 0.24


def test_an_unknown_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown reasons"):
        reweighted({"trl": 0.08}, {"colour": 1})


def test_every_reason_of_the_desk_is_known() -> None:
    from models.match import RejectReason

    assert {reason.value for reason in RejectReason} == set(SPEAKS_OF)
