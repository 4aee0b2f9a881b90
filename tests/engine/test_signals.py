"""Signals that compare fields: money, time, targets, and chains of different schemes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matchmaker.engine import DEFAULT_WEIGHTS, Document, Indicator, Recommender
from matchmaker.engine.findings import findings
from matchmaker.engine.lexical import digest_of
from matchmaker.engine.meaning import Meaning
from matchmaker.engine.signals import (
    SIGNALS,
    Budget,
    Chain,
    Deadline,
    Indicators,
    possible,
)

DAY = date(2026, 11, 23)
ALMOST = 1e-12
"""What rounding may move."""

yuan = st.integers(0, 10**12)
levels = st.integers(1, 9)
days = st.integers(-1000, 3000)


def need(**values: Any) -> Document:
    return Document(id=1, title="需求", **values)


def achievement(**values: Any) -> Document:
    return Document(id=2, title="成果", **values)


def codes(one: Document, other: Document) -> tuple[set[str], set[str], set[str]]:
    """Return what speaks for a pair, what against it, and what is missing."""
    by_signal = {name: signal.score(one, other) for name, signal in SIGNALS.items()}
    found = findings(one, other, by_signal)
    return tuple({item.code for item in part} for part in found)  # type: ignore[return-value]


def test_text_leads_and_every_signal_has_a_weight() -> None:
    assert set(DEFAULT_WEIGHTS) == {"title", "body", "meaning", *SIGNALS}
    text = DEFAULT_WEIGHTS["title"] + DEFAULT_WEIGHTS["body"]
    assert text > sum(DEFAULT_WEIGHTS[name] for name in SIGNALS)


# Money


@pytest.mark.parametrize(
    ("budget", "low", "high", "score"),
    [
        (100, 100, None, 1.0),
        (100, 1, None, 1.0),  # a price far below the budget is no fault
        (100, 60, 100, 1.0),
        (100, 200, None, 0.25),
        (100, 100, 200, 0.5),
        (100, 50, 200, 2 / 3),
        (100, 200, 400, 0.125),
        (0, 0, None, 1.0),
        (0, 0, 5, 0.0),
        (0, 5, None, 0.0),
        (None, 100, None, None),
        (100, None, None, None),
    ],
)
def test_a_price_above_the_budget_counts_less_and_a_negotiable_one_not_at_all(
    budget: int | None, low: int | None, high: int | None, score: float | None
) -> None:
    found = Budget().score(need(budget=budget), achievement(price_from=low, price_to=high))

    assert found == (None if score is None else pytest.approx(score))


@given(yuan, yuan, yuan, yuan, yuan)
def test_a_higher_price_never_raises_the_budget_signal(
    budget: int, low: int, width: int, dearer: int, wider: int
) -> None:
    one = achievement(price_from=low, price_to=low + width)
    other = achievement(price_from=low + dearer, price_to=low + width + dearer + wider)

    before, after = (Budget().score(need(budget=budget), item) for item in (one, other))

    assert before is not None
    assert after is not None
    assert 0 <= after <= before + ALMOST <= 1 + ALMOST


def test_a_price_is_told_within_partly_and_wholly_above_the_budget() -> None:
    wanted = need(budget=100)

    assert "price_within_budget" in codes(wanted, achievement(price_from=60, price_to=90))[0]
    assert "price_partly_over_budget" in codes(wanted, achievement(price_from=60, price_to=190))[1]
    assert "price_over_budget" in codes(wanted, achievement(price_from=160, price_to=190))[1]
    for_it, against, missing = codes(wanted, achievement())
    assert not {code for code in for_it | against if code.startswith("price")}
    assert "no_price" in missing
    assert "no_price" not in codes(need(), achievement())[2]


# Time


def waiting(wanted: int | None, months: float | None, **values: Any) -> Document:
    """Make a need that gives so many months from its publication."""
    end = None if months is None else DAY + timedelta(days=round(months * 30.4375))
    return need(**{"trl": wanted, "published": DAY, "deadline": end, **values})


@pytest.mark.parametrize(
    ("wanted", "months", "reached", "score"),
    [
        (7, 1, 7, 1.0),
        (7, 1, 8, 1.0),
        (7, 24, 5, 1.0),
        (7, 12, 5, 0.5),
        (7, -3, 5, 0.0),
        (7, -3, 7, 1.0),  # nothing is missing, so nothing takes time
        (None, 12, 5, None),
        (7, None, 5, None),
        (7, 12, None, None),
    ],
)
def test_the_time_a_need_gives_is_held_against_the_levels_still_missing(
    wanted: int | None, months: float | None, reached: int | None, score: float | None
) -> None:
    found = Deadline().score(waiting(wanted, months), achievement(trl=reached))

    assert found == (None if score is None else pytest.approx(score, abs=0.01))


def test_a_need_that_is_not_published_gives_no_time_to_compare() -> None:
    assert Deadline().score(waiting(7, 12, published=None), achievement(trl=5)) is None


@given(levels, levels, days, st.integers(0, 3000))
def test_more_time_never_lowers_the_deadline_signal(
    wanted: int, reached: int, given_days: int, more: int
) -> None:
    ends = [DAY + timedelta(days=given_days), DAY + timedelta(days=given_days + more)]

    before, after = (
        Deadline().score(need(trl=wanted, published=DAY, deadline=end), achievement(trl=reached))
        for end in ends
    )

    assert before is not None
    assert after is not None
    assert 0 <= before <= after <= 1


def test_too_little_time_is_told_with_the_assumption_behind_it() -> None:
    one, other = waiting(7, 10.2), achievement(trl=5)
    by_signal = {name: signal.score(one, other) for name, signal in SIGNALS.items()}

    _, against, _ = findings(one, other, by_signal)

    (told,) = [item for item in against if item.code == "time_short"]
    assert told.values == {"gap": 2, "per_level": 12, "needed": 24, "given": 10}
    assert "time_enough" in codes(waiting(7, 24.1), other)[0]
    assert not {"time_enough", "time_short"} & set().union(*codes(waiting(5, 1), other))


def test_a_need_without_a_deadline_is_asked_for_one() -> None:
    assert "no_deadline" in codes(need(), achievement())[2]
    assert "no_deadline" not in codes(waiting(7, 12), achievement())[2]


# Targets

numbers = st.floats(0.001, 1e6) | st.integers(-1000, 1000).map(float)
comparators = st.sampled_from(["ge", "le", "gt", "lt", "eq"])


def line(name: str, comparator: str, value: float | None, unit: str = "") -> Indicator:
    return Indicator(name, comparator, value, unit=unit)


@pytest.mark.parametrize(
    ("wanted", "stated", "score"),
    [
        ([("寿命", "ge", 1500)], [("寿命", "eq", 1600)], 1.0),
        ([("寿命", "ge", 1500)], [("寿命", "eq", 1200)], 0.8),
        ([("残锂", "le", 2000)], [("残锂", "eq", 2500)], 0.75),
        ([("残锂", "le", 2000)], [("残锂", "eq", 9000)], 0.0),
        ([("泄漏", "le", 0)], [("泄漏", "eq", 1)], 0.0),
        ([("寿命", "ge", 1500), ("残锂", "le", 5)], [("寿命", "eq", 1200)], 0.8),
        ([("寿命", "ge", 10), ("残锂", "le", 5)], [("寿命", "eq", 5), ("残锂", "eq", 5)], 0.75),
        ([("寿命", "ge", 10)], [("残锂", "eq", 5)], None),
        ([], [("残锂", "eq", 5)], None),
        ([("寿命", "ge", 10)], [], None),
    ],
)
def test_targets_that_are_reached_count_and_a_near_miss_counts_nearly(
    wanted: list[Any], stated: list[Any], score: float | None
) -> None:
    one = need(indicators=tuple(line(*item) for item in wanted))
    other = achievement(indicators=tuple(line(*item) for item in stated))

    found = Indicators().score(one, other)

    assert found == (None if score is None else pytest.approx(score))


@given(st.lists(st.tuples(comparators, numbers, numbers), min_size=1, max_size=6), st.data())
def test_one_more_target_reached_never_lowers_the_share(
    lines: list[tuple[str, float, float]], data: st.DataObject
) -> None:
    names = ["能量密度", "循环寿命", "残锂", "产气率", "压实", "厚度"]
    targets = tuple(
        line(name, comparator, value)
        for name, (comparator, value, _) in zip(names, lines, strict=False)
    )
    stated = [line(name, "eq", value) for name, (_, _, value) in zip(names, lines, strict=False)]
    before = Indicators().score(need(indicators=targets), achievement(indicators=tuple(stated)))
    chosen = data.draw(st.integers(0, len(stated) - 1))
    stated[chosen] = replace(stated[chosen], value=targets[chosen].value)

    after = Indicators().score(need(indicators=targets), achievement(indicators=tuple(stated)))

    assert before is not None
    assert after is not None
    assert 0 <= before <= after + ALMOST <= 1 + ALMOST


def test_targets_reached_are_told_with_how_many_could_be_compared() -> None:
    one = need(indicators=(line("寿命", "ge", 10), line("残锂", "le", 5), line("厚度", "le", 1)))
    other = achievement(indicators=(line("寿命", "eq", 11), line("残锂", "eq", 6)))
    by_signal = {name: signal.score(one, other) for name, signal in SIGNALS.items()}

    speaking_for, _, _ = findings(one, other, by_signal)

    (told,) = [item for item in speaking_for if item.code == "targets_reached"]
    assert told.values == {"met": 1, "known": 2}


# Chains of different schemes


@pytest.mark.parametrize(
    ("own", "other", "score", "code"),
    [
        ({"chains": "a"}, {"chains": "a", "chain_related": "b"}, 1.0, "same_chain"),
        ({"chains": "a"}, {"chains": "b", "chain_parents": "a"}, 0.8, "near_chain"),
        ({"chains": "a", "chain_related": "x"}, {"chains": "x"}, 0.7, "corresponding_chain"),
        ({"chains": "a"}, {"chains": "x", "chain_related": "a"}, 0.7, "corresponding_chain"),
        ({"chains": "a", "chain_parents": "g"}, {"chains": "b", "chain_parents": "g"}, 0.4,
         "near_chain"),
        # two chains that both correspond to one wide class are not alike for that
        ({"chains": "a", "chain_related": "x"}, {"chains": "b", "chain_related": "x"}, 0.0,
         "other_chain"),
        ({"chain_related": "x"}, {"chains": "x"}, None, "no_chain"),
    ],
)  # fmt: skip
def test_nodes_of_two_schemes_that_correspond_count_less_than_one_node(
    own: dict[str, str], other: dict[str, str], score: float | None, code: str
) -> None:
    one, two = (
        make(**{name: frozenset(value) for name, value in fields.items()})
        for make, fields in ((need, own), (achievement, other))
    )

    assert Chain().score(one, two) == score
    assert code in set().union(*codes(one, two))


# All together

lines = st.builds(
    Indicator,
    st.sampled_from(["循环寿命", "能量密度", "工作温度", "响应时间"]),
    st.sampled_from(["ge", "le", "gt", "lt", "eq", "range"]),
    numbers,
    numbers,
    st.sampled_from(["", "次", "万次", "℃", "K", "ms", "秒", "%", "自定"]),
)
names = st.frozensets(st.sampled_from("abcd"), max_size=2)
maybe_day = st.none() | st.dates(date(2025, 1, 1), date(2030, 1, 1))
texts = st.lists(
    st.sampled_from(["单晶", "高镍", "正极", "材料", "机器人", "SiC", "，"]), max_size=12
).map("".join)
fields: dict[str, st.SearchStrategy[Any]] = {
    "title": texts, "body": texts, "chains": names, "chain_parents": names, "chain_related": names,
    "modes": st.frozensets(st.sampled_from(["license", "joint", "self_invest"])),
    "trl": st.none() | levels, "region": st.sampled_from([None, "500106", "500107", "510107"]),
    "budget": st.none() | yuan, "price_from": st.none() | yuan, "price_to": st.none() | yuan,
    "deadline": maybe_day, "published": maybe_day,
    "indicators": st.lists(lines, max_size=3).map(tuple),
}  # fmt: skip
NEED = Document(id=11, title="单晶高镍正极材料的低残锂制备")
OTHER = Document(id=12, title="柑橘采摘机器人末端执行器")


@settings(max_examples=100, deadline=None)
@given(st.fixed_dictionaries(fields), st.fixed_dictionaries(fields))
def test_whatever_two_records_hold_the_reasons_add_up_to_a_score_between_0_and_1(
    own: dict[str, Any], others: dict[str, Any]
) -> None:
    one, other = Document(id=1, **own), Document(id=2, **others)
    engine = Recommender().fit([one, NEED], [other, OTHER])

    found = engine.explain(one, other)

    assert 0 <= found.score <= 1
    assert all(part is None or 0 <= part <= 1 for part in found.by_signal.values())
    total = sum(term.contribution for term in found.terms) + found.other_terms_contribution
    assert total + sum(found.contributions.values()) == pytest.approx(found.score, abs=1e-6)


@given(st.fixed_dictionaries(fields), st.sampled_from(sorted(SIGNALS)))
def test_a_silent_side_leaves_a_signal_out(own: dict[str, Any], name: str) -> None:
    silent = Document(id=2, title="成果")

    assert SIGNALS[name].score(Document(id=1, **own), silent) is None
    assert SIGNALS[name].score(silent, Document(id=1, **own)) is None


@settings(deadline=None)
@given(st.fixed_dictionaries(fields), st.fixed_dictionaries(fields))
def test_a_signal_is_there_only_where_both_sides_can_have_it(
    own: dict[str, Any], others: dict[str, Any]
) -> None:
    one, other = Document(id=1, **own), Document(id=2, **others)
    both = set(possible(one, is_need=True)) & set(possible(other, is_need=False))

    assert {
        name for name, signal in SIGNALS.items() if signal.score(one, other) is not None
    } <= both


class Told(Meaning):
    """A signal of meaning that is told, not measured."""

    def __init__(self, signals: Mapping[str, float | None]) -> None:
        self._signals = signals

    def signal(self, text: str, digests: Sequence[str]) -> list[float | None]:
        del text
        return [self._signals[digest] for digest in digests]


def told(offers: Sequence[Document], signals: Sequence[float | None]) -> Told:
    return Told(dict(zip(map(digest_of, offers), signals, strict=False)))


@settings(max_examples=80, deadline=None)
@given(
    st.fixed_dictionaries(fields),
    st.lists(st.fixed_dictionaries(fields), min_size=1, max_size=12),
    st.integers(1, 5),
    st.none() | st.lists(st.none() | st.floats(0, 1), min_size=12, max_size=12),
)
@example(  # the last by text is the best, by its meaning alone
    {"title": "单晶高镍正极材料低残锂制备"},
    [{"title": title} for title in ("机器人正极", "机器人的正极", "柑橘采摘机器人正极")],
    1,
    [None, None, 1.0, *[None] * 9],
)
def test_who_is_not_read_would_not_have_been_among_the_best(
    own: dict[str, Any], others: list[dict[str, Any]], k: int, signals: list[float | None] | None
) -> None:
    one = Document(id=1, **own)
    offers = [Document(id=2 + i, **values) for i, values in enumerate(others)]
    meaning = None if signals is None else told(offers, signals)
    engine = Recommender(meaning=meaning).fit([one], offers)
    everyone = engine.suggest_for_need(one, k=k)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("matchmaker.engine.recommender.READ_AT_A_TIME", 2)

        assert engine.suggest_for_need(one, k=k) == everyone

    for item in everyone:
        other = offers[item.achievement_id - 2]
        assert item.score == pytest.approx(engine.score(one, other).score, abs=1e-6)
