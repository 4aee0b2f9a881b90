"""The pages of contests and salons: who finds what there, and what must not show."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from matchmaker import clock
from matchmaker.contests import queries, seats
from matchmaker.db import Database
from models import Activity, Ballot, Criterion, Entry, Event, Juror, Participant, Role, Side, User
from tests import factories
from tests.contests import scene
from tests.contests.test_seats import make_salon
from tests.events import making
from tests.pages import hidden_fields, one, opened, parsed, statements, table_rows

SECRET = "示范保密大学"


class Contest:
    """A contest with one entry by 示范保密大学, a juror from elsewhere, and two criteria."""

    def __init__(self, database: Database, **values: Any) -> None:
        make = values.pop("make", scene.make_contest)
        with database.transaction() as session:
            self.organiser = factories.make_user(session, Role.ORGANISER)
            home = factories.make_organisation(
                session, name=SECRET, kind=factories.KIND_OF_ROLE[Role.RESEARCHER]
            )
            self.author = factories.make_user(
                session, Role.RESEARCHER, organisation=home, name="示范保密人"
            )
            posting = factories.make_achievement(session, self.author, title="示范保密条目")
            event = make(session, self.organiser, title="示范大赛", **values)
            team = making.make_team(
                session, event, Side.ACHIEVEMENT, user=self.author, postings=[posting],
                name="示范保密实验室",
            )  # fmt: skip
            entry = scene.make_entry(
                session, event, team, title="示范电池", summary="示范简介", posting_id=posting.id
            )
            self.criteria = [c.id for c in scene.make_criteria(session, event)]
            self.juror = factories.make_user(session, Role.ENTERPRISE, name="示范评委")
            seat = scene.make_juror(session, event, self.juror)
            self.event_id, self.entry_id, self.seat_id = event.id, entry.id, seat.id
            self.team_id, self.posting_id = team.id, posting.id
        self.database = database
        self.root = f"/events/{self.event_id}"

    def give(self, *points: float, remark: str = "") -> None:
        with self.database.transaction() as session:
            event = session.get_one(Event, self.event_id)
            seat = session.get_one(Juror, self.seat_id)
            entry = session.get_one(Entry, self.entry_id)
            scene.give(session, seat, event, entry, *points, remark=remark)

    def points(self, *points: str, **more: str) -> dict[str, str]:
        found = {f"points_{c}": p for c, p in zip(self.criteria, points, strict=False)}
        return {"version": "0", "remark": "", **found, **more}


@pytest.fixture
def contest(database: Database) -> Contest:
    return Contest(database)


@pytest.fixture
def stranger(database: Database) -> User:
    return factories.add_user(database, Role.RESEARCHER)


def test_a_team_enters_changes_and_withdraws_a_project(database: Database, signed_in: Any) -> None:
    contest = Contest(database, make=scene.make_open_contest)
    browser = signed_in(contest.author)
    page = opened(browser, f"{contest.root}/entries/new", team=str(contest.team_id))
    assert one(page, "#title")["value"] == "示范保密条目"  # from the only posting it brings

    answer = browser.post(
        f"{contest.root}/entries/new?team={contest.team_id}",
        data={"title": "第二个", "summary": "简介", "posting_id": ""},
    )
    assert answer.status_code == 302
    with database.reading() as session:
        entry = session.scalars(select(Entry).where(Entry.title == "第二个")).one()
    assert entry.number == 2

    address = f"{contest.root}/entries/{entry.id}"
    fields = hidden_fields(one(opened(browser, f"{address}/edit"), "main form[method=post]"))
    answer = browser.post(
        f"{address}/edit", data={**fields, "title": "改名", "summary": "简介", "posting_id": ""}
    )
    assert answer.status_code == 302
    answer = browser.post(f"{address}/withdraw", data={"version": "2"}, follow_redirects=True)
    assert any("改名" in row and "已撤回" in row for row in table_rows(parsed(answer)))


def test_a_form_that_is_refused_keeps_what_was_typed(database: Database, signed_in: Any) -> None:
    contest = Contest(database, make=scene.make_open_contest, blind=True)
    answer = signed_in(contest.author).post(
        f"{contest.root}/entries/new?team={contest.team_id}",
        data={"title": f"{SECRET}的项目", "summary": "写了很久的简介", "posting_id": "999"},
    )
    assert answer.status_code == 422
    page = parsed(answer)
    assert one(page, "#title")["value"] == f"{SECRET}的项目"
    assert "写了很久的简介" in one(page, "#summary").text


def test_a_colleague_who_saves_later_keeps_the_text_and_may_save_again(
    database: Database, signed_in: Any
) -> None:
    contest = Contest(database, make=scene.make_open_contest)
    browser, address = signed_in(contest.author), f"{contest.root}/entries/{contest.entry_id}/edit"
    first = {"version": "1", "title": "先改", "summary": "简介", "posting_id": ""}
    browser.post(address, data=first)

    answer = browser.post(address, data={**first, "title": "后改"})
    page = parsed(answer)
    assert answer.status_code == 422
    assert one(page, "#title")["value"] == "后改"
    fields = hidden_fields(one(page, "main form[method=post]"))
    assert browser.post(address, data={**first, **fields, "title": "后改"}).status_code == 302


@pytest.mark.parametrize("path", ["entries", "jury", "jury/1", "jurors", "criteria", "results",
                                  "results/all", "entries/new", "groups"])  # fmt: skip
def test_a_stranger_finds_no_page_of_a_contest_before_its_results(
    contest: Contest, signed_in: Any, stranger: User, path: str
) -> None:
    assert signed_in(stranger).get(f"{contest.root}/{path}").status_code == 404


@pytest.mark.parametrize("path", ["entries", "jury", "jury/1", "jurors", "criteria", "results",
                                  "results/all"])  # fmt: skip
def test_other_kinds_of_events_have_no_pages_of_contests(
    database: Database, signed_in: Any, path: str
) -> None:
    with database.transaction() as session:
        event = making.make_event(session)
        event_id, owner = event.id, event.owner
    assert signed_in(owner).get(f"/events/{event_id}/{path}").status_code == 404


@pytest.mark.parametrize("number", ["0", "99", "999999999", "9999999999", "x"])
def test_numbers_that_make_no_sense_lead_nowhere(
    contest: Contest, signed_in: Any, number: str
) -> None:
    assert signed_in(contest.juror).get(f"{contest.root}/jury/{number}").status_code == 404
    browser = signed_in(contest.organiser)
    for path in (f"jurors/{number}", f"entries/{number}/edit"):
        assert browser.get(f"{contest.root}/{path}").status_code == 404
    for data in ({}, {"user": number}, {"user": "-5"}):
        assert browser.post(f"{contest.root}/jurors", data=data).status_code == 404
    assert browser.get(f"{contest.root}/entries/new?team={number}").status_code == 404


@pytest.mark.parametrize("path", ["", "/jury", "/jury/1"])
def test_a_blind_jury_sees_number_title_and_summary_only(
    database: Database, signed_in: Any, path: str
) -> None:
    contest = Contest(database, blind=True)
    answer = signed_in(contest.juror).get(f"{contest.root}{path}")
    assert answer.status_code == 200
    text = answer.text

    for hidden in ("保密", f"/needs/{contest.posting_id}", f"/achievements/{contest.posting_id}"):
        assert hidden not in text
    assert path == "" or "示范电池" in text
    assert f"team={contest.team_id}" not in text


def test_a_blind_juror_reads_no_names_in_refusals_either(
    database: Database, signed_in: Any
) -> None:
    contest = Contest(database, blind=True)
    with database.transaction() as session:
        colleague = factories.make_user(
            session, organisation=session.merge(contest.author).organisation
        )
        scene.make_juror(session, session.get_one(Event, contest.event_id), colleague)
    browser = signed_in(colleague)
    answers = [
        browser.get(f"{contest.root}/jury/1"),
        browser.post(f"{contest.root}/jury/1", data=contest.points("7", "8", submit="1")),
        browser.post(f"{contest.root}/jury/1/aside"),
    ]

    assert [answer.status_code for answer in answers] == [200, 422, 409]
    assert "有关" in answers[0].text
    body = parsed(answers[1]).select_one("main").get_text()  # type: ignore[union-attr]
    assert "保密" not in body
    with database.reading() as session:
        assert session.scalars(select(Ballot)).all() == []


def test_where_the_jury_is_not_blind_it_reads_who_is_behind_an_entry(
    contest: Contest, signed_in: Any
) -> None:
    page = opened(signed_in(contest.juror), f"{contest.root}/jury/1")
    assert f"{SECRET} 示范保密实验室" in page.text
    assert page.select(f"a[href='/achievements/{contest.posting_id}']")


def test_a_juror_keeps_a_draft_then_hands_in(
    contest: Contest, database: Database, signed_in: Any
) -> None:
    browser, address = signed_in(contest.juror), f"{contest.root}/jury/1"
    assert browser.post(address, data=contest.points("7.5", "")).status_code == 302
    page = opened(browser, address)
    assert one(page, f"#points_{contest.criteria[0]}")["value"] == "7.5"
    fields = {**contest.points("７．５", "8"), "version": hidden_fields(
        page.select("main form")[0])["version"][0]}  # fmt: skip

    answer = browser.post(address, data={**fields, "submit": "1"})

    assert answer.status_code == 302
    with database.reading() as session:
        ballot = session.scalars(select(Ballot)).one()
        assert queries.points_of(ballot) == dict(zip(contest.criteria, [7.5, 8], strict=True))
    page = opened(browser, address)
    assert not page.select("main form button[name=submit]")


@pytest.mark.parametrize("points", ["", "11", "-1", "7.3", "七", "nan", "9" * 30, "7,5,,"])
def test_points_that_are_none_are_refused_at_their_field_and_nothing_is_lost(
    contest: Contest, signed_in: Any, points: str
) -> None:
    answer = signed_in(contest.juror).post(
        f"{contest.root}/jury/1",
        data=contest.points("8", points, remark="写了很久的评语", submit="1"),
    )
    page = parsed(answer)
    assert answer.status_code == 422
    field = one(page, f"#points_{contest.criteria[1]}")
    assert (field["value"], field["aria-invalid"]) == (points, "true")
    assert one(page, f"#points_{contest.criteria[0]}")["value"] == "8"
    assert "写了很久的评语" in one(page, "#remark").text


def test_a_second_window_is_warned_and_may_save_again(contest: Contest, signed_in: Any) -> None:
    browser, address = signed_in(contest.juror), f"{contest.root}/jury/1"
    browser.post(address, data=contest.points("7", "8"))

    answer = browser.post(address, data=contest.points("1", "2"))
    assert answer.status_code == 422
    assert "另一个窗口" in answer.text
    page = parsed(answer)
    assert one(page, f"#points_{contest.criteria[0]}")["value"] == "1"
    version = hidden_fields(page.select("main form")[0])["version"][0]
    again = browser.post(address, data={**contest.points("1", "2"), "version": version})
    assert again.status_code == 302


def test_no_juror_sees_what_others_gave(
    contest: Contest, database: Database, signed_in: Any
) -> None:
    contest.give(3.5, 4.5, remark="别人的评语")
    other = factories.add_user(database, Role.ENTERPRISE)
    with database.transaction() as session:
        event = session.get_one(Event, contest.event_id)
        scene.make_juror(session, event, session.merge(other))
    browser = signed_in(other)

    for path in ("", "/jury", "/jury/1"):
        text = opened(browser, contest.root + path).get_text()
        assert not any(secret in text for secret in ("3.5", "4.5", "39.00", "别人的评语"))
    for path in ("/results", "/results/all", "/jurors", f"/jurors/{contest.seat_id}"):
        assert browser.get(contest.root + path).status_code == 404


def test_a_juror_declares_a_conflict_and_takes_it_back(contest: Contest, signed_in: Any) -> None:
    browser = signed_in(contest.juror)
    answer = browser.post(f"{contest.root}/jury/1/aside", follow_redirects=True)
    assert "声明回避" in table_rows(parsed(answer))[0]
    assert not opened(browser, f"{contest.root}/jury/1").select("button[name=submit]")
    answer = browser.post(f"{contest.root}/jury/1/take-up", follow_redirects=True)
    assert parsed(answer).select("button[name=submit]")


def test_the_tab_of_a_juror_counts_what_waits(contest: Contest, signed_in: Any) -> None:
    browser = signed_in(contest.juror)
    assert one(opened(browser, f"{contest.root}/jury"), ".mm-tabs .mm-count").text == "1"
    contest.give(7, 8)
    assert not opened(browser, f"{contest.root}/jury").select(".mm-tabs .mm-count")


def test_an_organiser_sets_criteria_on_one_page(
    contest: Contest, database: Database, signed_in: Any
) -> None:
    browser, address = signed_in(contest.organiser), f"{contest.root}/criteria"
    page = opened(browser, address)
    assert "权重合计 100" in page.text
    fields = hidden_fields(one(page, "main form[method=post]"))
    data = {
        **fields, "name_0": "新意", "weight_0": "3", "most_0": "", "name_1": "", "weight_1": "",
        "most_1": "", "name_2": "市场", "weight_2": "５", "most_2": "20",
    }  # fmt: skip

    assert browser.post(address, data=data).status_code == 302

    with database.reading() as session:
        event = session.get_one(Event, contest.event_id)
        found = [(c.id, c.name, c.weight, c.most) for c in queries.criteria(session, event)]
    assert found[0] == (contest.criteria[0], "新意", 3, 10)
    assert found[1][1:] == ("市场", 5, 20)


@pytest.mark.parametrize(("name", "weight", "most"), [("甲", "", "10"), ("甲", "0", "10"),
                                                      ("甲", "101", "10"), ("甲", "1", "1.5"),
                                                      ("创新", "1", "10"), ("长" * 61, "1", "1")])  # fmt: skip
def test_criteria_that_make_no_sense_are_refused(
    contest: Contest, database: Database, signed_in: Any, name: str, weight: str, most: str
) -> None:
    browser, address = signed_in(contest.organiser), f"{contest.root}/criteria"
    form = one(opened(browser, address), "main form[method=post]")
    data: dict[str, Any] = {
        **hidden_fields(form), "name_0": "创新", "weight_0": "60", "most_0": "10",
        "name_1": name, "weight_1": weight, "most_1": most,
    }  # fmt: skip
    answer = browser.post(address, data=data)
    assert answer.status_code == 422
    assert parsed(answer).select(".mm-err")
    with database.reading() as session:
        assert len(session.scalars(select(Criterion)).all()) == 2


def test_an_organiser_finds_asks_and_removes_a_juror(
    contest: Contest, database: Database, signed_in: Any, stranger: User
) -> None:
    browser = signed_in(contest.organiser)
    page = opened(browser, f"{contest.root}/jurors", q=stranger.email)
    fields = hidden_fields(one(page, f"form[action='{contest.root}/jurors']"))
    assert fields["user"] == [str(stranger.id)]

    answer = browser.post(f"{contest.root}/jurors", data=fields, follow_redirects=True)
    assert any(stranger.name in row for row in table_rows(parsed(answer)))
    with database.reading() as session:
        seat = session.scalars(select(Juror).filter_by(user_id=stranger.id)).one()
    browser.post(f"{contest.root}/jurors/{seat.id}/remove")
    with database.reading() as session:
        assert session.get(Juror, seat.id) is None


def test_an_administrator_reads_but_does_not_act(
    contest: Contest, signed_in: Any, administrator: User
) -> None:
    contest.give(7, 8)
    browser = signed_in(administrator)
    for path in ("entries", "jurors", "criteria", "results/all", f"jurors/{contest.seat_id}"):
        page = opened(browser, f"{contest.root}/{path}")
        assert not page.select("main form[method=post]"), path
    for path in ("jurors", f"jurors/{contest.seat_id}/remove", "results/publish",
                 f"jurors/{contest.seat_id}/1/reopen"):  # fmt: skip
        assert browser.post(f"{contest.root}/{path}").status_code == 404
    assert browser.post(f"{contest.root}/criteria", data={"name_0": ""}).status_code == 403


def test_an_organiser_reopens_a_ballot_and_it_stands_in_the_history(
    contest: Contest, database: Database, signed_in: Any
) -> None:
    contest.give(7, 8)
    address = f"{contest.root}/jurors/{contest.seat_id}"
    answer = signed_in(contest.organiser).post(f"{address}/1/reopen", follow_redirects=True)

    assert "有草稿" in table_rows(parsed(answer))[0]
    with database.reading() as session:
        line = session.scalars(select(Activity).filter_by(action="ballot.reopened")).one()
        assert line.values["name"] == "示范评委"


def test_ids_of_another_contest_do_not_work_under_this_address(
    contest: Contest, database: Database, signed_in: Any
) -> None:
    contest.give(7, 8)
    with database.transaction() as session:
        other = scene.make_open_contest(session)
        scene.make_entry(session, other)
        root = f"/events/{other.id}"
    browser = signed_in(contest.organiser)

    assert browser.get(f"{root}/jurors/{contest.seat_id}").status_code == 404
    for path in (f"jurors/{contest.seat_id}/remove", f"jurors/{contest.seat_id}/1/reopen",
                 f"entries/{contest.entry_id}/withdraw"):  # fmt: skip
        assert browser.post(f"{root}/{path}", data={"version": "1"}).status_code == 404
    assert browser.get(f"{root}/entries/{contest.entry_id}/edit").status_code == 404
    assert browser.get(f"{root}/entries/new?team={contest.team_id}").status_code == 404


def test_publishing_needs_a_tick_while_ballots_are_missing_then_all_see_ranks_and_teams(
    database: Database, signed_in: Any, stranger: User
) -> None:
    contest = Contest(database, blind=True)
    contest.give(7, 8, remark="别人的评语")
    with database.transaction() as session:
        scene.make_juror(session, session.get_one(Event, contest.event_id))
    browser = signed_in(contest.organiser)
    assert "还缺 1 份评分" in opened(browser, f"{contest.root}/results/all").text

    refused = browser.post(f"{contest.root}/results/publish")
    assert refused.status_code == 422
    assert parsed(refused).select("#anyway-error")
    answer = browser.post(f"{contest.root}/results/publish", data={"anyway": "y"})
    assert answer.headers["Location"] == f"{contest.root}/results"

    page = opened(signed_in(stranger), f"{contest.root}/results")
    assert table_rows(page) == [f"第 1 名 示范电池 {SECRET} 示范保密实验室 74.00"]
    assert "别人的评语" not in page.text
    assert SECRET in opened(signed_in(contest.juror), f"{contest.root}/jury").text


def test_ties_are_shown_as_such(
    contest: Contest, database: Database, signed_in: Any, stranger: User
) -> None:
    contest.give(7, 8)
    with database.transaction() as session:
        event = session.get_one(Event, contest.event_id)
        seat = session.get_one(Juror, contest.seat_id)
        scene.give(session, seat, event, scene.make_entry(session, event), 7, 8)
        scene.give(session, seat, event, scene.make_entry(session, event), 1, 1)
        event.results_published_at = clock.now()
    browser = signed_in(stranger)

    ranks = [
        row.split(" 示范")[0] for row in table_rows(opened(browser, f"{contest.root}/results"))
    ]

    assert ranks == ["并列第 1 名", "并列第 1 名", "第 3 名"]


def test_before_the_results_are_out_an_organiser_is_led_to_all_ballots(
    contest: Contest, signed_in: Any
) -> None:
    answer = signed_in(contest.organiser).get(f"{contest.root}/results")
    assert answer.headers["Location"] == f"{contest.root}/results/all"


def test_the_pages_of_a_contest_do_not_get_slower_with_more_entries(
    contest: Contest, database: Database, signed_in: Any
) -> None:
    contest.give(7, 8)
    paths = [(contest.organiser, p) for p in ("entries", "jurors", "results/all", "")]
    paths += [(contest.juror, p) for p in ("jury", "jury/1", "")]
    browsers = {user.id: signed_in(user) for user, _path in paths}

    def look() -> list[int]:
        return [
            statements(database, browsers[user.id], f"{contest.root}/{path}".rstrip("/"))
            for user, path in paths
        ]

    before = look()
    with database.transaction() as session:
        event = session.get_one(Event, contest.event_id)
        seats_ = [session.get_one(Juror, contest.seat_id), scene.make_juror(session, event)]
        for _ in range(2):
            entry = scene.make_entry(session, event)
            for seat in seats_:
                scene.give(session, seat, event, entry, 7, 8)
    assert look() == before


class Salon:
    """A salon with three tables of two seats and a team of two."""

    def __init__(self, database: Database) -> None:
        with database.transaction() as session:
            self.organiser = factories.make_user(session, Role.ORGANISER)
            event = make_salon(session, owner=self.organiser, title="示范沙龙")
            team = making.make_team(session, event, people=2)
            self.member = team.registered_by
            self.people = [person.id for person in team.members]
            self.names = [person.name for person in team.members]
            self.organisation = team.organisation.name
            self.tables = [table.id for table in event.tables]
            self.event_id = event.id
        self.address = f"/events/{self.event_id}/groups"
        self.database = database

    def seat_of(self, person: int) -> int | None:
        with self.database.reading() as session:
            return session.get_one(Participant, person).group_table_id


@pytest.fixture
def salon(database: Database) -> Salon:
    return Salon(database)


def test_a_member_chooses_seats_for_the_team_on_the_page(salon: Salon, signed_in: Any) -> None:
    browser = signed_in(salon.member)
    form = opened(browser, salon.address).select("main form[method=post]")[1]
    data = {**hidden_fields(form), "table": str(salon.tables[1])}

    assert browser.post(salon.address, data=data).status_code == 302
    assert salon.seat_of(salon.people[1]) == salon.tables[1]
    browser.post(salon.address, data={**data, "table": ""})
    assert salon.seat_of(salon.people[1]) is None


def test_an_organiser_moves_people(salon: Salon, signed_in: Any) -> None:
    data = {"person": salon.people[0], "table": salon.tables[2]}
    signed_in(salon.organiser).post(salon.address, data=data)
    assert salon.seat_of(salon.people[0]) == salon.tables[2]


def test_names_are_for_those_who_come_and_organisations_for_all(
    salon: Salon, signed_in: Any, stranger: User
) -> None:
    data = {"person": salon.people[0], "table": salon.tables[0]}
    signed_in(salon.member).post(salon.address, data=data)

    assert salon.names[0] in table_rows(opened(signed_in(salon.member), salon.address))[0]
    page = opened(signed_in(stranger), salon.address)
    assert not any(name in one(page, "main").text for name in salon.names)
    assert salon.organisation in table_rows(page)[0]
    assert "题目1" in page.text


@pytest.mark.parametrize("person", ["", "0", "-1", "999999999", "x", "9" * 40])
@pytest.mark.parametrize("table", ["0", "999999999", "x", "-1"])
def test_people_and_tables_that_are_not_there_lead_nowhere(
    salon: Salon, signed_in: Any, person: str, table: str
) -> None:
    browser = signed_in(salon.organiser)
    answer = browser.post(salon.address, data={"person": person, "table": str(salon.tables[0])})
    assert answer.status_code == 404
    answer = browser.post(salon.address, data={"person": salon.people[0], "table": table})
    assert answer.status_code == 404


def test_a_stranger_moves_nobody(salon: Salon, signed_in: Any, stranger: User) -> None:
    data = {"person": salon.people[0], "table": salon.tables[0]}
    assert signed_in(stranger).post(salon.address, data=data).status_code == 404
    assert salon.seat_of(salon.people[0]) is None


def test_the_figures_of_a_salon_come_with_the_day(
    salon: Salon, database: Database, signed_in: Any
) -> None:
    results = f"/events/{salon.event_id}/results"
    assert signed_in(salon.member).get(results).status_code == 404
    with database.transaction() as session:
        event = session.get_one(Event, salon.event_id)
        for participant_id in salon.people:
            person = session.get_one(Participant, participant_id)
            seats.sit(session, event.owner, event, person, event.tables[0])
        person.checked_in_at = clock.now()
        event.days[0].day = clock.today()
        event.registration_until = event.wishes_until = None
    page = opened(signed_in(salon.member), results)
    assert table_rows(page)[0] == "1 桌 题目1 2 1 1"
    assert salon.names[0] not in one(page, "main").text


def test_a_salon_does_not_get_slower_with_more_people(
    salon: Salon, database: Database, signed_in: Any
) -> None:
    browser = signed_in(salon.organiser)
    look = [salon.address, f"/events/{salon.event_id}", f"/events/{salon.event_id}/results"]
    before = [statements(database, browser, path) for path in look]
    with database.transaction() as session:
        event = session.get_one(Event, salon.event_id)
        for table in event.tables:
            team = making.make_team(session, event)
            seats.sit(session, event.owner, event, team.members[0], table)
    assert [statements(database, browser, path) for path in look] == before
