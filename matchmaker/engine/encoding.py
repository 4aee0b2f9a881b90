"""What every encoder of texts is, and what all of them do alike."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


class EncoderError(ValueError):
    """An encoder cannot be had; the message is one sentence that says what to mend."""


class Encoder(Protocol):
    """Turns texts into vectors that lie close together when the texts mean the same."""

    @property
    def model_id(self) -> str:
        """Name that changes whenever the vectors of the same text would."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""

    def encode(self, texts: Sequence[str]) -> Array:
        """Return rows of length 1, shape (n_texts, dimensions); an empty text is a zero row."""


def library(name: str, package: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise EncoderError(
            f"The package {package} is missing: install requirements/semantic.txt."
        ) from error


def rows_of(texts: Sequence[str], dimensions: int, run: Callable[[list[str]], Array]) -> Array:
    """Run what is not empty and bring its rows to length 1."""
    # half a surrogate pair is no text, and no tokenizer takes it
    cleaned = [text.encode("utf-8", "ignore").decode("utf-8").strip() for text in texts]
    filled = [row for row, text in enumerate(cleaned) if text]
    found = np.zeros((len(texts), dimensions), dtype=np.float32)
    if filled:
        found[filled] = _unit(run([cleaned[row] for row in filled]))
    return found


def _unit(rows: Array) -> Array:
    """Bring rows to length 1; what has no direction becomes a zero row."""
    rows = np.nan_to_num(np.asarray(rows, dtype=np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    rows /= np.where(lengths > 0, lengths, 1)
    return rows


def first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
