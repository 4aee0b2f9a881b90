"""What every peer of the bench has, and the needs that it is asked."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bench.engine_speed import words
from matchmaker.engine.text import features, fold, runs

NEED = 150
"""Characters of a need."""
RARE = 40
"""Tokens of a cut need, the rarest."""
Tokens = Callable[[str], list[str]]


def bigrams(text: str) -> list[str]:
    """Return pairs of neighbouring Han characters, and tokens of Latin letters and digits."""
    return [
        token
        for _start, run, han in runs(fold(text))
        for token in ([a + b for a, b in pairwise(run)] if han and len(run) > 1 else [run])
    ]


def trigrams(text: str) -> list[str]:
    """Return what SQLite's trigram tokenizer makes of a text."""
    lower = text.lower()
    return [lower[i : i + 3] for i in range(len(lower) - 2)]


TOKENS: Mapping[str, Tokens] = {
    "features": features, "words": words, "bigrams": bigrams, "trigrams": trigrams,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Need:
    """A text that is asked for; `rare` are the rarest of its tokens, `source` where it is from."""

    text: str
    chain: int
    source: int
    rare: tuple[str, ...] = ()


Ask = Callable[[Need], Sequence[int]]


class Peer(ABC):
    """One way of finding records: `build` writes files, `open` answers from them."""

    def __init__(self, folder: Path, tokens: str = "") -> None:
        self.folder = folder
        self.tokens: Tokens = TOKENS.get(tokens, features)

    @abstractmethod
    def build(self, texts: Sequence[str]) -> None:
        """Write the files from which `open` answers."""

    @abstractmethod
    def open(self) -> None:
        """Get ready to answer."""

    @abstractmethod
    def asks(self) -> Mapping[str, Ask]:
        """Return the ways of asking, each gives the best ids."""

    def adds(self) -> Mapping[str, Callable[[int, str], None]]:
        """Return how one record is added so that the next question finds it."""
        return {}

    def close(self) -> None:
        """Let go of what outlives the process; most leave nothing behind."""
        return

    def processes(self) -> Sequence[int]:
        return [os.getpid()]

    def size(self) -> int:
        """Return bytes on disk."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    def distinct(self, text: str) -> list[str]:
        return list(dict.fromkeys(self.tokens(text)))
