"""Filters and cards: what an index remembers of a document, and who is left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.engine import Document, Indicator
from matchmaker.engine.cards import EMPTY, pack, unpack
from matchmaker.engine.filters import Filter
from matchmaker.engine.segment import Segment

names = st.frozensets(st.text(min_size=1, max_size=4), max_size=3)
amounts = st.none() | st.integers(0, 2_000_000_000)
numbers = st.none() | st.floats(allow_nan=False)
lines = st.builds(
    Indicator, st.text(max_size=5), st.sampled_from(["ge", "range"]), numbers, numbers,
    st.text(max_size=3),
)  # fmt: skip
documents = st.builds(
    Document,
    id=st.integers(1, 2**40),
    title=st.just(""),
    chains=names, chain_parents=names, modes=names,
    trl=st.none() | st.integers(1, 9),
    region=st.none() | st.sampled_from(["500105", "510100", "50"]),
    price_from=amounts, price_to=amounts, budget=amounts,
    deadline=st.none() | st.dates(), published=st.none() | st.dates(),
    organisation=st.none() | st.integers(1, 10**9),
    version=st.integers(0, 10**6),
    indicators=st.lists(lines, max_size=3).map(tuple),
)  # fmt: skip


@given(documents)
def test_a_card_gives_the_document_back(document: Document) -> None:
    assert unpack(document.id, pack(document)) == document


def test_every_field_but_the_texts_is_on_the_card() -> None:
    assert {*EMPTY, "id", "title", "body"} == set(Document.__slots__)


SOME = (
    Document(id=1, title="", chains=frozenset("a"), trl=5, region="500105", organisation=7,
             modes=frozenset({"license"}), published=date(2026, 5, 1)),
    Document(id=2, title="", chain_parents=frozenset("a"), trl=8, region="510100", organisation=8,
             modes=frozenset({"joint", "license"}), published=date(2026, 7, 1)),
    Document(id=3, title="", chains=frozenset("b"), region="510115", published=date(2025, 1, 1)),
    Document(id=4, title=""),
)  # fmt: skip


@pytest.mark.parametrize(
    ("conditions", "left"),
    [
        ({}, [1, 2, 3, 4]),
        ({"ids": np.asarray([4, 2])}, [2, 4]),
        ({"chains": frozenset("a")}, [1, 2]),
        ({"chains": frozenset("ab")}, [1, 2, 3]),
        ({"chains": frozenset({"nowhere"})}, []),
        ({"modes": frozenset({"joint", "equity"})}, [2]),
        ({"regions": frozenset({"51"})}, [2, 3]),
        ({"regions": frozenset({"5101"})}, [2, 3]),
        ({"regions": frozenset({"510115", "50"})}, [1, 3]),
        ({"organisations": frozenset({7})}, [1]),
        ({"trl_from": 6}, [2]),
        ({"trl_to": 6}, [1]),
        ({"published_from": date(2026, 5, 1)}, [1, 2]),
        ({"published_to": date(2026, 4, 30)}, [3]),
        ({"chains": frozenset("a"), "trl_from": 6, "regions": frozenset({"51"})}, [2]),
    ],
)
def test_a_filter_leaves_those_who_meet_all_conditions(
    conditions: dict[str, Any], left: list[int]
) -> None:
    segment = Segment.of(SOME, sp.csr_matrix((4, 5), dtype=np.float32))
    assert segment.ids[segment.allowed(Filter(**conditions))].tolist() == left


def test_who_was_masked_out_passes_no_filter() -> None:
    segment = Segment.of(SOME, sp.csr_matrix((4, 5), dtype=np.float32))
    segment = segment.without(np.asarray([1, 99]))
    assert segment.ids[segment.allowed(Filter(chains=frozenset("a")))].tolist() == [2]
    assert [d.id for d in segment.documents()] == [2, 3, 4]
    assert segment.document_at(1) == replace(SOME[1])
