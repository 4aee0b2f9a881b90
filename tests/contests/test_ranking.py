"""The rule by which points become places."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from matchmaker.contests.ranking import Place, Scale, Vote, hundredths, mark, places

ENTRIES = range(1, 6)
SCALES = [Scale(1, 60, 10), Scale(2, 40, 20), Scale(3, 7, 3)]


@st.composite
def votes(draw: st.DrawFn) -> list[Vote]:
    """Ballots of up to four jurors on up to five entries, in halves of points."""
    pairs = draw(st.sets(st.tuples(st.integers(1, 4), st.sampled_from(ENTRIES))))
    return [
        Vote(
            juror,
            entry,
            {s.id: Fraction(draw(st.integers(0, 2 * s.most)), 2) for s in SCALES},
        )
        for juror, entry in sorted(pairs)
    ]


def by_entry(found: list[Place]) -> dict[int, Place]:
    return {place.entry: place for place in found}


def test_a_mark_is_the_weighted_share_of_the_points() -> None:
    assert mark([Scale(1, 60, 10), Scale(2, 40, 10)], {1: 8, 2: 6.5}) == 74


def test_every_juror_counts_the_same() -> None:
    one = [Scale(1, 1, 10)]
    found = places(one, [1], [Vote(1, 1, {1: 10}), Vote(2, 1, {1: 5}), Vote(3, 1, {1: 0})])
    assert found == [Place(1, 1, tied=False, score=Fraction(50), votes=3)]


def test_equal_scores_share_a_rank_and_the_next_one_is_skipped() -> None:
    given_points = {1: 9, 2: 7, 3: 7, 4: 5}
    found = places([Scale(1, 1, 10)], given_points, [
        Vote(1, entry, {1: points}) for entry, points in given_points.items()
    ])  # fmt: skip
    assert [(place.entry, place.rank, place.tied) for place in found] == [
        (1, 1, False), (2, 2, True), (3, 2, True), (4, 4, False),
    ]  # fmt: skip


def test_thirds_that_floats_would_tear_apart_are_a_tie() -> None:
    scales = [Scale(n, 1, 10) for n in (1, 2, 3)]
    found = places(scales, [1, 2], [
        Vote(1, 1, {1: 1, 2: 2, 3: 7}), Vote(1, 2, {1: 7, 2: 1, 3: 2}),
    ])  # fmt: skip
    assert [place.rank for place in found] == [1, 1]
    assert found[0].score == Fraction(3333, 100)


def test_a_difference_that_nobody_can_read_is_a_tie_and_one_hundredth_is_none() -> None:
    scales = [Scale(1, 100, 100), Scale(2, 1, 100)]
    found = by_entry(places(scales, [1, 2, 3], [
        Vote(1, 1, {1: 50, 2: 50}), Vote(1, 2, {1: 50, 2: 50.5}), Vote(1, 3, {1: 50, 2: 51}),
    ]))  # fmt: skip
    assert (found[1].score, found[2].score) == (Fraction(50), Fraction(50))
    assert found[1].rank == found[2].rank == 2
    assert found[3].score == Fraction(5001, 100)


def test_halves_are_rounded_up() -> None:
    assert hundredths(Fraction(12345, 1000)) == Fraction(1235, 100)


def test_without_a_ballot_there_is_no_rank() -> None:
    found = places(SCALES, [1, 2], [Vote(1, 2, {1: 0, 2: 0, 3: 0})])
    assert found == [
        Place(2, 1, tied=False, score=Fraction(0), votes=1),
        Place(1, None, tied=False, score=None, votes=0),
    ]


def test_votes_for_what_is_withdrawn_do_not_count() -> None:
    assert places(SCALES, [], [Vote(1, 9, {1: 1, 2: 1, 3: 1})]) == []


@given(votes(), st.randoms())
def test_the_order_of_ballots_criteria_and_entries_does_not_matter(
    found: list[Vote], random: object
) -> None:
    mixed, scales, entries = list(found), list(SCALES), list(ENTRIES)
    for rows in (mixed, scales, entries):
        random.shuffle(rows)  # type: ignore[attr-defined]
    assert places(scales, entries, mixed) == places(SCALES, ENTRIES, found)


@given(votes(), st.integers(1, 50))
def test_only_the_proportion_of_weights_matters(found: list[Vote], factor: int) -> None:
    larger = [Scale(s.id, s.weight * factor, s.most) for s in SCALES]
    assert places(larger, ENTRIES, found) == places(SCALES, ENTRIES, found)


@given(votes())
def test_equal_scores_and_equal_ranks_are_the_same_thing(found: list[Vote]) -> None:
    ranked = [place for place in places(SCALES, ENTRIES, found) if place.rank]
    for one in ranked:
        for other in ranked:
            assert (one.rank == other.rank) == (one.score == other.score)
        assert one.tied == (sum(other.rank == one.rank for other in ranked) > 1)
        assert one.rank == 1 + sum((other.score or 0) > (one.score or 0) for other in ranked)


@given(votes(), st.data())
def test_a_point_more_never_costs_a_place(found: list[Vote], data: st.DataObject) -> None:
    if not found:
        return
    chosen = data.draw(st.sampled_from(found))
    scale = data.draw(st.sampled_from(SCALES))
    more = {**chosen.points, scale.id: min(scale.most, chosen.points[scale.id] + 1)}
    raised = [Vote(v.juror, v.entry, more if v is chosen else v.points) for v in found]

    before = by_entry(places(SCALES, ENTRIES, found))[chosen.entry]
    after = by_entry(places(SCALES, ENTRIES, raised))[chosen.entry]

    assert (after.score or 0) >= (before.score or 0)
    assert (after.rank or 0) <= (before.rank or 0)


@given(votes())
def test_scores_lie_between_0_and_100(found: list[Vote]) -> None:
    assert all(0 <= p.score <= 100 for p in places(SCALES, ENTRIES, found) if p.score is not None)
