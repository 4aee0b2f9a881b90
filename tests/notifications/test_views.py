"""The inbox, through its pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from matchmaker.db import Database
from matchmaker.notifications import queries, service
from models import Notification, User
from tests import factories
from tests.conftest import SignedIn
from tests.pages import opened


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


def test_many_lines_of_a_kind_are_one_group_that_is_read_at_once(
    signed_in: SignedIn, database: Database
) -> None:
    user, _ids = make(database, 40, endpoint="accounts.profile")
    browser = signed_in(user)

    page = opened(browser, "/notifications/")

    (group,) = page.select(".mm-inbox > li")
    assert "40 条内容已到期归档" in group.select("summary")[0].get_text()
    assert len(group.select(".mm-inbox__lines a")) == 40
    assert not group.select("details[open]")
    (form,) = group.select("form")
    assert browser.post(str(form["action"])).location == "/notifications/"
    assert unread(database, user) == 0
    assert "40 条内容已到期归档" in browser.get("/notifications/").text


def test_a_group_that_makes_no_sense_is_not_found(signed_in: SignedIn, database: Database) -> None:
    user, _ids = make(database)
    for path in ("nonsense/2026-01-01/1", "posting.archived/tomorrow/1"):
        assert signed_in(user).post(f"/notifications/read/{path}").status_code == 404

    assert unread(database, user) == 1


def test_many_groups_are_paged_and_none_says_so(signed_in: SignedIn, database: Database) -> None:
    user, ids = make(database, queries.PAGE + 1)
    nobody, _none = make(database, 0)
    with database.transaction() as session:
        for days, line_id in enumerate(ids):
            session.get_one(Notification, line_id).created_at -= timedelta(days=days)

    first = signed_in(user).get("/notifications/").text
    second = signed_in(user).get("/notifications/?page=2").text

    assert first.count("已到期归档") == queries.PAGE
    assert second.count("已到期归档") == 1
    assert "还没有通知" in signed_in(nobody).get("/notifications/").text
