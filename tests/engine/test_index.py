"""The index and its inner loops: the same numbers as scikit-learn, with and without a compiler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer

from matchmaker.engine import Document, Recommender, compiled, plain
from matchmaker.engine.codes import code_of
from matchmaker.engine.counting import (
    Vocabulary,
    character_classes,
    counted,
    folded_points,
)
from matchmaker.engine.filters import Filter
from matchmaker.engine.index import Index
from matchmaker.engine.text import features, fold

LOOPS = (compiled, plain)
texts = st.lists(
    st.text(alphabet="单晶高镍正极材料錳Ni83IP67.-/ ，。℃μ２A_é𠀀\U0001f600", max_size=40),
    min_size=1,
    max_size=8,
)


@settings(max_examples=80, deadline=None)
@given(texts)
def test_counts_and_tfidf_are_those_of_scikit_learn(collection: list[str]) -> None:
    try:
        theirs = CountVectorizer(analyzer=features).fit(collection)
    except ValueError:  # nothing in it: an empty vocabulary
        assert len(counted(collection)[0]) == 0
        return
    codes, _, _ = counted(collection)
    vocabulary = Vocabulary.of(codes)
    ours = vocabulary.counts(collection)

    names = [code_of(name) for name in theirs.get_feature_names_out()]
    order = vocabulary.columns(np.asarray(names, dtype=np.int64))
    ours = ours[:, order].astype(np.float64)
    ours.sort_indices()
    assert (ours != theirs.transform(collection)).nnz == 0
    weighed = TfidfTransformer(sublinear_tf=True).fit_transform(ours)
    vectors = TfidfVectorizer(analyzer=features, sublinear_tf=True).fit(collection)
    expected = vectors.transform(collection)
    assert np.array_equal(weighed.toarray(), expected.toarray())


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=5))
def test_a_whole_collection_folds_as_its_texts_do(collection: list[str]) -> None:
    points, starts = folded_points(collection)
    for text, first, last in zip(collection, starts[:-1], starts[1:], strict=True):
        assert points[first:last].tolist() == [ord(c) for c in fold(text)]


@settings(max_examples=80, deadline=None)
@given(texts)
def test_both_loops_count_the_same(collection: list[str]) -> None:
    folded = [fold(text) for text in collection]
    starts = np.cumsum([0, *map(len, folded)])
    points = np.frombuffer("".join(folded).encode("utf-32-le"), dtype=np.uint32)
    found = [loops.occurring(points, starts, character_classes()) for loops in LOOPS]
    for one, other in zip(*found, strict=True):
        assert np.array_equal(one, other)
    counts = [loops.counted(*found[0]) for loops in LOOPS]
    for one, other in zip(*counts, strict=True):
        assert np.array_equal(one, other)
    distinct = [np.sort(loops.distinct(found[0][0])) for loops in LOOPS]
    assert np.array_equal(*distinct)
    asked = np.concatenate([found[0][0], found[0][0] + 1])
    assert np.array_equal(*[loops.positions(distinct[0], asked) for loops in LOOPS])


@pytest.fixture(params=LOOPS, ids=["compiled", "plain"])
def loops(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("top", "picked"):
        monkeypatch.setattr(f"matchmaker.engine.kernels.{name}", getattr(request.param, name))
    return request.param


def matrix(seed: int, rows: int, columns: int = 60, density: float = 0.1) -> sp.csr_matrix:
    made = sp.random(rows, columns, density, format="csr", dtype=np.float32, rng=seed)
    made.data = np.round(made.data * 4 + 1).astype(np.float32)  # small whole numbers: many ties
    return made


def index_of(ids: Any, rows: sp.csr_matrix) -> Index:
    return Index.of([Document(id=int(i), title=str(i)) for i in ids], rows)


def brute(queries: sp.csr_matrix, rows: sp.csr_matrix, ids: Any, k: int) -> list[list[int]]:
    found = []
    for line in (queries @ rows.T).toarray():
        order = np.lexsort((ids, -line))
        found.append([int(ids[i]) for i in order if line[i] > 0][:k])
    return found


@pytest.mark.parametrize("threads", [1, 3])
def test_the_best_are_exactly_those_of_a_full_product(
    loops: Any, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    monkeypatch.setattr("matchmaker.engine.index.BLOCK", 100)
    rows, queries = matrix(1, 730), matrix(2, 23)
    ids = np.random.default_rng(3).permutation(5000)[:730]
    index = index_of(ids, rows)
    assert len(index.segments) == 8

    scores, best = index.best(queries, k=12, threads=threads)

    assert [[i for i in line if i >= 0] for line in best.tolist()] == brute(queries, rows, ids, 12)
    assert (np.diff(scores, axis=1) <= 0).all()


def test_a_filter_and_a_mask_leave_the_rest_in_order(loops: Any) -> None:
    rows, queries = matrix(4, 300), matrix(5, 5)
    ids = np.arange(300) * 3
    among = ids[::7]
    _, best = index_of(ids, rows).best(queries, k=10, among=Filter(ids=among))
    assert best.tolist() == [
        (line + [-1] * 10)[:10] for line in brute(queries, rows[::7], among, 10)
    ]


def test_two_segments_answer_like_one(loops: Any) -> None:
    rows, queries = matrix(6, 200), matrix(7, 9)
    ids = np.arange(200)
    together = index_of(ids, rows).best(queries, k=15)
    parts = [index_of(ids[120:], rows[120:]), index_of(ids[:120], rows[:120])]
    apart = Index(60, tuple(segment for part in parts for segment in part.segments))
    for one, other in zip(together, apart.best(queries, k=15), strict=True):
        assert np.array_equal(one, other)


def test_both_loops_give_the_same_bits() -> None:
    rows, queries = matrix(8, 500, density=0.3), matrix(9, 20, density=0.3)
    rows.data, queries.data = np.sqrt(rows.data), np.sqrt(queries.data)
    (segment,) = index_of(range(500), rows).segments
    found = []
    for one in LOOPS:
        scores, best = np.zeros((20, 30), np.float32), np.full((20, 30), -1, np.int64)
        one.top(
            segment.starts, segment.places, segment.values, segment.ids, np.empty(0, np.uint8),
            queries.indptr, segment.local(queries.indices), queries.data, scores, best,
        )  # fmt: skip
        wanted = np.arange(0, 500, 9, dtype=np.uint16)
        sums = one.picked(
            segment.starts, segment.places, segment.values, wanted,
            segment.local(queries[0].indices), queries[0].data,
        )  # fmt: skip
        found.append((scores.tobytes(), best.tobytes(), sums.tobytes()))
    assert found[0] == found[1]


def test_merging_drops_what_was_masked_and_keeps_the_answers(loops: Any) -> None:
    rows, queries = matrix(10, 90), matrix(11, 6)
    documents = [
        Document(id=i, title=str(i), chains=frozenset([str(i % 3)]), trl=i % 9 + 1, version=i)
        for i in range(90)
    ]
    index = Index.of(documents[:50], rows[:50])
    for place in range(50, 90):
        index = index.with_([documents[place]], rows[place])
    index = index.without(range(0, 90, 4))
    among = Filter(chains=frozenset("1"), trl_from=3)
    before = [index.best(queries, k=20), index.best(queries, k=20, among=among)]
    merged = index.compacted()

    (segment,) = merged.segments
    assert segment.alive.all()
    assert sorted(d.id for d in merged.documents()) == [i for i in range(90) if i % 4]
    after = [merged.best(queries, k=20), merged.best(queries, k=20, among=among)]
    for one, other in zip(before, after, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert np.array_equal(np.stack(index.versions()), np.stack(merged.versions()))


def test_adding_one_by_one_keeps_few_segments() -> None:
    rows = matrix(12, 300)
    index = Index(60)
    for place in range(300):
        index = index.with_([Document(id=place, title="x")], rows[place])
        assert len(index.segments) <= np.log2(place + 1) + 1
    assert len(index) == 300


def rank(needs: list[str], achievements: list[str]) -> Callable[[str], list[int]]:
    engine = Recommender().fit(
        [Document(id=i, title=text) for i, text in enumerate(needs)],
        [Document(id=i, title=text) for i, text in enumerate(achievements)],
    )
    return lambda text: [found[0] for found in engine.search(text)]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("IP67", "防护等级 ＩＰ６７ 的传感器"),
        ("鋰電池隔膜", "锂电池隔膜涂覆"),
        ("5G 基站", "5g基站滤波器"),
        ("SiC", "碳化硅（SiC）衬底"),
        ("DC-DC", "车载 dc-dc 变换器"),
    ],
)
def test_terms_of_the_field_are_found_as_they_are_written(asked: str, found: str) -> None:
    assert rank([], ["柑橘采摘机器人", found, "泡菜发酵菌种"])(asked)[0] == 1


def test_words_in_which_needs_are_put_count_for_little() -> None:
    needs = [
        f"{what}关键技术研发及产业化" for what in ["桥梁", "泡菜", "齿轮", "电机", "茶叶", "钢材"]
    ] * 20
    achievements = [
        "某类关键技术研发及产业化综述", "V2G 充放电", *[f"无关条目{i}" for i in range(200)],
    ]  # fmt: skip
    assert rank(needs, achievements)("V2G 关键技术研发")[0] == 1


def test_a_pair_has_one_score_from_either_side() -> None:
    needs = [
        Document(id=1, title="低残锂正极", body="单晶高镍材料产气"),
        Document(id=2, title="泡菜"),
    ]
    achievements = [
        Document(id=8, title="单晶高镍残锂转化", body="辊道窑两段烧结，" * 9),
        Document(id=9, title="泡菜菌种选育"),
    ]
    engine = Recommender().fit(needs, achievements)
    there = {(s.need_id, s.achievement_id): s for n in needs for s in engine.suggest_for_need(n)}
    for achievement in achievements:
        for back in engine.suggest_for_achievement(achievement):
            forth = there[back.need_id, back.achievement_id]
            assert back.score == pytest.approx(forth.score, abs=1e-6)
            alone = engine.score(needs[back.need_id - 1], achievement)
            assert back.score == pytest.approx(alone.score, abs=1e-6)


def test_many_at_once_are_answered_like_one_after_the_other() -> None:
    documents = [Document(id=i, title=f"高镍材料{i}号 {'残锂' * (i % 5)}") for i in range(40)]
    engine = Recommender().fit(documents[:20], documents[20:])
    alone = [engine.suggest_for_need(document, k=7) for document in documents[:20]]
    assert engine.suggest_for_needs(documents[:20], k=7, threads=2) == alone


def test_a_record_without_a_title_is_read_all_the_same() -> None:
    engine = Recommender().fit(
        [], [Document(id=1, title="", body="单晶高镍残锂"), Document(id=2, title="单晶硅")]
    )
    assert engine.suggest_for_need(Document(id=5, title="高镍残锂"))[0].achievement_id == 1
