"""Notes on a pair are for the organisers."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy import func, select

from matchmaker.db import Database
from models import MatchNote, Role
from tests import factories
from tests.conftest import SignedIn
from tests.pages import opened
from tests.review.desk import decide, make_match, note


def test_a_note_is_read_by_the_other_organisers_and_by_nobody_else(
    browser: FlaskClient, signed_in: SignedIn, database: Database
) -> None:
    match = make_match(database)

    browser.post(f"/review/{match.id}/note", data={"text": " 已电话核实 "})
    decide(browser, "accept", match)

    other = opened(
        signed_in(factories.add_user(database, Role.ORGANISER)),
        f"/review?tab=accepted&match={match.id}",
    )
    lines = [part.get_text(" ", strip=True) for part in other.select(".mm-need .mm-log li span")]
    assert lines == ["何静 ：已电话核实"]
    owner = signed_in(match.need.owner)
    for address in (f"/pairings/{match.id}", f"/needs/{match.need_id}", "/pairings", "/"):
        assert "已电话核实" not in owner.get(address).text
    with database.reading() as session:
        assert session.scalars(select(MatchNote.text)).one() == "已电话核实"


def test_a_note_that_cannot_be_kept_is_a_clear_sentence(
    browser: FlaskClient, database: Database
) -> None:
    match = make_match(database)

    for text, sentence in ((" ", "请写下备注内容。"), ("长" * 1001, "备注最多 1,000 字。")):
        answer = browser.post(f"/review/{match.id}/note", data={"text": text})
        assert sentence in note(answer, browser)

    with database.reading() as session:
        assert session.scalar(select(func.count(MatchNote.id))) == 0
