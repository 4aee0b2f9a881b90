"""The inbox, through its pages."""

from __future__ import annotations

from typing import Any

from matchmaker.db import Database
from matchmaker.notifications import queries, service
from models import User
from tests import factories
from tests.conftest import SignedIn


def make(database: Database, lines: int = 1, **values: Any) -> tuple[User, list[int]]:
    with database.transaction() as session:
        user = factories.make_user(session)
        ids = [
            service.notify(session, user, "posting.archived", title=f"示范成果{n}", **values).id
            for n in range(lines)
        ]
        assert user.organisation.region
    return user, ids


def unread(database: Database, user: User) -> int:
    with database.reading() as session:
        return queries.count(session, user, unread=True)


def test_the_bell_of_every_page_counts_unread_lines(
    signed_in: SignedIn, database: Database
) -> None:
    user, _ids = make(database, 3)

    assert "通知，3 条未读" in signed_in(user).get("/account").text


def test_opening_a_line_goes_to_its_page_and_marks_it_read(
    signed_in: SignedIn, database: Database
) -> None:
    user, (first, _second) = make(database, 2, endpoint="accounts.profile")

    answer = signed_in(user).get(f"/notifications/{first}")

    assert answer.location == "/account"
    assert unread(database, user) == 1


def test_one_line_or_all_are_marked_read(signed_in: SignedIn, database: Database) -> None:
    user, ids = make(database, 3)
    browser = signed_in(user)

    browser.post(f"/notifications/{ids[0]}/read")
    assert unread(database, user) == 2
    browser.post("/notifications/read")

    assert unread(database, user) == 0


def test_somebody_elses_line_answers_as_if_it_were_not_there(
    signed_in: SignedIn, database: Database
) -> None:
    _user, (line,) = make(database)
    stranger, _ids = make(database)

    assert signed_in(stranger).get(f"/notifications/{line}").status_code == 404
    assert signed_in(stranger).post(f"/notifications/{line}/read").status_code == 404


def test_many_lines_are_paged_and_none_says_so(signed_in: SignedIn, database: Database) -> None:
    user, _ids = make(database, queries.PAGE + 1)
    nobody, _none = make(database, 0)

    first = signed_in(user).get("/notifications/").text
    second = signed_in(user).get("/notifications/?page=2").text

    assert first.count("已到期归档") == queries.PAGE
    assert second.count("已到期归档") == 1
    assert "还没有通知" in signed_in(nobody).get("/notifications/").text
