"""How alike needs are, and achievements: by words, and by meaning less what all have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from matchmaker.engine import Document, Recommender
from matchmaker.engine.learning import near_needs
from matchmaker.engine.lexical import full_text
from matchmaker.engine.likeness import ENOUGH, MEANING, Likeness
from matchmaker.engine.meaning import Meaning
from matchmaker.engine.vectors import Vectors

WORDS = (
    "压铸气孔检测",
    "柑橘采摘机器人",
    "血样自动分拣",
    "隧道软岩支护",
    "丢糟饲料转化",
    "染色废水脱色",
)


class Leaning:
    """Every text has a direction of its own, and leans far towards that of its kind."""

    model_id = "leaning"
    dimensions = 256

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.stack([self._row(text) for text in texts])
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    def _row(self, text: str) -> NDArray[np.float64]:
        known = text.removeprefix("求").removeprefix("有").split()[0]
        seed = int.from_bytes(hashlib.sha256(known.encode()).digest()[:4], "big")
        own = np.random.default_rng(seed).standard_normal(self.dimensions)
        kind = np.zeros(self.dimensions)
        kind[0 if text.startswith("求") else 1] = 40.0
        return own + kind


def catalogue(n: int) -> tuple[list[Document], list[Document]]:
    """Return needs and achievements, one of each about every subject."""
    subjects = [f"{WORDS[i % len(WORDS)]}{i}" for i in range(n)]
    needs = [Document(id=i, title=f"求{subject}") for i, subject in enumerate(subjects)]
    achievements = [Document(id=i, title=f"有{subject}") for i, subject in enumerate(subjects)]
    return needs, achievements


def fitted(folder: Path, n: int, *, known: bool = True) -> tuple[Recommender, list[Document]]:
    needs, achievements = catalogue(n)
    meaning = Meaning(Vectors(folder, Leaning()))
    if known:
        meaning.vectors.add([full_text(item) for item in (*needs, *achievements)])
    return Recommender(meaning=meaning).fit(needs, achievements), needs


def test_what_all_needs_have_in_common_makes_no_two_of_them_alike(tmp_path: Path) -> None:
    engine, needs = fitted(tmp_path, 60)
    texts = Likeness.of(engine).needs(needs[:40])

    meant = (texts.meanings @ texts.meanings.T) / MEANING
    others = meant[~np.eye(len(meant), dtype=bool)]
    assert np.diag(meant) == pytest.approx(1.0, abs=1e-3)
    assert abs(others.mean()) < 0.05
    plain = Likeness(engine.weighting_, engine.meaning).needs(needs[:40])
    assert (plain.meanings @ plain.meanings.T).min() / MEANING > 0.5


def test_a_few_texts_are_no_middle(tmp_path: Path) -> None:
    few, needs = fitted(tmp_path, ENOUGH - 1)
    likeness, plain = Likeness.of(few), Likeness(few.weighting_, few.meaning)

    assert np.array_equal(likeness.needs(needs).meanings, plain.needs(needs).meanings)


def test_texts_without_a_vector_are_alike_by_their_words_alone(tmp_path: Path) -> None:
    engine, needs = fitted(tmp_path, 30, known=False)
    by_words = Likeness(engine.weighting_)

    found = Likeness.of(engine).needs(needs)

    assert found.products(found) == pytest.approx(
        by_words.needs(needs).products(by_words.needs(needs))
    )


def test_needs_that_ask_for_one_thing_in_other_words_listen_to_each_other(tmp_path: Path) -> None:
    engine, needs = fitted(tmp_path, 60)
    assert engine.meaning is not None
    again = Document(id=1000, title=f"求{WORDS[0]}0 另说")
    engine.meaning.vectors.add([full_text(again)])

    heard = near_needs(Likeness.of(engine), again, needs)

    assert [need.id for need in heard] == [0]
