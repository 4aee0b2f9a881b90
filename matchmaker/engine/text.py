"""From text to features: folding, runs, characters, terms.

A text is folded (NFKC, lower case, simplified characters) and cut into runs of Han characters and
tokens of Latin letters and digits ("sic", "5g", "ip67", "0.35", "dc-dc"). A run of Han gives its
characters and its pairs of neighbouring characters; a token gives itself. Nothing crosses
punctuation. `counting` gives the same features to whole collections at once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import rjieba

LENGTH_CAP = 20_000
"""Characters of a text that are read; a longer text says nothing new to a ranking."""
HAN = r"\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
TOKEN = rf"[^\W_{HAN}]+"
JOINERS = ".-/"
RUN = re.compile(rf"[{HAN}]+|{TOKEN}(?:[.\-/]{TOKEN})*")
STOP_CHARACTERS = frozenset(
    "的了和与及或在为对等是将把被以于其该此由从向到并且而但也都就又还则之所可能会要有不无"
    "用上下中内外前后者各每个种类性化本其它他她它们这那一二三"
)
STOP_WORDS = frozenset(
    [
        "进行",
        "实现",
        "采用",
        "通过",
        "具有",
        "能够",
        "可以",
        "需要",
        "要求",
        "目前",
        "现有",
        "以及",
        "由于",
        "因此",
        "同时",
        "主要",
        "相关",
        "提供",
        "希望",
        "达到",
        "提高",
        "降低",
        "解决",
        "问题",
        "技术",
        "研究",
        "方法",
        "系统",
        "产品",
        "企业",
        "公司",
        "项目",
        "应用",
        "使用",
        "不同",
        "满足",
        "以上",
        "以下",
        "其中",
        "包括",
        "对于",
        "根据",
        "基于",
        "情况",
        "方面",
        "过程",
        "完成",
        "存在",
        "影响",
        "效果",
        "左右",
        "已经",
        "尚未",
        "没有",
        "我们",
        "一种",
        "一个",
        "这种",
        "一定",
        "容易",
        "比较",
        "较高",
        "较大",
        "较低",
        "开发",
        "研发",
        "成果",
        "需求",
        "指标",
        "工作",
        "方案",
    ]
)


@cache
def _simplified() -> dict[int, int]:
    """Traditional → simplified, character by character; see the data file's note in NOTICE."""
    lines = files(__package__).joinpath("traditional.txt").read_text(encoding="utf-8").split("\n")
    return str.maketrans(lines[0], lines[1])


def fold(text: str) -> str:
    """Fold full-width forms, case and traditional characters, so that ＳｉＣ finds SiC."""
    return _folded(text[:LENGTH_CAP])


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower().translate(_simplified())


def fold_with_offsets(text: str) -> tuple[str, list[int]]:
    """Fold and tell for every folded character (and the end) where it stood in the original."""
    parts: list[str] = []
    offsets: list[int] = []
    for position, cluster in _clusters(text[:LENGTH_CAP]):
        folded = _folded(cluster)
        parts.append(folded)
        offsets.extend([position] * len(folded))
    offsets.append(min(len(text), LENGTH_CAP))
    return "".join(parts), offsets


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Yield each character with the combining marks that follow it: they fold together."""
    start = 0
    for position in range(1, len(text) + 1):
        if position == len(text) or not unicodedata.combining(text[position]):
            if position > start:
                yield start, text[start:position]
            start = position


def runs(folded: str) -> Iterator[tuple[int, str, bool]]:
    """Yield (start, text, is_han) of every run of a folded text."""
    for match in RUN.finditer(folded):
        run = match.group()
        yield match.start(), run, is_han(run[0])


def is_han(character: str) -> bool:
    """Tell whether a character is a Han ideograph."""
    return (
        "\u4e00" <= character <= "\u9fff"
        or "\u3400" <= character <= "\u4dbf"
        or "\U00020000" <= character <= "\U0003ffff"
    )


def occurrences(folded: str) -> Iterator[tuple[str, int, int]]:
    """Yield every feature of a folded text with where it stands: (feature, start, end)."""
    for start, run, han in runs(folded):
        if not han:
            yield run, start, start + len(run)
            continue
        for index, character in enumerate(run):
            yield character, start + index, start + index + 1
        for index in range(len(run) - 1):
            yield run[index : index + 2], start + index, start + index + 2


def features(text: str) -> list[str]:
    """Return the features of a text, in order, repetitions included."""
    return [feature for feature, _, _ in occurrences(fold(text))]


def word_boundaries(folded: str) -> set[int]:
    """Return the positions at which a word begins or ends."""
    found: set[int] = set()
    for start, run, han in runs(folded):
        found |= {start, start + len(run)}
        if han:
            position = start
            for word in rjieba.cut(run, False):
                position += len(word)
                found.add(position)
    return found
