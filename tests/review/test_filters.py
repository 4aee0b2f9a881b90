"""Filters of the desk: they narrow the queue, count what they would leave, and stay."""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from matchmaker.db import Database
from models import Mode
from tests import factories
from tests.pages import hidden_fields, opened
from tests.review.desk import asked, candidates, decide, make_row, match_of, tabs

FACETS: dict[str, list[str]] = {
    "chain": ["1", "2"], "region": ["51"], "mode": ["license"], "trl": ["met", "unknown"],
    "organisation": ["7"], "least": ["50"],
}  # fmt: skip


def test_facets_narrow_the_queue_and_its_counts(browser: FlaskClient, database: Database) -> None:
    with database.transaction() as session:
        chain = factories.make_node(session, "动力电池")
        chain_id = chain.id
        need = factories.make_need(session, title="电池", nodes=[chain])
        factories.make_match(
            session, need, factories.make_achievement(session, title="甲"), score=0.9
        )
        factories.make_region(session, "510104")
        factories.make_match(
            session, factories.make_need(session, region_code="510104"),
            factories.make_achievement(session, title="乙"), score=0.4,
        )  # fmt: skip

    for query, titles, waiting in (
        ("", ["甲"], 2),
        (f"chain={chain_id}", ["甲"], 1),
        ("region=51", ["乙"], 1),
        ("region=50", ["甲"], 1),
        ("region=50&region=51", ["甲"], 2),
        ("least=50", ["甲"], 1),
        ("least=95", [], 0),
        (f"chain={chain_id}&region=51", [], 0),
        ("chain=x&region=99&least=-1", ["甲"], 2),
    ):
        page = opened(browser, f"/review?{query}")
        assert (candidates(page), tabs(page)[0]) == (titles, waiting), query


def test_the_facets_of_the_desk_count_what_each_of_them_would_leave(
    browser: FlaskClient, database: Database
) -> None:
    with database.transaction() as session:
        need = factories.make_need(session, title="甲", trl=6, modes=[Mode.JOINT])
        for title, trl, mode in (("熟", 7, Mode.LICENSE), ("生", 4, Mode.TRANSFER)):
            achievement = factories.make_achievement(session, title=title, trl=trl, modes=[mode])
            factories.make_match(session, need, achievement, score=0.8 if trl == 7 else 0.4)
        factories.make_match(
            session, factories.make_need(session, title="乙", trl=None), score=0.2
        )
        organisation = need.organisation

    def facet(page: BeautifulSoup, name: str) -> dict[str, str]:
        options = page.select(f"select[name={name}] option")[1:]
        return {str(part["value"]): part.get_text().partition("（")[2][:-1] for part in options}

    page = opened(browser, "/review")
    assert facet(page, "trl") == {"met": "1", "short": "1", "unknown": "1"}
    assert facet(page, "least") == {"30": "2", "50": "1", "70": "1"}
    assert facet(page, "organisation")[str(organisation.id)] == "2"
    page = opened(browser, f"/review?trl=met&organisation={organisation.id}")
    assert candidates(page) == ["熟"]
    assert facet(page, "trl") == {"met": "1", "short": "1", "unknown": "0"}
    assert facet(page, "mode")["license"] == "1"
    chosen = [part["value"] for part in page.select(".mm-queuefilter option[selected]")]
    assert chosen == ["met", str(organisation.id)]
    for query, titles in (
        ("mode=transfer", ["生"]), ("trl=short", ["生"]), ("trl=short&mode=license", []),
        ("trl=x&mode=consulting&organisation=x", ["熟", "生"]),
    ):  # fmt: skip
        assert candidates(opened(browser, f"/review?{query}")) == titles, query


def test_every_way_on_keeps_the_filters(browser: FlaskClient, database: Database) -> None:
    first, second = make_row(database, (0.9, 0.8))
    place = {"need": [str(first.need_id)], "match": [str(first.id)]}
    done = {**place, "match": [str(second.id)], "done": [str(first.id)]}

    def go(path: str, **values: Any) -> dict[str, list[str]]:
        version = str(match_of(database, first.id).version)
        answer = browser.post(path, data={"tab": "new", **FACETS, "version": version, **values})
        return asked(answer.location)

    for path, values, tab, rest in (
        ("accept", {}, "new", {"done": done["done"]}),
        ("accept", {}, "accepted", place),
        ("undo", {}, "new", place),
        ("reject", {}, "new", place),
        ("note", {"text": "备注"}, "new", place),
        ("note", {"text": ""}, "new", place),
    ):
        assert go(f"/review/{first.id}/{path}", **values) == {"tab": [tab], **FACETS, **rest}, path
    assert go("/review/bulk", act="defer", **place) == {"tab": ["new"], **FACETS, **place}
    chosen = f"{first.id}:{match_of(database, first.id).version}"
    assert go("/review/bulk", act="defer", chosen=chosen) == {
        "tab": ["new"], **FACETS, "done": [str(first.id)],
    }  # fmt: skip


def test_every_form_and_link_of_the_desk_carries_the_filters(
    browser: FlaskClient, database: Database
) -> None:
    matches = make_row(database, (0.9, 0.8), title="甲")
    make_row(database, (0.7,), title="乙")
    decide(browser, "defer", matches[1])

    page = opened(browser, f"/review?region=50&region=51&least=50&done={matches[1].id}")

    kept = {"tab": ["waiting"], "region": ["50", "51"], "least": ["50"]}
    forms = page.select("main form[method=post]")
    assert {str(form["action"]).rpartition("/")[2] for form in forms} == {
        "accept", "reject", "defer", "note", "bulk", "undo",
    }  # fmt: skip
    for form in forms:
        assert hidden_fields(form).items() >= kept.items(), form["action"]
    links = page.select("[data-candidate], [data-act=after], [data-act=clear], .mm-seg a")
    assert len(links) == 8
    for link in links:
        words = asked(str(link["href"]))
        assert {**words, "tab": ["waiting"]}.items() >= kept.items(), link["href"]
    assert [asked(str(link["href"]))["tab"] for link in page.select(".mm-seg a")] == [
        ["waiting"], ["new"], ["deferred"], ["accepted"], ["rejected"],
    ]  # fmt: skip
