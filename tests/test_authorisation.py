"""Every route × method × actor, generated from the URL map: nothing is open by accident.

Each view declares its rule; the expectation is worked out from that rule and from whose the
object is. A route without a rule stops the application from starting, a route with parameters
must have an example here.
"""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.routing import Rule

from matchmaker import guard
from matchmaker.db import Database
from tests import authorisation_events as events
from tests.authorisation_world import ACTORS, STATES, UPLOADS, World

Actors = frozenset[str]
NOBODY: Actors = frozenset()
OWN = frozenset({"owner"})
OFFICE = frozenset({"organiser", "administrator"})
PEOPLE = frozenset({"owner", "colleague_unconfirmed"})  # of the organisation
EDITORS = frozenset({"owner", "organiser"})
SIGNED_IN = frozenset(ACTORS) - {"stranger"}
# Who may use a route with an object, and who sees that it is there but may not (403). For all
# others it does not exist (404). What is not listed is decided by the declared rule alone.
ALWAYS: dict[str, tuple[Actors, Actors]] = {
    "accounts.confirm_member": (OFFICE, PEOPLE),
    "accounts.refuse_member": (OFFICE, PEOPLE),
    "accounts.end_session": (OWN, NOBODY),
    "admin.cancel_job": (frozenset({"administrator"}), NOBODY),
    "admin.job": (frozenset({"administrator"}), NOBODY),
    "catalogue.new": (PEOPLE | {"other_enterprise", "transfer_manager"}, NOBODY),
    "notifications.open_line": (OWN, NOBODY),
    "notifications.read_one": (OWN, NOBODY),
    "review.pairing": (OFFICE, NOBODY),
}
OBJECTS: dict[str, dict[str, tuple[Actors, Actors]]] = {
    "private": {
        **events.PRIVATE,
        "accounts.edit_organisation": (OWN, OFFICE | PEOPLE),
        "accounts.organisation": (OFFICE | PEOPLE, NOBODY),
        "catalogue.achievement": (NOBODY, NOBODY),  # it is a need
        "catalogue.act": (OWN, NOBODY),
        "catalogue.act_with_reason": (NOBODY, OWN),  # a draft is not withdrawn
        "catalogue.attach": (OWN, NOBODY),
        "catalogue.attachment": (OWN, NOBODY),
        "catalogue.detach": (OWN, NOBODY),
        "catalogue.discard": (OWN, NOBODY),
        "catalogue.edit": (OWN, NOBODY),
        "catalogue.history": (OWN, NOBODY),
        "catalogue.need": (OWN, NOBODY),
        "matching.compare": (NOBODY, NOBODY),  # a draft is its people's own
        "matching.pick": (NOBODY, NOBODY),
        "matching.ranked": (NOBODY, NOBODY),
        "matching.take_back": (NOBODY, NOBODY),
        "review.learning": (NOBODY, NOBODY),
    },
    "published": {
        **events.PUBLISHED,
        "accounts.edit_organisation": (OWN, SIGNED_IN),
        "catalogue.act": (EDITORS, SIGNED_IN),
        "catalogue.act_with_reason": (EDITORS, SIGNED_IN),
        "catalogue.attach": (EDITORS, SIGNED_IN),
        "catalogue.detach": (EDITORS, SIGNED_IN),
        "catalogue.discard": (OWN, SIGNED_IN),
        "catalogue.edit": (EDITORS, NOBODY),
        "catalogue.history": (OWN | OFFICE, NOBODY),
    },
}
DONE = {200, 302, 409, 422}  # done, not now, or an empty form that is refused in words
LEADS_ON = {"accounts.confirm_email", "accounts.reset", "notifications.open_line"}
ANSWERS: dict[tuple[str, str], set[int]] = {
    **{
        (state, endpoint): {302}
        for state in STATES
        for endpoint in (
            "accounts.end_session", "accounts.refuse_member", "catalogue.act", "catalogue.attach",
            "catalogue.detach", "notifications.read_one",
        )
    },
    **{(state, "accounts.confirm_member"): {409} for state in STATES},  # is confirmed already
    **{(state, "catalogue.edit"): {409} for state in STATES},  # names no version
    **{(state, "accounts.edit_organisation"): {422} for state in STATES},
    ("private", "catalogue.discard"): {302},
    ("published", "catalogue.discard"): {409},  # has a history
    ("published", "catalogue.act_with_reason"): {302, 422},  # an organiser needs a reason
}  # fmt: skip
SKIPPED = {"static"}


@pytest.fixture
def world(app: Flask, database: Database) -> World:
    return World(app, database, "private")


