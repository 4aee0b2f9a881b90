"""Wrong passwords are counted: who guesses waits, and nobody else does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from config import Settings
from matchmaker.app import create_app
from models import Model
from tests.accounts.people import make
from tests.conftest import SignedIn
from tests.factories import PASSWORD


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Flask]:
    """An application that counts wrong passwords as an installation does."""
    usual = Settings(instance=tmp_path, database_url="", secret_key="")
    app = create_app(
        replace(
            Settings.for_tests(tmp_path),
            sign_in_limit=usual.sign_in_limit,
            address_limit=usual.address_limit,
        )
    )
    app.config["WTF_CSRF_ENABLED"] = False
    Model.metadata.create_all(app.extensions["database"].engine)
    yield app
    app.extensions["database"].engine.dispose()


def knock(app: Flask, email: str, password: str = "x", address: str = "127.0.0.1") -> Any:
    return app.test_client().post(
        "/sign-in", data={"email": email, "password": password},
        environ_base={"REMOTE_ADDR": address},
    )  # fmt: skip


@pytest.mark.parametrize("known", [True, False])
def test_the_sixth_wrong_password_within_a_minute_is_told_when_to_come_back(
    limited: Flask, known: bool
) -> None:
    if known:
        make(limited.extensions["database"], email="a@example.org")
    ways = ["a@example.org", "A@Example.org", " a@example.org", "a@example.org\u200e"]

    tries = [knock(limited, ways[n % 4], address=f"127.0.0.{n + 1}") for n in range(6)]

    assert [answer.status_code for answer in tries] == [422] * 5 + [429]
    assert "邮箱或密码不对。" in tries[0].text
    assert "1 分钟以后再试" in tries[-1].text
    assert 0 < int(tries[-1].headers["Retry-After"]) <= 60
    assert knock(limited, "b@example.org").status_code == 422, "others are not concerned"


def test_twenty_colleagues_behind_one_address_sign_in_twice_a_minute(limited: Flask) -> None:
    database = limited.extensions["database"]
    people = [make(database, email=f"{n}@example.org") for n in range(20)]

    answers = [knock(limited, person.email, PASSWORD) for person in people for _time in range(2)]

    assert {answer.status_code for answer in answers} == {302}


def test_who_mistypes_keeps_nobody_else_out(limited: Flask) -> None:
    database = limited.extensions["database"]
    hasty, calm = (make(database, email=f"{name}@example.org") for name in ("hasty", "calm"))
    for _time in range(6):
        knock(limited, hasty.email)

    assert knock(limited, hasty.email, PASSWORD).status_code == 429
    assert knock(limited, calm.email, PASSWORD).status_code == 302


def test_one_address_cannot_try_a_password_on_many_accounts(limited: Flask) -> None:
    person = make(limited.extensions["database"], email="last@example.org")
    answers = [knock(limited, f"{n}@example.org", PASSWORD) for n in range(21)]

    assert [answer.status_code for answer in answers] == [422] * 20 + [429]
    assert knock(limited, person.email, PASSWORD).status_code == 429
    assert knock(limited, person.email, PASSWORD, address="127.0.0.2").status_code == 302


def test_a_password_that_is_asked_for_again_is_counted_for_its_person_alone(
    limited: Flask,
) -> None:
    database = limited.extensions["database"]
    one, other = make(database), make(database)
    browser, colleague = SignedIn(limited, database)(one), SignedIn(limited, database)(other)

    tries = [
        browser.post("/account/confirm", data={"password": "x", "email": f"{n}@example.org"})
        for n in range(6)
    ]

    assert [answer.status_code for answer in tries] == [422] * 5 + [429]
    assert colleague.post("/account/confirm", data={"password": PASSWORD}).status_code == 302
