"""People who sign in with a password, and the mail that reaches them."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from matchmaker.accounts import passwords
from matchmaker.db import Database
from models import Mail, Organisation, Role, User, Verification
from tests import factories
from tests.factories import PASSWORD

NEW_PASSWORD = "另一句示范口令-battery"
SIGN_UP = {
    "role": "enterprise",
    "name": "示范林工",
    "email": "lin@example.org",
    "password": PASSWORD,
    "organisation": "示范电池有限公司",
    "kind": "enterprise",
    "uscc": "91350100M000100Y43",
    "region_code": "500106",
}


def make(database: Database, role: Role = Role.RESEARCHER, **values: Any) -> User:
    with database.transaction() as session:
        hashed = passwords.hash_password(PASSWORD)
        user = factories.make_user(session, role, password_hash=hashed, **values)
        assert user.organisation.region
    return user


def make_pending(database: Database, **values: Any) -> Organisation:
    with database.transaction() as session:
        row = factories.make_organisation(session, status=Verification.PENDING, **values)
        factories.make_user(session, Role.ENTERPRISE, organisation=row)
    return row


def enter(browser: FlaskClient, user: User, **fields: Any) -> Any:
    return browser.post("/sign-in", data={"email": user.email, "password": PASSWORD} | fields)


def mails(database: Database, recipient: str) -> list[Mail]:
    with database.reading() as session:
        return list(session.scalars(select(Mail).where(Mail.recipient == recipient)))


def link_of(mail: Mail) -> str:
    found = re.search(r"http://localhost(/\S+)", mail.body)
    assert found
    return found[1]


def without_tokens(page: str) -> str:
    """CSRF tokens carry the second in which they were made."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", page)
