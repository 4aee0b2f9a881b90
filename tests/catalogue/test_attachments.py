"""Attachments: judged by what they contain, kept outside the web root, served so that they do no harm."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from config import MEGABYTE, Settings
from matchmaker.catalogue import files
from matchmaker.db import Database
from models import Attachment, PostingStatus, Role, User
from tests import factories
from tests.conftest import SignedIn

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 64
JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01" + b"\x00" * 64 + b"\xff\xd9"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
MP4 = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41" + b"\x00" * 64


def office(part: str, **more: bytes) -> bytes:
    """Return the smallest file of Office Open XML with this main part."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(part, "<xml/>")
        for name, content in more.items():
            archive.writestr(name.replace("__", "/"), content)
    return packed.getvalue()


GOOD = {
    "报告.pdf": (PDF, "application/pdf"),
    "图.png": (PNG, "image/png"),
    "照片.jpg": (JPG, "image/jpeg"),
    "视频.mp4": (MP4, "video/mp4"),
    "说明.docx": (office("word/document.xml"), files.OFFICE["word/document.xml"]),
    "表.xlsx": (office("xl/workbook.xml"), files.OFFICE["xl/workbook.xml"]),
    "片.pptx": (office("ppt/presentation.xml"), files.OFFICE["ppt/presentation.xml"]),
}
BAD = {
    "program.pdf": b"MZ\x90\x00\x03\x00\x00\x00" + b"\x00" * 200,
    "page.pdf": b"<!doctype html><script>alert(1)</script>",
    "picture.png": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "script.docx": b"#!/bin/sh\nrm -rf /\n",
    "archive.docx": office("anything.txt"),
    "macro.docx": office("word/document.xml", word__vbaProject_bin=b"x").replace(
        b"vbaProject_bin", b"vbaProject.bin"
    ),
    "torn.xlsx": office("xl/workbook.xml")[:60],
    "bomb.docx": office("word/document.xml", word__media=b"0" * 30_000_000),
    "text.jpg": "就是一段文字".encode(),
    "nothing.pdf": b"",
}


@pytest.fixture
def posting_id(database: Database, researcher: User) -> int:
    with database.transaction() as session:
        return factories.make_achievement(session, researcher).id


@pytest.fixture
def browser(signed_in: SignedIn, researcher: User) -> FlaskClient:
    return signed_in(researcher)


def send(browser: FlaskClient, posting_id: int, name: str, content: bytes) -> TestResponse:
    return browser.post(
        f"/postings/{posting_id}/attachments",
        data={"file": (io.BytesIO(content), name)},
        content_type="multipart/form-data",
        follow_redirects=True,
    )


def stored(database: Database) -> list[Attachment]:
    with database.reading() as session:
        return list(session.scalars(select(Attachment).order_by(Attachment.id)))


@pytest.mark.parametrize("name", GOOD)
def test_accepted_types_come_back_as_they_were(
    browser: FlaskClient, database: Database, posting_id: int, name: str
) -> None:
    content, media_type = GOOD[name]
    assert "附件已上传" in send(browser, posting_id, name, content).get_data(as_text=True)
    [row] = stored(database)
    assert (row.name, row.media_type, row.size) == (name, media_type, len(content))
    answer = browser.get(f"/postings/{posting_id}/attachments/{row.id}")
    assert answer.data == content
    assert answer.mimetype == media_type


def test_the_content_decides_and_not_the_name(
    browser: FlaskClient, database: Database, posting_id: int
) -> None:
    send(browser, posting_id, "其实是图.pdf", PNG)
    [row] = stored(database)
    assert (row.media_type, row.name) == ("image/png", "其实是图.png")


@pytest.mark.parametrize(
    ("content", "given", "kept"),
    [
        (MP4, "合同.pdf", "合同.mp4"),
        (MP4, "合同.PDF", "合同.mp4"),
        (MP4, "合同", "合同.mp4"),
        (MP4, "合同.exe", "合同.mp4"),
        (MP4, "演示.M4V", "演示.M4V"),
        (JPG, "照片.JPEG", "照片.JPEG"),
        (PDF, "方案 v2.1 终稿", "方案 v2.1 终稿.pdf"),
        (PDF, "报告.doc.pdf", "报告.doc.pdf"),
        (PDF, ".docx", "docx.pdf"),
        (PDF, "名" * 300 + ".docx", "名" * 195 + ".pdf"),
    ],
)
def test_a_name_ends_as_what_the_content_is(
    browser: FlaskClient,
    database: Database,
    posting_id: int,
    content: bytes,
    given: str,
    kept: str,
) -> None:
    send(browser, posting_id, given, content)
    [row] = stored(database)
    assert row.name == kept
    answer = browser.get(f"/postings/{posting_id}/attachments/{row.id}")
    assert answer.headers["Content-Disposition"].endswith(kept.rsplit(".", 1)[-1])


