"""The page on which a team says whom it wants to meet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from sqlalchemy import select

import matchmaker.wishes.tasks  # noqa: F401 - views enqueue its jobs
from matchmaker import clock
from matchmaker.db import Database
from models import (
    Event,
    Exclusion,
    NameVisibility,
    Role,
    Side,
    Team,
    TeamStatus,
    User,
    Visibility,
    Wish,
    WishChoice,
)
from tests import factories
from tests.conftest import SignedIn
from tests.events.making import make_event, make_team, make_wish
from tests.pages import opened, parsed, statements
from tests.wishes.making import match_of, team_with_posting

MUST, MEET, NO = WishChoice.MUST, WishChoice.MEET, WishChoice.NO


@dataclass
class Scene:
    """A need team, and four achievement teams by what they are to it."""

    event_id: int
    team_id: int
    person: User
    others: dict[str, int]
    people: dict[str, User]

    @property
    def address(self) -> str:
        return f"/events/{self.event_id}/wishes"

    def wish(self, database: Database, name: str) -> Wish | None:
        with database.reading() as session:
            return session.scalar(
                select(Wish).where(
                    Wish.need_team_id == self.team_id,
                    Wish.achievement_team_id == self.others[name],
                )
            )


@pytest.fixture
def scene(database: Database) -> Scene:
    return make_scene(database)


def make_scene(database: Database, **values: Any) -> Scene:
    with database.transaction() as session:
        event = make_event(session, **values)
        node = factories.make_node(session, "动力电池")
        need = team_with_posting(session, event, Side.NEED, title="降低残锂", nodes=[node])
        others = {
            name: team_with_posting(
                session, event, Side.ACHIEVEMENT, title=title, nodes=[node], keywords=[word]
            )
            for name, title, word in (
                ("asking", "表面包覆", "包覆"), ("fitting", "残锂转化", "水洗"),
                ("chosen", "气氛烧结", "烧结"), ("stranger", "泡菜菌剂", "发酵"),
            )
        }  # fmt: skip
        others["fitting"].members[0].expertise = ["工艺放大"]
        match = match_of(session, need, others["fitting"], score=0.86)
        make_wish(session, need, others["asking"], need_choice=None, achievement_choice=MUST)
        make_wish(session, need, others["fitting"], need_choice=None, achievement_choice=None,
                  suggested=True, score=0.86, match=match, match_id=match.id)  # fmt: skip
        make_wish(session, need, others["chosen"], achievement_choice=NO)
        return Scene(
            event.id,
            need.id,
            need.registered_by,
            {key: row.id for key, row in others.items()},
            {key: row.registered_by for key, row in others.items()},
        )


def part(page: BeautifulSoup, name: str) -> list[str]:
    """Return the anchors of the rows of a part."""
    return [str(row["id"]) for row in page.select(f"[aria-labelledby=part-{name}] li[id^=t]")]


def row(page: BeautifulSoup, team_id: int) -> Tag:
    (found,) = page.select(f"#t{team_id}")
    return found


def text(page: BeautifulSoup | Tag) -> str:
    return page.get_text(" ", strip=True)


def test_the_page_has_three_parts(scene: Scene, signed_in: SignedIn) -> None:
    page = opened(signed_in(scene.person), scene.address)

    assert part(page, "asked") == [f"t{scene.others['asking']}"]
    assert part(page, "suggested") == [f"t{scene.others['fitting']}"]
    assert part(page, "ours") == [f"t{scene.others['chosen']}"]


def test_a_suggestion_says_why(scene: Scene, signed_in: SignedIn) -> None:
    page = opened(signed_in(scene.person), scene.address)

    words = text(row(page, scene.others["fitting"]))
    assert "86" in words
    assert "降低残锂 ↔ 残锂转化" in words
    assert "同一产业链：动力电池" in words
    links = row(page, scene.others["fitting"]).select("a[href*='/achievements/']")
    assert [text(link) for link in links] == ["残锂转化"]


def test_a_refusal_looks_like_silence_and_a_must_meet_like_a_wish(
    scene: Scene, signed_in: SignedIn
) -> None:
    page = opened(signed_in(scene.person), scene.address)

    refused = text(row(page, scene.others["chosen"]))
    assert "对方暂未答复" in refused
    asking = row(page, scene.others["asking"]).select_one(".mm-todo__t")
    assert asking is not None
    assert "对方想见您" in text(asking)
    assert "必须" not in text(asking)


def test_after_the_deadline_a_refusal_still_looks_like_silence(
    database: Database, signed_in: SignedIn
) -> None:
    scene = make_scene(database, wishes_until=clock.now() - timedelta(hours=1))

    page = opened(signed_in(scene.person), scene.address)

    assert "对方没有答复" in text(row(page, scene.others["chosen"]))
    assert page.select("button[name=set][value*=':']") == []


def test_a_press_saves_one_choice_and_comes_back_to_its_row(
    scene: Scene, database: Database, signed_in: SignedIn
) -> None:
    key = scene.others["fitting"]

    answer = signed_in(scene.person).post(
        f"{scene.address}?team={scene.team_id}&part=suggested", data={"set": f"must:{key}"}
    )

    assert answer.status_code == 302
    assert answer.location.endswith(f"#t{key}")
    assert "part=suggested" in answer.location
    wish = scene.wish(database, "fitting")
    assert wish is not None
    assert (wish.need_choice, wish.achievement_choice) == (MUST, None)


def test_the_page_counts_the_must_meets_that_are_left(
    scene: Scene, database: Database, signed_in: SignedIn
) -> None:
    browser = signed_in(scene.person)
    browser.post(f"{scene.address}?team={scene.team_id}",
                 data={"set": f"must:{scene.others['fitting']}"})  # fmt: skip

    page = opened(browser, scene.address)

    assert "还剩 2 次，共 3 次" in text(page)
    pressed = row(page, scene.others["fitting"]).select("button[aria-pressed=true]")
    assert [text(button) for button in pressed] == ["必须见"]


def test_the_ticked_ones_are_saved_together(
    scene: Scene, database: Database, signed_in: SignedIn
) -> None:
    keys = [scene.others["asking"], scene.others["stranger"]]

    signed_in(scene.person).post(
        f"{scene.address}?team={scene.team_id}", data={"all": "meet", "pick": keys}
    )

    for name in ("asking", "stranger"):
        wish = scene.wish(database, name)
        assert wish is not None
        assert wish.need_choice == MEET


def test_too_many_must_meets_save_nothing_and_keep_the_ticks(
    database: Database, signed_in: SignedIn
) -> None:
    scene = make_scene(database, must_tokens=1)
    keys = [scene.others["asking"], scene.others["fitting"]]

    answer = signed_in(scene.person).post(
        f"{scene.address}?team={scene.team_id}", data={"all": "must", "pick": keys}
    )

    assert answer.status_code == 409
    page = parsed(answer)
    assert "最多选 1 家" in text(page)
    assert {int(str(box["value"])) for box in page.select("input[name=pick][checked]")} == set(
        keys
    )
    wish = scene.wish(database, "asking")
    assert wish is not None
    assert wish.need_choice is None


def test_what_a_partner_should_know_is_offered_saved_and_kept_when_too_long(
    scene: Scene, database: Database, signed_in: SignedIn
) -> None:
    key, browser = scene.others["fitting"], signed_in(scene.person)
    address = f"{scene.address}?team={scene.team_id}"
    browser.post(address, data={"set": f"meet:{key}"})
    page = opened(browser, scene.address)
    assert [option["value"] for option in page.select(f"#known-{key} option")] == ["工艺放大"]

    browser.post(address, data={"set": f"meet:{key}", f"expertise-{key}": "工艺放大"})
    wish = scene.wish(database, "fitting")
    assert wish is not None
    assert (wish.achievement_expertise, wish.need_expertise) == ("工艺放大", "")

    answer = browser.post(address, data={"set": "", f"expertise-{key}": "懂" * 70})
    assert answer.status_code == 422
    assert "懂" * 70 in answer.text
    assert "最多 60 字" in answer.text


def test_another_press_saves_what_was_typed_in_other_rows(
    scene: Scene, database: Database, signed_in: SignedIn
) -> None:
    key, browser = scene.others["chosen"], signed_in(scene.person)

    browser.post(
        f"{scene.address}?team={scene.team_id}",
        data={"set": f"no:{scene.others['fitting']}", f"expertise-{key}": "烧结"},
    )

    wish = scene.wish(database, "chosen")
    assert wish is not None
    assert (wish.need_choice, wish.achievement_expertise) == (MEET, "烧结")


def test_the_other_side_reads_what_its_person_should_know(
    scene: Scene, database: Database, signed_in: SignedIn
) -> None:
    key = scene.others["fitting"]
    signed_in(scene.person).post(
        f"{scene.address}?team={scene.team_id}",
        data={"set": f"meet:{key}", f"expertise-{key}": "工艺放大"},
    )

    page = opened(signed_in(scene.people["fitting"]), scene.address)

    assert "对方希望您来的人懂：工艺放大" in text(row(page, scene.team_id))


@pytest.mark.parametrize(
    "values",
    [
        {"set": "must:999999"}, {"set": "must:abc"}, {"set": "must:"}, {"set": "must:²"},
        {"all": "meet", "pick": ["x"]}, {"set": "must:99999999999999"},
    ],
)  # fmt: skip
def test_numbers_that_make_no_sense_are_not_found(
    scene: Scene, signed_in: SignedIn, values: dict[str, Any]
) -> None:
    answer = signed_in(scene.person).post(f"{scene.address}?team={scene.team_id}", data=values)

    assert answer.status_code == (302 if values.get("set") == "must:" else 404)


def test_a_choice_for_a_team_of_our_own_side_is_not_found(
    scene: Scene, database: Database, signed_in: SignedIn
) -> None:
    with database.transaction() as session:
        rival = make_team(session, session.get_one(Event, scene.event_id), Side.NEED)

    answer = signed_in(scene.person).post(
        f"{scene.address}?team={scene.team_id}", data={"set": f"meet:{rival.id}"}
    )

    assert answer.status_code == 404


def test_nobody_opens_or_changes_the_wishes_of_another_team(
    scene: Scene, database: Database, signed_in: SignedIn
) -> None:
    stranger = signed_in(scene.people["stranger"])
    own = f"{scene.address}?team={scene.team_id}"

    assert stranger.get(own).status_code == 404
    assert stranger.post(own, data={"set": f"no:{scene.others['asking']}"}).status_code == 404
    for text_ in ("", "x", "0", "99999999999"):
        assert stranger.get(f"{scene.address}?team={text_}").status_code == 404
    wish = scene.wish(database, "asking")
    assert wish is not None
    assert wish.need_choice is None


def test_a_team_of_another_event_is_not_found_under_this_address(
    scene: Scene, database: Database, signed_in: SignedIn
) -> None:
    other = make_scene(database)

    assert signed_in(other.person).get(f"{scene.address}?team={other.team_id}").status_code == 404


def test_who_has_no_team_here_reads_why_the_page_is_empty(
    scene: Scene, database: Database, signed_in: SignedIn
) -> None:
    page = opened(signed_in(factories.add_user(database, Role.ENTERPRISE)), scene.address)

    assert "确认参会以后" in text(page)


def test_a_salon_has_no_wishes(database: Database, signed_in: SignedIn) -> None:
    with database.transaction() as session:
        team = make_team(session, make_event(session, kind="salon"))
    browser = signed_in(team.registered_by)

    assert browser.get(f"/events/{team.event_id}/wishes").status_code == 404
    assert f"/events/{team.event_id}/wishes" not in browser.get(f"/events/{team.event_id}").text


def test_the_tab_counts_who_waits_for_an_answer(scene: Scene, signed_in: SignedIn) -> None:
    page = opened(signed_in(scene.person), scene.address)

    tab = page.select_one(f".mm-tabs a[href='{scene.address}']")
    assert tab is not None
    assert text(tab) == "意愿 1"


def test_search_finds_names_titles_and_keywords(scene: Scene, signed_in: SignedIn) -> None:
    browser = signed_in(scene.person)

    for words, names in (
        ("泡菜", ["stranger"]), ("水洗", ["fitting"]), ("示范单位 烧结", ["chosen"]), ("没有的", []),
    ):  # fmt: skip
        page = opened(browser, scene.address, q=words)
        assert part(page, "all") == [f"t{scene.others[name]}" for name in names], words


def test_all_of_the_other_side_can_be_read_page_by_page(
    scene: Scene, database: Database, signed_in: SignedIn
) -> None:
    with database.transaction() as session:
        event = session.get_one(Event, scene.event_id)
        for _ in range(20):
            make_team(session, event, Side.ACHIEVEMENT)
    browser = signed_in(scene.person)

    first = opened(browser, scene.address, part="all")
    second = opened(browser, scene.address, part="all", page="2")

    assert (len(part(first, "all")), len(part(second, "all"))) == (20, 4)
    assert (
        browser.get(scene.address, query_string={"part": "nonsense", "page": "-1"}).status_code
        == 200
    )


def test_more_teams_do_not_ask_the_database_more_often(
    scene: Scene, database: Database, signed_in: SignedIn
) -> None:
    browser = signed_in(scene.person)
    before = statements(database, browser, f"{scene.address}?part=all")
    with database.transaction() as session:
        event = session.get_one(Event, scene.event_id)
        need = session.get_one(Team, scene.team_id)
        for _ in range(5):
            other = team_with_posting(session, event, Side.ACHIEVEMENT)
            make_wish(session, need, other, need_choice=None)

    assert statements(database, browser, f"{scene.address}?part=all") == before


# ---- names


def hide(database: Database, scene: Scene, name: str) -> str:
    """Let a team bring only what keeps its organisation's name back; return that name."""
    with database.transaction() as session:
        team = session.get_one(Team, scene.others[name])
        for posting in team.postings:
            posting.name_visibility = NameVisibility.AFTER_ACCEPTANCE
        return team.organisation.name


