"""Pages as a person meets them: opened, read, filled in, and not slower when there is more."""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from matchmaker.db import Database


def opened(browser: FlaskClient, address: str, **query: str) -> BeautifulSoup:
    """Open a page that is there, and read it."""
    answer = browser.get(address, query_string=query or None)
    assert answer.status_code == 200, address
    return parsed(answer)


def parsed(answer: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


def table_rows(page: BeautifulSoup) -> list[str]:
    """Return the rows of the page's tables as text."""
    return [row.get_text(" ", strip=True) for row in page.select("main tbody tr")]


def one(part: BeautifulSoup | Tag, selector: str) -> Tag:
    """Return the only element that the selector finds."""
    (found,) = part.select(selector)
    return found


def hidden_fields(form: BeautifulSoup | Tag) -> dict[str, list[str]]:
    """Return what a form sends without anybody typing."""
    fields: dict[str, list[str]] = {}
    for field in form.select("input[type=hidden][name]"):
        fields.setdefault(str(field["name"]), []).append(str(field.get("value", "")))
    return fields


def statements(database: Database, browser: FlaskClient, address: str) -> int:
    """Count what a page asks the database, without what is asked once for a process."""
    seen: list[str] = []

    def note(*arguments: Any) -> None:
        seen.append(arguments[2])

    browser.get(address)
    event.listen(database.engine, "before_cursor_execute", note)
    try:
        opened(browser, address)
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    return len(seen)