def test_an_attachment_says_what_it_proves(
    browser: FlaskClient, database: Database, posting_id: int
) -> None:
    address = f"/postings/{posting_id}/attachments"
    for kind in ("evaluation", "", "made-up"):
        answer = browser.post(
            address,
            data={"file": (io.BytesIO(PDF + kind.encode()), "证明.pdf"), "kind": kind},
            content_type="multipart/form-data",
            follow_redirects=True,
        )
    html = answer.get_data(as_text=True)
    assert "请从列出的材料种类中选择" in html
    assert "评价证明</span>" in html
    assert [row.kind.value for row in stored(database)] == ["evaluation", "other"]


@pytest.mark.parametrize("name", BAD)
def test_everything_else_is_refused_with_a_sentence(
    browser: FlaskClient, database: Database, posting_id: int, name: str
) -> None:
    answer = send(browser, posting_id, name, BAD[name])
    assert answer.status_code == 200
    html = answer.get_data(as_text=True)
    assert "附件已上传" not in html
    assert any(word in html for word in ("可以上传", "损坏", "压缩得异常", "空文件"))
    assert stored(database) == []


def test_no_file_at_all_is_a_sentence(browser: FlaskClient, posting_id: int) -> None:
    answer = browser.post(f"/postings/{posting_id}/attachments", follow_redirects=True)
    assert "请先选择一个文件" in answer.get_data(as_text=True)


def test_too_large_and_too_many_are_refused(
    app: Flask, browser: FlaskClient, database: Database, posting_id: int
) -> None:
    settings: Settings = app.extensions["settings"]
    large = PDF + b"0" * (settings.attachment_bytes + 1 - len(PDF))
    assert f"{settings.attachment_bytes // MEGABYTE} MB" in send(
        browser, posting_id, "大.pdf", large
    ).get_data(as_text=True)
    for n in range(files.MAX_FILES + 1):
        answer = send(browser, posting_id, f"{n}.pdf", PDF + str(n).encode())
    assert "最多 10 个附件" in answer.get_data(as_text=True)
    assert len(stored(database)) == files.MAX_FILES


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\me\\报告.pdf", "报告.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie x=1.pdf"),
        ('<img src=x onerror="1">.pdf', "img src=x onerror=1.pdf"),
        ("名" * 300 + ".pdf", "名" * 196 + ".pdf"),
        ("...", "file"),
    ],
)
def test_names_lose_what_could_do_harm(given: str, kept: str) -> None:
    assert files.safe_name(given) == kept


def test_a_download_cannot_run_in_the_page(
    browser: FlaskClient, database: Database, posting_id: int
) -> None:
    send(browser, posting_id, "报告.pdf", PDF)
    answer = browser.get(f"/postings/{posting_id}/attachments/{stored(database)[0].id}")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_attachments_are_seen_by_those_who_see_the_posting(
    browser: FlaskClient,
    database: Database,
    posting_id: int,
    signed_in: SignedIn,
    client: FlaskClient,
) -> None:
    send(browser, posting_id, "报告.pdf", PDF)
    address = f"/postings/{posting_id}/attachments/{stored(database)[0].id}"
    with database.transaction() as session:
        stranger = factories.make_user(session, Role.ENTERPRISE)
        other_id = factories.make_achievement(session).id
    assert signed_in(stranger).get(address).status_code == 200
    assert signed_in(stranger).post(f"{address}/remove").status_code in {403, 404}
    assert send(signed_in(stranger), posting_id, "x.pdf", PDF).status_code in {403, 404}
    assert client.get(address).status_code == 302
    assert browser.get(address.replace(f"/{posting_id}/", f"/{other_id}/")).status_code == 404

    with database.transaction() as session:
        from models import Posting

        session.get_one(Posting, posting_id).status = PostingStatus.DRAFT
    assert signed_in(stranger).get(address).status_code == 404
    assert len(stored(database)) == 1


def test_a_removed_file_is_gone_unless_another_posting_has_the_same(
    app: Flask, browser: FlaskClient, database: Database, researcher: User, posting_id: int
) -> None:
    with database.transaction() as session:
        second = factories.make_achievement(session, session.get_one(User, researcher.id)).id
    send(browser, posting_id, "一.pdf", PDF)
    send(browser, second, "二.pdf", PDF)
    one, two = stored(database)
    path: Path = files.path_of(app.extensions["settings"], one.sha256)
    assert Path(app.extensions["settings"].instance) in path.parents
    assert "static" not in path.parts

    browser.post(f"/postings/{posting_id}/attachments/{one.id}/remove")
    assert path.is_file()
    assert browser.get(f"/postings/{second}/attachments/{two.id}").data == PDF
    browser.post(f"/postings/{second}/attachments/{two.id}/remove")
    assert not path.exists()


def test_a_content_that_is_missing_on_disk_is_not_found(
    app: Flask, browser: FlaskClient, database: Database, posting_id: int
) -> None:
    send(browser, posting_id, "报告.pdf", PDF)
    [row] = stored(database)
    files.path_of(app.extensions["settings"], row.sha256).unlink()
    assert browser.get(f"/postings/{posting_id}/attachments/{row.id}").status_code == 404
