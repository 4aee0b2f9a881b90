"""Vocabulary: what is not verified says so; the official list comes in as a dry run first."""

from __future__ import annotations

import csv
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import ROOT
from matchmaker.db import Database
from matchmaker.errors import InvalidError
from matchmaker.vocabulary import queries, service
from matchmaker.vocabulary.reference import load_reference
from models import PostingNode, Region, Role, SchemeNode, Standing
from tests import factories
from tests.conftest import SignedIn


@pytest.fixture
def loaded(session: Session) -> Session:
    load_reference(session)
    return session


def test_eleven_chains_are_verified_and_twenty_are_marked_as_not(loaded: Session) -> None:
    standings = [node.status for node in queries.chains(loaded)]

    assert standings.count(Standing.OFFICIAL) == 11
    assert standings.count(Standing.UNVERIFIED) == 20


def test_loading_twice_changes_nothing(loaded: Session) -> None:
    before = len(queries.nodes_of(loaded, "cq33")), len(queries.regions(loaded, date(2026, 1, 1)))
    load_reference(loaded)
    assert before == (
        len(queries.nodes_of(loaded, "cq33")),
        len(queries.regions(loaded, date(2026, 1, 1))),
    )


def test_the_two_districts_ended_on_6_november_2025_and_have_successors(loaded: Session) -> None:
    names = {
        day: {row.name for row in queries.regions(loaded, date(2025, 11, day))} for day in (5, 6)
    }

    assert {"江北区", "渝北区"} <= names[5]
    assert not {"江北区", "渝北区"} & names[6]
    assert "两江新区" in names[6] - names[5]
    assert [row.name for row in queries.successors(loaded, "500105")] == ["两江新区"]
    assert {row.name for row in queries.successors(loaded, "500112")} == {"两江新区", "北碚区"}
    assert queries.region_path(loaded.get_one(Region, "500112")) == "重庆 渝北区"


def test_the_crosswalk_is_marked_as_ours(loaded: Session) -> None:
    chip = next(node for node in queries.chains(loaded) if node.name == "集成电路")
    walks = queries.crosswalk_of(loaded, chip.id)

    assert {walk.status for walk in walks} == {Standing.PROPOSED}
    assert "C39" in {walk.to_node.code for walk in walks}


def test_a_posting_is_related_to_what_its_chain_corresponds_to_in_other_schemes(
    loaded: Session,
) -> None:
    battery = next(node for node in queries.chains(loaded) if node.name == "动力电池")
    wide = next(node for node in queries.nodes_of(loaded, "sc_six") if node.name == "装备制造")
    one, other = (factories.make_need(loaded, nodes=[node]) for node in (battery, wide))

    assert {loaded.get_one(SchemeNode, key).name for key in one.related} >= {
        "装备制造", "新能源及新型储能", "新能源汽车产业",
    }  # fmt: skip
    assert battery.id in other.related


OFFICIAL = "产业链,环节,需求,目标\n动力电池,正极材料,单晶高镍,循环 2000 次\n动力电池,隔膜,,\n集成电路,,,\n"


def test_an_import_becomes_a_new_version_and_postings_keep_their_chain(loaded: Session) -> None:
    battery = next(node for node in queries.chains(loaded) if node.name == "动力电池")
    need = factories.make_need(loaded, nodes=[battery])
    admin = factories.make_user(loaded, Role.ADMINISTRATOR)
    report = service.check_import(
        loaded, service.read_rows(OFFICIAL.encode("gb18030")), "2021 全文"
    )

    service.apply_import(loaded, admin, report, source="示范文号", valid_from=date(2026, 1, 1))

    names = [node.name for node in queries.nodes_of(loaded, "cq33")]
    assert names == ["动力电池", "正极材料", "单晶高镍", "隔膜", "集成电路"]
    assert {node.status for node in queries.nodes_of(loaded, "cq33")} == {Standing.OFFICIAL}
    loaded.expire_all()
    node_id = loaded.query(PostingNode.node_id).filter_by(posting_id=need.id).scalar()
    assert node_id == queries.nodes_of(loaded, "cq33")[0].id


@pytest.mark.parametrize(
    "row", ["甲链,,需求,目标", ",环节,,", "甲" * 130 + ",,,", "动力电池,隔膜,,\n动力电池,隔膜,,"]
)
def test_a_row_that_cannot_be_used_stops_the_import_and_says_why(
    loaded: Session, row: str
) -> None:
    admin = factories.make_user(loaded, Role.ADMINISTRATOR)
    rows = service.read_rows(f"chain,node,need,target\n{row}\n".encode())
    report = service.check_import(loaded, rows, "x")

    assert report.refused == 1
    with pytest.raises(InvalidError):
        service.apply_import(loaded, admin, report, source="", valid_from=None)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a,b\n1,2\n", b"\x00\x00"])
def test_a_file_that_is_no_table_of_chains_gets_a_sentence(
    session: Session, content: bytes
) -> None:
    with pytest.raises(InvalidError):
        service.read_rows(content)


def test_the_page_says_which_names_are_not_verified(
    client: FlaskClient, database: Database
) -> None:
    with database.transaction() as session:
        load_reference(session)

    page = client.get("/vocabulary/schemes/cq33").get_data(as_text=True)

    assert "其中 20 项没有核到官方原文" in page
    assert page.count("名称待核") >= 20


def test_an_administrator_imports_by_hand_after_a_dry_run(
    database: Database, signed_in: SignedIn
) -> None:
    import io

    with database.transaction() as session:
        load_reference(session)
        admin = factories.make_user(session, Role.ADMINISTRATOR)
    browser = signed_in(admin)

    dry = browser.post(
        "/vocabulary/import",
        data={"label": "全文", "act": "check", "file": (io.BytesIO(OFFICIAL.encode()), "l.csv")},
    ).get_data(as_text=True)
    assert "共 3 行，0 行不能导入" in dry
    with database.reading() as session:
        assert len(queries.chains(session)) == 31

    import html
    import re

    rows = html.unescape(re.search(r'name="rows" value="([^"]*)"', dry)[1])  # type: ignore[index]
    browser.post("/vocabulary/import", data={"label": "全文", "act": "apply", "rows": rows})
    with database.reading() as session:
        assert len(queries.chains(session)) == 4


def test_english_names_belong_to_entries_and_provinces_and_cities_have_one(
    session: Session,
) -> None:
    load_reference(session)
    for region in session.scalars(select(Region).where(Region.level != "county")).unique():
        assert region.name_en, region.name
    with (ROOT / "seed/vocabulary/english_names.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    known = {("region", code) for code in session.scalars(select(Region.code))}
    known |= {
        (node.version.scheme_code, node.code)
        for node in session.scalars(select(SchemeNode)).unique()
    }
    assert {(row["scheme"], row["code"]) for row in rows} <= known