def test_a_hidden_name_shows_only_after_both_want_to_meet(
    scene: Scene, database: Database, signed_in: SignedIn
) -> None:
    name, browser = hide(database, scene, "asking"), signed_in(scene.person)
    assert name not in browser.get(scene.address).text
    assert part(opened(browser, scene.address, q=name), "all") == []

    browser.post(f"{scene.address}?team={scene.team_id}",
                 data={"set": f"meet:{scene.others['asking']}"})  # fmt: skip

    assert name in browser.get(scene.address).text
    assert part(opened(browser, scene.address, q=name), "all") == [f"t{scene.others['asking']}"]


def test_a_posting_that_is_not_public_is_counted_but_not_named(
    scene: Scene, database: Database, signed_in: SignedIn
) -> None:
    with database.transaction() as session:
        team = session.get_one(Team, scene.others["fitting"])
        team.postings[0].visibility = Visibility.TARGETED
    browser = signed_in(scene.person)

    page = opened(browser, scene.address)

    assert "残锂转化" not in text(page)
    assert "另有 1 条没有公开" in text(row(page, scene.others["fitting"]))
    assert part(opened(browser, scene.address, q="残锂转化"), "all") == []


# ---- conflicts of interest


def test_a_conflict_is_declared_kept_from_the_other_side_and_withdrawn(
    scene: Scene, database: Database, signed_in: SignedIn
) -> None:
    key, browser = scene.others["asking"], signed_in(scene.person)
    query = f"?team={scene.team_id}"

    browser.post(f"{scene.address}/{key}/conflict{query}")

    page = opened(browser, scene.address)
    assert "您申报回避的" in text(page)
    assert part(page, "asked") == []
    theirs = opened(signed_in(scene.people["asking"]), scene.address)
    assert "回避" not in text(theirs).replace("申报回避", "")
    assert "冲突" not in text(row(theirs, scene.team_id))
    assert "不安排洽谈" in text(row(theirs, scene.team_id))

    browser.post(f"{scene.address}/{key}/conflict/withdraw{query}")
    with database.reading() as session:
        assert list(session.scalars(select(Exclusion))) == []


