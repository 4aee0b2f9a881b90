"""Breadth in a list."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.engine import Document, Recommender
from matchmaker.engine.diversity import diverse

lists = st.lists(
    st.tuples(st.floats(0, 1), st.none() | st.integers(1, 3)), min_size=1, max_size=12
).map(lambda rows: sorted(rows, key=lambda row: -row[0]))
NOBODY = np.zeros((12, 12))


@given(lists, st.integers(1, 12))
def test_without_a_trade_and_a_limit_the_order_stays(
    rows: list[tuple[float, int | None]], k: int
) -> None:
    scores, organisations = zip(*rows, strict=True)
    n = len(scores)
    assert diverse(scores, NOBODY[:n, :n], organisations, k=k) == list(range(min(n, k)))


@given(lists, st.integers(1, 3), st.floats(0, 1))
def test_no_organisation_has_more_than_its_share(
    rows: list[tuple[float, int | None]], most: int, trade: float
) -> None:
    scores, organisations = zip(*rows, strict=True)
    n = len(scores)
    chosen = diverse(
        scores, NOBODY[:n, :n], organisations, k=n, trade=trade, most_per_organisation=most
    )
    taken = Counter(organisations[place] for place in chosen)
    assert len(set(chosen)) == len(chosen)
    assert all(count <= most for name, count in taken.items() if name is not None)
    assert taken[None] == organisations.count(None)


def test_a_near_copy_stands_behind_what_is_new() -> None:
    alike = np.asarray([[1, 0.95, 0.1], [0.95, 1, 0.1], [0.1, 0.1, 1]])
    assert diverse([0.8, 0.79, 0.6], alike, [1, 2, 3], k=3, trade=0.7) == [0, 2, 1]


def test_a_near_copy_of_any_chosen_one_stands_behind_not_of_the_last_alone() -> None:
    alike = np.full((4, 4), 0.1)
    alike[0, 2] = alike[2, 0] = 0.95
    assert diverse([0.9, 0.8, 0.79, 0.6], alike, [1, 2, 3, 4], k=4, trade=0.7) == [0, 1, 3, 2]


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        diverse([1.0], NOBODY[:1, :1], [None], k=1, trade=1.2)
    with pytest.raises(ValueError, match="1 or more"):
        diverse([1.0], NOBODY[:1, :1], [None], k=1, most_per_organisation=0)


NEED = Document(id=1, title="单晶高镍正极材料的低残锂制备")
OFFERS = [
    Document(id=10, title="单晶高镍三元材料残锂原位转化", body="辊道窑两段烧结", organisation=7),
    Document(id=11, title="单晶高镍三元材料的残锂原位转化", body="辊道窑两段烧结", organisation=8),
    Document(id=12, title="高镍正极的水洗与表面包覆", body="残锂清除", organisation=7),
    Document(id=13, title="泡菜发酵菌种", organisation=9),
]


def test_the_engine_lists_a_copy_last_and_keeps_to_the_limit() -> None:
    engine = Recommender().fit([NEED], OFFERS)
    found = engine.suggest_for_need(NEED, k=4)
    assert [s.achievement_id for s in found[:2]] in ([10, 11], [11, 10])
    wide = engine.diversified(found, OFFERS, k=3, trade=0.5)
    assert 12 in [s.achievement_id for s in wide[:2]]
    limited = engine.diversified(found, OFFERS, k=4, most_per_organisation=1)
    assert len([s for s in limited if s.achievement_id in {10, 12}]) == 1


def test_why_not_this_one_says_where_it_stands() -> None:
    offers = [
        *OFFERS,
        *(Document(id=100 + i, title=f"单晶高镍正极材料制备{i}") for i in range(30)),
    ]
    engine = Recommender().fit([NEED], offers)
    best = engine.suggest_for_need(NEED, k=5)
    first = engine.place_for_need(NEED, best[0].achievement_id, k=5)
    assert (first.rank, first.suggestion) == (1, best[0])
    far = engine.place_for_need(NEED, 13, k=5)
    assert far.rank is not None
    assert far.rank > 5
    assert far.rank_by_text is None
    assert far.suggestion.score < best[-1].score
    assert far.wanted["title"] == pytest.approx(np.mean([s.by_signal["title"] for s in best]))
    with pytest.raises(KeyError):
        engine.place_for_need(NEED, 999)
