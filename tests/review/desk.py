"""The desk of the organisers: pairs that lie on it, what it shows, what one does there."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from matchmaker.db import Database
from models import Match
from tests import factories
from tests.pages import opened

NEED = "单晶高镍正极材料的低残锂制备"
ACHIEVEMENT = "单晶高镍三元材料残锂原位转化"


def make_match(
    database: Database, need: dict[str, Any] | None = None, achievement: dict[str, Any] | None = None,
    **values: Any,
) -> Match:  # fmt: skip
    with database.transaction() as session:
        return factories.make_match(
            session,
            factories.make_need(session, **{"title": NEED, **(need or {})}),
            factories.make_achievement(session, **{"title": ACHIEVEMENT, **(achievement or {})}),
            **values,
        )


def make_row(database: Database, scores: tuple[float, ...], **need: Any) -> list[Match]:
    """Make one need with a pair of each score."""
    with database.transaction() as session:
        posting = factories.make_need(session, **need)
        return [factories.make_match(session, posting, score=score) for score in scores]


def match_of(database: Database, match_id: int) -> Match:
    with database.reading() as session:
        return session.get_one(Match, match_id)


def tabs(page: BeautifulSoup) -> list[int]:
    """Return the numbers of the tabs: waiting, new, deferred, accepted, rejected."""
    return [int(part.get_text()) for part in page.select(".mm-review-bar .mm-seg .num")]


def candidates(page: BeautifulSoup) -> list[str]:
    return [part.get_text() for part in page.select(".mm-cands .ti")]


def note(answer: Any, browser: FlaskClient) -> str:
    """Follow a redirect and return what the page says on top."""
    page = opened(browser, answer.location)
    return " ".join(
        part.get_text(" ", strip=True) for part in page.select("[role=alert], [role=status]")
    )


def asked(address: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(address).query)


def decide(browser: FlaskClient, verb: str, match: Match, **values: Any) -> Any:
    data = {"version": str(match.version), **values}
    return browser.post(f"/review/{match.id}/{verb}", data=data)
