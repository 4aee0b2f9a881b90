"""What the program says on a terminal: two languages, chosen by the terminal's own."""

from __future__ import annotations

import os

CHINESE = os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("zh")


def say(chinese: str, english: str) -> str:
    """Choose the sentence for the language of the terminal."""
    return chinese if CHINESE else english
