"""Fields: what is typed, what is kept, what is said."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from matchmaker.errors import InvalidError
from matchmaker.forms import Choices, Day, Form, Items, LongText, Text, Wan


class Sample(Form):
    title = Text("标题", limit=10)
    body = LongText("正文", limit=20, optional=True)
    budget = Wan("预算")
    until = Day("截止")
    marks = Choices("标记", choices=[("a", "甲"), ("b", "乙")], optional=True)
    words = Items("关键词", most=3, limit=5)


def filled(app: Flask, **typed: Any) -> Sample:
    with app.test_request_context():
        form = Sample(MultiDict({"title": "示范"} | typed))
        form.validate()
        form.sentences = [sentence for _field, sentence in form.failures]
    return form


@pytest.mark.parametrize(
    ("typed", "yuan"),
    [
        ("150", 1_500_000),
        ("1,800.5", 18_005_000),
        ("１５０", 1_500_000),
        ("0.0001", 1),
        ("", None),
    ],
)
def test_an_amount_in_ten_thousands_is_kept_in_yuan(
    app: Flask, typed: str, yuan: int | None
) -> None:
    form = filled(app, budget=typed)

    assert form.sentences == []
    assert form.budget.data == yuan


@pytest.mark.parametrize("typed", ["150万", "约150", "-1", "NaN", "1e999", "0.00001", "300000"])
def test_an_amount_that_is_none_stays_as_typed(app: Flask, typed: str) -> None:
    form = filled(app, budget=typed)

    assert len(form.sentences) == 1
    assert form.budget._value() == typed


@pytest.mark.parametrize("typed", ["2027-06-30", "2027/6/30", "2027年6月30日", "２０２７.6.30"])
def test_a_day_is_read_as_people_write_it(app: Flask, typed: str) -> None:
    assert filled(app, until=typed).until.data == date(2027, 6, 30)


@pytest.mark.parametrize("typed", ["2027-02-30", "明年", "27-6-30"])
def test_a_day_that_is_none_is_refused_in_words(app: Flask, typed: str) -> None:
    assert filled(app, until=typed).sentences == ["请写成年-月-日，例如 2027-06-30。"]


@pytest.mark.parametrize("typed", ["a\x00b", "a\x1bb", "a\ud800b", "a\ufffeb"])
def test_control_characters_are_named_and_not_dropped_silently(app: Flask, typed: str) -> None:
    form = filled(app, body=typed)

    assert form.sentences == ["这里有无法保存的控制字符，请删去后重新输入。"]
    assert form.body.data == typed


def test_texts_are_trimmed_and_keep_their_lines(app: Flask) -> None:
    form = filled(app, title="  示范\u202e ", body="一\r\n二\r三 ")

    assert form.title.data == "示范"
    assert form.body.data == "一\n二\n三"


def test_a_text_that_is_too_long_says_by_how_much(app: Flask) -> None:
    assert filled(app, title="字" * 12).sentences == ["最多 10 字，现在多出 2 字。"]


def test_choices_outside_the_list_are_refused(app: Flask) -> None:
    assert filled(app, marks="c").sentences == ["请从列出的选项中选择“标记”。"]
    assert filled(app, marks="b").marks.data == ["b"]


def test_items_are_split_and_counted(app: Flask) -> None:
    assert filled(app, words="甲、乙；丙").words.data == ["甲", "乙", "丙"]
    assert filled(app, words="甲、乙、丙、丁").sentences == ["最多 3 项。"]


def test_a_refusal_of_a_service_stands_at_its_field_or_on_top(app: Flask) -> None:
    form = filled(app)

    form.show(InvalidError({"title": "已有同名的。"}))
    form.show(InvalidError(message="请再试一次。"))

    assert form.title.errors == ["已有同名的。"]
    assert [sentence for _field, sentence in form.failures] == ["请再试一次。", "已有同名的。"]
