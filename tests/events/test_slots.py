"""From days to slots, and the names of tables."""

from __future__ import annotations

from datetime import date, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchmaker import clock
from matchmaker.events.slots import DayPlan, Pause, all_slots, problem_of, slots_of, with_lunch
from matchmaker.events.tables import names_of

DAY = date(2026, 12, 12)
times = st.times(max_value=time(23, 59)).map(lambda t: t.replace(second=0, microsecond=0))
stretches = st.tuples(times, times).filter(lambda pair: pair[0] < pair[1])
plans = st.builds(
    lambda span, breaks: DayPlan(DAY, *span, tuple(Pause(*pause) for pause in breaks)),
    stretches,
    st.lists(stretches, max_size=4),
)


def local(plan: DayPlan, minutes: int) -> list[tuple[str, str]]:
    return [
        tuple(f"{moment.astimezone(clock.LOCAL_ZONE):%H:%M}" for moment in span)
        for span in slots_of(plan, minutes)
    ]


@settings(deadline=None)
@given(plans, st.sampled_from([5, 15, 20, 30, 60, 240]))
def test_slots_fill_the_day_and_never_a_break(plan: DayPlan, minutes: int) -> None:
    spans = [
        tuple(moment.astimezone(clock.LOCAL_ZONE) for moment in span)
        for span in slots_of(plan, minutes)
    ]

    for starts, ends in spans:
        assert ends - starts == timedelta(minutes=minutes)
        assert starts.date() == ends.date() == DAY
        assert plan.starts <= starts.time() < ends.time() <= plan.ends
        for pause in plan.breaks:
            assert ends.time() <= pause.starts or starts.time() >= pause.ends
    for (_first, ends), (starts, _second) in pairwise(spans):
        assert ends <= starts


@settings(deadline=None)
@given(stretches, st.sampled_from([15, 20, 30, 60]))
def test_a_day_without_breaks_holds_as_many_slots_as_fit(
    span: tuple[time, time], minutes: int
) -> None:
    starts, ends = span
    length = (ends.hour - starts.hour) * 60 + ends.minute - starts.minute

    assert len(slots_of(DayPlan(DAY, starts, ends), minutes)) == length // minutes


def test_slots_go_on_when_a_break_ends() -> None:
    plan = DayPlan(DAY, time(9), time(11), (Pause(time(9, 30), time(9, 50)),))

    assert local(plan, 20) == [
        ("09:00", "09:20"), ("09:50", "10:10"), ("10:10", "10:30"), ("10:30", "10:50"),
    ]  # fmt: skip


def test_breaks_may_overlap() -> None:
    plan = DayPlan(
        DAY, time(9), time(10, 30),
        (Pause(time(9), time(9, 40)), Pause(time(9, 20), time(10, 10))),
    )  # fmt: skip

    assert local(plan, 20) == [("10:10", "10:30")]


def test_a_day_over_noon_leaves_room_for_lunch() -> None:
    whole = with_lunch(DAY, time(9), time(17), "午休")
    morning = with_lunch(DAY, time(9), time(12), "午休")

    assert [pause.label for pause in whole.breaks] == ["午休"]
    assert morning.breaks == ()


def test_days_come_one_after_the_other() -> None:
    later = DayPlan(DAY + timedelta(days=1), time(9), time(10))
    spans = all_slots([later, DayPlan(DAY, time(9), time(10))], 30)

    assert spans == sorted(spans)
    assert len(spans) == 4


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (DayPlan(DAY, time(17), time(9)), "结束时间要晚于开始时间"),
        (DayPlan(date(226, 12, 12), time(9), time(17)), "请检查年份"),
        (DayPlan(DAY, time(9), time(9, 10)), "一个时段也排不下"),
        (DayPlan(DAY, time(9), time(17), (Pause(time(13), time(12)),)), "间歇的结束时间"),
        (DayPlan(DAY, time(9), time(17), (Pause(time(8), time(10)),)), "起止时间之内"),
        (DayPlan(DAY, time(9), time(17), (Pause(time(12), time(13)),)), ""),
    ],
)
def test_a_day_that_cannot_be_says_why(plan: DayPlan, words: str) -> None:
    found = str(problem_of(plan, 20))

    assert words in found
    assert bool(words) == bool(found)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("1–3", ["1 桌", "2 桌", "3 桌"]),
        ("１－２", ["1 桌", "2 桌"]),
        ("A8-A10", ["A8", "A9", "A10"]),
        ("A08~10", ["A08", "A09", "A10"]),
        ("展位 1 至 2", ["展位1", "展位2"]),
        ("1-2号桌", ["1号桌", "2号桌"]),
        ("主桌、1到2，主桌", ["主桌", "1 桌", "2 桌"]),
        ("7", ["7 桌"]),
        ("T-1", ["T-1"]),
    ],
)
def test_a_short_text_names_many_tables(text: str, names: list[str]) -> None:
    assert names_of(text) == names


@pytest.mark.parametrize("text", ["", "、", "20–1", "1–9999", "A1–B3"])
def test_a_range_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        names_of(text)
