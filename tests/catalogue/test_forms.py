"""Bad input, through the forms that people use: a clear sentence, and nothing typed is lost."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select

from matchmaker.db import Database
from models import Need, PostingStatus, Role, User
from tests import factories
from tests.catalogue.needs import saved, whole
from tests.pages import one, opened, parsed


def wrong(page: BeautifulSoup) -> list[tuple[str, str]]:
    """Return what the list on top says: the address of the field, and the sentence."""
    lines = [(line, one(line, "a")) for line in page.select(".mm-errors li")]
    return [
        (str(link["href"]), line.get_text().removeprefix(f"{link.get_text()}："))
        for line, link in lines
    ]


def test_a_complete_need_is_submitted_in_one_go(
    browser: FlaskClient, database: Database, chain: int
) -> None:
    answer = browser.post("/needs/new", data=whole(chain))
    assert answer.status_code == 302
    with database.reading() as session:
        need = session.scalars(select(Need)).one()
        assert need.status == PostingStatus.SUBMITTED
        assert [row.name for row in need.indicators] == ["残锂"]


CONTROL = "这里有无法保存的控制字符，请删去后重新输入。"
UNREADABLE = "文字编码无法识别：请把显示为“\ufffd”的字改成原来的字。"
MONEY = "请填 0 到 200000 万元之间的数字。"
DAY = "请写成年-月-日，例如 2027-06-30。"
LEVEL = "请只填 1 到 9 之间的整数。"
BAD: list[Any] = [
    ({"title": "长" * 121}, "title", "最多 120 字，现在多出 1 字。"),
    ({"problem": "字" * 6001}, "problem", "最多 5000 字，现在多出 1001 字。"),
    ({"title": "含有\x00空字符"}, "title", CONTROL),
    ({"title": "铃\x07声"}, "title", CONTROL),
    ({"title": "两\n行"}, "title", CONTROL),
    ({"title": "\ufffe不是字符"}, "title", CONTROL),
    ({"title": "读不出的\ufffd字"}, "title", UNREADABLE),
    ({"keywords": "锂、\ufffd"}, "keywords", UNREADABLE),
    ({"budget": "很多"}, "budget", "请只填数字，例如 150。"),
    ({"budget": "1e999"}, "budget", MONEY),
    ({"budget": "NaN"}, "budget", MONEY),
    ({"budget": "-5"}, "budget", MONEY),
    ({"budget": "9" * 40}, "budget", MONEY),
    ({"deadline": "2026-02-30"}, "deadline", DAY),
    ({"deadline": "明年"}, "deadline", DAY),
    ({"trl": "十"}, "trl", LEVEL),
    ({"trl": "10"}, "trl", LEVEL),
    ({"trl": "4.5"}, "trl", LEVEL),
    ({"solver_share": "150"}, "solver_share", "请只填 0 到 100 之间的整数。"),
    ({"chain": "999999"}, "chain", "请从列出的选项中选择“产业链”。"),
    ({"chain": "动力电池"}, "chain", "请从列出的选项中选择“产业链”。"),
    ({"modes": ["license", "偷"]}, "modes", "请从列出的选项中选择“合作方式”。"),
    ({"modes": []}, "modes", "请至少选择一项“合作方式”。"),
    ({"need_kind": "whatever"}, "need_kind", "请从列出的选项中选择“需求类型”。"),
    ({"visibility": "secret"}, "visibility", "请从列出的选项中选择“公开范围”。"),
    ({"region_code": "999999"}, "region_code", "请从列出的选项中选择“所在地区”。"),
    ({"contact_email": "不是邮箱"}, "contact_email", "请填写邮箱，例如 name@example.com。"),
    ({"contact_phone": "1" * 31}, "contact_phone", "最多 30 字，现在多出 1 字。"),
    ({"keywords": "甲、乙、丙、丁"}, "keywords", "最多 3 项。"),
    ({"indicators-0-value": "很高"}, "indicators", "第 1 行的数值请只填数字，例如 3.5。"),
    ({"indicators-0-comparator": "xx"}, "indicators", "请从列出的选项中选择“要求”。"),
    ({"indicators-0-name": "名" * 201}, "indicators", "最多 200 字，现在多出 1 字。"),
    pytest.param(
        {"declared_open": ""},
        "declared_open",
        "请确认内容不涉密；涉密内容不能在本平台提交。",
    ),
    ({"title": ""}, "title", "请填写“需求名称”。"),
    ({"problem": "   "}, "problem", "请填写“现状和难点”。"),
]


@pytest.mark.parametrize(("change", "field", "sentence"), BAD, ids=lambda value: str(value)[:40])
def test_what_cannot_be_used_is_refused_at_its_field_and_everything_stays(
    browser: FlaskClient,
    database: Database,
    chain: int,
    change: dict[str, Any],
    field: str,
    sentence: str,
) -> None:
    answer = browser.post("/needs/new", data=whole(chain, **change))
    page = parsed(answer)
    assert answer.status_code == 422
    assert saved(database) == 0
    ((address, said),) = wrong(page)
    assert address.startswith(f"#{field}"), "the list on top leads to the field"
    assert said == sentence
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
    page = opened(browser, answer.headers["Location"])
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


def test_fields_that_are_none_of_the_form_change_nothing(
    browser: FlaskClient, database: Database, chain: int, company: User
) -> None:
    other = factories.add_user(database, Role.ENTERPRISE)
    browser.post(
        "/needs/new",
        data=whole(
            chain, owner_id=other.id, organisation_id=other.organisation_id, status="published",
            kind="achievement", id="77", published_at="2020-01-01", valid_until="2099-01-01",
        ),
    )  # fmt: skip
    with database.reading() as session:
        need = session.scalars(select(Need)).one()
        assert (need.owner_id, need.organisation_id) == (company.id, company.organisation_id)
        assert need.status == PostingStatus.SUBMITTED
        assert need.published_at is None


def test_rows_are_added_and_removed_without_scripts_and_keep_what_was_typed(
    browser: FlaskClient, chain: int
) -> None:
    answer = browser.post("/needs/new", data=whole(chain, rows="indicators:add"))
    page = parsed(answer)
    assert len(page.select("input[name^=indicators-][name$=-name]")) >= 3
    title = page.select_one("[name=title]")
    assert title is not None
    assert title["value"] == whole(chain)["title"]

    answer = browser.post("/needs/new", data=whole(chain, rows="indicators:remove:0"))
    page = parsed(answer)
    names = [
        box.get("value") or "" for box in page.select("input[name^=indicators-][name$=-name]")
    ]
    assert "残锂" not in names


@pytest.mark.parametrize(
    "act", ["indicators:remove:99", "indicators:remove:-1", "title:add", "::"]
)
def test_a_row_that_does_not_exist_is_no_error(browser: FlaskClient, chain: int, act: str) -> None:
    answer = browser.post(
        "/needs/new", data=whole(chain, rows=act, act="save"), follow_redirects=True
    )
    assert answer.status_code == 200
    assert "残锂" in answer.text
    assert whole(chain)["title"] in answer.text
