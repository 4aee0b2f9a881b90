"""Bad input, through the forms that people use: a clear sentence, and nothing typed is lost."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import func, select

from matchmaker.db import Database
from models import FormDraft, Need, Posting, PostingStatus, Role, User
from tests import factories
from tests.conftest import SignedIn


@pytest.fixture
def owner(database: Database) -> User:
    with database.transaction() as session:
        return factories.make_user(session, Role.ENTERPRISE)


@pytest.fixture
def browser(signed_in: SignedIn, owner: User) -> FlaskClient:
    return signed_in(owner)


@pytest.fixture
def chain(database: Database) -> int:
    with database.transaction() as session:
        return factories.make_node(session).id


def whole(chain_id: int, /, **changes: Any) -> dict[str, Any]:
    """Return what a browser sends for a complete need."""
    return {
        "title": "单晶高镍正极材料的低残锂制备",
        "problem": "现有产线残锂偏高，循环后产气。",
        "indicators-0-name": "残锂",
        "indicators-0-comparator": "le",
        "indicators-0-value": "2000",
        "indicators-0-unit": "ppm",
        "chain": str(chain_id),
        "modes": ["license"],
        "declared_open": "y",
        "act": "submit",
        **changes,
    }


def saved(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Posting)) or 0


def sentences(html: str) -> str:
    """Return everything that the page says about what is wrong."""
    page = BeautifulSoup(html, "html.parser")
    return " ".join(
        part.get_text(" ", strip=True)
        for part in page.select("[class*=invalid], .mm-errors, [role=alert]")
    )


def test_a_complete_need_is_submitted_in_one_go(
    browser: FlaskClient, database: Database, chain: int
) -> None:
    answer = browser.post("/needs/new", data=whole(chain))
    assert answer.status_code == 302
    with database.reading() as session:
        need = session.scalars(select(Need)).one()
        assert need.status == PostingStatus.SUBMITTED
        assert [row.name for row in need.indicators] == ["残锂"]


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"title": "长" * 121}, "title", "120"),
    ({"problem": "字" * 6001}, "problem", "字"),
    ({"title": "含有\x00空字符"}, "title", "控制字符"),
    ({"title": "铃\x07声"}, "title", "控制字符"),
    ({"title": "两\n行"}, "title", "控制字符"),
    ({"title": "\ufffe不是字符"}, "title", "控制字符"),
    ({"title": "读不出的\ufffd字"}, "title", "编码无法识别"),
    ({"keywords": "锂、\ufffd"}, "keywords", "编码无法识别"),
    ({"budget": "很多"}, "budget", "数字"),
    ({"budget": "1e999"}, "budget", "数字"),
    ({"budget": "NaN"}, "budget", "数字"),
    ({"budget": "-5"}, "budget", ""),
    ({"budget": "9" * 40}, "budget", ""),
    ({"deadline": "2026-02-30"}, "deadline", "年-月-日"),
    ({"deadline": "明年"}, "deadline", "年-月-日"),
    ({"trl": "十"}, "trl", ""),
    ({"trl": "10"}, "trl", "9"),
    ({"trl": "4.5"}, "trl", ""),
    ({"solver_share": "150"}, "solver_share", "100"),
    ({"chain": "999999"}, "chain", ""),
    ({"chain": "动力电池"}, "chain", ""),
    ({"modes": ["license", "偷"]}, "modes", ""),
    ({"modes": []}, "modes", ""),
    ({"need_kind": "whatever"}, "need_kind", ""),
    ({"visibility": "secret"}, "visibility", ""),
    ({"region_code": "999999"}, "region_code", ""),
    ({"contact_email": "不是邮箱"}, "contact_email", "邮箱"),
    ({"contact_phone": "1" * 31}, "contact_phone", "30"),
    ({"keywords": "甲、乙、丙、丁"}, "keywords", "3"),
    ({"indicators-0-value": "很高"}, "indicators", "数"),
    ({"indicators-0-comparator": "xx"}, "indicators", ""),
    ({"indicators-0-name": "名" * 201}, "indicators", ""),
    ({"declared_open": ""}, "declared_open", ""),
    ({"title": ""}, "title", "填写"),
    ({"problem": "   "}, "problem", "填写"),
]


@pytest.mark.parametrize(("change", "field", "word"), BAD, ids=lambda value: str(value)[:40])
def test_what_cannot_be_used_is_refused_at_its_field_and_everything_stays(
    browser: FlaskClient,
    database: Database,
    chain: int,
    change: dict[str, Any],
    field: str,
    word: str,
) -> None:
    answer = browser.post("/needs/new", data=whole(chain, **change))
    html = answer.get_data(as_text=True)
    page = BeautifulSoup(html, "html.parser")
    assert answer.status_code == 422
    assert saved(database) == 0
    assert page.select(f"a[href^='#{field}']"), "the list on top leads to the field"
    assert word in sentences(html)
    assert "Traceback" not in html
    for name in {"title", "problem"} - {field}:
        box = page.select_one(f"[name={name}]")
        assert box is not None
        typed = box.get("value") or box.get_text()
        assert str(typed).strip() == whole(chain)[name]


@pytest.mark.parametrize(
    "text",
    [
        "高温🔥合金的𠮷祥喷涂",
        "<script>alert(1)</script> 涂层",
        '"><img src=x onerror=alert(1)>',
        "{{ 7*7 }} ${7*7} 模板",
        "'; DROP TABLE postings; --",
        "%s %(n)s %d 百分之 100%",
        "مرحبا 材料 العربية",
        "ﬁ ligature ① ㈱ Ⅷ",
    ],
)
def test_strange_text_is_kept_as_it_is_and_shown_as_text(
    browser: FlaskClient, database: Database, chain: int, text: str
) -> None:
    answer = browser.post("/needs/new", data=whole(chain, title=text, problem=f"{text} 难点"))
    assert answer.status_code == 302
    with database.reading() as session:
        assert session.scalars(select(Need)).one().title == text
    page = BeautifulSoup(
        browser.get(answer.headers["Location"]).get_data(as_text=True), "html.parser"
    )
    heading = page.find("h1")
    assert heading is not None
    assert text in heading.get_text()
    assert not page.select("img[onerror]")
    assert not [s for s in page.find_all("script") if "alert(1)" in s.get_text()]


def test_marks_that_turn_the_direction_of_writing_do_not_get_in(
    browser: FlaskClient, database: Database, chain: int
) -> None:
    browser.post("/needs/new", data=whole(chain, title="材料\u202egnp.exe\u202c 涂层"))
    with database.reading() as session:
        assert session.scalars(select(Need)).one().title == "材料gnp.exe 涂层"


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


@pytest.mark.parametrize("size", [1_500_000, 10_000_000])
def test_ten_megabytes_of_text_are_refused_in_words(
    browser: FlaskClient, database: Database, chain: int, size: int
) -> None:
    answer = browser.post("/needs/new", data=whole(chain, problem="x" * size))
    html = answer.get_data(as_text=True)
    assert answer.status_code in {413, 422}
    assert "<h1" in html
    assert saved(database) == 0


def test_a_form_with_thousands_of_fields_is_refused(
    browser: FlaskClient, database: Database
) -> None:
    answer = browser.post(
        "/needs/new",
        data={f"f{n}": "x" for n in range(3000)},
        content_type="multipart/form-data",
    )
    assert answer.status_code in {413, 422}
    assert saved(database) == 0


def test_fields_that_are_none_of_the_form_change_nothing(
    browser: FlaskClient, database: Database, chain: int, owner: User
) -> None:
    with database.transaction() as session:
        other = factories.make_user(session, Role.ENTERPRISE)
    browser.post(
        "/needs/new",
        data=whole(
            chain, owner_id=other.id, organisation_id=other.organisation_id, status="published",
            kind="achievement", id="77", published_at="2020-01-01", valid_until="2099-01-01",
        ),
    )  # fmt: skip
    with database.reading() as session:
        need = session.scalars(select(Need)).one()
        assert (need.owner_id, need.organisation_id) == (owner.id, owner.organisation_id)
        assert need.status == PostingStatus.SUBMITTED
        assert need.published_at is None


def test_rows_are_added_and_removed_without_scripts_and_keep_what_was_typed(
    browser: FlaskClient, chain: int
) -> None:
    answer = browser.post("/needs/new", data=whole(chain, rows="indicators:add"))
    page = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
    assert len(page.select("input[name^=indicators-][name$=-name]")) >= 3
    title = page.select_one("[name=title]")
    assert title is not None
    assert title["value"] == whole(chain)["title"]

    answer = browser.post("/needs/new", data=whole(chain, rows="indicators:remove:0"))
    page = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
    names = [
        box.get("value") or "" for box in page.select("input[name^=indicators-][name$=-name]")
    ]
    assert "残锂" not in names


@pytest.mark.parametrize(
    "act", ["indicators:remove:99", "indicators:remove:-1", "title:add", "::"]
)
def test_a_row_that_does_not_exist_is_no_error(browser: FlaskClient, chain: int, act: str) -> None:
    assert browser.post("/needs/new", data=whole(chain, rows=act)).status_code < 500


# ---- drafts, and a session that ended


def test_what_is_typed_is_kept_and_offered_again(browser: FlaskClient, database: Database) -> None:
    typed = {"title": "写了一半", "problem": "第一行\n第二行 <b>", "modes": ["license", "joint"]}
    answer = browser.post("/drafts/need:new", data=typed)
    assert answer.get_json()["saved"] is True

    page = BeautifulSoup(browser.get("/needs/new").get_data(as_text=True), "html.parser")
    title, problem = page.select_one("[name=title]"), page.select_one("[name=problem]")
    assert title is not None
    assert problem is not None
    assert title["value"] == "写了一半"
    assert problem.get_text().strip() == "第一行\n第二行 <b>"
    assert len(page.select("input[name=modes][checked]")) == 2


def test_saving_ends_the_draft(browser: FlaskClient, database: Database, chain: int) -> None:
    browser.post("/drafts/need:new", data={"title": "写了一半"})
    browser.post("/needs/new", data=whole(chain, act="save"))
    with database.reading() as session:
        assert session.scalars(select(FormDraft)).all() == []


def test_drafts_of_two_people_do_not_mix(
    browser: FlaskClient, database: Database, signed_in: SignedIn
) -> None:
    browser.post("/drafts/need:new", data={"title": "只有我看得到"})
    with database.transaction() as session:
        other = factories.make_user(session, Role.ENTERPRISE)
    assert "只有我看得到" not in signed_in(other).get("/needs/new").get_data(as_text=True)


@pytest.mark.parametrize("key", ["anything", "need:old", "posting:x", "posting:" + "9" * 30])
def test_a_draft_of_no_form_is_refused(browser: FlaskClient, key: str) -> None:
    assert browser.post(f"/drafts/{key}", data={"title": "x"}).status_code == 400


def test_a_form_sent_after_the_session_ended_is_there_after_signing_in(
    client: FlaskClient, database: Database, chain: int
) -> None:
    from matchmaker.accounts.passwords import hash_password

    with database.transaction() as session:
        user = factories.make_user(
            session, Role.ENTERPRISE, password_hash=hash_password(factories.PASSWORD)
        )
    answer = client.post("/needs/new", data=whole(chain, draft_key="need:new"))
    page = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
    carried = {
        str(box["name"]): str(box.get("value", ""))
        for box in page.select("form input[type=hidden]")
        if box.get("name")
    }
    assert whole(chain)["title"] in carried["carry"]
    client.post("/sign-in", data={**carried, "email": user.email, "password": factories.PASSWORD})
    html = client.get("/needs/new").get_data(as_text=True)
    assert whole(chain)["title"] in html


# ---- two people, one record


def test_the_second_to_save_is_told_and_keeps_the_own_text(
    browser: FlaskClient, database: Database, owner: User, chain: int, signed_in: SignedIn
) -> None:
    with database.transaction() as session:
        need_id = factories.make_need(session, owner, status=PostingStatus.DRAFT).id
        colleague = factories.make_user(
            session, Role.ENTERPRISE, organisation=session.get_one(User, owner.id).organisation
        )
    page = BeautifulSoup(
        browser.get(f"/postings/{need_id}/edit").get_data(as_text=True), "html.parser"
    )
    version = page.select_one("[name=version]")
    assert version is not None
    first = whole(chain, title="先保存的名称", version=version["value"], act="save")
    second = whole(chain, title="后保存的名称", version=version["value"], act="save")
    assert signed_in(colleague).post(f"/postings/{need_id}/edit", data=first).status_code == 302

    answer = browser.post(f"/postings/{need_id}/edit", data=second)
    assert answer.status_code == 409
    assert "后保存的名称" in answer.get_data(as_text=True)
    with database.reading() as session:
        assert session.get_one(Need, need_id).title == "先保存的名称"


@pytest.mark.parametrize("version", ["", "x", "9" * 30, "-1"])
def test_a_version_that_makes_no_sense_overwrites_nothing(
    browser: FlaskClient, database: Database, owner: User, chain: int, version: str
) -> None:
    with database.transaction() as session:
        need_id = factories.make_need(
            session, owner, title="原来的", status=PostingStatus.DRAFT
        ).id
    answer = browser.post(
        f"/postings/{need_id}/edit", data=whole(chain, version=version, act="save")
    )
    assert answer.status_code == 409
    with database.reading() as session:
        assert session.get_one(Need, need_id).title == "原来的"


# ---- publishing many


def test_ticked_submissions_are_published_and_the_others_stay(
    database: Database, signed_in: SignedIn, chain: int
) -> None:
    from models import SchemeNode

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
