"""Lists: found by one character or a whole paragraph, narrowed, paged, and only what one may see."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from matchmaker.db import Database
from models import (
    Achievement,
    Mode,
    PostingStatus,
    Role,
    SchemeNode,
    User,
    Verification,
    Visibility,
)
from tests import factories
from tests.conftest import SignedIn
from tests.pages import one, opened, statements


@pytest.fixture
def reader(signed_in: SignedIn, company: User) -> FlaskClient:
    return signed_in(company)


def make(database: Database, *titles: str, **values: Any) -> list[int]:
    with database.transaction() as session:
        return [factories.make_achievement(session, title=title, **values).id for title in titles]


def titles(browser: FlaskClient, address: str) -> list[str]:
    found = opened(browser, address).select(
        "main a[href^='/achievements/'], main a[href^='/needs/']"
    )
    return [a.get_text().strip() for a in found if re.search(r"/\d+$", str(a["href"]))]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("锂", {"锂电池回收", "磷酸铁锂修复"}),
        ("电池", {"锂电池回收"}),
        ("SiC", {"SiC 功率模块"}),
        ("ｓｉｃ", {"SiC 功率模块"}),
        ("模块 功率", {"SiC 功率模块"}),
        ("100%", {"回收率 100% 的工艺"}),
        ("_", set()),
    ],
)
def test_a_search_of_one_character_upward_finds_what_contains_it(
    reader: FlaskClient, database: Database, typed: str, found: set[str]
) -> None:
    make(database, "锂电池回收", "磷酸铁锂修复", "SiC 功率模块", "回收率 100% 的工艺")
    assert set(titles(reader, f"/achievements?q={typed.replace('%', '%25')}")) == found


def test_a_pasted_paragraph_finds_what_resembles_it(
    reader: FlaskClient, database: Database
) -> None:
    make(database, "退役磷酸铁锂正极直接修复", "泡菜低盐发酵菌剂", "钢轨波磨在线识别")
    text = (
        "我们每月拆解磷酸铁锂电池六百吨，现在走湿法提锂，磷铁渣堆着卖不掉，"
        "听说可以不溶解、直接补锂修复成电池级正极材料，希望找到成熟一点的工艺。" * 3
    )
    assert titles(reader, f"/achievements?q={text}")[0] == "退役磷酸铁锂正极直接修复"


def test_a_pasted_paragraph_leaves_out_what_only_shares_a_word(
    reader: FlaskClient, database: Database
) -> None:
    pasted = "单晶高镍三元正极材料表面残锂高，软包电池产气，希望不水洗而用梯度掺杂与快离子导体包覆"
    make(database, "单晶高镍三元正极材料的残锂原位转化与快离子导体包覆", "泡菜发酵用软包装材料",
         *[f"无关的装置材料{i}" for i in range(8)])  # fmt: skip

    found = titles(reader, f"/achievements?q={pasted * 2}")

    assert found == ["单晶高镍三元正极材料的残锂原位转化与快离子导体包覆"]


def test_nothing_found_says_so_and_offers_a_way_on(
    reader: FlaskClient, database: Database
) -> None:
    make(database, "锂电池回收")
    page = opened(reader, "/achievements?q=量子引力波")
    assert "没有找到符合条件的内容" in one(page, "main .mm-state").get_text()
    assert page.select("main .mm-state a[href='/achievements']")
    assert titles(reader, "/achievements?q=量子引力波") == []


def test_a_region_narrows_by_province_by_district_and_by_city(
    reader: FlaskClient, database: Database
) -> None:
    with database.transaction() as session:
        factories.make_region(session, "510100", name="成都市")
        for title, code in (("沙区", "500106"), ("北碚", "500109"), ("武侯", "510107")):
            place = factories.make_region(session, code).code
            factories.make_achievement(session, title=title, region_code=place)
    page = reader.get("/achievements").get_data(as_text=True)
    for words in ("重庆 示范区500106", "四川 成都市"):
        assert words in page
    for region, found in (
        ("50", {"沙区", "北碚"}), ("500106", {"沙区"}), ("5101", {"武侯"}),
        ("500112", set()), ("52", {"沙区", "北碚", "武侯"}), ("50%", {"沙区", "北碚", "武侯"}),
    ):  # fmt: skip
        assert set(titles(reader, f"/achievements?region={region}")) == found, region


def test_facets_narrow_and_stay_in_the_address(reader: FlaskClient, database: Database) -> None:
    with database.transaction() as session:
        chain = factories.make_node(session, "动力电池")
        chain_id = chain.id
        factories.make_achievement(session, title="甲", trl=7, modes=[Mode.LICENSE], nodes=[chain])
        factories.make_achievement(session, title="乙", trl=3, modes=[Mode.JOINT], nodes=[chain])
        factories.make_achievement(session, title="丙", trl=9, modes=[Mode.LICENSE])
    assert set(titles(reader, f"/achievements?chain={chain_id}")) == {"甲", "乙"}
    assert set(titles(reader, "/achievements?mode=license")) == {"甲", "丙"}
    assert set(titles(reader, "/achievements?trl=8-9&trl=6-7")) == {"甲", "丙"}
    assert titles(reader, f"/achievements?chain={chain_id}&mode=license&trl=6-7") == ["甲"]
    assert titles(reader, f"/achievements?chain={chain_id}&trl=8-9") == []


def test_pages_and_orders_hold_every_row_once(reader: FlaskClient, database: Database) -> None:
    names = [f"成果{n:02d}" for n in range(45)]
    make(database, *names)
    for order in ("new", "title", "trl", "ending"):
        seen = [
            title
            for page in (1, 2, 3)
            for title in titles(reader, f"/achievements?sort={order}&page={page}")
        ]
        assert sorted(seen) == names
    assert titles(reader, "/achievements?sort=title&page=1")[:2] == ["成果00", "成果01"]


@pytest.mark.parametrize(
    "address",
    [
        "/achievements?page=0", "/achievements?page=-1", "/achievements?page=999999999999",
        "/achievements?page=x", "/achievements?sort=drop", "/achievements?chain=x&chain=99999",
        "/achievements?chain=99999999999999999999", "/achievements?trl=nonsense&mode=steal",
        "/achievements?status=draft", "/achievements?organisation=-1", "/achievements?q=%00%01",
        "/achievements?q=%ff%fe", "/achievements?q=" + "长" * 1500, "/achievements?q=%25_%5C",
        "/achievements?region=99", "/achievements?q=%F0%9F%94%A5", "/achievements?q=()*:%22",
    ],
)  # fmt: skip
def test_an_address_that_makes_no_sense_is_a_page_all_the_same(
    reader: FlaskClient, database: Database, address: str
) -> None:
    make(database, "锂电池回收")
    answer = reader.get(address)
    assert answer.status_code == 200
    assert "<h1" in answer.get_data(as_text=True)


def invisible(database: Database) -> dict[str, int]:
    """Make one posting for every reason not to be seen by a company."""
    with database.transaction() as session:
        pending = factories.make_user(
            session, organisation=factories.make_organisation(session, status=Verification.PENDING)
        )
        made = {
            "草稿": factories.make_achievement(
                session, title="暗号草稿", status=PostingStatus.DRAFT
            ),
            "待审": factories.make_achievement(
                session, title="暗号待审", status=PostingStatus.SUBMITTED
            ),
            "撤回": factories.make_achievement(
                session, title="暗号撤回", status=PostingStatus.WITHDRAWN
            ),
            "归档": factories.make_achievement(
                session, title="暗号归档", status=PostingStatus.ARCHIVED
            ),
            "未核验": factories.make_achievement(session, pending, title="暗号未核验"),
            "仅组织方": factories.make_achievement(
                session, title="暗号仅组织方", visibility=Visibility.TARGETED
            ),
        }
        return {name: row.id for name, row in made.items()}


def test_what_one_may_not_see_is_in_no_list_no_search_and_no_page(
    reader: FlaskClient, database: Database
) -> None:
    hidden = invisible(database)
    assert titles(reader, "/achievements") == []
    for query in ("暗号", "暗", "暗号草稿待审撤回归档" * 6):
        assert "暗号" not in "".join(titles(reader, f"/achievements?q={query}"))
    for posting_id in hidden.values():
        for path in ("", "/revisions", "/edit"):
            base = "/postings" if path else "/achievements"
            assert reader.get(f"{base}/{posting_id}{path}").status_code == 404


def test_lists_ask_the_database_as_often_for_thirty_rows_as_for_three(
    database: Database, signed_in: SignedIn
) -> None:
    with database.transaction() as session:
        organiser = factories.make_user(session, Role.ORGANISER)
        node = factories.make_node(session).id
    browser = signed_in(organiser)
    for address in ("/achievements", "/achievements?q=成果", "/submissions", "/needs", "/mine"):
        counts = []
        for number in (3, 17):
            with database.transaction() as session:
                chain = session.get_one(SchemeNode, node)
                for n in range(number):
                    for status in (PostingStatus.PUBLISHED, PostingStatus.SUBMITTED):
                        factories.make_achievement(
                            session, title=f"成果{n}", status=status, nodes=[chain]
                        )
                        factories.make_need(
                            session, title=f"需求{n}", status=status, nodes=[chain]
                        )
            counts.append(statements(database, browser, address))
        assert counts[0] == counts[1], address


def test_an_empty_catalogue_says_what_to_do(reader: FlaskClient) -> None:
    for address in ("/achievements", "/needs", "/mine"):
        page = opened(reader, address)
        assert page.select("main .mm-state"), address


def test_the_owner_sees_the_own_ones_in_every_state(
    database: Database, signed_in: SignedIn
) -> None:
    with database.transaction() as session:
        owner = factories.make_user(session)
        for status in PostingStatus:
            factories.make_achievement(
                session,
                session.get_one(User, owner.id),
                title=f"我的{status.value}",
                status=status,
            )
    browser = signed_in(owner)
    html = browser.get("/mine").get_data(as_text=True)
    for status in PostingStatus:
        assert f"我的{status.value}" in html
    with database.reading() as session:
        assert session.query(Achievement).count() == len(PostingStatus)
