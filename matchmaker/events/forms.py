"""What organisers type when they set up an event."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any

import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FieldList, FormField
from wtforms.validators import StopValidation

from matchmaker import clock
from matchmaker.events.kinds import KINDS
from matchmaker.events.slots import (
    BREAKS_AT_MOST,
    DAYS_AT_MOST,
    MINUTES,
    YEARS,
    DayPlan,
    Pause,
    problem_of,
    problem_of_all,
)
from matchmaker.events.tables import SEATS_AT_MOST, TABLES_AT_MOST
from matchmaker.forms import Check, Choice, Choices, Day, Form, LongText, Number, Text, Typed
from matchmaker.i18n import counted

APPROVAL = {"approval": _l("组织方逐个确认"), "room": _l("有空位就自动确认")}
CLOCK = re.compile(r"(\d{1,2})\s*[:.点时]\s*(?:(\d{1,2})\s*分?|(半))?")
ROWS = re.compile(r"(days|breaks):(add|remove)(?::(\d{1,3}))?(?::(\d{1,3}))?")


def clock_of(text: str) -> time:
    """Read a time of day.

    Raises:
        ValueError: it is none.

    """
    match = CLOCK.fullmatch(text)
    if match is None:
        raise ValueError
    return time(int(match[1]), 30 if match[3] else int(match[2] or 0))


class DateTime(Typed):
    """A local date with its time, kept in UTC: 2026-12-12 18:00, 2026年12月12日 18：00."""

    pattern = re.compile(rf"{Day.pattern.pattern}(?:\s+|\s*T\s*|(?<=日))(?P<clock>.+)")

    def read(self, text: str) -> datetime:
        match = self.pattern.fullmatch(text)
        if match is None or int(match[1]) not in YEARS:
            raise ValueError
        day = date(int(match[1]), int(match[2]), int(match[3]))
        return datetime.combine(day, clock_of(match["clock"]), clock.LOCAL_ZONE).astimezone(UTC)

    def written(self) -> str:
        local: datetime = self.data.astimezone(clock.LOCAL_ZONE)
        return f"{local:%Y-%m-%d %H:%M}"

    def advice(self) -> str:
        return str(_("请写成年-月-日 时:分，例如 2026-12-12 18:00。"))


class Clock(Typed):
    """A time of day: 9:00, 09：00, 9点半."""

    def read(self, text: str) -> time:
        return clock_of(text)

    def written(self) -> str:
        return f"{self.data:%H:%M}"

    def advice(self) -> str:
        return str(_("请写成时:分，例如 09:00。"))


class EventDate(Day):
    """A date of our time."""

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        if self.data is not None and self.data.year not in YEARS:
            raise StopValidation(_("请检查年份。"))


class EventForm(Form):
    """All that an event is, but its days, slots and tables."""

    kind = Choice(_l("活动类型"), choices=[(name, kind.label) for name, kind in KINDS.items()])
    title = Text(_l("活动名称"), limit=120, help=_l("写清主题和对象，例如“示范区新材料对接会”。"))
    summary = LongText(
        _l("简介"), limit=4000, rows=5, optional=True,
        help=_l("谁适合来、能见到谁、要准备什么。公布以后所有登录的人都能看到。"),
    )  # fmt: skip
    chains = Choices(_l("面向的产业链"), optional=True)
    region_code = Choice(_l("区县"))
    venue = Text(_l("场地"), limit=120, optional=True, example=_l("例如 示范会展中心 3 号厅"))
    address = Text(_l("地址"), limit=200, optional=True)
    registration_from = DateTime(_l("报名开始"))
    registration_until = DateTime(_l("报名截止"))
    capacity = Number(
        _l("容纳人数"),
        low=1,
        high=20_000,
        unit=_l("人"),
        help=_l("空着表示不限；满了以后的团队进入候补。"),
    )
    admission = Choice(_l("报名以后"), choices=list(APPROVAL.items()))
    wishes_until = DateTime(_l("意愿截止"))
    team_least = Number(
        _l("每个团队至少"), low=0, high=50, unit=_l("场"), help=_l("排期尽量做到。")
    )
    team_most = Number(
        _l("每个团队最多"), low=1, high=50, unit=_l("场"), help=_l("空着表示不限。")
    )
    person_most = Number(_l("每人最多"), low=1, high=50, unit=_l("场"), help=_l("空着表示不限。"))
    most_in_a_row = Number(
        _l("连续不超过"), low=1, high=20, unit=_l("场"), help=_l("空着表示不限。")
    )
    must_tokens = Number(
        _l("每个团队的“必须见”"),
        low=0,
        high=20,
        unit=_l("次"),
        help=_l("次数少，才看得出谁最想见谁。"),
    )
    met_before_months = Number(
        _l("多久以内见过的不再安排"),
        low=0,
        high=120,
        unit=_l("个月"),
        help=_l("填 0 表示见过的也可以再见。"),
    )
    blind = Check(_l("匿名评审：评委看不到团队、单位和人名"))  # fmt: skip

    def values(self) -> dict[str, Any]:
        """Return what the service takes; an empty number is what the platform proposes."""
        values = {name: value for name, value in self.clean().items() if name not in FIRST_DAY}
        values["approval"] = values.pop("admission") == "approval"
        values["chain_ids"] = [int(text) for text in values.pop("chains")]
        for name, proposed in PROPOSED.items():
            if values[name] is None:
                values[name] = proposed
        return values


PROPOSED = {"team_least": 1, "must_tokens": 3, "met_before_months": 24}
FIRST_DAY = frozenset({"day", "starts", "ends", "tables"})


class NewEventForm(EventForm):
    """A new event comes with its first day, so that ten minutes are enough."""

    day = EventDate(_l("首日"))
    starts = Clock(_l("开始"), example="09:00")
    ends = Clock(_l("结束"), example="17:00")
    tables = Number(_l("桌位数"), low=1, high=TABLES_AT_MOST, unit=_l("张"), help=_l("按 1 桌、2 桌编号，以后可以改。"))  # fmt: skip

    def validate(self, extra_validators: Any = None) -> bool:
        valid = bool(super().validate(extra_validators))
        if valid and self.day.data and self._ends() <= self._starts():
            self.ends.errors = [*self.ends.errors, _("结束时间要晚于开始时间。")]
            return False
        return valid

    def _starts(self) -> time:
        return self.starts.data or time(9)

    def _ends(self) -> time:
        return self.ends.data or time(17)

    def first_day(self) -> tuple[Any, time, time] | None:
        """Return the first day with its times; None when it is not known yet."""
        return (self.day.data, self._starts(), self._ends()) if self.day.data else None


class _Rows(FieldList):
    """Rows by number; names that are none are passed over."""

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        for key in formdata:
            found = re.match(rf"{re.escape(prefix)}-([0-9]{{1,3}})-", key, re.ASCII)
            if found:
                yield int(found[1])


class BreakRow(wtforms.Form):
    """A break of a day; an empty row is none."""

    label = Text(_l("间歇"), limit=60, optional=True)
    starts = Clock(_l("开始"))
    ends = Clock(_l("结束"))

    def pause(self) -> Pause | None:
        """Return the break; None for an empty row."""
        if self.starts.data is None or self.ends.data is None:
            return None
        return Pause(self.starts.data, self.ends.data, self.label.data or "")

    def validate(self, extra_validators: Any = None) -> bool:
        valid = bool(super().validate(extra_validators))
        given = [field for field in (self.starts, self.ends) if field.data is not None]
        if valid and (len(given) == 1 or (not given and self.label.data)):
            missing = self.ends if self.starts.data is not None else self.starts
            missing.errors = [*missing.errors, _("请填写间歇的起止时间。")]
            return False
        return valid


class DayRow(wtforms.Form):
    """A day with its breaks."""

    day = EventDate(_l("日期"), optional=False)
    starts = Clock(_l("开始"), optional=False)
    ends = Clock(_l("结束"), optional=False)
    breaks = _Rows(FormField(BreakRow), max_entries=BREAKS_AT_MOST)

    def plan(self) -> DayPlan:
        pauses = [row.form.pause() for row in self.breaks]
        return DayPlan(
            self.day.data, self.starts.data, self.ends.data,
            tuple(sorted((p for p in pauses if p), key=lambda pause: pause.starts)),
        )  # fmt: skip


class ProgrammeForm(Form):
    """The days of an event and the length of its slots."""

    slot_minutes = Choice(_l("每个时段"), choices=[])
    days = _Rows(FormField(DayRow), label=_l("日期"), max_entries=DAYS_AT_MOST)

    def offer_minutes(self, current: int) -> None:
        lengths = sorted({*MINUTES, current})
        self.slot_minutes.choices = [(str(n), counted("%(n)d 分钟", n=n)) for n in lengths]

    def validate(self, extra_validators: Any = None) -> bool:
        return bool(super().validate(extra_validators)) and not self._problems()

    def _problems(self) -> bool:
        for row in self.days:
            if problem := problem_of(row.form.plan(), self.minutes()):
                row.form.ends.errors = [*row.form.ends.errors, str(problem)]
        if problem := problem_of_all(self.plans(), self.minutes()):
            self.form_errors.append(str(problem))
        return bool(self.form_errors) or any(row.form.ends.errors for row in self.days)

    def minutes(self) -> int:
        return int(self.slot_minutes.data)

    def plans(self) -> list[DayPlan]:
        return sorted((row.form.plan() for row in self.days), key=lambda plan: plan.day)

    @property
    def failures(self) -> list[tuple[Any, str]]:
        """As in every form; those of rows name their own field."""
        found: list[tuple[Any, str]] = [(None, str(sentence)) for sentence in self.form_errors]
        found += [(self.slot_minutes, str(text)) for text in self.slot_minutes.errors]
        for row in self.days:
            fields = [row.form.day, row.form.starts, row.form.ends]
            fields += [field for pause in row.form.breaks for field in pause.form]
            found += [(field, str(text)) for field in fields for text in field.errors]
        return found

    def change_rows(self, act: str) -> None:
        """Add or remove a day or a break, as a button says; nonsense changes nothing."""
        match = ROWS.fullmatch(act)
        if match is None:
            return
        name, verb, day, number = match.groups()
        if name == "days":
            _change(self.days, verb, day)
        elif day is not None and int(day) < len(self.days.entries):
            _change(self.days[int(day)].form.breaks, verb, number)


def _change(rows: FieldList, verb: str, number: str | None) -> None:
    if verb == "add" and len(rows.entries) < rows.max_entries:
        rows.append_entry()
    elif verb == "remove" and number is not None and int(number) < len(rows.entries):
        rows.entries.pop(int(number))


class NewTablesForm(Form):
    """Many tables at once."""

    names = Text(
        _l("桌号"),
        limit=200,
        example=_l("1–20"),
        help=_l("写编号的范围，例如 1–20 或 A1–A12；几个名称用顿号隔开。"),
    )
    room = Text(_l("房间"), limit=60, optional=True, example=_l("例如 一楼大厅"))
    topic = Text(_l("主题"), limit=120, optional=True)
    seats = Number(_l("座位"), low=1, high=SEATS_AT_MOST, unit=_l("座"))  # fmt: skip


class TableForm(Form):
    """One table."""

    name = Text(_l("名称"), limit=30)
    room = Text(_l("房间"), limit=60, optional=True)
    fixed_for = Choice(_l("固定给"), optional=True, help=_l("展位：只安排这个团队的洽谈。"))
    topic = Text(_l("主题"), limit=120, optional=True)
    seats = Number(_l("座位"), low=1, high=SEATS_AT_MOST, unit=_l("座"))
    closed = Check(_l("整张停用"))
    closures = Choices(_l("停用的时段"), optional=True)

    def values(self) -> dict[str, Any]:
        values = self.clean()
        team = values.pop("fixed_for")
        values["fixed_for_id"] = int(team) if team else None
        values["slot_ids"] = {int(text) for text in values.pop("closures")}
        return values


class CancelForm(Form):
    """Why an event does not take place."""

    reason = LongText(_l("原因"), limit=500, rows=3, help=_l("报名的人和受邀的人会收到这段话。"))


class CopyForm(Form):
    """What differs from the event that is copied."""

    title = Text(_l("活动名称"), limit=120)
    day = EventDate(
        _l("新的首日"), optional=False, help=_l("日期、报名和意愿的时间都按首日平移。")
    )
