"""Submissions are published together, as far as they can be."""

from __future__ import annotations

from matchmaker.db import Database
from models import Need, PostingStatus, Role, SchemeNode
from tests import factories
from tests.conftest import SignedIn


def test_ticked_submissions_are_published_and_the_others_stay(
    database: Database, signed_in: SignedIn, chain: int
) -> None:
    with database.transaction() as session:
        organiser = factories.make_user(session, Role.ORGANISER)
        node = session.get_one(SchemeNode, chain)
        ids = [
            factories.make_need(session, status=PostingStatus.SUBMITTED, nodes=[node]).id
            for _n in range(3)
        ]
    browser = signed_in(organiser)
    answer = browser.post(
        "/submissions/publish",
        data={"chosen": [ids[0], ids[1], "999999", "x", "9" * 40]},
        follow_redirects=True,
    )
    html = answer.get_data(as_text=True)
    assert "已发布 2 条" in html
    assert "1 条没有发布" in html
    with database.reading() as session:
        states = [session.get_one(Need, need_id).status.value for need_id in ids]
    assert states == ["published", "published", "submitted"]
    nothing = browser.post("/submissions/publish", follow_redirects=True)
    assert "请先勾选" in nothing.get_data(as_text=True)
