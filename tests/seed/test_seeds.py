"""The demonstration data: enough of it, by the rules, invented. How the engine ranks it: test_quality."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

import pytest

from seed import load

ACHIEVEMENTS = list(load.records("achievements"))
NEEDS = list(load.records("needs"))
PAIRS = list(load.judged_pairs())


def test_references_are_unique_and_judged_pairs_name_known_ones() -> None:
    refs = [row["ref"] for row in (*ACHIEVEMENTS, *NEEDS)]
    assert len(refs) == len(set(refs))
    named = {p["need_ref"] for p in PAIRS} | {p["achievement_ref"] for p in PAIRS}
    assert named <= set(refs)
    judged = [(p["need_ref"], p["achievement_ref"]) for p in PAIRS]
    assert len(judged) == len(set(judged))


def test_every_level_is_judged_often_enough() -> None:
    levels = Counter(p["level"] for p in PAIRS)
    assert set(levels) == {"1", "2", "3", "4"}
    assert min(levels.values()) >= 40


def test_every_need_is_judged_against_at_least_four_achievements() -> None:
    judged: dict[str, int] = defaultdict(int)
    for pair in PAIRS:
        judged[pair["need_ref"]] += 1
    assert {row["ref"] for row in NEEDS} == set(judged)
    assert min(judged.values()) >= 4


def test_there_are_enough_of_them() -> None:
    assert len(ACHIEVEMENTS) >= 120
    assert len(NEEDS) >= 80
    assert len(PAIRS) >= 300


def han(text: str) -> int:
    """Count Chinese characters alone: no Latin letters, digits, punctuation."""
    return len(re.findall(r"[\u4e00-\u9fff]", text))


@pytest.mark.parametrize(
    ("rows", "fields"),
    [
        (ACHIEVEMENTS, ("summary", "problem", "approach", "application")),
        (NEEDS, ("problem", "tried", "partner_requirements")),
    ],
)
def test_texts_have_a_realistic_length_and_name_figures(
    rows: list[dict],  # type: ignore[type-arg]
    fields: tuple[str, ...],
) -> None:
    for row in rows:
        assert 150 <= sum(han(row.get(name) or "") for name in fields) <= 600, row["ref"]
        assert row["indicators"], row["ref"]


@pytest.mark.parametrize("rows", [ACHIEVEMENTS, NEEDS])
def test_organisations_are_recognisably_invented(rows: list[dict]) -> None:  # type: ignore[type-arg]
    assert all("示范" in row["organisation"] for row in rows)


def test_the_data_cover_many_chains_and_both_provinces() -> None:
    chains = {name for row in (*ACHIEVEMENTS, *NEEDS) for name in row["chains"]}
    assert len(chains) >= 15
    assert {row["region_code"][:2] for row in NEEDS} == {"50", "51"}
    assert {region[:2] for _kind, region in load.UNIVERSITIES.values()} == {"50", "51"}


def test_invented_credit_codes_are_well_formed_and_of_no_real_region() -> None:
    from matchmaker.validators import parse_uscc

    for number in range(1, 300):
        code = load.invented_uscc(number)
        assert parse_uscc(code) == code
        assert code[2:8] == "000000"
