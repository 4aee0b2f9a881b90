"""Wishes as organisers meet them: figures, lists, on behalf, promises, exclusions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import func, select

import matchmaker.wishes.tasks  # noqa: F401 - views enqueue its jobs
from matchmaker import clock
from matchmaker.db import Database
from models import (
    Activity,
    Event,
    Exclusion,
    Job,
    MeetingStatus,
    Notification,
    Reunion,
    Role,
    Side,
    User,
    Wish,
    WishChoice,
)
from tests import factories
from tests.conftest import SignedIn
from tests.events.making import make_event, make_meeting, make_team, make_wish
from tests.pages import opened, statements, table_rows

MUST, MEET, NO = WishChoice.MUST, WishChoice.MEET, WishChoice.NO


@dataclass
class Scene:
    event_id: int
    wishes: dict[str, int]
    person: User

    @property
    def address(self) -> str:
        return f"/events/{self.event_id}"


@pytest.fixture
def scene(database: Database) -> Scene:
    """An event with one wish of every kind, and a team that chose nobody."""
    with database.transaction() as session:
        event = make_event(session)
        rows = {
            name: make_wish(session, event=event, need_choice=a, achievement_choice=b)
            for name, a, b in (
                ("mutual", MUST, MEET), ("waiting", MEET, None), ("declined", MEET, NO),
            )
        }  # fmt: skip
        make_team(session, event, Side.NEED, name="示范沉默部")
        person = rows["waiting"].achievement_team.registered_by
        return Scene(event.id, {key: row.id for key, row in rows.items()}, person)


def test_the_overview_counts_and_lists_every_wish(
    scene: Scene, signed_in: SignedIn, organiser: User
) -> None:
    page = opened(signed_in(organiser), f"{scene.address}/wishes/all")

    figures = [row.get_text(" ", strip=True) for row in page.select(".mm-wish-figures div")]
    assert figures == [
        "意愿 3", "双方都想见 1", "等待答复 1", "没有选过的团队 2 / 7", "用掉的“必须见” 1 / 21",
    ]  # fmt: skip
    assert len(table_rows(page)) == 3


@pytest.mark.parametrize(
    ("show", "words"),
    [("mutual", "可以安排"), ("waiting", "等待答复"), ("declined", "有一方不见")],
)
def test_a_filter_shows_its_wishes_alone(
    scene: Scene, signed_in: SignedIn, organiser: User, show: str, words: str
) -> None:
    (row,) = table_rows(opened(signed_in(organiser), f"{scene.address}/wishes/all", show=show))

    assert words in row


def test_wishes_are_found_by_the_name_of_either_team(
    scene: Scene, database: Database, signed_in: SignedIn, organiser: User
) -> None:
    with database.reading() as session:
        name = session.get_one(Wish, scene.wishes["waiting"]).achievement_team.organisation.name
    browser = signed_in(organiser)

    found = table_rows(opened(browser, f"{scene.address}/wishes/all", q=name))
    assert found
    assert all(name in row for row in found)
    assert table_rows(opened(browser, f"{scene.address}/wishes/all", q="没有%的")) == []
    query = {"show": "x", "page": "99999", "q": "\x00%_\\"}
    assert browser.get(f"{scene.address}/wishes/all", query_string=query).status_code == 200


def test_teams_that_chose_nobody_are_listed_with_a_way_to_choose_for_them(
    scene: Scene, signed_in: SignedIn, organiser: User
) -> None:
    page = opened(signed_in(organiser), f"{scene.address}/wishes/all", show="idle")

    rows = table_rows(page)
    assert len(rows) == 2
    assert "示范沉默部" in "".join(rows)
    assert len(page.select(f"a[href^='{scene.address}/wishes?team=']")) == 2


def test_six_thousand_wishes_ask_the_database_as_often_as_three(
    scene: Scene, database: Database, signed_in: SignedIn, organiser: User
) -> None:
    browser, address = signed_in(organiser), f"{scene.address}/wishes/all"
    before = statements(database, browser, address)
    with database.transaction() as session:
        event = session.get_one(Event, scene.event_id)
        for _ in range(10):
            make_wish(session, event=event)

    assert statements(database, browser, address) == before


def test_only_organisers_see_the_overview(
    scene: Scene, database: Database, signed_in: SignedIn, administrator: User
) -> None:
    for user in (scene.person, administrator):
        browser = signed_in(user)
        for path in ("/wishes/all", f"/wishes/{scene.wishes['mutual']}", "/exclusions"):
            assert browser.get(scene.address + path).status_code == 404
        for path in ("/wishes/suggest", "/wishes/remind"):
            assert browser.post(scene.address + path).status_code == 404


def test_a_wish_of_another_event_is_not_found_under_this_address(
    scene: Scene, database: Database, signed_in: SignedIn, organiser: User
) -> None:
    with database.transaction() as session:
        elsewhere = make_wish(session).id
    browser, address = signed_in(organiser), f"{scene.address}/wishes/{elsewhere}"

    assert browser.get(address).status_code == 404
    for act in ("promise", "release"):
        assert browser.post(f"{address}/{act}").status_code == 404
    values = {"side": "need", "choice": "no"}
    assert browser.post(f"{address}/answer", data=values).status_code == 404


def test_an_organiser_answers_for_one_side(
    scene: Scene, database: Database, signed_in: SignedIn, organiser: User
) -> None:
    key = scene.wishes["waiting"]

    signed_in(organiser).post(
        f"{scene.address}/wishes/{key}/answer", data={"side": "achievement", "choice": "meet"}
    )

    with database.reading() as session:
        assert session.get_one(Wish, key).achievement_choice == MEET
        line = session.scalars(select(Activity)).one()
        assert (line.action, line.actor_id) == ("wish.meet_for", organiser.id)


@pytest.mark.parametrize("values", [{}, {"side": "x", "choice": "meet"}, {"side": "need"}])
def test_an_answer_that_makes_no_sense_is_not_found(
    scene: Scene, signed_in: SignedIn, organiser: User, values: dict[str, str]
) -> None:
    address = f"{scene.address}/wishes/{scene.wishes['waiting']}/answer"

    assert signed_in(organiser).post(address, data=values).status_code == 404


def test_a_promise_is_given_and_taken_back(
    scene: Scene, database: Database, signed_in: SignedIn, organiser: User
) -> None:
    key, browser = scene.wishes["waiting"], signed_in(organiser)
    address = f"{scene.address}/wishes/{key}"

    browser.post(f"{address}/promise")
    browser.post(f"{address}/promise")
    assert "收回承诺" in opened(browser, address).get_text()
    browser.post(f"{address}/release")

    with database.reading() as session:
        assert not session.get_one(Wish, key).promised
        actions = list(session.scalars(select(Activity.action).order_by(Activity.id)))
    assert actions == ["wish.promised", "wish.released"]


def test_what_a_side_refused_cannot_be_promised(
    scene: Scene, database: Database, signed_in: SignedIn, organiser: User
) -> None:
    key, browser = scene.wishes["declined"], signed_in(organiser)

    browser.post(f"{scene.address}/wishes/{key}/promise")

    assert "不能承诺" in opened(browser, f"{scene.address}/wishes/{key}").get_text()
    with database.reading() as session:
        assert not session.get_one(Wish, key).promised


def test_the_button_has_suggestions_made_anew(
    scene: Scene, database: Database, signed_in: SignedIn, organiser: User
) -> None:
    signed_in(organiser).post(f"{scene.address}/wishes/suggest")

    with database.reading() as session:
        job = session.scalars(select(Job)).one()
    assert (job.kind, job.payload) == ("wishes.suggest", {"event_id": scene.event_id})


def test_the_button_reminds_everybody_who_owes_an_answer(
    scene: Scene, database: Database, signed_in: SignedIn, organiser: User
) -> None:
    browser = signed_in(organiser)
    for _ in range(2):
        browser.post(f"{scene.address}/wishes/remind")

    with database.reading() as session:
        kinds = select(Notification.user_id).where(Notification.kind == "wishes.closing")
        assert list(session.scalars(kinds)) == [scene.person.id]


# ---- exclusions


def test_a_pair_is_ruled_out_and_let_meet_again(
    scene: Scene, database: Database, signed_in: SignedIn, organiser: User
) -> None:
    with database.reading() as session:
        wish = session.get_one(Wish, scene.wishes["mutual"])
        values = {
            "need_team": wish.need_team_id, "achievement_team": wish.achievement_team_id,
            "remark": "竞争关系",
        }  # fmt: skip
    browser = signed_in(organiser)

    assert browser.post(f"{scene.address}/exclusions", data=values).status_code == 302
    page = opened(browser, f"{scene.address}/exclusions")
    assert "竞争关系" in table_rows(page)[0]
    assert len(table_rows(opened(browser, f"{scene.address}/wishes/all", show="excluded"))) == 1

    with database.reading() as session:
        key = session.scalars(select(Exclusion.id)).one()
    lift = f"{scene.address}/exclusions/{key}/lift"
    assert browser.post(lift, data={"remark": ""}).status_code == 422
    assert browser.post(lift, data={"remark": "双方同意"}).status_code == 302
    with database.reading() as session:
        assert session.scalar(select(func.count(Exclusion.id))) == 0


def test_a_pair_that_met_before_is_let_meet_again_from_the_list_and_back(
    scene: Scene, database: Database, signed_in: SignedIn, organiser: User
) -> None:
    with database.transaction() as session:
        wish = session.get_one(Wish, scene.wishes["mutual"])
        sides = wish.need_team, wish.achievement_team
        earlier = make_event(session, day=clock.today() - timedelta(days=30))
        then = make_wish(
            session,
            *(make_team(session, earlier, t.side, organisation=t.organisation, name=t.name)
              for t in sides),
        )  # fmt: skip
        make_meeting(session, then, earlier.slots[0], earlier.tables[0], status=MeetingStatus.HELD)
        ids = [team.id for team in sides]
    browser, address = signed_in(organiser), f"{scene.address}/exclusions"
    again = f"{address}/again/{ids[0]}-{ids[1]}"
    assert again in browser.get(address).text

    assert opened(browser, again).select_one("[name=remark]") is not None
    empty = browser.post(again, data={"remark": ""})
    assert empty.status_code == 422
    assert browser.post(again, data={"remark": "带样品再谈"}).status_code == 302

    page = browser.get(address)
    assert again not in page.text
    assert "带样品再谈" in page.text
    twice = browser.post(again, data={"remark": "再来一次"}, follow_redirects=True)
    assert "不是因为以前见过" in twice.text
    with database.reading() as session:
        key = session.scalars(select(Reunion.id)).one()
    assert browser.post(f"{address}/again/{key}/forbid").status_code == 302
    assert again in browser.get(address).text
    assert browser.post(f"{address}/again/{key}/forbid").status_code == 404


def test_a_pair_that_makes_no_sense_is_refused_at_its_field(
    scene: Scene, database: Database, signed_in: SignedIn, organiser: User
) -> None:
    with database.transaction() as session:
        elsewhere = make_wish(session).need_team_id
    browser, address = signed_in(organiser), f"{scene.address}/exclusions"

    for values in (
        {}, {"need_team": elsewhere, "achievement_team": "x", "remark": "备注还在"},
    ):  # fmt: skip
        answer = browser.post(address, data=values)
        assert answer.status_code == 422
        assert str(values.get("remark", "")) in answer.text
    with database.reading() as session:
        assert session.scalar(select(func.count(Exclusion.id))) == 0


def test_a_pair_that_is_ruled_out_already_says_so(
    scene: Scene, database: Database, signed_in: SignedIn, organiser: User
) -> None:
    with database.reading() as session:
        wish = session.get_one(Wish, scene.wishes["mutual"])
        values = {"need_team": wish.need_team_id, "achievement_team": wish.achievement_team_id}
    browser = signed_in(organiser)
    browser.post(f"{scene.address}/exclusions", data=values)

    answer = browser.post(f"{scene.address}/exclusions", data=values)

    assert answer.status_code == 422
    assert "已经不安排洽谈" in answer.text


def test_participants_do_not_find_exclusions(scene: Scene, signed_in: SignedIn) -> None:
    browser = signed_in(scene.person)

    assert browser.post(f"{scene.address}/exclusions").status_code == 404
    assert browser.post(f"{scene.address}/exclusions/1/lift").status_code == 404
    assert browser.post(f"{scene.address}/exclusions/again/1-2").status_code == 404
    assert browser.post(f"{scene.address}/exclusions/again/1/forbid").status_code == 404


def test_the_front_page_says_how_far_wishes_are(
    scene: Scene, database: Database, signed_in: SignedIn, organiser: User
) -> None:
    office = opened(signed_in(organiser), scene.address).get_text()
    assert "3 个意愿" in office
    person = opened(signed_in(scene.person), scene.address).get_text()
    assert "有 1 家想见您，等您答复" in person
    stranger = opened(signed_in(factories.add_user(database, Role.ENTERPRISE)), scene.address)
    assert "说说想见谁" not in stranger.get_text()
