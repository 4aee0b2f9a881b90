"""Pages of the vocabulary: what is not verified says so, and only the administrator changes it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import func, select

from matchmaker import clock
from matchmaker.db import Database
from matchmaker.i18n import date_text
from matchmaker.vocabulary import queries
from matchmaker.vocabulary.reference import load_reference
from models import (
    Activity,
    PostingNode,
    Role,
    Scheme,
    SchemeNode,
    SchemeVersion,
    Standing,
    University,
    User,
)
from tests import factories
from tests.conftest import SignedIn

OFFICIAL = (
    "产业链,环节,需求,目标\n动力电池,正极材料,单晶高镍,循环 2000 次\n动力电池,隔膜,,\n新链,,,\n"
)


@pytest.fixture
def loaded(database: Database) -> Database:
    with database.transaction() as session:
        load_reference(session)
    return database


@pytest.fixture
def admin(loaded: Database, signed_in: SignedIn) -> FlaskClient:
    return signed_in(make(loaded, Role.ADMINISTRATOR))


def make(database: Database, role: Role) -> User:
    with database.transaction() as session:
        return factories.make_user(session, role)


def soup(browser: FlaskClient, address: str) -> BeautifulSoup:
    answer = browser.get(address)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


def rows(page: BeautifulSoup) -> list[str]:
    return [row.get_text(" ", strip=True) for row in page.select("main tbody tr")]


def test_every_scheme_is_listed_with_its_version_and_standing(
    client: FlaskClient, loaded: Database
) -> None:
    lines = rows(soup(client, "/vocabulary/"))

    with loaded.reading() as session:
        known = {scheme.name: scheme.versions[-1] for scheme in queries.schemes(session)}
    for name, version in known.items():
        (line,) = [text for text in lines if text.startswith(name)]
        assert version.label in line
        assert ("部分内容待核" in line) == (version.status != Standing.OFFICIAL)


def test_every_scheme_opens_for_strangers_and_marks_what_is_not_verified(
    client: FlaskClient, loaded: Database
) -> None:
    with loaded.reading() as session:
        codes = list(session.scalars(select(Scheme.code)))
        standings = {
            code: [node.status for node in queries.nodes_of(session, code) if node.assignable]
            for code in codes
        }
    assert len(codes) >= 5
    for code in codes:
        page = soup(client, f"/vocabulary/schemes/{code}")
        marks = [part.get_text(strip=True) for part in page.select("main tbody td:nth-of-type(2)")]
        official = [mark for mark in marks if mark == "已核实"]
        assert len(official) == standings[code].count(Standing.OFFICIAL), code
        assert marks.count("名称待核") == standings[code].count(Standing.UNVERIFIED), code


def test_the_correspondences_between_schemes_are_marked_as_ours(
    client: FlaskClient, loaded: Database
) -> None:
    lines = rows(soup(client, "/vocabulary/schemes/cq33"))

    (chip,) = [line for line in lines if line.startswith("集成电路")]
    assert "本平台建议" in chip


def test_a_scheme_that_does_not_exist_is_not_found(client: FlaskClient, loaded: Database) -> None:
    for code in ("none", "%00", "cq33%00", "'", "长" * 500):
        assert client.get(f"/vocabulary/schemes/{code}").status_code == 404


def test_regions_that_ended_stand_apart_with_their_successors(
    client: FlaskClient, loaded: Database
) -> None:
    page = soup(client, "/vocabulary/regions")

    ended = page.select("main table")[0]
    lines = {
        row.select("th")[0].get_text(strip=True): row.get_text(" ")
        for row in ended.select("tbody tr")
    }
    assert set(lines) == {"江北区", "渝北区"}
    assert "500105" in lines["江北区"]
    assert "两江新区" in lines["江北区"]
    assert {"两江新区", "北碚区"} <= set(lines["渝北区"].replace("、", " ").split())
    names = [row.get_text(strip=True) for row in page.select("main details tbody th")]
    assert "两江新区" in names
    assert not {"江北区", "渝北区"} & set(names)


def test_universities_carry_their_mark_row_by_row_and_are_for_people_signed_in(
    client: FlaskClient, loaded: Database, signed_in: SignedIn
) -> None:
    browser = signed_in(make(loaded, Role.RESEARCHER))

    lines = rows(soup(browser, "/vocabulary/universities"))

    with loaded.reading() as session:
        counts = dict(
            session.execute(
                select(University.status, func.count()).group_by(University.status)
            ).all()
        )
    verified = sum(line.endswith("已核实") for line in lines)
    assert verified == counts[Standing.OFFICIAL]
    assert sum(line.endswith("待核") for line in lines) == len(lines) - verified
    assert len(lines) == sum(counts.values())
    assert client.get("/vocabulary/universities").location.startswith("/sign-in")


def found(page: BeautifulSoup) -> dict[str, list[str]]:
    """Return the names under each heading, with what is open marked by the page itself."""
    return {
        part.select("summary span")[0].get_text(strip=True): [
            str(name.find(string=True)) for name in part.select("tbody th")
        ]
        for part in page.select("main details")
    }


def test_regions_stand_under_their_city_and_are_folded(
    client: FlaskClient, loaded: Database
) -> None:
    page = soup(client, "/vocabulary/regions")

    groups = found(page)
    assert {"重庆", "四川", "四川 成都市", "四川 绵阳市"} <= set(groups)
    assert "武侯区" in groups["四川 成都市"]
    assert "九龙坡区" in groups["重庆"]
    assert page.select("main details[open]") == []
    assert page.select("main details#r510100")


def test_a_region_is_found_by_name_code_or_city(client: FlaskClient, loaded: Database) -> None:
    for text, groups in (
        ("武侯", {"四川 成都市": ["武侯区"]}),
        ("510107", {"四川 成都市": ["武侯区"]}),
        (" 九龙坡 ", {"重庆": ["九龙坡区"]}),
    ):
        page = soup(client, f"/vocabulary/regions?q={text}")
        assert found(page) == groups
        assert len(page.select("main details[open]")) == 1
        assert str(page.select("input[name=q]")[0]["value"]) == text.strip()
    assert len(found(soup(client, "/vocabulary/regions?q=成都市"))["四川 成都市"]) > 15
    assert "两江新区" in rows(soup(client, "/vocabulary/regions?q=江北区"))[0]


def test_universities_stand_under_their_city_and_are_found(
    signed_in: SignedIn, loaded: Database
) -> None:
    browser = signed_in(make(loaded, Role.RESEARCHER))

    everything = found(soup(browser, "/vocabulary/universities"))
    assert next(iter(everything)) == "重庆市"
    assert "重庆大学" in everything["重庆市"]
    for text, groups in (
        ("4150010611", {"重庆市": ["重庆大学"]}),
        ("西南石油", {"成都市": ["西南石油大学"]}),
    ):
        page = soup(browser, f"/vocabulary/universities?q={text}")
        assert {
            city: [name.strip() for name in names] for city, names in found(page).items()
        } == groups
        assert page.select("main details[open]")


def test_a_search_that_finds_nothing_says_so_and_leads_back(
    signed_in: SignedIn, loaded: Database
) -> None:
    browser = signed_in(make(loaded, Role.RESEARCHER))
    for path in ("/vocabulary/regions", "/vocabulary/universities"):
        for text in ("不存在的地方", "%00", "%25", "_", "<b>", "x" * 500):
            page = soup(browser, f"{path}?q={text}")
            assert found(page) == {}, text
            assert page.select(f'main .mm-state a[href="{path}"]')


def send(browser: FlaskClient, content: bytes | str, **values: Any) -> Any:
    data = content.encode() if isinstance(content, str) else content
    return browser.post(
        "/vocabulary/import",
        data={"label": "全文", "act": "check", "file": (io.BytesIO(data), "l.csv"), **values},
    )


def versions(database: Database) -> list[str]:
    with database.reading() as session:
        return list(
            session.scalars(
                select(SchemeVersion.label)
                .where(SchemeVersion.scheme_code == "cq33")
                .order_by(SchemeVersion.id)
            )
        )


def carried(answer: Any) -> str:
    (field,) = BeautifulSoup(answer.text, "html.parser").select("input[name=rows]")
    return str(field["value"])


def test_a_dry_run_reports_every_row_and_writes_nothing(
    admin: FlaskClient, loaded: Database
) -> None:
    before = versions(loaded)

    answer = send(
        admin, "chain,node,need,target\n动力电池,,,\n新链,,,\n,环节,,\n新链,,,\n甲链,,需求,\n"
    )

    page = BeautifulSoup(answer.text, "html.parser")
    assert [
        (row.select("td")[0].get_text(), row.select("td")[-1].get_text(strip=True))
        for row in page.select("main tbody tr")
    ] == [
        ("2", "已有这条产业链，转为已核实。"),
        ("3", "将新增。"),
        ("4", "没有写产业链。"),
        ("5", "和前面某一行完全相同。"),
        ("6", "写了需求，没有写它所属的环节。"),
    ]
    assert "共 5 行，3 行不能导入" in answer.text
    assert page.select("button[value=apply]") == []
    assert versions(loaded) == before


def test_after_the_dry_run_the_same_rows_become_the_version_in_force(
    admin: FlaskClient, client: FlaskClient, loaded: Database
) -> None:
    with loaded.transaction() as session:
        battery = next(node for node in queries.chains(session) if node.name == "动力电池")
        need_id = factories.make_need(session, nodes=[battery]).id
    dry = send(admin, OFFICIAL.encode("gb18030"), source="示范文号")

    answer = admin.post(
        "/vocabulary/import",
        data={"label": "全文", "source": "示范文号", "act": "apply", "rows": carried(dry)},
    )

    assert answer.location == "/vocabulary/schemes/cq33"
    page = soup(client, "/vocabulary/schemes/cq33")
    assert [row.select("th")[0].find(string=True) for row in page.select("main tbody tr")] == [
        "动力电池", "正极材料", "单晶高镍", "隔膜", "新链",
    ]  # fmt: skip
    assert "循环 2000 次" in page.get_text()
    assert all("名称待核" not in line for line in rows(page))
    with loaded.reading() as session:
        version = queries.current_version(session, "cq33")
        assert version is not None
        assert (version.label, version.source) == ("全文", "示范文号")
        filed = (
            session.scalars(
                select(SchemeNode)
                .join(PostingNode, PostingNode.node_id == SchemeNode.id)
                .where(PostingNode.posting_id == need_id)
            )
            .unique()
            .one()
        )
        assert (filed.version_id, filed.name) == (version.id, "动力电池")  # fmt: skip


def import_official(admin: FlaskClient, **values: str) -> None:
    dry = BeautifulSoup(send(admin, OFFICIAL, **values).text, "html.parser")
    form = {str(part["name"]): str(part["value"]) for part in dry.select("input[name][value]")}
    wanted = {name: form[name] for name in ("label", "source", "rows")}
    admin.post("/vocabulary/import", data={**wanted, "act": "apply"})


def test_before_the_import_the_page_says_that_the_official_list_is_missing(
    client: FlaskClient, loaded: Database
) -> None:
    (words,) = [
        part.get_text(" ", strip=True)
        for part in soup(client, "/vocabulary/schemes/cq33").select("main .mm-note")
    ]

    assert "取得官方名单后由管理员导入" in words
    assert "标为“名称待核”" in words


def test_after_the_import_the_page_says_which_file_counts_since_when_and_what_is_still_open(
    admin: FlaskClient, client: FlaskClient, loaded: Database
) -> None:
    with loaded.transaction() as session:
        gone = next(node for node in queries.chains(session) if node.name == "摩托车")
        factories.make_need(session, nodes=[gone])

    import_official(admin, source="渝经信发〔2021〕1号")

    settled, still_open = [
        part.get_text(" ", strip=True)
        for part in soup(client, "/vocabulary/schemes/cq33").select("main .mm-note")
    ]
    assert "5 个名称按“渝经信发〔2021〕1号”（版本 全文）" in settled
    with client.application.test_request_context():
        assert f"于 {date_text(clock.today())} 导入" in settled
    assert "取得官方名单后" not in settled + still_open
    assert "名称待核" not in settled + still_open
    assert "与其他分类的对应关系是本平台建议的" in still_open
    assert "1 条内容还归在上一版的名称下" in still_open
    names = still_open.partition("不能再选：")[2].partition("。")[0].split("、")
    assert "摩托车" in names
    assert "动力电池" not in names


def test_the_name_of_the_file_is_offered_as_its_source(
    admin: FlaskClient, client: FlaskClient
) -> None:
    import_official(admin)

    assert "按“l.csv”" in client.get("/vocabulary/schemes/cq33").text


def test_the_history_tells_who_imported_the_list(admin: FlaskClient, loaded: Database) -> None:
    import_official(admin)

    with loaded.reading() as session:
        line = session.scalars(select(Activity)).one()
        assert (line.action, line.values) == ("vocabulary.imported", {"label": "全文"})
        assert line.actor_id is not None


def test_a_version_needs_a_name_of_its_own(admin: FlaskClient, loaded: Database) -> None:
    with loaded.transaction() as session:
        session.add(
            SchemeVersion(
                scheme_code="cq33", label="全文", status=Standing.OFFICIAL, current=False
            )
        )
    before = versions(loaded)
    for label in ("", "  ", "全文"):
        rows_ = carried(send(admin, OFFICIAL, label=label))
        answer = admin.post(
            "/vocabulary/import", data={"label": label, "act": "apply", "rows": rows_}
        )
        assert answer.status_code == 422
        assert "版本名称不能空，也不能和已有版本相同。" in answer.text

    assert versions(loaded) == before


def test_what_cannot_be_imported_is_refused_even_without_the_dry_run(
    admin: FlaskClient, loaded: Database
) -> None:
    before = versions(loaded)
    for rows_ in ('[{"chain": ""}]', "[]", "{}", "[1]", "不是 JSON", "", "null", '{"chain": "x"}'):
        answer = admin.post(
            "/vocabulary/import", data={"label": "新", "act": "apply", "rows": rows_}
        )
        assert answer.status_code == 422, rows_
        assert len(BeautifulSoup(answer.text, "html.parser").select("[role=alert]")) == 1
    assert versions(loaded) == before


UNUSABLE = (
    (b"a,b\n1,2\n", 422, "第一行要写列名"),
    (b"\x00\x00", 422, "文件不是文本"),
    (b"\xff\xff\xff", 422, "文件不是文本"),
    (b"chain\n" + "链\n".encode() * 5001, 422, "一次最多导入"),
    (b"chain\n" + b"x" * 2_000_001, 422, "文件超过 2 MB"),
    (b"chain\n" + b"x" * 200_000, 200, "最多 120 字"),
)


def test_a_file_that_cannot_be_used_gets_a_sentence(admin: FlaskClient) -> None:
    for content, status, words in UNUSABLE:
        answer = send(admin, content)
        assert (answer.status_code, words in answer.text) == (status, True), words
        assert "将新增" not in answer.text


def test_what_a_file_says_is_shown_as_text(admin: FlaskClient) -> None:
    answer = send(admin, 'chain,node\n"<script>alert(1)</script>","""><b>"\n')

    assert answer.status_code == 200
    assert "<script>alert(1)" not in answer.text
    assert "<script>alert(1)</script>" in carried(answer)


def test_nobody_but_the_administrator_imports(signed_in: SignedIn, loaded: Database) -> None:
    before = versions(loaded)
    for role in set(Role) - {Role.ADMINISTRATOR}:
        browser = signed_in(make(loaded, role))
        assert browser.get("/vocabulary/import").status_code == 404
        assert send(browser, OFFICIAL).status_code == 404
        assert "/vocabulary/import" not in browser.get("/vocabulary/").text

    assert versions(loaded) == before
