"""What the program says on a terminal: two languages, chosen by the terminal's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

BAR = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
CHINESE = os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("zh")


def say(chinese: str, english: str) -> str:
    """Choose the sentence for the language of the terminal."""
    return chinese if CHINESE else english


@contextmanager
def progress(words: str) -> Iterator[Callable[[float], None]]:
    """Show on a terminal how far a long command is, as it tells (0 to 1); elsewhere nothing."""
    from tqdm import tqdm  # late: most commands are short

    with tqdm(total=100, desc=words, disable=None, bar_format=BAR) as bar:

        def tell(share: float) -> None:
            bar.update(int(share * bar.total) - bar.n)

        yield tell
        tell(1)
