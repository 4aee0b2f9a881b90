"""What organisers type: dates, times, days and breaks."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import pytest
import wtforms
from flask import Flask
from werkzeug.datastructures import MultiDict

from matchmaker.events.forms import Clock, DateTime, ProgrammeForm


class Moments(wtforms.Form):
    at = DateTime("报名截止")
    clock = Clock("开始")


def typed(**values: str) -> Moments:
    form = Moments(MultiDict(values))
    form.validate()
    return form


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-12 18:00", "2026/12/12 18:00", "2026年12月12日 18:00", "2026年12月12日18点",
        "2026-12-12T18:00", "２０２６－１２－１２　１８：００", " 2026.12.12  18时00分 ",
    ],
)  # fmt: skip
def test_a_date_with_its_time_is_read_as_people_write_it(text: str) -> None:
    assert typed(at=text).at.data == datetime(2026, 12, 12, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2026-12-12", "2026-02-30 18:00", "2026-12-12 25:00", "2026-12-1218:00", "下周五",
     "0001-01-01 00:00", "9999-12-31 23:59", "2026-12-12 18:60", "²026-12-12 18:00 x"],
)  # fmt: skip
def test_what_is_no_time_stays_as_typed_and_gets_a_sentence(text: str) -> None:
    form = typed(at=text)

    assert form.at.errors == ["请写成年-月-日 时:分，例如 2026-12-12 18:00。"]
    assert form.at._value() == text
    assert form.at.data is None


@pytest.mark.parametrize(
    ("text", "read"),
    [("9:00", time(9)), ("09：30", time(9, 30)), ("9点半", time(9, 30)), ("14点", time(14)), ("", None)],
)  # fmt: skip
def test_a_time_of_day_is_read_as_people_write_it(text: str, read: Any) -> None:
    form = typed(clock=text)

    assert form.clock.data == read
    assert not form.clock.errors


def test_a_stored_time_is_shown_in_local_time() -> None:
    form = Moments(data={"at": datetime(2026, 12, 12, 10, tzinfo=UTC), "clock": time(9)})

    assert (form.at._value(), form.clock._value()) == ("2026-12-12 18:00", "09:00")


def programme(**values: str) -> ProgrammeForm:
    form = ProgrammeForm(MultiDict({"slot_minutes": "20", **values}))
    form.offer_minutes(20)
    return form


ONE_DAY = {"days-0-day": "2026-12-12", "days-0-starts": "9:00", "days-0-ends": "17:00"}


def test_an_empty_row_of_breaks_is_none(app: Flask) -> None:
    with app.test_request_context():
        form = programme(**ONE_DAY, **{"days-0-breaks-0-label": "", "days-0-breaks-0-starts": ""})

        assert form.validate()
        assert form.plans()[0].breaks == ()


def test_a_break_needs_both_times(app: Flask) -> None:
    with app.test_request_context():
        form = programme(**ONE_DAY, **{"days-0-breaks-0-starts": "12:00"})

        assert not form.validate()
        assert [words for _field, words in form.failures] == ["请填写间歇的起止时间。"]


def test_rows_come_and_go_without_a_script(app: Flask) -> None:
    with app.test_request_context():
        form = programme(**ONE_DAY)
        form.change_rows("breaks:add:0")
        form.change_rows("days:add")
        form.change_rows("days:remove:0")
        for nonsense in ("", "days", "days:remove:99", "breaks:add:7", "days:add:²", "x:add"):
            form.change_rows(nonsense)

    assert len(form.days.entries) == 1
    assert form.days[0].form.day._value() == ""


def test_rows_with_strange_numbers_are_passed_over(app: Flask) -> None:
    with app.test_request_context():
        form = programme(
            **ONE_DAY, **{"days-²-day": "x", "days-9999999-day": "x", "days--day": "x"}
        )

        assert form.validate()
        assert len(form.days.entries) == 1
