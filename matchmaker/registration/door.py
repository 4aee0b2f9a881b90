"""Whether registration is open, and what stands in a person's way to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import gettext as _

from matchmaker import clock
from matchmaker.events import policy as events
from matchmaker.events.queries import Phase, phase
from matchmaker.guard import is_verified
from matchmaker.i18n import datetime_text
from models import Event, EventStatus, Membership, User, Verification

OVER = frozenset({Phase.AFTER, Phase.CANCELLED})
BEFORE_THE_DAY = frozenset({Phase.BEFORE_REGISTRATION, Phase.REGISTRATION, Phase.WISHES,
                            Phase.PLANNING})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a person cannot register, and the page where something can be done about it."""

    sentence: str
    endpoint: str = ""
    values: dict[str, int] = field(default_factory=dict)
    act: str = ""


def is_open(event: Event, moment: datetime | None = None) -> bool:
    """From its beginning to its end; without an end, until the morning of the first day."""
    now = phase(event, moment)
    if event.registration_until is None:
        return now in {Phase.WISHES, Phase.PLANNING}
    return now == Phase.REGISTRATION


def is_over(event: Event, moment: datetime | None = None) -> bool:
    """Nothing of a registration changes any more."""
    return phase(event, moment) in OVER


def obstacle(actor: User, event: Event) -> Obstacle | None:
    """Say why this person cannot register a team now; None when they can."""
    if events.is_office(actor):
        return _of_office(actor, event)
    if not is_verified(actor):
        return _of_stranger(actor)
    if is_open(event):
        return None
    return Obstacle(_closed(event))


def _of_office(actor: User, event: Event) -> Obstacle:
    if events.can_manage(actor, event):
        return Obstacle(
            _("组织方不在这里报名。单位来电报名时，请在“团队”里代它报名。"),
            "registration.choose_organisation", {"event_id": event.id}, _("代单位报名"),
        )  # fmt: skip
    return Obstacle(_("报名由各单位的人员办理，组织方可以代办。"))


def _of_stranger(actor: User) -> Obstacle:
    if actor.organisation.status != Verification.VERIFIED:
        words = _("贵单位还没有通过核验。通过以后就可以报名，核验一般需要 1 个工作日。")
    elif actor.membership == Membership.REFUSED:
        words = _("贵单位没有确认您是本单位人员，请联系单位里的同事或组织方。")
    else:
        words = _("贵单位还没有确认您是本单位人员。请已确认的同事在单位页上确认您，然后再报名。")
    values = {"organisation_id": actor.organisation_id}
    return Obstacle(words, "accounts.organisation", values, _("看单位资料"))


def _closed(event: Event) -> str:
    moment = clock.now()
    if event.status == EventStatus.CANCELLED:
        return str(_("活动已取消：%(reason)s", reason=event.cancel_reason))
    if event.status == EventStatus.DRAFT:
        return str(_("活动还没有公布，公布以后才能报名。"))
    if is_over(event):
        return str(_("活动已经结束，不能再报名。"))
    if event.registration_from is not None and moment < event.registration_from:
        return str(_("报名从 %(at)s 开始。", at=datetime_text(event.registration_from)))
    if event.registration_until is not None and moment >= event.registration_until:
        until = datetime_text(event.registration_until)
        return str(_("报名已于 %(at)s 截止。还想参加，请联系组织方，由组织方代您报名。", at=until))
    return str(_("活动就在今天，请到现场找组织方登记。"))
