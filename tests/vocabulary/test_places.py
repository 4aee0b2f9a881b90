"""Regions and universities: under their city, folded, and found."""

from __future__ import annotations

from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import func, select

from matchmaker.db import Database
from models import Role, Standing, University
from tests import factories
from tests.conftest import SignedIn
from tests.pages import opened, table_rows


def found(page: BeautifulSoup) -> dict[str, list[str]]:
    """Return the names under each heading, with what is open marked by the page itself."""
    return {
        part.select("summary span")[0].get_text(strip=True): [
            str(name.find(string=True)) for name in part.select("tbody th")
        ]
        for part in page.select("main details")
    }


def test_regions_that_ended_stand_apart_with_their_successors(
    client: FlaskClient, loaded: Database
) -> None:
    page = opened(client, "/vocabulary/regions")

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
    browser = signed_in(factories.add_user(loaded, Role.RESEARCHER))

    lines = table_rows(opened(browser, "/vocabulary/universities"))

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


def test_regions_stand_under_their_city_and_are_folded(
    client: FlaskClient, loaded: Database
) -> None:
    page = opened(client, "/vocabulary/regions")

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
        page = opened(client, f"/vocabulary/regions?q={text}")
        assert found(page) == groups
        assert len(page.select("main details[open]")) == 1
        assert str(page.select("input[name=q]")[0]["value"]) == text.strip()
    assert len(found(opened(client, "/vocabulary/regions?q=成都市"))["四川 成都市"]) > 15
    assert "两江新区" in table_rows(opened(client, "/vocabulary/regions?q=江北区"))[0]


def test_universities_stand_under_their_city_and_are_found(
    signed_in: SignedIn, loaded: Database
) -> None:
    browser = signed_in(factories.add_user(loaded, Role.RESEARCHER))

    everything = found(opened(browser, "/vocabulary/universities"))
    assert next(iter(everything)) == "重庆市"
    assert "重庆大学" in everything["重庆市"]
    for text, groups in (
        ("4150010611", {"重庆市": ["重庆大学"]}),
        ("西南石油", {"成都市": ["西南石油大学"]}),
    ):
        page = opened(browser, f"/vocabulary/universities?q={text}")
        assert {
            city: [name.strip() for name in names] for city, names in found(page).items()
        } == groups
        assert page.select("main details[open]")


def test_a_search_that_finds_nothing_says_so_and_leads_back(
    signed_in: SignedIn, loaded: Database
) -> None:
    browser = signed_in(factories.add_user(loaded, Role.RESEARCHER))
    for path in ("/vocabulary/regions", "/vocabulary/universities"):
        for text in ("不存在的地方", "%00", "%25", "_", "<b>", "x" * 500):
            page = opened(browser, f"{path}?q={text}")
            assert found(page) == {}, text
            assert page.select(f'main .mm-state a[href="{path}"]')
