"""What is no text, or too much of it, is refused in words."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from matchmaker.db import Database
from models import FormDraft
from tests.catalogue.needs import saved, whole
from tests.pages import one, parsed


def part(name: bytes, value: bytes) -> bytes:
    return (
        b'--edge\r\nContent-Disposition: form-data; name="' + name + b'"\r\n\r\n' + value + b"\r\n"
    )


URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=edge"
GB18030 = "锂电池成果".encode("gb18030")
BYTES = [
    (URLENCODED, b"title=%FF%FE%C3%28&act=save"),
    (URLENCODED, b"title=%E6%88%90%E6%9E%9C&%FF=x&act=save"),
    (URLENCODED, b"title=" + GB18030 + b"&act=save"),
    (URLENCODED, b"title=%ED%A0%80&act=save"),
    (MULTIPART, part(b"title", GB18030) + part(b"act", b"save") + b"--edge--\r\n"),
    (MULTIPART, part(b"title", b"\xff\xfe\xc3(") + part(b"act", b"save") + b"--edge--\r\n"),
    ("application/json", b'{"title": "' + GB18030 + b'", "act": "save"}'),
]


@pytest.mark.parametrize(("content_type", "body"), BYTES)
def test_bytes_that_are_no_utf8_are_refused_in_words_and_nothing_is_saved(
    browser: FlaskClient, database: Database, content_type: str, body: bytes
) -> None:
    for address in ("/needs/new", "/drafts/need:new"):
        answer = browser.post(address, data=body, content_type=content_type)
        assert answer.status_code == 422
        assert "文字编码无法识别" in answer.get_data(as_text=True)
    assert saved(database) == 0
    with database.reading() as session:
        assert session.scalars(select(FormDraft)).all() == []


def test_an_address_that_is_no_utf8_changes_nothing(
    browser: FlaskClient, database: Database, chain: int
) -> None:
    answer = browser.post("/needs/new?title=%FF%FE", data=whole(chain))
    assert answer.status_code == 422
    assert saved(database) == 0
    raw = browser.get("/needs", environ_overrides={"QUERY_STRING": "q=\xff\xfe"})
    assert raw.status_code == 200
    assert browser.get("/needs?q=%FF%FE").status_code == 200


def test_a_stranger_who_sends_what_is_no_utf8_is_told_so(client: FlaskClient) -> None:
    answer = client.post("/needs/new", data=BYTES[0][1], content_type=BYTES[0][0])
    assert answer.status_code == 422
    assert "文字编码无法识别" in answer.get_data(as_text=True)


@pytest.mark.parametrize(("size", "status"), [(1_500_000, 422), (10_000_000, 413)])
def test_ten_megabytes_of_text_are_refused_in_words(
    browser: FlaskClient, database: Database, chain: int, size: int, status: int
) -> None:
    answer = browser.post("/needs/new", data=whole(chain, problem="x" * size))
    assert answer.status_code == status
    assert one(parsed(answer), "h1").get_text() == {422: "发布技术需求", 413: "内容太大了"}[status]
    assert saved(database) == 0


def test_a_form_with_thousands_of_fields_is_refused(
    browser: FlaskClient, database: Database
) -> None:
    answer = browser.post(
        "/needs/new",
        data={f"f{n}": "x" for n in range(3000)},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 413
    assert saved(database) == 0