def test_the_other_side_cannot_withdraw_a_conflict(scene: Scene, signed_in: SignedIn) -> None:
    key = scene.others["asking"]
    signed_in(scene.person).post(f"{scene.address}/{key}/conflict?team={scene.team_id}")

    answer = signed_in(scene.people["asking"]).post(
        f"{scene.address}/{scene.team_id}/conflict/withdraw?team={key}"
    )

    assert answer.status_code == 404


# ---- several teams, organisers


def test_who_speaks_for_several_teams_chooses_one_by_the_address(
    scene: Scene, database: Database, signed_in: SignedIn
) -> None:
    with database.transaction() as session:
        event = session.get_one(Event, scene.event_id)
        person = session.get_one(User, scene.person.id)
        second = make_team(session, event, Side.NEED, user=person, people=0, name="示范二部")
    browser = signed_in(scene.person)

    page = opened(browser, scene.address, team=str(second.id))

    links = page.select(f"a[href='{scene.address}?team={scene.team_id}']")
    assert links
    assert part(page, "asked") == []


def test_an_organiser_chooses_for_a_team_and_sees_that_it_is_written_down(
    scene: Scene, database: Database, signed_in: SignedIn, organiser: User
) -> None:
    browser = signed_in(organiser)
    page = opened(browser, f"{scene.address}?team={scene.team_id}")
    assert "每次改动都会写进历史" in text(page)

    browser.post(f"{scene.address}?team={scene.team_id}",
                 data={"set": f"meet:{scene.others['asking']}"})  # fmt: skip

    wish = scene.wish(database, "asking")
    assert wish is not None
    assert wish.need_choice == MEET
    assert browser.get(scene.address).location == f"{scene.address}/all"


def test_a_team_that_is_not_admitted_has_no_page(
    scene: Scene, database: Database, signed_in: SignedIn
) -> None:
    with database.transaction() as session:
        session.get_one(Team, scene.team_id).status = TeamStatus.WAITING

    answer = signed_in(scene.person).get(f"{scene.address}?team={scene.team_id}")

    assert answer.status_code == 404


def test_the_page_reads_in_english(scene: Scene, signed_in: SignedIn) -> None:
    browser = signed_in(scene.person)
    browser.set_cookie("locale", "en")

    assert browser.get(scene.address).status_code == 200
