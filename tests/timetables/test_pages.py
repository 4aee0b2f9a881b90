"""The board through the browser: what it shows, who sees it, what an act changes."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from matchmaker.db import Database
from models import (
    Event,
    EventStatus,
    Job,
    Meeting,
    Placement,
    Side,
    Team,
    Timetable,
    TimetableStatus,
    Unavailability,
    Unscheduled,
    UnscheduledReason,
    User,
    Wish,
    WishChoice,
)
from tests.conftest import SignedIn
from tests.events.making import make_event, make_placement, make_team, make_timetable, make_wish
from tests.pages import hidden_fields, one, opened, statements, table_rows
from tests.timetables.pages import Desk, cells, heads, leave_out, make_desk, make_draft

PAGES = ("", "/versions", "/2/changes", "/2/progress", "/2/places/1")


@pytest.fixture
def desk(database: Database, signed_in: SignedIn) -> Desk:
    """An event with a published v1 and a draft v2 that differs from it."""
    made = make_desk(database, signed_in)
    make_draft(made)
    return made


@pytest.fixture
def bare(database: Database, signed_in: SignedIn) -> Desk:
    """An event without a timetable."""
    return make_desk(database, signed_in)


# ---- who sees it


@pytest.mark.parametrize("part", PAGES)
def test_people_who_come_do_not_see_the_board(
    desk: Desk, signed_in: SignedIn, researcher: User, company: User, part: str
) -> None:
    for person in (researcher, company):
        assert signed_in(person).get(desk.address + part).status_code == 404


def test_strangers_are_asked_to_sign_in(desk: Desk, client: FlaskClient) -> None:
    assert client.get(desk.address).status_code == 302


def test_an_administrator_looks_on(desk: Desk, signed_in: SignedIn, administrator: User) -> None:
    browser = signed_in(administrator)

    page = opened(browser, desk.address, wish=str(desk.wishes[0, 0]))

    assert "草案 v2" in page.get_text()
    assert page.select("main form[method=post]") == []
    assert browser.post(f"{desk.address}/2/publish").status_code == 404
    assert desk.status() == TimetableStatus.DRAFT


def test_an_event_without_meetings_has_no_board(
    database: Database, signed_in: SignedIn, organiser: User
) -> None:
    with database.transaction() as session:
        owner = session.get_one(User, organiser.id)
        salon = make_event(session, owner, kind="salon")
    browser = signed_in(organiser)

    page = opened(browser, f"/events/{salon.id}")

    assert f"/events/{salon.id}/timetable" not in str(page)
    assert browser.get(f"/events/{salon.id}/timetable").status_code == 404


def test_versions_of_another_event_are_not_found_here(desk: Desk, database: Database) -> None:
    with database.transaction() as session:
        other = make_event(session, session.get_one(User, desk.organiser_id))
        make_timetable(session, other, number=7)

    assert desk.browser.get(f"{desk.address}?version=7").status_code == 404
    assert desk.browser.get(f"{desk.address}/7/changes").status_code == 404
    assert desk.post("discard", number=7).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "version=x", "version=99999999999", "day=9", "page=-1", "page=x", "wish=0", "wish=999999",
        "act=dance", "view=sky", "reason=none", "more=99999", "side=third&view=people",
        "table=77&view=list", "q=%00&view=list", "wish=%C2%B2",
    ],
)  # fmt: skip
def test_an_address_that_makes_no_sense_shows_the_board(desk: Desk, query: str) -> None:
    assert desk.browser.get(f"{desk.address}?{query}").status_code == 200


@pytest.mark.parametrize("act", ["move", "book", "swap", "lock", "unlock", "unbook", "apply"])
@pytest.mark.parametrize(
    "form",
    [{}, {"wish": "x", "place": "1", "other": "y"}, {"wish": "-1", "place": ":", "other": ""}],
)
def test_a_form_that_makes_no_sense_changes_nothing(
    desk: Desk, act: str, form: dict[str, str]
) -> None:
    before = desk.places()

    assert desk.browser.post(f"{desk.address}/2/{act}", data=form).status_code == 404
    assert desk.places() == before


def test_a_wish_of_another_event_cannot_be_selected(desk: Desk, database: Database) -> None:
    with database.transaction() as session:
        other = make_wish(session)

    page = desk.page(wish=other.id, act="move")

    assert page.select(".mm-strip") == []
    assert other.need_team.full_name not in page.get_text()


# ---- before there is one


def test_the_page_says_what_planning_needs(bare: Desk) -> None:
    page = bare.page()

    numbers = [number.get_text() for number in page.select(".mm-todo__n")]
    assert numbers == ["4", "4", "2", "4"]
    assert one(page, "input[name=time_limit][checked]")["value"] == "60"


def test_nothing_is_planned_before_there_is_a_wish(
    database: Database, signed_in: SignedIn
) -> None:
    desk = make_desk(database, signed_in, wanted=lambda _a, _b: False)

    page = desk.page()

    assert "还没有" in page.get_text()
    assert page.select("form[action$='/timetable/start']") == []


def test_wishes_that_were_declined_or_excluded_are_not_counted(
    bare: Desk, database: Database
) -> None:
    with database.transaction() as session:
        wish = session.get_one(Wish, bare.wishes[0, 0])
        wish.need_choice = WishChoice.NO

    assert [n.get_text() for n in bare.page().select(".mm-todo__n")][1] == "3"


def test_planning_goes_on_in_the_background(bare: Desk, database: Database) -> None:
    answer = bare.post("start", number=None, time_limit=30)

    assert answer.status_code == 302
    with database.reading() as session:
        (job,) = session.scalars(select(Job).where(Job.kind == "timetables.plan"))
        made = session.scalars(select(Timetable)).one()
    assert (made.status, made.time_limit, made.job_id) == ("planning", 30, job.id)
    page = bare.page()
    assert "正在排 v1" in page.get_text()
    assert one(page, "noscript meta[http-equiv=refresh]")["content"] == "2"


def test_an_unknown_time_is_refused(bare: Desk, database: Database) -> None:
    page = bare.browser.post(
        f"{bare.address}/start", data={"time_limit": "5000"}, follow_redirects=True
    )

    assert "请从列出的时间里选择" in page.text
    with database.reading() as session:
        assert session.scalars(select(Timetable)).all() == []


def test_the_planner_is_followed_until_it_ends(bare: Desk, database: Database) -> None:
    with bare.database.transaction() as session:
        progress = {"stage": "exact", "value": 1180.0, "bound": 1284.0, "share": 0.8}
        made = make_timetable(
            session, bare.event(session), status=TimetableStatus.PLANNING, progress=progress
        )

    words = bare.page("/1/progress").get_text(" ", strip=True)
    assert "1,180" in words
    assert "1,284" in words
    assert "提高总价值" in words

    with database.transaction() as session:
        session.get_one(Timetable, made.id).status = TimetableStatus.DRAFT
    assert bare.browser.get(f"{bare.address}/1/progress").status_code == 204


def test_planning_can_be_stopped(bare: Desk) -> None:
    bare.post("start", number=None, time_limit=60)

    bare.post("stop", number=1)

    assert bare.status(1) == TimetableStatus.DISCARDED
    assert "已停止排期" in bare.page().get_text()


def test_the_board_says_why_nothing_was_planned(bare: Desk) -> None:
    with bare.database.transaction() as session:
        make_timetable(
            session, bare.event(session), status=TimetableStatus.FAILED,
            error="planner: w1 is locked where it cannot stand",
        )  # fmt: skip

    page = bare.page()

    assert "请解除一些锁定" in one(page, ".mm-note--bad").get_text()
    assert page.select("form[action$='/timetable/start']")


# ---- a draft beside what is published


def test_a_draft_shows_what_it_changes(desk: Desk) -> None:
    page = desk.page()

    bar = one(page, ".mm-diffbar").get_text(" ", strip=True)
    assert "草案 v2 对比已发布 v1" in bar
    assert [item.get_text() for item in page.select(".mm-diffbar .it b")] == ["1", "1", "1", "1"]
    assert "已证明最优" in bar
    assert "价值 1,284，上界 1,284，用时 1.4 秒" in bar
    assert len(page.select(".mm-slot.is-move")) == 1
    assert len(page.select(".mm-slot.is-new")) == 1
    (gone,) = page.select(".mm-slot.is-gone")
    assert desk.needs[1].full_name in gone.get_text()


def test_a_moved_meeting_says_where_it_was(desk: Desk) -> None:
    moved = one(desk.page(), ".mm-slot.is-move")

    assert "原来在 09:20\u30001 桌" in moved.get_text()


def test_changes_are_listed_with_the_people_who_are_told(desk: Desk) -> None:
    rows = table_rows(desk.page())

    listed = [row for row in rows if " × " in row]
    need, achievement = desk.needs[0], desk.achievements[1]
    assert len(listed) == 3
    assert f"{need.full_name} × {achievement.full_name}" in listed[0]
    assert "09:20\u30001 桌 09:20\u30002 桌" in listed[0]
    names = [need.person, achievement.person]
    assert all(name in listed[0] for name in names)


def test_the_button_says_how_many_are_told(desk: Desk) -> None:
    button = one(desk.page(), ".btn-seal")

    assert button.get_text(strip=True) == "发布 v2，通知 4 人"


def test_publishing_puts_the_draft_into_force(desk: Desk, database: Database) -> None:
    form = one(desk.page(), "form[action$='/2/publish']")
    fields = {name: values[0] for name, values in hidden_fields(form).items()}

    answer = desk.browser.post(str(form["action"]), data=fields, follow_redirects=True)

    assert "v2 已发布" in answer.text
    assert desk.status(2) == TimetableStatus.PUBLISHED
    assert desk.status(1) == TimetableStatus.SUPERSEDED
    with database.reading() as session:
        held = select(Meeting).where(Meeting.slot_id.is_not(None))
        found = {row.wish_id: (row.slot_id, row.table_id) for row in session.scalars(held)}
    assert found == desk.places(2)


def test_a_draft_that_somebody_changed_is_not_published_unseen(desk: Desk) -> None:
    answer = desk.browser.post(
        f"{desk.address}/2/publish", data={"version": "0"}, follow_redirects=True
    )

    assert "请看一眼再决定" in answer.text
    assert desk.status(2) == TimetableStatus.DRAFT


def test_a_first_draft_is_not_all_marked_as_new(bare: Desk) -> None:
    with bare.database.transaction() as session:
        make_timetable(session, bare.event(session), number=2)
        bare.put((0, 0), 0, 0, session, 2)

    page = bare.page()

    assert "还没有发布过" in one(page, ".mm-diffbar").get_text()
    assert page.select(".mm-slot.is-new, #h-diff") == []


def test_a_plan_that_is_not_proven_says_how_far_it_may_be(desk: Desk, database: Database) -> None:
    with database.transaction() as session:
        draft = desk.version(session)
        draft.figures = {**draft.figures, "status": "feasible", "value": 950, "bound": 1000}

    assert "离上界最多 5.0%" in one(desk.page(), ".mm-diffbar").get_text()


def test_a_draft_can_be_given_up(desk: Desk) -> None:
    desk.post("discard")

    assert desk.status(2) == TimetableStatus.DISCARDED
    assert "日程 v1" in desk.page().get_text()


# ---- what is published


def test_what_is_published_is_only_read(desk: Desk) -> None:
    page = desk.page(version=1, wish=desk.wishes[0, 0])

    assert "日程 v1" in one(page, ".mm-diffbar").get_text()
    assert [form["action"] for form in page.select("#board form[method=post]")] == []
    assert page.select("[draggable]") == []
    assert desk.needs[0].full_name in one(page, ".mm-strip").get_text()


def test_what_is_published_can_be_worked_on_as_a_draft(desk: Desk) -> None:
    desk.post("discard")
    assert desk.page().select("form[action$='/timetable/edit']")

    desk.post("edit", number=None)

    assert desk.status(3) == TimetableStatus.DRAFT
    assert desk.places(3) == desk.places(1)


# ---- selecting, moving, swapping


def test_a_meeting_is_selected_by_its_link(desk: Desk) -> None:
    link = desk.page().select_one(".mm-board a.mm-slot")
    assert link is not None

    page = opened(desk.browser, str(link["href"]))

    strip = one(page, ".mm-strip")
    assert "09:00\u30001 桌" in strip.get_text()
    acts = [act.get_text(strip=True) for act in strip.select(".mm-strip__acts .btn")]
    assert acts == ["移到", "交换", "锁定", "取消安排", "不选"]


def test_every_place_says_whether_the_meeting_may_go_there(desk: Desk) -> None:
    page = desk.page(wish=desk.wishes[0, 0], act="move")

    offered = [str(button["value"]) for button in page.select("button[name=place]")]
    assert desk.spot(0, 1) in offered
    assert desk.spot(2, 0) in offered
    barred = [mark["title"] for mark in page.select(".mm-slot--barred")]
    assert all(barred)
    assert len(offered) + len(barred) == 5
    assert f"本页有 {len(offered)} 个" in one(page, ".mm-strip__say").get_text()


def test_a_meeting_moves_by_a_button(desk: Desk) -> None:
    wish = desk.wishes[0, 0]
    page = desk.page(wish=wish, act="move")
    form = one(page, "form#choose")
    fields = {name: values[0] for name, values in hidden_fields(form).items()}

    answer = desk.browser.post(str(form["action"]), data={**fields, "place": desk.spot(2, 1)})

    assert answer.status_code == 302
    assert f"wish={wish}" in answer.location
    slot, table = desk.spot(2, 1).split(":")
    assert desk.places()[wish] == (int(slot), int(table))


def test_a_refused_move_says_why_and_changes_nothing(desk: Desk) -> None:
    before = desk.places()
    wish, place = desk.wishes[0, 0], desk.spot(1, 1)

    page = desk.browser.post(
        f"{desk.address}/2/move", data={"wish": wish, "place": place}, follow_redirects=True
    )

    assert "2 桌 这时已有" in page.text
    assert desk.places() == before


def test_a_drag_is_answered_with_an_address_or_a_sentence(desk: Desk) -> None:
    wish = desk.wishes[0, 0]

    done = desk.post("move", script=True, wish=wish, place=desk.spot(2, 1))
    refused = desk.post("move", script=True, wish=wish, place=desk.spot(1, 1))

    assert done.status_code == 200
    assert f"wish={wish}" in done.json["next"]
    assert refused.status_code == 409
    assert "这时已有" in refused.json["sentence"]


def test_where_a_dragged_meeting_may_go_is_told_at_once(desk: Desk) -> None:
    found = desk.browser.get(f"{desk.address}/2/places/{desk.wishes[0, 0]}").json

    assert found[desk.spot(2, 1)] == ""
    assert "这时已有" in found[desk.spot(1, 1)]
    assert len(found) == 8


def test_two_meetings_swap(desk: Desk) -> None:
    ours, theirs = desk.wishes[0, 0], desk.wishes[1, 0]
    before = desk.places()
    page = desk.page(wish=ours, act="swap")
    assert str(theirs) in [b["value"] for b in page.select("button[name=other]")]

    desk.post("swap", wish=ours, other=theirs)

    after = desk.places()
    assert (after[ours], after[theirs]) == (before[theirs], before[ours])


def test_a_locked_meeting_shows_its_lock_and_can_be_unlocked(
    desk: Desk, database: Database
) -> None:
    wish = desk.wishes[0, 0]
    desk.post("lock", wish=wish)

    with database.reading() as session:
        assert session.scalars(select(Placement.wish_id).where(Placement.locked)).all() == [wish]
    page = desk.page(wish=wish)
    assert "解锁" in one(page, ".mm-strip__acts").get_text()
    assert "已锁定" in one(page, ".mm-slot.is-sel").get_text()

    desk.post("unlock", wish=wish)
    assert "解锁" not in one(desk.page(wish=wish), ".mm-strip__acts").get_text()


def test_a_meeting_that_is_taken_out_can_be_put_in_again(desk: Desk) -> None:
    wish = desk.wishes[0, 0]

    desk.post("unbook", wish=wish)

    assert wish not in desk.places()
    page = desk.page(wish=wish)
    assert "未排入" in one(page, ".mm-strip").get_text()
    assert "人工取消安排" in one(page, "aside").get_text()
    assert str(one(page, "form#choose")["action"]).startswith(f"{desk.address}/2/book")
    assert desk.spot(0, 1) in [button["value"] for button in page.select("button[name=place]")]

    desk.post("book", wish=wish, place=desk.spot(0, 1))
    assert desk.places()[wish] == tuple(map(int, desk.spot(0, 1).split(":")))


def test_a_meeting_that_cannot_stand_any_more_says_so(desk: Desk) -> None:
    with desk.database.transaction() as session:
        person = desk.needs[0].person_id
        session.add(Unavailability(participant_id=person, slot_id=desk.slots[0]))

    page = desk.page(wish=desk.wishes[0, 0])

    assert "09:00 不能来" in one(page, ".mm-strip__wrong").get_text()
    assert page.select(".mm-slot.is-conf")


# ---- what is left out


def because(desk: Desk) -> str:
    return " ".join(one(desk.page(), ".mm-unsched .why").get_text(" ", strip=True).split())


def test_a_full_team_is_told_with_its_numbers(desk: Desk, database: Database) -> None:
    leave_out(desk, UnscheduledReason.A_FULL)
    with database.transaction() as session:
        session.get_one(Team, desk.needs[1].id).most = 1

    assert because(desk) == "需求方已满，1/1 场"


def test_who_has_not_answered_is_told_with_the_last_day(desk: Desk, database: Database) -> None:
    wish = leave_out(desk, UnscheduledReason.NOT_ANSWERED)
    with database.transaction() as session:
        row = session.get_one(Wish, wish)
        row.achievement_choice = row.achievement_chosen_at = None

    assert because(desk).startswith("成果方还没有答复，")
    assert because(desk).endswith("到期")


def test_what_people_refused_is_shown_only_when_asked_for(desk: Desk, database: Database) -> None:
    wish = leave_out(desk, UnscheduledReason.DECLINED)
    with database.transaction() as session:
        session.get_one(Wish, wish).need_choice = WishChoice.NO

    assert desk.page().select(".mm-unsched li") == []
    page = desk.page(reason="declined")
    assert "需求方已谢绝" in one(page, ".mm-unsched li").get_text()
    assert "1 条" in one(page, "aside .mm-sheet__head").get_text()


def test_one_change_lets_a_wish_in(desk: Desk, database: Database) -> None:
    person = desk.needs[1]
    with database.transaction() as session:
        session.add_all(
            Unavailability(participant_id=person.person_id, slot_id=slot)
            for slot in desk.slots[:3]
        )
    fits = {"participant": person.person_id, "slot": desk.slots[2]}
    wish = leave_out(desk, UnscheduledReason.NO_COMMON_SLOT, fits)
    assert f"{person.person} 09:40 有空就能排入" in one(desk.page(), ".mm-unsched .cf").get_text()

    desk.post("apply", wish=wish)

    assert desk.places()[wish][0] == desk.slots[2]
    with database.reading() as session:
        left = set(session.scalars(select(Unavailability.slot_id)))
    assert left == set(desk.slots[:2])


def test_a_change_that_is_not_enough_any_more_is_refused(desk: Desk) -> None:
    wish = leave_out(desk, UnscheduledReason.LOWER_PRIORITY)

    page = desk.browser.post(f"{desk.address}/2/apply", data={"wish": wish}, follow_redirects=True)

    assert "没有只改一处就能排入的办法" in page.text
    assert wish not in desk.places()


def test_what_is_left_out_is_paged(desk: Desk) -> None:
    with desk.database.transaction() as session:
        event = desk.event(session)
        draft = desk.version(session)
        for _number in range(7):
            wish = make_wish(session, event=event)
            why = UnscheduledReason.TABLES_FULL
            session.add(Unscheduled(timetable_id=draft.id, wish_id=wish.id, reason=why))

    assert len(desk.page().select(".mm-unsched li")) == 6
    assert len(desk.page(more=2).select(".mm-unsched li")) == 1
    assert "7 条" in one(desk.page(), "aside .mm-sheet__head").get_text()


# ---- people, list, large events


def test_a_person_s_day_is_a_column(desk: Desk, database: Database) -> None:
    person = desk.needs[0]
    with database.transaction() as session:
        session.add(Unavailability(participant_id=person.person_id, slot_id=desk.slots[3]))

    page = desk.page(view="people", q=person.person)

    assert heads(page) == [person.person]
    first, second, third, fourth = (row[0] for row in cells(page))
    assert desk.achievements[0].full_name in first
    assert "2 桌" in second
    assert third == "空闲"
    assert fourth == "不能来"


def test_the_other_side_has_columns_too(desk: Desk) -> None:
    page = desk.page(view="people", side="achievement")

    assert set(heads(page)) == {team.person for team in desk.achievements}


def test_the_list_finds_names_and_tables(desk: Desk) -> None:
    assert len(desk.page(view="list").select("#board tbody tr")) == 3
    (row,) = desk.page(view="list", q=desk.needs[1].full_name).select("#board tbody tr")
    assert "10:00" in row.get_text()
    table = desk.spot(0, 1).split(":")[1]
    (row,) = desk.page(view="list", table=table).select("#board tbody tr")
    assert "09:20" in row.get_text()
    assert "没有符合的洽谈" in desk.page(view="list", q="不存在").get_text()


def test_a_large_hall_is_shown_in_pages(database: Database, signed_in: SignedIn) -> None:
    desk = make_desk(database, signed_in, tables=20, slots=4)
    make_draft(desk)

    first, second = desk.page(), desk.page(page=2)

    assert len(heads(first)) == len(heads(second)) == 7
    assert "第 1–7 桌，共 20 桌" in first.get_text()
    assert "第 8–14 桌，共 20 桌" in second.get_text()


def test_the_page_of_the_selected_meeting_is_opened(
    database: Database, signed_in: SignedIn
) -> None:
    desk = make_desk(database, signed_in, tables=20, slots=4)
    make_draft(desk)
    desk.post("move", wish=desk.wishes[0, 0], place=desk.spot(0, 15))

    page = desk.page(wish=desk.wishes[0, 0])

    assert page.select(".mm-slot.is-sel")
    assert "第 15–20 桌" in page.get_text()
    assert "page=2" in str(one(page, ".mm-pages a[rel=prev]")["href"])


@pytest.mark.parametrize("query", ["", "?view=people", "?view=list", "?act=move&wish="])
def test_a_page_with_more_meetings_asks_as_often(
    desk: Desk, database: Database, query: str
) -> None:
    address = desk.address + query + (str(desk.wishes[0, 0]) if query.endswith("=") else "")
    leave_out(desk, UnscheduledReason.TABLES_FULL)
    before = statements(database, desk.browser, address)
    with database.transaction() as session:
        event, draft = desk.event(session), desk.version(session)
        for slot, table in ((0, 1), (2, 0), (2, 1)):
            need, achievement = (make_team(session, event, side) for side in Side)
            wish = make_wish(session, need, achievement)
            make_placement(session, draft, wish, event.slots[slot], event.tables[table])
            other = make_wish(session, event=event)
            why = UnscheduledReason.A_FULL
            session.add(Unscheduled(timetable_id=draft.id, wish_id=other.id, reason=why))

    assert statements(database, desk.browser, address) == before


# ---- closed places, breaks, the versions


def test_closed_tables_and_reserves_are_no_free_places(desk: Desk) -> None:
    with desk.database.transaction() as session:
        event = desk.event(session)
        event.tables[1].closed = True
        event.slots[0].open = False

    rows = cells(desk.page())

    assert rows[0][1] == "停用"
    assert desk.needs[0].full_name in rows[0][0]
    assert desk.spot(0, 1) not in str(
        desk.page(wish=desk.wishes[1, 0], act="move").select("#board")
    )


def test_versions_say_who_made_them_and_what_they_changed(desk: Desk) -> None:
    form = one(desk.page(), "form[action$='/2/publish']")
    fields = {name: values[0] for name, values in hidden_fields(form).items()}
    desk.browser.post(str(form["action"]), data=fields)

    newest, oldest = desk.page("/versions").select(".mm-versions > li")

    assert desk.organiser in newest.get_text()
    assert "保留 1 场，移动 1 场，新增 1 场，取消 1 场" in newest.get_text()
    assert "已被新版代替" in oldest.get_text()
    rows = table_rows(desk.page("/2/changes"))
    assert len(rows) == 3
    assert "09:20\u30001 桌 09:20\u30002 桌" in rows[0]


def test_all_changes_of_a_draft_can_be_printed(desk: Desk) -> None:
    page = desk.page("/2/changes")

    assert len(table_rows(page)) == 3
    assert page.select("button[data-print]")


def test_an_event_that_is_over_is_only_read(desk: Desk, database: Database) -> None:
    with database.transaction() as session:
        session.get_one(Event, desk.event_id).status = EventStatus.CLOSED

    page = desk.page(wish=desk.wishes[0, 0])

    assert page.select("main form[method=post]") == []
    assert desk.post("unbook", wish=desk.wishes[0, 0]).status_code == 403


def test_the_front_page_says_that_a_draft_waits(desk: Desk) -> None:
    page = opened(desk.browser, f"/events/{desk.event_id}")

    assert "草案 v2 排了 3 场" in page.get_text()
    assert page.select(f"nav a[href='{desk.address}']")
