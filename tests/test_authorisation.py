"""Every route × method × actor, generated from the URL map: nothing is open by accident.

Each view declares its rule; the expectation is worked out from that rule and from whose the
object is. A route without a rule stops the application from starting, a route with parameters
must have an example here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from matchmaker import guard
from matchmaker.db import Database
from matchmaker.vocabulary.reference import load_reference
from models import (
    Attachment,
    Job,
    MatchStatus,
    Membership,
    Notification,
    PostingStatus,
    Role,
    User,
    Verification,
)
from tests import factories
from tests.conftest import SignedIn

ACTORS = (
    "stranger", "owner", "colleague_unconfirmed", "other_enterprise", "researcher",
    "transfer_manager", "organiser", "organiser_unverified", "administrator",
)  # fmt: skip
INSIDE = {"owner", "organiser", "administrator"}
OWN = {"owner"}
# Who may reach a route with a private object (a draft need of the owner's organisation, its
# people, sessions …). Others get 404. What is not listed is decided by the declared rule alone.
PRIVATE: dict[str, set[str]] = {
    "catalogue.need": OWN, "catalogue.edit": OWN, "catalogue.history": OWN, "catalogue.act": OWN,
    "catalogue.act_with_reason": OWN, "catalogue.discard": OWN, "catalogue.attach": OWN,
    "catalogue.attachment": OWN, "catalogue.detach": OWN, "catalogue.achievement": set(),
    "accounts.confirm_member": INSIDE | {"colleague_unconfirmed"},
    "accounts.refuse_member": INSIDE | {"colleague_unconfirmed"},
    "accounts.end_session": OWN, "notifications.open_line": OWN, "notifications.read_one": OWN, "review.pairing": {"organiser", "administrator"},
    "accounts.edit_organisation": INSIDE | {"colleague_unconfirmed"},
    "accounts.organisation": INSIDE | {"colleague_unconfirmed"},
    "admin.job": {"administrator"},
}  # fmt: skip
OPEN_TO_SOME = {"catalogue.new"}  # decided by role inside the view
SKIPPED = {"static"}


class World:
    """People of every kind and one private object of each kind, all of `owner`'s organisation."""

    def __init__(self, app: Flask, database: Database, signed_in: SignedIn) -> None:
        self.signed_in, self.app = signed_in, app
        with database.transaction() as session:
            load_reference(session)
            company = factories.make_organisation(session, status=Verification.PENDING)
            unverified = factories.make_organisation(
                session, status=Verification.PENDING, kind=factories.KIND_OF_ROLE[Role.ORGANISER]
            )
            owner = factories.make_user(session, Role.ENTERPRISE, organisation=company)
            self.people: dict[str, User | None] = {
                "stranger": None,
                "owner": owner,
                "colleague_unconfirmed": factories.make_user(
                    session, Role.ENTERPRISE, organisation=company, membership=Membership.PENDING
                ),
                "other_enterprise": factories.make_user(session, Role.ENTERPRISE),
                "researcher": factories.make_user(session, Role.RESEARCHER),
                "transfer_manager": factories.make_user(session, Role.TRANSFER_MANAGER),
                "organiser": factories.make_user(session, Role.ORGANISER),
                "organiser_unverified": factories.make_user(
                    session, Role.ORGANISER, organisation=unverified
                ),
                "administrator": factories.make_user(session, Role.ADMINISTRATOR),
            }
            self.spare_id = factories.make_user(session, Role.RESEARCHER).id
            need = factories.make_need(session, owner, status=PostingStatus.DRAFT)
            attachment = Attachment(
                posting_id=need.id, name="a.pdf", media_type="application/pdf", size=1,
                sha256="0" * 64, uploaded_by_id=owner.id, uploaded_at=need.created_at,
            )  # fmt: skip
            line = Notification(
                user_id=owner.id, kind="posting.published", created_at=need.created_at
            )
            job = Job(kind="mail.send", created_at=need.created_at, run_after=need.created_at)
            match = factories.make_match(session, status=MatchStatus.SUGGESTED)
            session.add_all([attachment, line, job])
            session.flush()
            self.values: dict[str, Any] = {
                "posting_id": need.id, "attachment_id": attachment.id, "match_id": match.id,
                "organisation_id": company.id, "user_id": owner.id, "notification_id": line.id,
                "job_id": job.id, "login_id": 1, "token": "forged", "kinds": "needs",
                "kind": "need", "key": "need:new", "code": "cq33", "filename": "icons.svg",
            }  # fmt: skip
        factories.sign_in(database, owner)

    def address(self, rule: Rule) -> str:
        values = dict(self.values)
        if "verb" in rule.arguments:
            values["verb"] = {
                "catalogue.act": "archive",
                "catalogue.act_with_reason": "withdraw",
            }.get(rule.endpoint, "close")
        if rule.endpoint == "admin.set_active":
            values["user_id"] = self.spare_id
        given = {name: values[name] for name in rule.arguments}  # KeyError: add an example
        with self.app.test_request_context():
            from flask import url_for

            return url_for(rule.endpoint, **given)


@pytest.fixture
def world(app: Flask, database: Database, signed_in: SignedIn) -> Iterator[World]:
    return World(app, database, signed_in)  # type: ignore[return-value]


def expected(endpoint: str, access: guard.Access, actor: str, user: User | None) -> set[int]:
    """Statuses that are right for this actor."""
    done = {200, 302, 303, 400, 403, 409, 413, 415, 422}
    if access.public:
        return done | {404, 429}
    if actor == "stranger":
        return {302, 401}
    if access.roles and (user is None or guard.effective_role(user) not in access.roles):
        return {404}
    if endpoint in OPEN_TO_SOME:
        return done | {404}
    if endpoint in PRIVATE and actor not in PRIVATE[endpoint]:
        return {404}
    return done | ({404} if endpoint in PRIVATE else set())


def test_every_route_answers_every_actor_as_its_rule_says(world: World, app: Flask) -> None:
    wrong: list[str] = []
    checked = 0
    for rule in app.url_map.iter_rules():
        if rule.endpoint in SKIPPED:
            continue
        access = guard.declared_access(app, rule.endpoint)
        address = world.address(rule)
        for actor in ACTORS:
            user = world.people[actor]
            browser = world.signed_in(user) if user else app.test_client()
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                if rule.endpoint in {"accounts.sign_out", "accounts.end_other_sessions"}:
                    browser = world.signed_in(user) if user else app.test_client()
                # GET first: a POST may change what the next actor would see
                if method == "POST" and actor == "owner" and rule.endpoint in PRIVATE:
                    continue
                status = browser.open(address, method=method).status_code
                checked += 1
                if status not in expected(rule.endpoint, access, actor, user):
                    wrong.append(f"{method} {address} as {actor}: {status}")
    assert wrong == [], chr(10).join(wrong)
    assert checked > 500


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
        browser = world.signed_in(world.people["administrator"])  # type: ignore[arg-type]
        app.config["WTF_CSRF_ENABLED"] = True
        if browser.post(world.address(rule)).status_code not in {400, 404}:
            wrong.append(rule.rule)
    assert wrong == []


def test_another_site_cannot_send_forms(world: World) -> None:
    browser = world.signed_in(world.people["owner"])  # type: ignore[arg-type]
    answer = browser.post("/notifications/read", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 400


def test_a_view_without_a_rule_stops_the_application(app: Flask) -> None:
    app.view_functions["nobody.asked"] = lambda: ""
    with pytest.raises(LookupError):
        guard.declared_access(app, "nobody.asked")
