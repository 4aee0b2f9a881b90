"""An event in words: when it is, in which phase, what can be done now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _

from matchmaker import clock
from matchmaker.events.kinds import kind_of
from matchmaker.events.queries import Phase, ends_at, phase, starts_at
from matchmaker.i18n import counted, date_text, datetime_text, day, time_text
from models import Event, EventStatus

JOINED = "\u2060–\u2060"


def dates_words(event: Event) -> str:
    """2026年12月12日 周六, or from the first to the last day; 日期待定."""
    if not event.days:
        return str(_("日期待定"))
    first, last = event.days[0].day, event.days[-1].day
    if first == last:
        return date_text(first)
    return f"{date_text(first)}{JOINED}{day(last)}"


def phase_words(event: Event, moment: datetime | None = None) -> str:
    """In which phase it is, with the days that are left: 报名中，还有 3 天."""
    moment = moment or clock.now()
    at = phase(event, moment)
    if at == Phase.BEFORE_REGISTRATION:
        return str(_("%(day)s开始报名", day=day(event.registration_from)))
    if at == Phase.REGISTRATION:
        return _until(event.registration_until, moment, "registration")
    if at == Phase.WISHES:
        return _until(event.wishes_until, moment, "wishes")
    if at == Phase.PLANNING:
        return counted("还有 %(n)d 天举行", n=_days(starts_at(event), moment))
    return str(_simple(at))


def _until(end: datetime | None, moment: datetime, what: str) -> str:
    n = _days(end, moment)
    if what == "registration":
        if n == 0:
            return str(_("报名中，今天 %(time)s 截止", time=time_text(end)))
        return counted("报名中，还有 %(n)d 天", n=n)
    if n == 0:
        return str(_("意愿今天 %(time)s 截止", time=time_text(end)))
    return counted("收集意愿，还有 %(n)d 天", n=n)


def _simple(at: Phase) -> Any:
    return {
        Phase.PREPARATION: _("筹备中"),
        Phase.DAY: _("正在进行"),
        Phase.AFTER: _("已结束"),
        Phase.CANCELLED: _("活动已取消"),
    }[at]


def _days(end: datetime | None, moment: datetime) -> int:
    """How many days there are between two moments, by the calendar."""
    if end is None:
        return 0
    return max(0, (_local(end) - _local(moment)).days)


def _local(moment: datetime) -> date:
    return moment.astimezone(clock.LOCAL_ZONE).date()


def now_words(event: Event, moment: datetime | None = None) -> str:
    """What can be done now, in one sentence for those who come."""
    at, meetings = phase(event, moment), kind_of(event.kind).meetings
    if at == Phase.BEFORE_REGISTRATION:
        return str(_("报名从 %(at)s 开始。", at=datetime_text(event.registration_from)))
    if at == Phase.REGISTRATION:
        return str(_("现在可以报名，%(at)s 截止。", at=datetime_text(event.registration_until)))
    if at == Phase.WISHES:
        return str(
            _(
                "报名已截止。已确认的团队可以说想见谁，%(at)s 截止。",
                at=datetime_text(event.wishes_until),
            )
        )
    if at == Phase.PLANNING:
        return str(
            _("组织方正在排日程，发布以后会通知您。")
            if meetings
            else _("报名已截止，请按时参加。")
        )
    words = {
        Phase.PREPARATION: _("活动还在筹备，只有组织方看得到。"),
        Phase.DAY: _("活动正在进行。"),
        Phase.AFTER: _("活动已经结束。"),
        Phase.CANCELLED: _("活动已取消。"),
    }
    return str(words[at])


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time in which something can be done."""

    label: str
    words: str
    state: str
    """"coming", "open", "over", "unknown" while a time is missing; empty while nothing holds."""


def windows_of(event: Event, moment: datetime | None = None) -> list[Window]:
    """Return the windows of an event, with what holds now."""
    opens, until, wishes = event.registration_from, event.registration_until, event.wishes_until
    spans = [(_("报名"), opens, until)]
    if kind_of(event.kind).meetings:
        spans.append((_("说想见谁"), opens, wishes))
    spans.append((_("活动举行"), starts_at(event), ends_at(event)))
    return [_window(event, *span, moment or clock.now()) for span in spans]


def _window(
    event: Event, label: Any, begin: datetime | None, end: datetime | None, moment: datetime
) -> Window:
    if begin is None or end is None:
        return Window(str(label), str(_("待定")), "unknown")
    state = "coming" if moment < begin else "open" if moment < end else "over"
    if event.status != EventStatus.OPEN:
        state = ""
    until = time_text(end) if _local(begin) == _local(end) else _short(end)
    return Window(str(label), f"{_short(begin)}{JOINED}{until}", state)


def _short(moment: datetime) -> str:
    return f"{day(moment)} {time_text(moment)}"
