"""The world of tests/browser/test_event.py: its people, its clock, the doors they come in by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from matchmaker import clock, jobs
from matchmaker.db import Database
from models import Event, Meeting, MeetingStatus, Notification, Team, User
from tests import factories
from tests.browser.conftest import Person
from tests.pages import one, opened

TITLE = "示范全程对接会"
OFFICE = "organiser@example.org"
RESEARCHERS = ["researcher@example.org", *(f"person{n:03d}@example.org" for n in range(2, 13))]
COMPANIES = [f"person{n:03d}@example.org" for n in range(15, 43)]
LATE, LATE_NAME = "person050@example.org", "示范金牛生物护肤"
ANNA, BERTA = COMPANIES[:2]
"""Two companies that do everything in the browser; Anna is there for the first half only."""
XAVER, YANN = RESEARCHERS[1], RESEARCHERS[11]
"""Two researchers that do."""
IN_BROWSER = {ANNA, BERTA, XAVER, YANN}
PHONE = 375


@dataclass(frozen=True, slots=True)
class Seat:
    """A meeting that people were told of, as they know it."""

    number: int
    starts: datetime
    ends: datetime
    table: str
    need: str
    achievement: str
    emails: tuple[str, str]
    """Of the company, of the researcher."""


@dataclass(slots=True)
class Story:
    """One event, and all that is needed to play it."""

    platform: Flask
    browser: Browser
    address: str
    day: date = field(default_factory=lambda: clock.today() + timedelta(days=30))
    event: int = 0

    @property
    def database(self) -> Database:
        found: Database = self.platform.extensions["database"]
        return found

    # ---- the clock

    def moment(self, days: int, hour: int, minute: int = 0) -> datetime:
        """Return a moment so many days from the day of the event, in local time."""
        return datetime.combine(
            self.day + timedelta(days=days), time(hour, minute), clock.LOCAL_ZONE
        )

    @contextmanager
    def on(self, days: int, hour: int, minute: int = 0) -> Iterator[None]:
        """Let it be that moment for all; what was waiting for it to be done is done."""
        with self.at(self.moment(days, hour, minute)):
            with self.platform.app_context():
                jobs.run_due(self.database)
            yield

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        with clock.as_of(moment):
            yield

    # ---- in the browser

    @contextmanager
    def visit(self, email: str, path: str = "", *, width: int = 1280) -> Iterator[Page]:
        """Sign in with a browser of one's own; its console must have nothing to complain of."""
        context = self.browser.new_context(
            base_url=self.address, locale="zh-CN", timezone_id="Asia/Shanghai",
            viewport={"width": width, "height": 900},
        )  # fmt: skip
        person = Person(context.new_page())
        person.page.on("dialog", lambda dialog: dialog.accept())
        person.sign_in(email)
        if path or self.event:
            person.page.goto(self.path(path))
        yield person.page
        assert not person.complaints, person.complaints
        context.close()

    def path(self, rest: str = "") -> str:
        return f"/events/{self.event}{rest}"

    # ---- by the same doors, without a browser

    def door(self, email: str) -> FlaskClient:
        """Open a browser without script in which somebody is signed in."""
        with self.database.reading() as session:
            user = session.scalars(select(User).where(User.email == email)).unique().one()
        token = factories.sign_in(self.database, user)
        client = self.platform.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        return client

    def page(self, client: FlaskClient, rest: str, **query: str) -> BeautifulSoup:
        return opened(client, self.path(rest), **query)

    def send(
        self, client: FlaskClient, rest: str, selector: str, *pressed: tuple[str, str],
        query: str = "", **typed: str,
    ) -> TestResponse:  # fmt: skip
        """Open a page, type into its form, press a button."""
        address = self.path(rest) + query
        form = one(opened(client, address), selector)
        values = values_of(form)
        for name, value in typed.items():
            assert name in values, name
            values.setlist(name, [value])
        for name, value in pressed:
            values.add(name, value)
        target = urljoin(address, str(form.get("action") or ""))
        return client.post(target, data=values)

    # ---- what came of it

    def seats(self) -> list[Seat]:
        """Return the meetings that stand, by time and table."""
        with self.database.reading() as session:
            rows = session.scalars(
                select(Meeting).where(
                    Meeting.event_id == self.event, Meeting.slot_id.is_not(None),
                    Meeting.status != MeetingStatus.CANCELLED,
                )
            ).unique()  # fmt: skip
            found = [_seat(row) for row in rows]
        return sorted(found, key=lambda seat: (seat.starts, seat.table))

    def seats_of(self, email: str) -> list[Seat]:
        return [seat for seat in self.seats() if email in seat.emails]

    def told(self, kind: str, since: datetime) -> set[str]:
        """Return who was sent a notification of a kind since a moment."""
        with self.database.reading() as session:
            return set(
                session.scalars(
                    select(User.email)
                    .join(Notification, Notification.user_id == User.id)
                    .where(Notification.kind == kind, Notification.created_at >= since)
                )
            )

    def team_of(self, email: str) -> tuple[int, str]:
        """Return id and name of the team that somebody registered, or was registered for."""
        with self.database.reading() as session:
            teams = session.scalars(select(Team).where(Team.event_id == self.event)).unique()
            for team in teams:
                if any(person.email == email for person in team.members):
                    return team.id, team.full_name
        raise AssertionError(email)

    def slots(self) -> list[datetime]:
        with self.database.reading() as session:
            return [slot.starts_at for slot in session.get_one(Event, self.event).slots]


def _seat(row: Meeting) -> Seat:
    assert row.slot is not None
    assert row.table is not None
    return Seat(
        row.id, row.slot.starts_at, row.slot.ends_at, row.table.name,
        row.wish.need_team.full_name, row.wish.achievement_team.full_name,
        (row.need_person.email, row.achievement_person.email),
    )  # fmt: skip


def changed_for(before: list[Seat], after: list[Seat]) -> set[str]:
    """Return whose own day is another one."""
    return {
        email
        for seat in {*before} ^ {*after}
        for email in seat.emails
    }  # fmt: skip


def values_of(form: Tag) -> MultiDict[str, str]:
    """Return what a browser would send of a form as it stands, without a button."""
    values: MultiDict[str, str] = MultiDict()
    for field_ in form.select("input[name], textarea[name], select[name]"):
        kind, name = field_.get("type", "text"), str(field_["name"])
        if field_.name == "select":
            values.add(name, _selected(field_))
        elif field_.name == "textarea":
            values.add(name, field_.get_text().strip("\r\n"))
        elif kind not in {"checkbox", "radio"} or field_.has_attr("checked"):
            values.add(name, str(field_.get("value", "on")))
    return values


def _selected(field_: Tag) -> str:
    chosen = field_.select_one("option[selected]") or field_.select_one("option")
    return str(chosen.get("value", "")) if chosen else ""


def numbers(text: str) -> list[int]:
    return [int(found) for found in re.findall(r"\d+", text)]
