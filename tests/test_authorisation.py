"""Every route × method × actor, generated from the URL map: nothing is open by accident.

Each view declares its rule; the expectation is worked out from that rule and from whose the
object is. A route without a rule stops the application from starting, a route with parameters
must have an example here.
"""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from config import Settings
from matchmaker import guard
from matchmaker.catalogue import files
from matchmaker.db import Database
from matchmaker.vocabulary.reference import load_reference
from models import (
    Attachment,
    Job,
    LoginSession,
    MatchStatus,
    Membership,
    Notification,
    PostingStatus,
    Role,
    User,
    Verification,
)
from tests import factories

ACTORS = (
    "stranger", "owner", "colleague_unconfirmed", "other_enterprise", "researcher",
    "transfer_manager", "organiser", "organiser_unverified", "administrator",
)  # fmt: skip
Actors = frozenset[str]
NOBODY: Actors = frozenset()
OWN = frozenset({"owner"})
OFFICE = frozenset({"organiser", "administrator"})
PEOPLE = frozenset({"owner", "colleague_unconfirmed"})  # of the organisation
EDITORS = frozenset({"owner", "organiser"})
SIGNED_IN = frozenset(ACTORS) - {"stranger"}
STATES = ("private", "published")
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
UPLOADS = {"catalogue.attach"}
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


class World:
    """People of every kind and one object of each kind, most of `owner`'s organisation.

    `private`: a draft of an organisation that waits for verification. `published`: a need of a
    verified one, an achievement of others, and an accepted pair that is nobody's here.
    """

    def __init__(self, app: Flask, database: Database, state: str) -> None:
        self.app, self.database, self.state = app, database, state
        self.settings: Settings = app.extensions["settings"]
        app.config["WTF_CSRF_ENABLED"] = False
        with database.transaction() as session:
            load_reference(session)
            self.people = self._people(session)
            owner = self.people["owner"]
            assert owner is not None
            self.spare_id = factories.make_user(session, Role.RESEARCHER).id
            self.values = self._things(session, owner)
        self.tokens = {
            actor: factories.sign_in(database, user) for actor, user in self.people.items() if user
        }
        with database.reading() as session:
            token = guard.token_hash(self.tokens["owner"])
            login = session.scalars(select(LoginSession).filter_by(token_hash=token)).one()
            self.values["login_id"] = login.id
        self.file = Path(str(database.engine.url.database))
        database.engine.dispose()  # what the journal holds goes into the file
        self.saved = self.file.read_bytes()
        self.restore()

    def _people(self, session: Session) -> dict[str, User | None]:
        waiting = Verification.PENDING if self.state == "private" else Verification.VERIFIED
        company = factories.make_organisation(session, status=waiting)
        unverified = factories.make_organisation(
            session,
            status=Verification.PENDING,
            kind=factories.KIND_OF_ROLE[Role.ORGANISER],
        )
        make = partial(factories.make_user, session)
        return {
            "stranger": None,
            "owner": make(Role.ENTERPRISE, organisation=company),
            "colleague_unconfirmed": make(
                Role.ENTERPRISE, organisation=company, membership=Membership.PENDING
            ),
            "other_enterprise": make(Role.ENTERPRISE),
            "researcher": make(Role.RESEARCHER),
            "transfer_manager": make(Role.TRANSFER_MANAGER),
            "organiser": make(Role.ORGANISER),
            "organiser_unverified": make(Role.ORGANISER, organisation=unverified),
            "administrator": make(Role.ADMINISTRATOR),
        }

    def _things(self, session: Session, owner: User) -> dict[str, Any]:
        published = self.state == "published"
        status = PostingStatus.PUBLISHED if published else PostingStatus.DRAFT
        need = factories.make_need(session, owner, status=status)
        offer = factories.make_achievement(session)
        decided: dict[str, Any] = {"status": MatchStatus.SUGGESTED}
        if published:
            decider = factories.make_user(session, Role.ORGANISER)
            decided = {
                "status": MatchStatus.ACCEPTED, "decided_by_id": decider.id,
                "decided_at": need.created_at,
            }  # fmt: skip
        attachment = Attachment(
            posting_id=need.id, name="a.pdf", media_type="application/pdf", size=len(PDF),
            sha256=sha256(PDF).hexdigest(), uploaded_by_id=owner.id, uploaded_at=need.created_at,
        )  # fmt: skip
        line = Notification(user_id=owner.id, kind="posting.published", created_at=need.created_at)
        job = Job(kind="mail.send", created_at=need.created_at, run_after=need.created_at)
        match = factories.make_match(session, **decided)
        session.add_all([attachment, line, job])
        session.flush()
        return {
            "posting_id": need.id, "attachment_id": attachment.id, "match_id": match.id,
            "organisation_id": owner.organisation_id, "user_id": owner.id,
            "notification_id": line.id, "job_id": job.id, "token": "forged", "kinds": "needs",
            "kind": "need", "key": "need:new", "code": "cq33", "filename": "icons.svg",
            "notice": "posting.published", "day": "2026-01-01", "newest": 1,
            "offer_id": offer.id, "achievement_id": offer.id,
        }  # fmt: skip

    def restore(self) -> None:
        """Put everything back as it was, so that no answer depends on an earlier one."""
        self.database.engine.dispose()
        for suffix in ("-wal", "-shm", "-journal"):
            self.file.with_name(self.file.name + suffix).unlink(missing_ok=True)
        self.file.write_bytes(self.saved)
        path = files.path_of(self.settings, sha256(PDF).hexdigest())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PDF)

    def browser(self, actor: str) -> FlaskClient:
        browser = self.app.test_client()
        if actor in self.tokens:
            with browser.session_transaction() as cookie:
                cookie["_user_id"] = self.tokens[actor]
                cookie["_fresh"] = True
        return browser

    def address(self, rule: Rule) -> str:
        values = dict(self.values)
        if "verb" in rule.arguments:
            values["verb"] = {
                "catalogue.act": "archive",
                "catalogue.act_with_reason": "withdraw",
            }.get(rule.endpoint, "close")
        if rule.endpoint == "admin.set_active":
            values["user_id"] = self.spare_id
        if rule.endpoint == "catalogue.achievement" and self.state == "published":
            values["posting_id"] = self.values["offer_id"]
        given = {name: values[name] for name in rule.arguments}  # KeyError: add an example
        with self.app.test_request_context():
            return url_for(rule.endpoint, **given)

    def ask(self, rule: Rule, actor: str, method: str) -> int:
        """Send a request, with a file where one is expected; return the status."""
        data = {"file": (BytesIO(PDF + b"2"), "b.pdf")} if rule.endpoint in UPLOADS else None
        options = {"data": data} if method == "POST" else {}
        status = self.browser(actor).open(self.address(rule), method=method, **options).status_code
        if method != "GET" and status < 400:
            self.restore()
        return status


