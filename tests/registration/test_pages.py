"""Registering as a person does it in a browser without scripts."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from matchmaker import clock
from matchmaker.db import Database
from matchmaker.events.tabs import steps_of
from models import (
    Event,
    NameVisibility,
    Participant,
    Role,
    Side,
    Team,
    TeamStatus,
    User,
    Verification,
    Wish,
)
from tests import factories
from tests.conftest import SignedIn
from tests.events.making import make_event, make_meeting, make_team, make_wish
from tests.pages import hidden_fields, one, opened, parsed, statements
from tests.registration.typing_in import typed


def an_event(database: Database, **values: object) -> Event:
    with database.transaction() as session:
        return make_event(session, **values)


def a_team(database: Database, event: Event, user: User, **values: object) -> Team:
    with database.transaction() as session:
        own, person = session.get_one(Event, event.id), session.get_one(User, user.id)
        return make_team(session, own, user=person, **values)


def teams(database: Database) -> list[Team]:
    with database.reading() as session:
        return list(session.scalars(select(Team).order_by(Team.id)))


def address(event: Event, rest: str) -> str:
    return f"/events/{event.id}/{rest}"


def test_the_form_proposes_side_person_and_a_need(
    database: Database, signed_in: SignedIn, company: User
) -> None:
    event = an_event(database)
    with database.transaction() as session:
        need = factories.make_need(session, session.get_one(User, company.id), title="示范需求甲")

    page = opened(signed_in(company), address(event, "register"))

    assert one(page, "input[name=side][checked]")["value"] == "need"
    assert one(page, "input[name=postings][checked]")["value"] == str(need.id)
    assert one(page, "input[name=members-0-name]")["value"] == company.name
    boxes = page.select("input[name=members-0-blocks]")
    assert len(boxes) == 6
    assert not any(box.has_attr("checked") for box in boxes)
    assert "不勾选，只安排您自己选择或答应的" in page.get_text()


def test_a_researcher_comes_to_offer_something(
    database: Database, signed_in: SignedIn, researcher: User
) -> None:
    page = opened(signed_in(researcher), address(an_event(database), "register"))

    assert one(page, "input[name=side][checked]")["value"] == "achievement"


def test_registering_leads_to_the_team(
    database: Database, signed_in: SignedIn, company: User
) -> None:
    event, browser = an_event(database), signed_in(company)
    sent = typed(company, "李四", "", **{
        "members-1-expertise": "电化学、热管理", "opted_in": "y", "most": "5",
        "members-0-blocks": [str(event.slots[0].id), str(event.slots[2].id)],
    })  # fmt: skip

    answer = browser.post(address(event, "register"), data=sent, follow_redirects=True)

    page = parsed(answer)
    assert answer.status_code == 200
    assert "已报名，等组织方确认" in page.get_text()
    assert "电化学、热管理" in page.get_text()
    assert len(page.select(".mm-times__no")) == 2
    (team,) = teams(database)
    assert (team.opted_in, team.most, team.status) == (True, 5, TeamStatus.PENDING)


def test_a_wrong_form_says_why_at_the_field_and_keeps_what_was_typed(
    database: Database, signed_in: SignedIn, company: User
) -> None:
    event, browser = an_event(database), signed_in(company)
    sent = typed(company, "", name="电芯研究院", most="很多", **{
        "members-0-phone": "12", "members-1-phone": "13800000000",
        "members-0-blocks": str(event.slots[1].id), "postings": "99",
    })  # fmt: skip

    answer = browser.post(address(event, "register"), data=sent)

    page = parsed(answer)
    assert answer.status_code == 422
    assert one(page, "input[name=name]")["value"] == "电芯研究院"
    assert one(page, "input[name=most]")["value"] == "很多"
    assert one(page, "input[name=members-0-phone][aria-invalid]")["value"] == "12"
    assert one(page, "#members-1-name-error").get_text(strip=True) == "请填写“姓名”。"
    assert one(page, "input[name=members-0-blocks][checked]")["value"] == str(event.slots[1].id)
    assert teams(database) == []


def test_a_refusal_of_the_service_stands_at_the_person(
    database: Database, signed_in: SignedIn, company: User
) -> None:
    event, browser = an_event(database), signed_in(company)
    sent = typed(company, "", "又是", **{"members-2-email": company.email})

    answer = browser.post(address(event, "register"), data=sent)

    assert answer.status_code == 422
    assert "写了两次" in one(parsed(answer), "#members-2-email-error").get_text()


def test_nobody_named_is_asked_for(database: Database, signed_in: SignedIn, company: User) -> None:
    answer = signed_in(company).post(
        address(an_event(database), "register"), data={"side": "need"}
    )

    assert answer.status_code == 422
    assert "至少写一位" in one(parsed(answer), "#members-0-name-error").get_text()


def test_rows_come_and_go_without_a_script_and_nothing_is_lost(
    database: Database, signed_in: SignedIn, company: User
) -> None:
    event, browser = an_event(database), signed_in(company)
    slot = str(event.slots[3].id)
    sent = typed(company, "李四", "王五", remark="带样品", **{"members-2-blocks": slot})

    more = parsed(browser.post(address(event, "register"), data=sent | {"rows": "add"}))
    less = parsed(browser.post(address(event, "register"), data=sent | {"rows": "remove:1"}))

    assert len(more.select(".mm-member")) == 4
    names = [str(field["value"]) for field in less.select(".mm-member input[name$=-name]")]
    assert names == [company.name, "王五"]
    assert one(less, "input[name=members-1-blocks][checked]")["value"] == slot
    assert "带样品" in one(less, "textarea[name=remark]").get_text()
    assert teams(database) == []


def test_who_cannot_register_reads_why_and_what_to_do(
    database: Database, signed_in: SignedIn, company: User, organiser: User
) -> None:
    event = an_event(database)
    over = an_event(database, registration_until=clock.now() - timedelta(hours=1))
    early = an_event(database, registration_from=clock.now() + timedelta(hours=1))
    with database.transaction() as session:
        pending = factories.make_organisation(session, status=Verification.PENDING)
        newcomer = factories.make_user(session, Role.ENTERPRISE, organisation=pending)

    assert "还没有通过核验" in opened(signed_in(newcomer), address(event, "register")).get_text()
    assert "截止" in opened(signed_in(company), address(over, "register")).get_text()
    assert "报名从" in opened(signed_in(company), address(early, "register")).get_text()
    page = opened(signed_in(organiser), address(event, "register"))
    assert one(page, ".mm-state__acts a")["href"] == address(event, "teams/choose")
    late = signed_in(company).post(
        address(over, "register"), data=typed(company, name="电芯研究院")
    )
    assert late.status_code == 422
    assert "不在报名时间内" in late.text
    assert "电芯研究院" in late.text
    refused = signed_in(newcomer).post(address(event, "register"), data=typed(newcomer))
    assert refused.status_code == 403
    assert teams(database) == []


def test_an_event_in_preparation_is_not_there_for_others(
    database: Database, signed_in: SignedIn, company: User
) -> None:
    event = an_event(database, status="draft", opened_at=None)

    for page in ("register", "people", "talks"):
        assert signed_in(company).get(address(event, page)).status_code == 404


def test_a_change_carries_the_version(
    database: Database, signed_in: SignedIn, company: User
) -> None:
    event, browser = an_event(database), signed_in(company)
    team = a_team(database, event, company)
    where = address(event, f"teams/{team.id}/edit")
    fields = hidden_fields(one(opened(browser, where), "#team-form"))
    sent = typed(company, "新来的") | {
        "version": fields["version"], "members-0-number": fields["members-0-number"],
    }  # fmt: skip

    assert browser.post(where, data=sent).status_code == 302
    late = browser.post(where, data=sent)

    assert late.status_code == 422
    assert "刚刚被别人修改过" in late.get_data(as_text=True)
    assert "新来的" in late.get_data(as_text=True)
    with database.reading() as session:
        people = session.scalars(select(Participant).order_by(Participant.ordinal)).all()
        assert [(row.name, row.user_id) for row in people] == [
            (company.name, company.id), ("新来的", None),
        ]  # fmt: skip


def test_others_do_not_find_a_team_not_even_under_another_event(
    database: Database, signed_in: SignedIn, company: User, researcher: User, organiser: User
) -> None:
    event, other = an_event(database), an_event(database)
    team = a_team(database, event, company)

    for page in (f"teams/{team.id}", f"teams/{team.id}/edit", f"teams/{team.id}/talk"):
        assert signed_in(researcher).get(address(event, page)).status_code == 404
        assert signed_in(organiser).get(address(other, page)).status_code == 404
    for act in ("withdraw", "rejoin"):
        where = address(event, f"teams/{team.id}/{act}")
        assert signed_in(researcher).post(where).status_code == 404
    assert [row.status for row in teams(database)] == [TeamStatus.APPROVED]


def test_a_colleague_edits_the_team_and_it_can_be_left_and_joined_again(
    database: Database, signed_in: SignedIn, company: User
) -> None:
    event = an_event(database, approval=False)
    team = a_team(database, event, company)
    with database.transaction() as session:
        organisation = session.get_one(User, company.id).organisation
        colleague = factories.make_user(session, Role.ENTERPRISE, organisation=organisation)
    browser = signed_in(colleague)

    opened(browser, address(event, f"teams/{team.id}/edit"))
    browser.post(address(event, f"teams/{team.id}/withdraw"))
    assert [row.status for row in teams(database)] == [TeamStatus.WITHDRAWN]
    browser.post(address(event, f"teams/{team.id}/rejoin"))
    assert [row.status for row in teams(database)] == [TeamStatus.APPROVED]


def test_who_comes_is_for_those_who_come_and_for_offices(
    database: Database, signed_in: SignedIn, company: User, researcher: User,
    organiser: User, administrator: User,
) -> None:  # fmt: skip
    event = an_event(database)
    a_team(database, event, company)
    a_team(database, event, researcher, side=Side.ACHIEVEMENT, status=TeamStatus.PENDING)
    where = address(event, "people")

    assert signed_in(researcher).get(where).status_code == 404
    for user in (company, organiser, administrator):
        page = opened(signed_in(user), where)
        assert len(page.select("main tbody tr")) == 1
        assert company.name not in one(page, "main").get_text()


def test_a_hidden_name_is_nowhere_on_the_list_and_cannot_be_searched_for(
    database: Database, signed_in: SignedIn, company: User, researcher: User
) -> None:
    event = an_event(database)
    with database.transaction() as session:
        owner = session.get_one(User, company.id)
        owner.organisation.name = "示范保密电池有限公司"
        need = factories.make_need(
            session, owner, title="隐名需求", name_visibility=NameVisibility.AFTER_ACCEPTANCE
        )
        make_team(session, session.get_one(Event, event.id), user=owner, postings=[need])
    a_team(database, event, researcher, side=Side.ACHIEVEMENT)
    browser = signed_in(researcher)

    page = browser.get(address(event, "people")).get_data(as_text=True)
    assert "示范保密" not in page
    assert "隐名需求" in page
    found = opened(browser, address(event, "people"), q="示范保密电池")
    assert found.select("main tbody tr") == []


def test_the_list_of_people_does_not_ask_more_for_more_teams(
    database: Database, signed_in: SignedIn, company: User
) -> None:
    event = an_event(database)
    a_team(database, event, company)
    browser = signed_in(company)
    few = statements(database, browser, address(event, "people"))
    with database.transaction() as session:
        row = session.get_one(Event, event.id)
        for _ in range(4):
            user = factories.make_user(session, Role.ENTERPRISE)
            needs = [factories.make_need(session, user) for _ in range(2)]
            make_team(session, row, user=user, people=3, postings=needs)

    assert statements(database, browser, address(event, "people")) == few


def test_the_team_page_counts_wishes_and_meetings(
    database: Database, signed_in: SignedIn, company: User
) -> None:
    event = an_event(database)
    team = a_team(database, event, company)
    with database.transaction() as session:
        row = session.get_one(Team, team.id)
        wishes: list[Wish] = [make_wish(session, row) for _ in range(2)]
        own = session.get_one(Event, event.id)
        make_meeting(session, wishes[0], own.slots[0], own.tables[0])

    page = opened(signed_in(company), address(event, f"teams/{team.id}"))

    assert "2 个意愿、已排 1 场" in page.get_text()


def test_the_front_page_tells_a_participant_what_to_do(
    database: Database, signed_in: SignedIn, company: User
) -> None:
    event = an_event(database)
    with database.reading() as session, signed_in.app.test_request_context():
        user, row = session.get_one(User, company.id), session.get_one(Event, event.id)
        first = next(s for s in steps_of(session, user, row) if s.endpoint.endswith("register"))
        assert (first.waiting, first.done) == (True, False)
    a_team(database, event, company)
    with database.reading() as session, signed_in.app.test_request_context():
        user, row = session.get_one(User, company.id), session.get_one(Event, event.id)
        steps = [s for s in steps_of(session, user, row) if s.endpoint.startswith("registration.")]
        assert [(step.endpoint, step.done) for step in steps] == [
            ("registration.register", True), ("registration.edit", False),
        ]  # fmt: skip


def test_pages_speak_english(database: Database, signed_in: SignedIn, company: User) -> None:
    browser = signed_in(company)
    browser.set_cookie("locale", "en")

    assert browser.get(address(an_event(database), "register")).status_code == 200