def allowed(state: str, endpoint: str, method: str) -> tuple[Actors, Actors]:
    """Who may, and who sees that they may not; what is sent may have a rule of its own."""
    rules = {**ALWAYS, **OBJECTS[state]}
    return rules.get(f"{method} {endpoint}") or rules.get(endpoint, (SIGNED_IN, NOBODY))


def expected(world: World, rule: Rule, actor: str, method: str) -> set[int]:
    """Statuses that are right for this actor."""
    access = guard.declared_access(world.app, rule.endpoint)
    user = world.people[actor]
    if not access.public:
        if user is None:
            return {302} if method == "GET" else {401}
        if access.roles and guard.effective_role(user) not in access.roles:
            return {404}
        may, sees = allowed(world.state, rule.endpoint, method)
        if actor not in may:
            return {403} if actor in sees else {404}
    if method == "GET":
        away = rule.endpoint in LEADS_ON or (rule.endpoint == "accounts.sign_in" and user)
        away = away or actor in events.LED_ON.get(rule.endpoint, ())
        return {302} if away else events.READ.get((world.state, rule.endpoint), {200})
    return ANSWERS.get((world.state, rule.endpoint), DONE)


@pytest.mark.parametrize("state", STATES)
def test_every_route_answers_every_actor_as_its_rule_says(
    app: Flask, database: Database, state: str
) -> None:
    world = World(app, database, state)
    wrong: list[str] = []
    checked = 0
    for rule in app.url_map.iter_rules():
        if rule.endpoint in SKIPPED:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for actor in ACTORS:
                status = world.ask(rule, actor, method)
                checked += 1
                if status not in expected(world, rule, actor, method):
                    wrong.append(f"{method} {world.address(rule)} as {actor}: {status}")
    assert wrong == [], chr(10).join(wrong)
    assert checked > 500


@pytest.mark.parametrize("actor", ["organiser", "owner"])
def test_things_of_another_event_are_not_found_under_the_address_of_this_one(
    app: Flask, database: Database, actor: str
) -> None:
    world = World(app, database, "published")
    wrong: list[str] = []
    checked = 0
    for rule in app.url_map.iter_rules():
        if "event_id" not in rule.arguments or not names_a_thing(world, rule):
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            status = world.ask(rule, actor, method, foreign=True)
            checked += 1
            if status not in NOT_THERE.get(rule.endpoint, {404}):
                wrong.append(f"{method} {world.address(rule, foreign=True)}: {status}")
    assert wrong == [], chr(10).join(wrong)
    assert checked > 40


NOT_THERE = {"floor.fill": {302, 404}}
"""An offer that is gone says so in words; whatever else is missing is not found."""


def names_a_thing(world: World, rule: Rule) -> bool:
    """Whether the address, or what is sent, names something of an event."""
    here, there = (world.values_of(rule, foreign=foreign) for foreign in (False, True))
    own = {"number", "changes", "language", "version", "kind", "verb", "event_id"}
    named = (rule.arguments | world.events.query(rule.endpoint, here).keys()) - own
    if rule.endpoint in {"timetables.places", "timetables.progress"}:
        return False
    return any(here.get(name) != there.get(name) for name in named) or bool(
        rule.endpoint == "contests.sit"
    )


def test_the_tables_above_name_routes_that_exist(app: Flask) -> None:
    known = {rule.endpoint for rule in app.url_map.iter_rules()}
    named = {*ALWAYS, *UPLOADS, *LEADS_ON, *(endpoint for _state, endpoint in ANSWERS)}
    named |= {name.split()[-1] for state in STATES for name in OBJECTS[state]}
    named |= {*events.LED_ON, *(endpoint for _state, endpoint in events.READ)}
    assert named <= known


def test_a_stranger_is_led_to_the_sign_in_page_and_back(app: Flask) -> None:
    answer = app.test_client().get("/needs?q=锂")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in?next=")


def test_unsafe_requests_without_a_token_are_refused(world: World, app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    wrong = []
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or set()):
            continue
        access = guard.declared_access(app, rule.endpoint)
        actor = next(name for name in ("organiser", "administrator")
                     if access.admits(world.people[name]))  # fmt: skip
        if world.browser(actor).post(world.address(rule)).status_code != 400:
            wrong.append(rule.rule)
    assert wrong == []


def test_another_site_cannot_send_forms(world: World) -> None:
    browser = world.browser("owner")
    answer = browser.post("/notifications/read", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 400


def test_a_view_without_a_rule_stops_the_application(app: Flask) -> None:
    app.view_functions["nobody.asked"] = lambda: ""
    with pytest.raises(LookupError):
        guard.declared_access(app, "nobody.asked")