@pytest.fixture
def world(app: Flask, database: Database) -> World:
    return World(app, database, "private")


def expected(world: World, rule: Rule, actor: str, method: str) -> set[int]:
    """Statuses that are right for this actor."""
    access = guard.declared_access(world.app, rule.endpoint)
    user = world.people[actor]
    if not access.public:
        if user is None:
            return {302} if method == "GET" else {401}
        if access.roles and guard.effective_role(user) not in access.roles:
            return {404}
        may, sees = {**ALWAYS, **OBJECTS[world.state]}.get(rule.endpoint, (SIGNED_IN, NOBODY))
        if actor not in may:
            return {403} if actor in sees else {404}
    if method == "GET":
        away = rule.endpoint in LEADS_ON or (rule.endpoint == "accounts.sign_in" and user)
        return {302} if away else {200}
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


def test_the_tables_above_name_routes_that_exist(app: Flask) -> None:
    known = {rule.endpoint for rule in app.url_map.iter_rules()}
    named = {*ALWAYS, *UPLOADS, *LEADS_ON, *(endpoint for _state, endpoint in ANSWERS)}
    named |= {endpoint for state in STATES for endpoint in OBJECTS[state]}
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
        browser = world.browser("administrator")
        if browser.post(world.address(rule)).status_code not in {400, 404}:
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
