"""The quality page names the signals that make the score."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.pages import opened, table_rows


def test_everyone_sees_which_signals_count_and_that_meaning_does_not(client: FlaskClient) -> None:
    rows = table_rows(opened(client, "/quality"))
    assert any(row.startswith("名称") and row.endswith("计入") for row in rows)
    (meaning,) = [row for row in rows if row.startswith("语义")]
    assert "没有安装语义模型，不计入" in meaning
