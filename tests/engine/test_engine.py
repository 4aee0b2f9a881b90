"""The engine: scores that mean something, reasons that add up, an index that follows changes."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError

from matchmaker.engine import Document, Indicator, Recommender
from matchmaker.engine.indicators import shortfall
from matchmaker.engine.signals import SIGNALS, Chain, Mode, Readiness, Region

NEED = Document(
    id=1, title="单晶高镍正极材料的低残锂制备", body="现有辊道窑产线，残锂偏高，软包电池产气。",
    chains=frozenset({"7"}), modes=frozenset({"license"}), trl=6, region="500106", budget=2_000_000,
    indicators=(Indicator("循环寿命", "ge", 1500, unit="次"),),
)  # fmt: skip
FITTING = Document(
    id=10, title="单晶高镍三元材料的残锂原位转化技术", body="ＳｉＣ匣钵与辊道窑，残锂降到 1800 ppm。",
    chains=frozenset({"7"}), modes=frozenset({"license"}), trl=7, region="500106",
    price_from=2_600_000, price_to=3_200_000,
    indicators=(Indicator("循环寿命（45 ℃）", "eq", 1200, unit="次"),),
)  # fmt: skip
FOREIGN = Document(
    id=11, title="柑橘采摘机器人末端执行器", body="丘陵果园，识别率 95%。",
    chains=frozenset({"9"}), modes=frozenset({"transfer"}), trl=5, region="510107",
)  # fmt: skip
words = st.lists(
    st.sampled_from(
        [
            "单晶",
            "高镍",
            "正极",
            "材料",
            "残锂",
            "机器人",
            "减速器",
            "泡菜",
            "SiC",
            "5G",
            "，",
            "。",
            "的",
        ]
    ),
    max_size=30,
).map("".join)


@pytest.fixture
def recommender() -> Recommender:
    return Recommender().fit([NEED], [FITTING, FOREIGN])


def test_the_fitting_achievement_stands_first_and_far_above(recommender: Recommender) -> None:
    first, second = recommender.suggest_for_need(NEED)

    assert (first.achievement_id, second.achievement_id) == (10, 11)
    assert first.score > 0.6
    assert second.score < 0.25


def test_terms_and_signals_add_up_to_the_score(recommender: Recommender) -> None:
    found = recommender.explain(NEED, FITTING)

    total = sum(term.contribution for term in found.terms) + found.other_terms_contribution
    assert total + sum(found.contributions.values()) == pytest.approx(found.score, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(words, words, words, words)
def test_any_two_texts_have_a_score_between_0_and_1_that_adds_up(
    a: str, b: str, c: str, d: str
) -> None:
    need, other = Document(id=501, title=a, body=b), Document(id=502, title=c, body=d)
    engine = Recommender().fit([need, NEED], [other, FITTING])

    found = engine.explain(need, other)

    assert 0 <= found.score <= 1
    assert all(part is None or 0 <= part <= 1 for part in found.by_signal.values())
    total = sum(term.contribution for term in found.terms) + found.other_terms_contribution
    assert total + sum(found.contributions.values()) == pytest.approx(found.score, abs=1e-9)


def test_every_marked_span_really_is_the_term(recommender: Recommender) -> None:
    found = recommender.explain(NEED, FITTING)

    assert "残锂" in {term.term for term in found.terms}
    for term in found.terms:
        for field, start, end in term.achievement_spans:
            text = FITTING.title if field == "title" else FITTING.body
            assert text[start:end].lower() == term.term


def test_full_width_letters_are_found_and_marked_where_they_stand() -> None:
    need = Document(id=1, title="SiC 匣钵寿命")
    engine = Recommender().fit([need], [FITTING])

    (term,) = [t for t in engine.explain(need, FITTING).terms if t.term == "sic"]

    assert term.achievement_spans == (("body", 0, 3),)
    assert FITTING.body[0:3] == "ＳｉＣ"


def test_a_latin_token_does_not_swallow_the_han_behind_it() -> None:
    need = Document(id=1, title="Ni83多晶材料")
    engine = Recommender().fit([need], [Document(id=2, title="多晶材料制备")])

    assert engine.suggest_for_need(need)[0].score > 0.3


def test_absent_is_not_zero() -> None:
    bare = Document(id=12, title=FITTING.title, body=FITTING.body)
    engine = Recommender().fit([NEED], [FITTING, bare])

    by_id = {found.achievement_id: found for found in engine.suggest_for_need(NEED)}

    assert by_id[12].by_signal["chain"] is None
    assert by_id[12].score > 0.6


def test_a_new_document_is_found_at_once_and_a_removed_one_never(recommender: Recommender) -> None:
    recommender.upsert_achievement(Document(id=13, title=NEED.title, body=NEED.body))
    assert recommender.suggest_for_need(NEED)[0].achievement_id == 13

    recommender.remove_achievement(13)
    assert 13 not in {found.achievement_id for found in recommender.suggest_for_need(NEED)}
    assert recommender.n_achievements_ == 2


def test_words_unknown_at_fit_count_later(recommender: Recommender) -> None:
    recommender.upsert_achievement(Document(id=14, title="量子霍尔电阻标准装置"))

    assert recommender.search("量子霍尔")[0][0] == 14


def test_many_updates_change_nothing_but_the_time(recommender: Recommender) -> None:
    before = recommender.suggest_for_need(NEED)
    extra = [Document(id=i, title=f"无关条目{i}") for i in range(100, 1300)]
    recommender.upsert_achievements(extra)
    for document in extra:
        recommender.remove_achievement(document.id)

    assert recommender.suggest_for_need(NEED) == before


def test_one_character_and_a_whole_paragraph_can_be_searched(recommender: Recommender) -> None:
    assert recommender.search("锂")[0][0] == 10
    assert recommender.search(NEED.title + NEED.body)[0][0] == 10
    assert recommender.search("锂", among=[11]) == []


@pytest.mark.parametrize("text", ["", "\x00", "😀🎉", "的了和", "a" * 100_000, "𠀀𠀁"])
def test_strange_texts_are_no_error(recommender: Recommender, text: str) -> None:
    recommender.search(text)
    recommender.suggest_for_need(Document(id=1, title=text, body=text))


def test_an_unfitted_recommender_and_unknown_weights_say_so() -> None:
    with pytest.raises(NotFittedError):
        Recommender().suggest_for_need(NEED)
    with pytest.raises(ValueError, match="unknown signals"):
        Recommender(weights={"colour": 1.0}).fit([], [])


def test_a_target_beside_a_result_says_how_much_is_missing(recommender: Recommender) -> None:
    (check,) = recommender.explain(NEED, FITTING).indicator_checks

    assert (check.verdict, check.gap) == ("missed", 300)


@pytest.mark.parametrize(
    ("wanted", "stated", "missing_by"),
    [
        (("ge", 150), ("ge", 160), -10),
        (("ge", 150), ("eq", 120), 30),
        (("ge", 150), ("le", 150), None),
        (("ge", 150), ("le", 100), 50),
        (("le", 5), ("le", 4), -1),
        (("le", 5), ("ge", 4), None),
        (("le", 5), ("range", 3, 6), 1),
        (("range", 3, 4), ("range", 3.25, 3.5), -0.25),
        (("range", 3, 4), ("ge", 5), 1),
        (("eq", 3), ("eq", 3), 0),
    ],
)
def test_a_bound_is_taken_at_its_unfavourable_end(
    wanted: tuple[str, float], stated: tuple[str, float], missing_by: float | None
) -> None:
    target, found = (Indicator("温度", *line) for line in (wanted, stated))
    assert shortfall(target, found) == missing_by


def test_findings_speak_for_and_against(recommender: Recommender) -> None:
    found = recommender.explain(NEED, FITTING)

    assert "same_chain" in {item.code for item in found.agreements}
    assert "price_over_budget" in {item.code for item in found.disagreements}


@pytest.mark.parametrize(
    ("signal", "need", "achievement", "score"),
    [
        (Chain(), NEED, FITTING, 1.0),
        (Chain(), NEED, FOREIGN, 0.0),
        (Readiness(), NEED, FITTING, 1.0),
        (Readiness(), NEED, FOREIGN, 0.7),
        (Mode(), NEED, FITTING, 1.0),
        (Region(), NEED, FITTING, 1.0),
        (Region(), NEED, FOREIGN, 0.3),
        *[(signal, Document(id=1, title="甲"), FITTING, None) for signal in SIGNALS.values()],
    ],
)
def test_each_signal_does_what_it_is_for(
    signal: Chain, need: Document, achievement: Document, score: float | None
) -> None:
    assert signal.score(need, achievement) == score


def test_the_engine_is_pure() -> None:
    code = (
        "import sys, matchmaker.engine, matchmaker.engine.evaluation;"
        "print([m for m in ('flask', 'sqlalchemy', 'models', 'config') if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


def test_equals_are_ordered_by_a_lot_that_the_seed_draws() -> None:
    same = [Document(id=i, title="单晶高镍正极") for i in range(1, 31)]
    orders = {}
    for seed in (1, 1, 2):
        engine = Recommender(seed=seed).fit([], same)
        found = [item.achievement_id for item in engine.suggest_for_need(same[0], k=30)]
        assert orders.setdefault(seed, found) == found
        assert sorted(found) == list(range(1, 31))
    assert orders[1] != orders[2]
    assert orders[1] != sorted(orders[1])
