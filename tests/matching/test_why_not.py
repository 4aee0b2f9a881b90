"""为什么没有这一条？ What an achievement lacks beside the first of the list, in numbers and words."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from matchmaker.catalogue.documents import load_documents
from matchmaker.catalogue.index import index_of
from matchmaker.db import Database
from matchmaker.engine.documents import Place
from matchmaker.engine.filters import Filter
from models import Achievement, PostingStatus, User, Verification
from tests import factories
from tests.matching.conftest import OFFERS, Scene
from tests.pages import one, opened


def place_of(
    app: Flask, database: Database, scene: Scene, name: str, among: Filter | None = None
) -> Place:
    """Ask the engine itself."""
    with app.app_context(), database.reading() as session:
        need = load_documents(session, [scene.need_id])[scene.need_id]
        recommender = index_of(database).recommender()
        return recommender.place_for_need(need, scene.ids[name], k=20, among=among)


def facts(browser: FlaskClient, scene: Scene, name: str, **query: str) -> dict[str, str]:
    page = opened(browser, scene.address, item=str(scene.ids[name]), **query)
    panel = one(page, "#why")
    names = [term.get_text(strip=True) for term in panel.select("dt")]
    words = [part.get_text(" ", strip=True) for part in panel.select("dd")]
    return dict(zip(names, words, strict=True))


def lines(browser: FlaskClient, scene: Scene, name: str, **query: str) -> dict[str, list[str]]:
    """Return own value, mean of the first and words, by signal."""
    page = opened(browser, scene.address, item=str(scene.ids[name]), **query)
    return {
        row.select("th")[0].get_text(): [
            cell.get_text(strip=True) for cell in row.select("td:not(.gauge)")
        ]
        for row in page.select(".mm-lacks tbody tr")
    }


def test_a_part_of_a_title_and_a_number_offer_achievements(
    browser: FlaskClient, scene: Scene, database: Database
) -> None:
    with database.reading() as session:
        number = session.get_one(Achievement, scene.ids["far"]).number

    for text in ("泡菜", number, number.lower(), str(scene.ids["far"])):
        page = opened(browser, scene.address, find=text)
        links = page.select(".mm-offered a")
        assert OFFERS["far"] == links[0].get_text(), text
        assert f"item={scene.ids['far']}" in str(links[0]["href"])


def test_eight_are_offered_at_most(browser: FlaskClient, scene: Scene, database: Database) -> None:
    with database.transaction() as session:
        for n in range(12):
            factories.make_achievement(session, title=f"包覆{n}")

    assert len(opened(browser, scene.address, find="包覆").select(".mm-offered a")) == 8


def test_nothing_found_says_what_to_try(browser: FlaskClient, scene: Scene) -> None:
    page = opened(browser, scene.address, find="qqqqqq")

    assert "没有找到" in one(page, "#why").get_text()


def test_score_and_ranks_are_those_of_the_engine(
    browser: FlaskClient, scene: Scene, app: Flask, database: Database
) -> None:
    for name in OFFERS:
        place = place_of(app, database, scene, name)
        told = facts(browser, scene, name)
        assert told["匹配度"] == str(round(place.suggestion.score * 100))
        assert told["名次"] == f"第 {place.rank} 名"
        by_text = f"第 {place.rank_by_text} 名" if place.rank_by_text else "排在 2,000 名之后"
        assert told["只比文字"].startswith(by_text)


def test_every_part_stands_beside_the_mean_of_the_first(
    browser: FlaskClient, scene: Scene, app: Flask, database: Database
) -> None:
    place = place_of(app, database, scene, "some")
    told = lines(browser, scene, "some")

    for signal, words in {"title": "名称", "body": "正文", "trl": "成熟度"}.items():
        own, wanted = place.suggestion.by_signal[signal], place.wanted[signal]
        assert own is not None
        assert wanted is not None
        assert told[words][:2] == [str(round(own * 100)), str(round(wanted * 100))]


def test_what_it_lacks_is_said_in_words(browser: FlaskClient, scene: Scene) -> None:
    some, far, near = (lines(browser, scene, name) for name in ("some", "far", "near"))

    assert some["成熟度"][2] == "成熟度差 2 级"
    assert some["产业链"] == ["未填", "100", "没有填产业链，这一项不计"]
    assert far["名称"][2] == "名称几乎没有共同的词"
    assert far["成熟度"][2] == "没有填成熟度，这一项不计"
    assert far["预算"][2] == "没有填价格，这一项不计"
    assert near["成熟度"][2] == "成熟度达到要求"
    assert near["产业链"][2] == "产业链相符"


def test_what_the_need_does_not_say_is_no_fault_of_the_achievement(
    browser: FlaskClient, scene: Scene, database: Database
) -> None:
    with database.transaction() as session:
        row = session.get_one(Achievement, scene.ids["near"])
        row.price_from, row.version = 100_000, row.version + 1

    assert lines(browser, scene, "near")["预算"][2] == "需求没有填预算，这一项不计"


def test_the_main_lacks_and_the_common_terms_are_named(browser: FlaskClient, scene: Scene) -> None:
    assert facts(browser, scene, "far")["主要差在"].startswith("名称")
    assert "高镍" in facts(browser, scene, "some")["共同的词"]


def test_a_filter_that_excludes_it_is_named(browser: FlaskClient, scene: Scene) -> None:
    page = opened(
        browser, scene.address, item=str(scene.ids["some"]), region="51", trl_from="3",
        chain=str(scene.chain_id),
    )  # fmt: skip

    assert "筛选条件排除了它：产业链、地区。" in one(page, "#why .mm-note").get_text()
    assert "符合条件的成果里" not in one(page, "#why").get_text()


def test_with_filters_it_is_compared_with_what_passes_them(
    browser: FlaskClient, scene: Scene, app: Flask, database: Database
) -> None:
    among = Filter(regions=frozenset({"50"}), trl_to=6)
    place = place_of(app, database, scene, "some", among)

    told = facts(browser, scene, "some", region="50", trl_to="6")
    part = lines(browser, scene, "some", region="50", trl_to="6")["名称"]

    assert told["名次"] == f"第 3 名 符合条件的成果里：第 {place.rank} 名"
    assert place.wanted["title"] is not None
    assert part[1] == str(round(place.wanted["title"] * 100))


def test_the_limit_of_its_organisation_is_named(browser: FlaskClient, scene: Scene) -> None:
    page = opened(browser, scene.address, item=str(scene.ids["copy"]), most="1")

    assert "列满了“每家单位最多 1 条”" in one(page, "#why .mm-note").get_text()


def test_what_is_not_published_says_why_it_is_not_ranked(
    browser: FlaskClient, scene: Scene, database: Database
) -> None:
    with database.transaction() as session:
        session.get_one(Achievement, scene.ids["near"]).status = PostingStatus.WITHDRAWN
        organisation = session.get_one(Achievement, scene.ids["some"]).organisation
        organisation.status, organisation.verified_at = Verification.PENDING, None

    for name, words in {"near": "状态是“已撤回”", "some": "还没有核验"}.items():
        page = opened(browser, scene.address, item=str(scene.ids[name]))
        assert words in one(page, "#why .mm-note").get_text()
        assert page.select(f'#why form[action*="/pick/{scene.ids[name]}"]') == []


def test_drafts_of_others_are_not_offered(
    browser: FlaskClient, scene: Scene, database: Database
) -> None:
    with database.transaction() as session:
        draft_id = factories.make_achievement(
            session, title="泡菜草稿", status=PostingStatus.DRAFT
        ).id

    page = opened(browser, scene.address, find="泡菜草稿", item=str(draft_id))

    assert "泡菜草稿" not in page.select("#why")[0].get_text()
    assert page.select(".mm-lacks") == []


def test_both_texts_stand_side_by_side_without_a_pair(
    browser: FlaskClient, scene: Scene, database: Database, administrator: User
) -> None:
    address = f"{scene.address}/compare/{scene.ids['some']}"
    page = opened(browser, scene.address, item=str(scene.ids["some"]), region="50")
    (link,) = page.select(f'#why a[href^="{address}"]')

    both = opened(browser, str(link["href"]))

    assert "三元" in one(both, "#h-ex").get_text()
    assert both.select("mark.t") != []
    back = both.select(".mm-review-bar a")[0]
    assert back["href"] == f"{scene.address}?region=50"
