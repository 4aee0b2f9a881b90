"""A world with people of every kind and one object of each kind, for tests of authorisation."""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

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
from tests.authorisation_events import Events

ACTORS = (
    "stranger", "owner", "colleague_unconfirmed", "other_enterprise", "researcher",
    "transfer_manager", "organiser", "organiser_unverified", "administrator",
)  # fmt: skip
STATES = ("private", "published")
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
            signed_in = {name: user for name, user in self.people.items() if user is not None}
            announced = state == "published"
            self.events = Events(session, self.settings, signed_in, announced=announced)
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

    def values_of(self, rule: Rule, *, foreign: bool = False) -> dict[str, Any]:
        """Return the example for a route; `foreign`: of an event the things of another one."""
        if "event_id" in rule.arguments:
            return self.events.values(rule.endpoint, foreign=foreign)
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
        return values

    def address(self, rule: Rule, *, foreign: bool = False) -> str:
        values = self.values_of(rule, foreign=foreign)
        given = {name: values[name] for name in rule.arguments}  # KeyError: add an example
        with self.app.test_request_context():
            return url_for(rule.endpoint, **given, **self.events.query(rule.endpoint, values))

    def ask(self, rule: Rule, actor: str, method: str, *, foreign: bool = False) -> int:
        """Send a request, with a file where one is expected; return the status."""
        data = self.events.form(rule.endpoint, self.values_of(rule, foreign=foreign))
        if rule.endpoint in UPLOADS:
            data = {"file": (BytesIO(PDF + b"2"), "b.pdf")}
        options: dict[str, Any] = {"data": data} if method == "POST" else {}
        address = self.address(rule, foreign=foreign)
        status = self.browser(actor).open(address, method=method, **options).status_code
        if method != "GET" and status < 400:
            self.restore()
        return status
