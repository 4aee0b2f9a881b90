"""The workbook, read back from its XML."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.paper import queries
from matchmaker.paper.workbook import workbook
from models import Unscheduled, UnscheduledReason
from tests.events import making
from tests.paper.scene import FORMULA, Scene

pytestmark = pytest.mark.usefixtures("in_worker")
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
EPOCH = date(1899, 12, 30)


def made(session: Session, scene: Scene) -> zipfile.ZipFile:
    event = queries.event_of_id(session, scene.event.id)
    assert event is not None
    folder = queries.folder(session, event)
    left_out = queries.unscheduled(session, folder.timetable)
    return zipfile.ZipFile(io.BytesIO(workbook(folder, left_out)))


def tree(book: zipfile.ZipFile, name: str) -> ET.Element:
    return ET.fromstring(book.read(f"xl/{name}.xml"))


def names(book: zipfile.ZipFile) -> list[str]:
    return [str(node.get("name")) for node in tree(book, "workbook").iter(f"{MAIN}sheet")]


def rows(book: zipfile.ZipFile, number: int) -> list[dict[str, str]]:
    """The rows of a sheet after the first, by the heads in the first; numbers as they stand."""
    texts = ["".join(n.itertext()) for n in tree(book, "sharedStrings").iter(f"{MAIN}si")]
    found = []
    for row in tree(book, f"worksheets/sheet{number}").iter(f"{MAIN}row"):
        cells = {}
        for cell in row.iter(f"{MAIN}c"):
            value = cell.findtext(f"{MAIN}v") or ""
            letter = re.sub(r"\d", "", str(cell.get("r")))
            cells[letter] = texts[int(value)] if cell.get("t") == "s" else value
        found.append(cells)
    heads = found[0]
    return [{heads[letter]: value for letter, value in cells.items()} for cells in found[1:]]


def moment(value: str) -> float:
    """Seconds of a day's fraction."""
    return round(float(value) % 1 * 86400)


def test_there_are_five_sheets_with_frozen_heads_and_widths(
    session: Session, scene: Scene
) -> None:
    book = made(session, scene)
    assert names(book) == ["洽谈", "人员", "团队", "未排入的意愿", "桌位"]
    for number in range(1, 6):
        sheet = tree(book, f"worksheets/sheet{number}")
        (pane,) = sheet.iter(f"{MAIN}pane")
        assert (pane.get("ySplit"), pane.get("state")) == ("1", "frozen")
        assert list(sheet.iter(f"{MAIN}col"))


def test_meetings_have_real_dates_and_times(session: Session, scene: Scene) -> None:
    row = rows(made(session, scene), 1)[0]

    slot = scene.event.slots[0]
    day = slot.starts_at.astimezone(clock.LOCAL_ZONE).date()
    assert int(row["日期"]) == (day - EPOCH).days
    assert (moment(row["开始"]), moment(row["结束"])) == (9 * 3600, 9 * 3600 + 20 * 60)
    assert row["桌位"] == "1 桌"
    assert row["议题"] == "示范需求0号 — 示范成果0号"
    assert row["需求方 单位"] == scene.needs[0].full_name


def test_organisers_read_both_titles_of_every_pair(session: Session, scene: Scene) -> None:
    assert rows(made(session, scene), 1)[1]["议题"] == "示范需求1号 — 示范成果0号"


def test_people_and_teams_stand_with_their_meetings(session: Session, scene: Scene) -> None:
    person = scene.needs[0].members[0]
    person.phone = "023-00000000"
    session.flush()
    book = made(session, scene)

    people, teams = rows(book, 2), rows(book, 3)

    (row,) = (row for row in people if row["姓名"] == person.name)
    assert (row["场次"], row["电话"], row["桌位"]) == ("2", "023-00000000", "1 桌、3 桌")
    assert len(people) == 8
    assert [row["场次"] for row in teams] == ["2", "1", "2", "1"]
    assert teams[0]["带来的内容"] == "示范需求0号"


def test_what_was_left_out_stands_with_its_reason(session: Session, scene: Scene) -> None:
    assert scene.timetable is not None
    wish = making.make_wish(session, scene.needs[1], scene.achievements[1], score=0.71)
    session.add(
        Unscheduled(
            timetable_id=scene.timetable.id, wish_id=wish.id,
            reason=UnscheduledReason.NO_COMMON_SLOT,
        )
    )  # fmt: skip
    session.flush()

    (row,) = rows(made(session, scene), 4)

    assert row["没有排入的原因"] == "没有共同空闲"
    assert (row["需求方"], row["匹配度"]) == (scene.needs[1].full_name, "71")
    assert row["需求方的选择"] == "想见"


@pytest.mark.parametrize("text", [FORMULA, "=1+1", "http://example.org", "+86", "@SUM(A1)"])
def test_text_stays_text(session: Session, scene: Scene, text: str) -> None:
    scene.needs[0].name = scene.needs[0].remark = text
    scene.needs[0].members[0].name = scene.needs[0].members[0].position = text
    scene.event.tables[0].room = scene.event.tables[0].topic = text
    session.flush()

    book = made(session, scene)

    assert rows(book, 2)[0]["姓名"] == text
    assert rows(book, 5)[0]["主题"] == text
    for number in range(1, 6):
        sheet = tree(book, f"worksheets/sheet{number}")
        assert not list(sheet.iter(f"{MAIN}f"))
        assert not list(sheet.iter(f"{MAIN}hyperlink"))
