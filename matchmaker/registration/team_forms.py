"""The form of a team: what it offers to choose from, and what stands in it at first."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import request
from flask_babel import gettext as _

from matchmaker import clock, db
from matchmaker.events.kinds import kind_of
from matchmaker.i18n import time_text
from matchmaker.labels import label
from matchmaker.registration import policy, queries
from matchmaker.registration.forms import TeamForm, change_rows, form_data
from models import Event, Organisation, Posting, Side, Slot, Team, User


def new_form(event: Event, organisation: Organisation, contact: User | None) -> TeamForm:
    """Return the form of a team to be registered; the first row is that of the contact."""
    brought = queries.postings_to_bring(db.session(), organisation)
    form = TeamForm(request.form, data=_proposal(event, organisation, contact, brought))
    _offer(form, event, brought)
    return form


def team_form(team: Team) -> TeamForm:
    """Return the form of a team that is registered."""
    brought = queries.postings_to_bring(db.session(), team.organisation)
    known = {row.id for row in brought}
    form = TeamForm(request.form, data=form_data(team))
    _offer(form, team.event, brought + [row for row in team.postings if row.id not in known])
    return form


def rows_changed(form: TeamForm, event: Event) -> bool:
    """Add or remove a row when that is what was asked for, instead of saving."""
    act = request.form.get("rows", "")
    if act:
        change_rows(form, act)
        _offer_slots(form, event)
    return bool(act)


def days_of(event: Event) -> list[tuple[date, list[tuple[str, str]]]]:
    """The slots of each day, as (id, time), for the grid of availability."""
    found: dict[int, list[tuple[str, str]]] = {}
    for slot in event.slots:
        found.setdefault(slot.day_id, []).append(_slot_choice(slot))
    return [(day.day, found[day.id]) for day in event.days if day.id in found]


def context_of(form: TeamForm, event: Event) -> dict[str, Any]:
    """Return what the template of the form needs."""
    kind = kind_of(event.kind)
    return {
        "form": form,
        "days": days_of(event) if kind.meetings else [],
        "meetings": kind.meetings,
        "chosen": [{str(slot) for slot in row.form.blocks.data or []} for row in form.members],
    }


def _proposal(event: Event, organisation: Organisation, contact: User | None,
              brought: list[Posting]) -> dict[str, Any]:  # fmt: skip
    side = policy.SIDES.get(organisation.kind)
    row = {}
    if contact is not None:
        row = {"name": contact.name, "position": contact.position, "phone": contact.phone,
               "email": contact.email}  # fmt: skip
    return {
        "side": side.value if side else None,
        "postings": _best(
            event, [row for row in brought if side and row.kind.value == side.value]
        ),
        "members": [row],
    }


def _best(event: Event, brought: list[Posting]) -> list[str]:
    """Propose what is filed in the event's chains, else the newest one."""
    inside = queries.ids_in_chains(db.session(), event, [row.id for row in brought])
    chosen = [row for row in brought if row.id in inside] or brought[:1]
    return [str(row.id) for row in chosen]


def _offer(form: TeamForm, event: Event, brought: list[Posting]) -> None:
    form.side.choices = [
        (Side.NEED.value, _("需求方：寻找技术")), (Side.ACHIEVEMENT.value, _("成果方：提供技术")),
    ]  # fmt: skip
    form.postings.choices = [
        (str(row.id), _("%(kind)s：%(title)s", kind=label(row.kind), title=row.title))
        for row in brought
    ]
    _offer_slots(form, event)


def _offer_slots(form: TeamForm, event: Event) -> None:
    offered = [_slot_choice(slot) for slot in event.slots]
    for row in form.members:
        row.form.blocks.choices = offered


def _slot_choice(slot: Slot) -> tuple[str, str]:
    return str(slot.id), time_text(slot.starts_at.astimezone(clock.LOCAL_ZONE))
