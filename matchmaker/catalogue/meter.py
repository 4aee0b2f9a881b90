"""How well a posting can be matched: a number, a word, and what each missing step would add.

The weights are a proposal of this project; the meter advises and never blocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the checklist: whether it is done, its words, and what it is worth."""

    done: bool
    words: Any
    worth: int


@dataclass(frozen=True, slots=True)
class Meter:
    """Points out of 100 and the steps behind them."""

    steps: tuple[Step, ...]

    @property
    def points(self) -> int:
        return sum(step.worth for step in self.steps if step.done)

    @property
    def word(self) -> Any:
        for least, words in ((85, _l("很好")), (60, _l("较好，还可以更好")), (30, _l("刚起步"))):
            if self.points >= least:
                return words
        return _l("还看不出要找什么")


def meter(kind: str, values: Mapping[str, Any]) -> Meter:
    """Judge the values of a form; the worths add up to 100."""
    title, problem = _text(values, "title"), _text(values, "problem")
    rows = [row for row in values.get("indicators") or [] if row.get("name") and row.get("value")]
    steps = [
        Step(len(title) >= 10, _l("名称具体，写出了对象和目标"), 15),
        Step(len(problem) >= 80, _l("问题写了 80 字以上"), 15),
        Step(len(rows) >= 1, _l("有量化指标"), 15),
        Step(len(rows) >= 3, _l("有 3 项以上量化指标"), 10),
        Step(bool(values.get("nodes")), _l("选了产业链"), 10),
        Step(bool(values.get("modes")), _l("选了合作方式"), 5),
    ]
    steps += _need_steps(values, rows) if kind == "need" else _achievement_steps(values)
    return Meter(tuple(steps))


def _need_steps(values: Mapping[str, Any], rows: list[Mapping[str, Any]]) -> list[Step]:
    tested = bool(rows) and all(row.get("method") for row in rows)
    return [
        Step(tested, _l("每项指标都有测试方法"), 8),
        Step(bool(_text(values, "tried")), _l("写了已经试过的办法"), 9),
        Step(values.get("budget") is not None, _l("写了预算"), 8),
        Step(values.get("deadline") is not None, _l("写了期限"), 5),
    ]


def _achievement_steps(values: Mapping[str, Any]) -> list[Step]:
    return [
        Step(len(_text(values, "approach")) >= 80, _l("做法写了 80 字以上"), 12),
        Step(bool(values.get("trl")), _l("选了技术成熟度"), 8),
        Step(bool(_text(values, "application")), _l("写了应用情况"), 5),
        Step(
            any(row.get("kind") for row in values.get("properties") or []), _l("列了知识产权"), 5
        ),
    ]


def _text(values: Mapping[str, Any], name: str) -> str:
    return str(values.get(name) or "").strip()
