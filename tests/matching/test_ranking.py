"""All that is ranked for a need: the list, its filters, and who may open it."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from matchmaker import clock
from matchmaker.catalogue.documents import load_documents
from matchmaker.catalogue.index import index_of
from matchmaker.db import Database
from matchmaker.engine.signals import DEFAULT_WEIGHTS
from matchmaker.matching import why_not
from matchmaker.matching.ranking import MOST
from models import (
    Match,
    MatchStatus,
    Mode,
    NameVisibility,
    Need,
    PostingStatus,
    RejectReason,
    Role,
    User,
    Verification,
    Visibility,
)
from tests import factories
from tests.conftest import SignedIn
from tests.matching.conftest import OFFERS, Scene, listed, titles
from tests.pages import one, opened, statements


def test_everything_published_is_ranked_as_the_engine_ranks_it(
    browser: FlaskClient, scene: Scene, app: Flask, database: Database
) -> None:
    page = opened(browser, scene.address)

    with app.app_context(), database.reading() as session:
        need = load_documents(session, [scene.need_id])[scene.need_id]
        best = index_of(database).recommender().suggest_for_need(need, k=200)
    names = {posting_id: name for name, posting_id in scene.ids.items()}
    assert titles(page) == [OFFERS[names[found.achievement_id]] for found in best]
    scores = [int(cell.get_text()) for cell in page.select(".mm-ranked .score b")]
    assert scores == [round(found.score * 100) for found in best]
    assert [cell.get_text() for cell in page.select(".mm-ranked .rank")] == ["1", "2", "3", "4"]
    gap = (best[0].score - best[1].score) * 100
    assert f"比下一名高 {gap:.1f}" in page.select(".mm-ranked .score")[0].get_text()


def test_a_part_that_is_not_given_is_not_shown_as_a_zero(
    browser: FlaskClient, scene: Scene
) -> None:
    page = opened(browser, scene.address)

    (line,) = page.select(f"#a{scene.ids['far']}")
    parts = [part.get_text(" ", strip=True) for part in line.select(".mm-parts li")]
    assert "产业链 未填" in parts
    assert "成熟度 未填" in parts
    assert "成熟度未填" in line.get_text()


FILTERS: list[tuple[dict[str, str], set[str]]] = [
    ({"region": "51"}, {"far"}),
    ({"region": "5101"}, {"far"}),
    ({"region": "500106"}, {"near", "copy", "some"}),
    ({"trl_from": "5"}, {"near", "copy"}),
    ({"trl_to": "4"}, {"some"}),
    ({"trl_from": "6", "trl_to": "6"}, {"copy"}),
    ({"trl_from": "6", "trl_to": "4"}, {"some", "copy"}),
    ({"mode": "license"}, {"near", "copy", "some", "far"}),
    ({"mode": "equity"}, set()),
    ({"since": "2100-01-01"}, set()),
    ({"since": "2000-01-01"}, {"near", "copy", "some", "far"}),
]


@pytest.mark.parametrize(("query", "left"), FILTERS)
def test_filters_narrow_what_is_ranked(
    browser: FlaskClient, scene: Scene, query: dict[str, str], left: set[str]
) -> None:
    page = opened(browser, scene.address, **query)

    assert set(titles(page)) == {OFFERS[name] for name in left}
    assert f"只在符合条件的 {len(left)} 项成果里排名" in page.get_text()
    assert len(page.select(".mm-filter")) == 1


def test_a_chain_and_an_organisation_narrow_too_and_show_their_names(
    browser: FlaskClient, scene: Scene
) -> None:
    assert listed(browser, scene, chain=str(scene.chain_id)) == ["near"]
    query = {"organisation": str(scene.organisations["some"])}
    assert listed(browser, scene, **query) == ["some"]
    chips = opened(browser, scene.address, **query, chain=str(scene.chain_id)).select(".mm-filter")
    assert "动力电池" in chips[0].get_text()
    assert "示范单位" in chips[1].get_text()


def test_ranks_count_among_what_passes_the_filters(browser: FlaskClient, scene: Scene) -> None:
    page = opened(browser, scene.address, region="51")

    assert [cell.get_text() for cell in page.select(".mm-ranked .rank")] == ["1"]


def test_a_chip_takes_its_own_condition_away_and_keeps_the_others(
    browser: FlaskClient, scene: Scene
) -> None:
    page = opened(browser, scene.address, region="51", trl_from="5", trl_to="7", fate="absent")

    hrefs = [str(chip["href"]) for chip in page.select(".mm-filter")]
    assert hrefs == [
        f"{scene.address}?trl_from=5&trl_to=7&fate=absent",
        f"{scene.address}?region=51&fate=absent",
    ]


def test_at_most_so_many_of_one_organisation_are_listed(
    browser: FlaskClient, scene: Scene
) -> None:
    assert set(listed(browser, scene, most="2")) == set(OFFERS)
    assert set(listed(browser, scene, most="1")) == {"near", "some", "far"}
    assert len(MOST) == len(opened(browser, scene.address).select("#most option")) - 1


def test_near_copies_give_way_and_keep_their_rank(browser: FlaskClient, scene: Scene) -> None:
    plain = listed(browser, scene)
    page = opened(browser, scene.address, spread="1")
    names = {title: name for name, title in OFFERS.items()}
    spread = [names[title] for title in titles(page)]

    assert set(plain[:2]) == {"near", "copy"}
    assert spread[0] == plain[0]
    assert spread.index(plain[1]) > 1
    ranks = [int(cell.get_text()) for cell in page.select(".mm-ranked .rank")]
    assert ranks == [plain.index(name) + 1 for name in spread]


NONSENSE: list[dict[str, str]] = [
    {"chain": "x", "region": "99", "mode": "steal", "organisation": "-1"},
    {"chain": "9" * 500, "organisation": "9" * 500, "region": "50" * 40},
    {"trl_from": "0", "trl_to": "十", "since": "昨天", "most": "4", "spread": "yes"},
    {"trl_from": "10", "trl_to": "-3", "since": "2026-02-30", "most": "0"},
    {"since": "2026-1-1", "fate": "lost", "page": "x"},
    {"since": "\x00" * 10, "region": "\x00", "chain": "\x00", "item": "\x00"},
    {"item": "999999999", "page": "999999"},
    {"item": "9" * 40, "find": "\x00\x00"},
]


@pytest.mark.parametrize("query", NONSENSE)
def test_what_makes_no_sense_in_the_address_is_left_out(
    browser: FlaskClient, scene: Scene, query: dict[str, str]
) -> None:
    page = opened(browser, scene.address, **query)

    assert len(titles(page)) == len(OFFERS)
    assert page.select(".mm-filter") == []


def test_twenty_stand_on_a_page_and_the_second_goes_on_counting(
    browser: FlaskClient, scene: Scene, database: Database
) -> None:
    with database.transaction() as session:
        for n in range(30):
            factories.make_achievement(session, title=f"正极材料{n}")

    first = opened(browser, scene.address, region="50")
    second = opened(browser, scene.address, region="50", page="2")

    assert len(titles(first)) == 20
    assert second.select(".mm-ranked .rank")[0].get_text() == "21"
    assert all("region=50" in str(link["href"]) for link in first.select(".mm-pages a"))


def test_a_long_page_asks_the_database_as_often_as_a_short_one(
    browser: FlaskClient, scene: Scene, database: Database
) -> None:
    few = statements(database, browser, scene.address)
    with database.transaction() as session:
        for n in range(12):
            factories.make_achievement(session, title=f"正极材料{n}")

    assert statements(database, browser, scene.address) == few


def test_each_line_says_what_has_become_of_the_pair(
    browser: FlaskClient, scene: Scene, database: Database, organiser: User
) -> None:
    with database.transaction() as session:
        need = session.get_one(Need, scene.need_id)
        decided = {"decided_by_id": organiser.id, "decided_at": clock.now()}
        kinds = {
            "near": {"status": MatchStatus.SUGGESTED},
            "some": {"status": MatchStatus.REJECTED, "reason": RejectReason.PRICE, **decided},
            "far": {"status": MatchStatus.DEFERRED, **decided},
        }
        for name, values in kinds.items():
            match = Match(
                need_id=need.id, achievement_id=scene.ids[name], score=0.5, by_signal={},
                created_at=clock.now(), scored_at=clock.now(), **values,
            )  # fmt: skip
            session.add(match)

    page = opened(browser, scene.address)
    words = {
        name: page.select(f"#a{posting_id} .fate")[0].get_text(" ", strip=True)
        for name, posting_id in scene.ids.items()
    }

    assert words["near"].startswith("待审")
    assert "不接受 价格或预算相差太大 何静" in words["some"]
    assert words["far"].startswith("暂缓")
    assert "放到审核台" in words["copy"]
    assert len(page.select('.fate a[href^="/pairings/"]')) == 3
    assert listed(browser, scene, fate="absent") == ["copy"]
    assert listed(browser, scene, fate="suggested") == ["near"]
    assert set(listed(browser, scene, fate="decided")) == {"some", "far"}
    tabs = [tab.get_text(" ", strip=True) for tab in page.select(".mm-listbar .mm-seg a")]
    assert tabs == ["全部 4", "不在审核台 1", "待审 1", "已处理 2"]


def test_an_empty_state_of_the_desk_leads_back_to_all(browser: FlaskClient, scene: Scene) -> None:
    page = opened(browser, scene.address, fate="decided", region="50")

    assert "列出的成果里没有这种情况的" in page.get_text()
    assert one(page, ".mm-state a")["href"] == f"{scene.address}?region=50"


def test_nothing_that_passes_the_filters_leads_to_clearing_them(
    browser: FlaskClient, scene: Scene
) -> None:
    page = opened(browser, scene.address, mode="equity")

    assert "没有成果符合这些条件" in page.get_text()
    assert one(page, ".mm-state a")["href"] == scene.address


# ---- who, and for what


@pytest.mark.parametrize("role", [Role.RESEARCHER, Role.ENTERPRISE, Role.TRANSFER_MANAGER])
def test_the_ranking_does_not_exist_for_others(
    signed_in: SignedIn, database: Database, scene: Scene, role: Role
) -> None:
    browser = signed_in(factories.add_user(database, role))

    for address in (scene.address, f"{scene.address}/compare/{scene.ids['near']}"):
        assert browser.get(address).status_code == 404
    for verb in ("pick", "take-back"):
        assert browser.post(f"{scene.address}/{verb}/{scene.ids['near']}").status_code == 404
    assert "全部排名" not in browser.get(f"/needs/{scene.need_id}").text


def test_an_administrator_reads_the_list_without_buttons(
    signed_in: SignedIn, administrator: User, scene: Scene
) -> None:
    page = opened(signed_in(administrator), scene.address)

    assert len(titles(page)) == len(OFFERS)
    assert page.select("main form[method=post]") == []


def test_need_and_desk_lead_to_the_list(
    browser: FlaskClient, scene: Scene, database: Database
) -> None:
    with database.transaction() as session:
        need = session.get_one(Need, scene.need_id)
        factories.make_match(session, need, factories.make_achievement(session))

    for address in (f"/needs/{scene.need_id}", "/review"):
        links = opened(browser, address).select(f'a[href="{scene.address}"]')
        assert [link.get_text(strip=True) for link in links] == ["全部排名"], address


@pytest.mark.parametrize("status", [PostingStatus.SUBMITTED, PostingStatus.WITHDRAWN])
def test_a_need_that_is_not_published_is_not_ranked_and_says_so(
    browser: FlaskClient, scene: Scene, database: Database, status: PostingStatus
) -> None:
    with database.transaction() as session:
        session.get_one(Need, scene.need_id).status = status

    page = opened(browser, scene.address)

    assert "这条需求没有发布" in page.get_text()
    assert page.select("table") == []


def test_a_need_of_an_unverified_organisation_is_not_ranked(
    browser: FlaskClient, database: Database, scene: Scene
) -> None:
    with database.transaction() as session:
        organisation = session.get_one(Need, scene.need_id).organisation
        organisation.status, organisation.verified_at = Verification.PENDING, None

    assert "发布单位还没有核验" in opened(browser, scene.address).get_text()


def test_without_achievements_the_page_says_so(browser: FlaskClient, database: Database) -> None:
    with database.transaction() as session:
        need_id = factories.make_need(session).id

    assert "还没有已发布的成果" in opened(browser, f"/matching/need/{need_id}").get_text()


def test_a_draft_and_an_achievement_have_no_ranking(
    browser: FlaskClient, database: Database, scene: Scene
) -> None:
    with database.transaction() as session:
        draft_id = factories.make_need(session, status=PostingStatus.DRAFT).id

    for posting_id in (draft_id, scene.ids["near"], 999_999):
        assert browser.get(f"/matching/need/{posting_id}").status_code == 404


def test_drafts_and_what_is_withdrawn_are_not_ranked_and_names_stay_as_elsewhere(
    browser: FlaskClient, database: Database, scene: Scene
) -> None:
    with database.transaction() as session:
        for status in (PostingStatus.DRAFT, PostingStatus.SUBMITTED, PostingStatus.WITHDRAWN):
            factories.make_achievement(session, title=OFFERS["near"], status=status)
        veiled = factories.make_achievement(
            session, title="残锂", name_visibility=NameVisibility.AFTER_ACCEPTANCE,
            visibility=Visibility.TARGETED,
        )  # fmt: skip
        name, veiled_id = veiled.organisation.name, veiled.id

    page = opened(browser, scene.address)

    assert len(titles(page)) == len(OFFERS) + 1
    assert name in one(page, f"#a{veiled_id} .meta").get_text()  # offices know every name
    facet = page.select('input[name="organisation"]')
    assert str(veiled.organisation_id) not in [box["value"] for box in facet]


def test_titles_are_shown_as_text(browser: FlaskClient, database: Database, scene: Scene) -> None:
    evil = "残锂<img src=x onerror=alert(1)>"
    with database.transaction() as session:
        factories.make_achievement(session, title=evil)

    answer = browser.get(scene.address, query_string={"find": "<img>残锂"})

    assert "<img" not in answer.text
    assert evil in titles(opened(browser, scene.address))


def test_every_signal_of_the_engine_has_its_words() -> None:
    for name in DEFAULT_WEIGHTS:
        assert {name} <= set(why_not.NEAR) & set(why_not.LESS), name


def test_modes_that_needs_alone_use_are_no_filter(browser: FlaskClient, scene: Scene) -> None:
    assert len(listed(browser, scene, mode=Mode.CONSULTING.value)) == len(OFFERS)
