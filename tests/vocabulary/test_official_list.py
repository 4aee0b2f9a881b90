"""The official list of chains: only the administrator imports it, after a dry run."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.db import Database
from matchmaker.i18n import date_text
from matchmaker.vocabulary import queries, service
from models import (
    Activity,
    Crosswalk,
    PostingNode,
    Role,
    SchemeNode,
    SchemeVersion,
    Standing,
)
from tests import factories
from tests.conftest import SignedIn
from tests.pages import one, opened, parsed, table_rows

OFFICIAL = (
    "产业链,环节,需求,目标\n动力电池,正极材料,单晶高镍,循环 2000 次\n动力电池,隔膜,,\n新链,,,\n"
)


@pytest.fixture
def admin(loaded: Database, signed_in: SignedIn) -> FlaskClient:
    return signed_in(factories.add_user(loaded, Role.ADMINISTRATOR))


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
    return str(one(parsed(answer), "input[name=rows]")["value"])


def test_a_dry_run_reports_every_row_and_writes_nothing(
    admin: FlaskClient, loaded: Database
) -> None:
    before = versions(loaded)

    answer = send(
        admin, "chain,node,need,target\n动力电池,,,\n新链,,,\n,环节,,\n新链,,,\n甲链,,需求,\n"
    )

    page = parsed(answer)
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
    page = opened(client, "/vocabulary/schemes/cq33")
    assert [row.select("th")[0].find(string=True) for row in page.select("main tbody tr")] == [
        "动力电池", "正极材料", "单晶高镍", "隔膜", "新链",
    ]  # fmt: skip
    assert "循环 2000 次" in page.get_text()
    assert all("名称待核" not in line for line in table_rows(page))
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


def test_what_is_filed_under_another_node_afterwards_has_another_version(
    session: Session,
) -> None:
    battery, other = factories.make_node(session), factories.make_node(session, "摩托车")
    elsewhere = factories.make_node(session, "电池制造", scheme="sectors")
    session.add(Crosswalk(from_id=battery.id, to_id=elsewhere.id, status=Standing.PROPOSED))
    day = clock.now() - timedelta(days=1)
    moved, stays, corresponds = (
        factories.make_need(session, nodes=[node], at=day) for node in (battery, other, elsewhere)
    )
    row = dict.fromkeys(("chain", "node", "need", "target"), "") | {"chain": "动力电池"}
    service.apply_import(
        session, factories.make_user(session, Role.ADMINISTRATOR),
        service.check_import(session, [row], "全文"), source="", valid_from=None,
    )  # fmt: skip

    assert [need.version for need in (moved, stays, corresponds)] == [2, 1, 2]
    assert [need.updated_at == day for need in (moved, stays, corresponds)] == [False, True, False]
    moved.title = "以后改的"
    session.flush()
    assert moved.version == 3


def import_official(admin: FlaskClient, **values: str) -> None:
    dry = parsed(send(admin, OFFICIAL, **values))
    form = {str(part["name"]): str(part["value"]) for part in dry.select("input[name][value]")}
    wanted = {name: form[name] for name in ("label", "source", "rows")}
    admin.post("/vocabulary/import", data={**wanted, "act": "apply"})


def test_before_the_import_the_page_says_that_the_official_list_is_missing(
    client: FlaskClient, loaded: Database
) -> None:
    (words,) = [
        part.get_text(" ", strip=True)
        for part in opened(client, "/vocabulary/schemes/cq33").select("main .mm-note")
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
        for part in opened(client, "/vocabulary/schemes/cq33").select("main .mm-note")
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
        assert len(parsed(answer).select("[role=alert]")) == 1
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


def test_nobody_but_the_administrator_imports(
    admin: FlaskClient, signed_in: SignedIn, loaded: Database
) -> None:
    before = versions(loaded)
    assert opened(admin, "/vocabulary/").select("a[href='/vocabulary/import']")
    for role in set(Role) - {Role.ADMINISTRATOR}:
        browser = signed_in(factories.add_user(loaded, role))
        assert browser.get("/vocabulary/import").status_code == 404
        assert send(browser, OFFICIAL).status_code == 404
        assert "/vocabulary/import" not in browser.get("/vocabulary/").text

    assert versions(loaded) == before
