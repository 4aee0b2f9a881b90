"""What the front page of an event says is to be done, and for whom."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.contests import seats, service, steps, views
from models import Event, Side, User
from tests import factories
from tests.contests import scene
from tests.contests.test_seats import make_salon
from tests.events import making


def waiting(session: Session, actor: User, event: Event) -> list[str]:
    return [step.endpoint for step in steps.of(session, actor, event) if step.waiting]


def done(session: Session, actor: User, event: Event) -> list[str]:
    return [step.endpoint for step in steps.of(session, actor, event) if step.done]


def tabs(session: Session, actor: User, event: Event) -> list[tuple[str, int]]:
    return [(tab.endpoint, tab.count) for tab in views.tabs(session, actor, event)]


def test_an_organiser_is_led_from_criteria_to_results(session: Session) -> None:
    event = scene.make_contest(session)
    owner = event.owner
    assert waiting(session, owner, event) == ["contests.criteria", "contests.jurors"]

    scene.make_criteria(session, event)
    juror, entry = scene.make_juror(session, event), scene.make_entry(session, event)
    assert waiting(session, owner, event) == ["contests.jurors"]
    scene.give(session, juror, event, entry, 7, 8)
    assert waiting(session, owner, event) == ["contests.all_results"]
    service.publish(session, owner, event)
    assert waiting(session, owner, event) == []
    assert len(done(session, owner, event)) == 5


def test_a_team_is_asked_to_enter_while_it_can(session: Session) -> None:
    event = scene.make_open_contest(session)
    team = making.make_team(session, event, Side.ACHIEVEMENT)
    actor = team.registered_by
    assert waiting(session, actor, event) == ["contests.entries"]

    scene.make_entry(session, event, team)
    assert done(session, actor, event) == ["contests.entries"]


def test_a_juror_hears_what_waits_once_entries_are_final(session: Session) -> None:
    early, event = scene.make_open_contest(session), scene.make_contest(session)
    person = factories.make_user(session)
    for one in (early, event):
        scene.make_criteria(session, one)
        scene.make_entry(session, one)
    scene.make_juror(session, early, person)
    juror = scene.make_juror(session, event, person)
    assert waiting(session, person, early) == []
    assert waiting(session, person, event) == ["contests.jury"]
    assert tabs(session, person, early) == [("contests.jury", 0)]
    assert tabs(session, person, event) == [("contests.jury", 1)]

    scene.give(session, juror, event, scene.make_entry(session, event), 7, 8)
    assert tabs(session, person, event) == [("contests.jury", 1)]


def test_who_has_no_part_in_a_contest_gets_tabs_only_with_the_results(session: Session) -> None:
    event, stranger = scene.make_contest(session), factories.make_user(session)
    assert tabs(session, stranger, event) == []
    assert list(steps.of(session, stranger, event)) == []

    event.results_published_at = clock.now()
    assert tabs(session, stranger, event) == [("contests.results", 0)]


def test_members_are_asked_to_choose_seats(session: Session) -> None:
    event = make_salon(session)
    team = making.make_team(session, event)
    actor = team.registered_by
    assert waiting(session, actor, event) == ["contests.groups"]
    assert waiting(session, event.owner, event) == ["contests.groups"]
    assert list(steps.of(session, factories.make_user(session), event)) == []

    seats.sit(session, actor, event, team.members[0], event.tables[0])
    assert done(session, actor, event) == ["contests.groups"]


def test_other_kinds_of_events_get_nothing_from_here(session: Session) -> None:
    event = making.make_event(session)
    assert list(steps.of(session, event.owner, event)) == []
    assert tabs(session, event.owner, event) == []


def test_steps_and_tabs_ask_as_often_for_more_entries(
    session: Session, count_queries: Any
) -> None:
    event = scene.make_contest(session)
    scene.make_criteria(session, event)
    jurors = [scene.make_juror(session, event)]

    def look() -> None:
        session.expire_all()
        for actor in (event.owner, jurors[0].user):
            list(steps.of(session, actor, event))
            list(views.tabs(session, actor, event))

    scene.make_entry(session, event)
    first = count_queries(look)
    for _ in range(2):
        jurors.append(scene.make_juror(session, event))
        scene.make_entry(session, event)
    assert count_queries(look) == first


def test_the_history_has_words_for_all_that_happens_here(app: Flask) -> None:
    words = app.extensions["activity_words"]
    values = dict.fromkeys(["event", "title", "number", "name", "table", "criteria"], "X")
    mine = [noun for noun in words if noun.split(".")[0] in {
        "entry", "criteria", "juror", "ballot", "results", "seat"}]  # fmt: skip
    assert len(mine) == 13
    assert all("X" in str(words[noun]) % values for noun in mine)
