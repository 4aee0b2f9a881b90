"""What an event still needs before it can be announced: one sentence each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from matchmaker import clock
from matchmaker.events import queries
from matchmaker.events.kinds import kind_of
from models import Event


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the list: what is needed, where to see to it, whether it is done."""

    label: Any
    endpoint: str
    act: Any
    sentence: Any = ""
    """What is missing; empty when nothing is."""

    @property
    def done(self) -> bool:
        return not self.sentence


def checklist(event: Event, moment: datetime | None = None) -> list[Item]:
    """Return what must be there before an event is announced, in the order of the work."""
    moment = moment or clock.now()
    kind = kind_of(event.kind)
    items = [
        Item(_l("日期"), "events.programme", _l("定日期"), _dates(event, moment)),
        Item(_l("报名时间"), "events.edit", _l("定报名时间"), _registration(event, moment)),
    ]
    if kind.meetings:
        items += [
            Item(_l("意愿时间"), "events.edit", _l("定意愿时间"), _wishes(event, moment)),
            Item(_l("时段安排"), "events.programme", _l("排时段"), _slots(event)),
        ]
    if kind.meetings or kind.groups:
        items.append(Item(_l("桌位安排"), "events.tables", _l("摆桌位"), _tables(event)))
    return items


def missing(event: Event, moment: datetime | None = None) -> list[Any]:
    """Return the sentences of what is missing."""
    return [item.sentence for item in checklist(event, moment) if not item.done]


def _dates(event: Event, moment: datetime) -> Any:
    end = queries.ends_at(event)
    if end is None:
        return _l("还没有定日期。")
    return _l("活动日期已经过去。") if end <= moment else ""


def _registration(event: Event, moment: datetime) -> Any:
    if event.registration_from is None or event.registration_until is None:
        return _l("还没有定报名的开始和截止。")
    return _l("报名截止时间已经过去。") if event.registration_until <= moment else ""


def _wishes(event: Event, moment: datetime) -> Any:
    if event.wishes_until is None:
        return _l("还没有定意愿截止时间。")
    return _l("意愿截止时间已经过去。") if event.wishes_until <= moment else ""


def _slots(event: Event) -> Any:
    return "" if any(slot.open for slot in event.slots) else _l("还没有开放的时段。")


def _tables(event: Event) -> Any:
    return "" if any(not table.closed for table in event.tables) else _l("还没有可用的桌位。")
