"""What stands on the sheets, read back from the PDFs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy.orm import Session

from matchmaker.paper import queries
from matchmaker.paper.addresses import Addresses
from matchmaker.paper.contents import contents
from matchmaker.paper.kinds import PAPERS
from matchmaker.paper.press import press, press_apart
from models import MeetingStatus, Participant, PostingStatus, Side, TeamStatus, Visibility
from tests.paper.reading import pages, squeezed
from tests.paper.scene import FORMULA, MARKUP, Scene

RARE = "䶮㛃𬀩"
pytestmark = pytest.mark.usefixtures("in_worker")


def printed(session: Session, scene: Scene, kind: str, addresses: Addresses) -> list[str]:
    return pages(press(kind, values(session, scene, kind, addresses)))


def values(session: Session, scene: Scene, kind: str, addresses: Addresses) -> dict[str, Any]:
    event = queries.event_of_id(session, scene.event.id)
    assert event is not None
    return contents(kind, queries.folder(session, event), addresses)


def agenda_of(session: Session, scene: Scene, person: Participant, addresses: Addresses) -> str:
    """The sheet of one person, as that person may download it."""
    folder = queries.own_folder(session, scene.event, [person])
    (page,) = pages(press("agendas", contents("agendas", folder, addresses)))
    return page


@pytest.mark.parametrize("kind", PAPERS)
def test_every_page_says_event_version_time_and_number(
    session: Session, scene: Scene, addresses: Addresses, kind: str
) -> None:
    for page in printed(session, scene, kind, addresses):
        assert scene.event.title in page
        assert "日程v3.7" in page
        assert re.search(r"打印第1页，共1页成渝科技成果对接平台$", page)


def test_an_agenda_tells_time_place_partner_and_topic(
    session: Session, scene: Scene, addresses: Addresses
) -> None:
    person, partner = scene.needs[0].members[0], scene.achievements[0].members[0]

    page = agenda_of(session, scene, person, addresses)

    assert person.name in page
    first = (
        f"09:00–09:20 1 桌 蓉厅 {partner.team.full_name} {partner.name} 示范需求0号 — 示范成果0号"
    )
    assert squeezed(first) in page
    assert squeezed("2 场洽谈") in page


def test_breaks_and_own_talks_stand_between_the_meetings(
    session: Session, scene: Scene, addresses: Addresses
) -> None:
    page = agenda_of(session, scene, scene.achievements[0].members[0], addresses)
    order = ["09:00–09:20", "09:20–09:40", "09:40–10:00茶歇", "10:00–10:20报告厅由您讲解"]
    assert sorted(order, key=page.index) == order


def test_the_talk_of_a_colleague_names_the_speaker(
    session: Session, scene: Scene, addresses: Addresses
) -> None:
    speaker, colleague = scene.achievements[0].members
    page = agenda_of(session, scene, colleague, addresses)
    assert f"{speaker.name}讲解：压铸模具随形冷却" in page


def test_who_has_nothing_is_told_so(session: Session, scene: Scene, addresses: Addresses) -> None:
    assert "没有安排洽谈" in agenda_of(session, scene, scene.needs[0].members[1], addresses)


def test_paper_hides_what_the_other_side_has_not_opened(
    session: Session, scene: Scene, addresses: Addresses
) -> None:
    accepted, suggested = scene.needs
    page = agenda_of(session, scene, scene.achievements[0].members[0], addresses)

    assert accepted.postings[0].title in page
    assert suggested.postings[0].title not in page


def test_everybody_reads_their_own_title(
    session: Session, scene: Scene, addresses: Addresses
) -> None:
    own = scene.needs[1]
    page = agenda_of(session, scene, own.members[0], addresses)
    assert f"{own.postings[0].title}—示范成果0号" in page


@pytest.mark.parametrize("change", ["hidden", "withdrawn"])
def test_without_a_pair_only_open_postings_of_the_other_side_are_named(
    session: Session, scene: Scene, addresses: Addresses, change: str
) -> None:
    brought = scene.achievements[1].postings[0]
    assert brought.title in agenda_of(session, scene, scene.needs[0].members[0], addresses)

    if change == "hidden":
        brought.visibility = Visibility.TARGETED
    else:
        brought.status = PostingStatus.WITHDRAWN
    session.flush()

    assert brought.title not in agenda_of(session, scene, scene.needs[0].members[0], addresses)


def test_a_cancelled_meeting_is_on_no_sheet(
    session: Session, scene: Scene, addresses: Addresses
) -> None:
    meeting = scene.meetings[0]
    meeting.status, meeting.slot, meeting.table = MeetingStatus.CANCELLED, None, None
    session.flush()

    assert all(
        "09:00–09:201桌" not in page for page in printed(session, scene, "agendas", addresses)
    )
    first = printed(session, scene, "tables", addresses)[0]
    assert scene.needs[0].members[0].name not in first


def test_everybody_who_comes_has_a_sheet_and_nobody_else(
    session: Session, scene: Scene, addresses: Addresses
) -> None:
    scene.needs[1].status = TeamStatus.WITHDRAWN
    session.flush()

    names = [person["name"] for person in values(session, scene, "agendas", addresses)["people"]]

    stays = [scene.needs[0], *scene.achievements]
    assert names == [person.name for team in stays for person in team.members]


def test_a_long_agenda_goes_on_with_its_own_numbers(
    session: Session, scene: Scene, addresses: Addresses
) -> None:
    data = values(session, scene, "agendas", addresses)
    data["people"][0]["days"][0]["lines"] *= 20

    found = pages(press("agendas", data))

    count = len(found) - len(data["people"]) + 1
    assert count > 1
    ends = [re.search(r"第\d+页，共\d+页", page)[0] for page in found[: count + 1]]  # type: ignore[index]
    assert ends == [f"第{n}页，共{count}页" for n in range(1, count + 1)] + ["第1页，共1页"]


def test_table_sheets_name_both_sides_but_no_topics(
    session: Session, scene: Scene, addresses: Addresses
) -> None:
    first, second, third = printed(session, scene, "tables", addresses)
    need, achievement = scene.needs[0].members[0], scene.achievements[0].members[0]

    row = f"09:00–09:20{need.team.full_name}{need.name}{achievement.team.full_name}{achievement.name}"
    assert squeezed(row) in first
    assert squeezed(scene.achievements[1].full_name) in third
    assert not [
        word for word in ("需求0号", "成果0号", "成果1号") if word in first + second + third
    ]


def test_a_closed_table_has_no_sheet(session: Session, scene: Scene, addresses: Addresses) -> None:
    scene.event.tables[1].closed = True
    session.flush()
    assert len(printed(session, scene, "tables", addresses)) == 2


def test_each_room_has_a_poster_with_its_tables_and_booths(
    session: Session, scene: Scene, addresses: Addresses
) -> None:
    one, other = printed(session, scene, "doors", addresses)
    assert "蓉厅" in one
    assert "1桌2桌" in one
    assert squeezed("渝厅") in other
    assert squeezed(f"3桌{scene.achievements[1].full_name}") in other


def test_the_list_counts_meetings_and_names_tables(
    session: Session, scene: Scene, addresses: Addresses
) -> None:
    rows = values(session, scene, "people", addresses)["rows"]
    person = scene.needs[0].members[0]
    assert [scene.needs[0].full_name, person.name, "", "需求方", 2, "1 桌、3 桌"] in rows


def test_badges_come_eight_to_a_page(session: Session, scene: Scene, addresses: Addresses) -> None:
    data = values(session, scene, "badges", addresses)
    assert len(pages(press("badges", data))) == 1
    data["people"].append(data["people"][0])
    assert len(pages(press("badges", data))) == 2


@pytest.mark.parametrize("kind", PAPERS)
def test_what_people_wrote_is_never_markup(
    session: Session, scene: Scene, addresses: Addresses, kind: str
) -> None:
    text = f"{MARKUP} {FORMULA}"
    scene.event.title = text
    for team in (*scene.needs, *scene.achievements):
        team.name = text[:60]
        team.members[0].name, team.members[0].position = text[:60], text
        team.postings[0].title = text
    for table in scene.event.tables:
        table.room, table.topic = text, text
    scene.talk.title = text
    session.flush()

    for page in printed(session, scene, kind, addresses):
        assert page.count(squeezed(text)) >= 2


def test_rare_characters_of_names_are_printed(
    session: Session, scene: Scene, addresses: Addresses
) -> None:
    person = scene.needs[0].members[0]
    person.name, person.position = RARE, RARE
    session.flush()

    pdf = press("badges", values(session, scene, "badges", addresses))

    assert pages(pdf)[0].count(RARE) == 2
    fonts = set(re.findall(rb"/FontName/[A-Z]{6}\+([\w-]+)", pdf))
    assert fonts == {b"MatchmakerSansSC-Regular", b"MatchmakerSansSC-Bold"}


def test_sheets_are_english_for_readers_of_english(
    session: Session, scene: Scene, addresses: Addresses
) -> None:
    with force_locale("en"):
        data = values(session, scene, "agendas", addresses)
    assert data["language"] == ["en", "gb"]
    assert data["people"][0]["days"][0]["title"].endswith(str(scene.event.days[0].day.year))


def test_large_papers_are_printed_apart(
    session: Session, scene: Scene, addresses: Addresses
) -> None:
    data = values(session, scene, "people", addresses)
    assert pages(press_apart("people", data)) == pages(press("people", data))


def test_a_press_that_fails_says_why() -> None:
    with pytest.raises(RuntimeError, match="words"):
        press_apart("people", {})


def test_codes_lead_to_the_page_that_checks_in(
    session: Session, scene: Scene, addresses: Addresses, in_worker: Flask
) -> None:
    code = scene.needs[0].members[0].code
    known = "floor.arrive" in in_worker.view_functions
    page = f"http://localhost/events/{scene.event.id}/arrive/{code}"
    badge = values(session, scene, "badges", addresses)["people"][0]
    assert badge["code"] == (page if known else code)


def test_before_publication_badges_say_that_there_is_no_timetable(
    session: Session, scene: Scene, addresses: Addresses
) -> None:
    session.delete(scene.timetable)
    session.flush()
    assert "尚无日程" in printed(session, scene, "badges", addresses)[0]


def test_a_folder_of_more_people_asks_no_more(
    session: Session, scene: Scene, count_queries: Any
) -> None:
    def look() -> None:
        session.expire_all()
        event = queries.event_of_id(session, scene.event.id)
        assert event is not None
        queries.folder(session, event)

    from tests.events import making

    before = count_queries(look)
    for n in range(3):
        team = making.make_team(session, scene.event, Side.NEED, people=2)
        wish = making.make_wish(session, team, scene.achievements[1])
        making.make_meeting(session, wish, scene.event.slots[n + 2], scene.event.tables[0],
                            achievement_person=scene.achievements[1].members[1])  # fmt: skip
    session.flush()
    assert count_queries(look) == before
