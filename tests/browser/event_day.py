"""The day of the event in tests/browser/test_event.py, and what is left of it afterwards."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

from playwright.sync_api import Page, expect

from tests.browser.event_story import (
    ANNA,
    OFFICE,
    PHONE,
    TITLE,
    XAVER,
    YANN,
    Seat,
    Story,
    values_of,
)

MINUTE = timedelta(minutes=1)


def seen(page: Page, words: str | re.Pattern[str]) -> None:
    """Find words on the page, those of a message that has just come up among them."""
    expect(page.locator("main")).to_contain_text(words)


def the_first_seat_of_anna(story: Story) -> Seat:
    return story.seats_of(ANNA)[0]


def the_seat_that_stays_empty(story: Story) -> Seat:
    """Return Xaver's last meeting to which somebody else than Anna is expected."""
    return [seat for seat in story.seats_of(XAVER) if ANNA not in seat.emails][-1]


def people_arrive(story: Story, absent: Seat) -> None:
    with story.visit(YANN, "/agenda", width=PHONE) as page:
        page.get_by_role("link", name="我到了，签到").click()
        page.get_by_role("button", name="我到了，签到").click()
        seen(page, "已签到")
    with story.visit(ANNA, "/agenda", width=PHONE) as page:
        code = page.get_by_role("link", name="我到了，签到").get_attribute("href")
    with story.visit(OFFICE, str(code).removeprefix(story.path()), width=PHONE) as page:
        page.get_by_role("button", name="签到").click()
        expect(page.get_by_text("已到 08:45")).to_be_visible()
    with story.visit(OFFICE, "/arrivals") as page:
        page.get_by_role("searchbox").fill(story.team_of(XAVER)[1])
        page.get_by_role("button", name="查找").click()
        page.get_by_role("button", name="签到").last.click()
        seen(page, "已签到")
        page.goto(story.path("/arrivals"))
        seen(page, "已到 3 人，应到 40 人")
    all_others_arrive(story, absent)


def all_others_arrive(story: Story, absent: Seat) -> None:
    """Check in everybody whom the list at the desk still misses, but one."""
    client = story.door(OFFICE)
    for line in story.page(client, "/arrivals", show="missing").select('.mm-people li[id^="p"]'):
        form = line.select_one("form")
        assert form is not None
        if absent.need not in line.get_text():
            client.post(str(form["action"]), data=values_of(form))
    seen_there = story.page(client, "/arrivals").get_text()
    assert "已到 39 人，应到 40 人" in seen_there


def anna_checks_in_at_the_table_with_two_taps(story: Story, own: Seat) -> None:
    with story.visit(ANNA, "/agenda", width=PHONE) as page:
        meeting = page.locator(f"#m{own.number}")
        meeting.locator("summary", has_text="到桌签到").click()
        meeting.get_by_role("button", name="确认签到").click()
        expect(meeting).to_contain_text("正在洽谈")
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE


def both_sides_report(story: Story, own: Seat) -> None:
    with story.visit(ANNA, "/agenda", width=PHONE) as page:
        page.locator(f"#m{own.number}").get_by_role("link", name="填反馈").click()
        page.get_by_label("说一句").fill("模温曲线要原始数据")
        page.get_by_role("button", name="保存反馈").click()
        expect(page.get_by_role("alert")).to_contain_text("请选择合作意愿，0 到 3")
        expect(page.get_by_label("说一句")).to_have_value("模温曲线要原始数据")
        page.locator(".mm-scale label", has_text="要推进").click()
        page.locator(".mm-big label").first.click()
        page.get_by_role("button", name="保存反馈").click()
        seen(page, "反馈已保存")
    with story.visit(own.emails[1], "/agenda", width=PHONE) as page:
        page.locator(f"#m{own.number}").get_by_role("link", name="填反馈").click()
        page.locator(".mm-scale label", has_text="想深谈").click()
        page.get_by_role("button", name="保存反馈").click()
        seen(page, "反馈已保存")
        expect(page.get_by_text("模温曲线")).to_have_count(0)


def xaver_waits_in_vain(story: Story, absent: Seat) -> None:
    with story.visit(XAVER, "/agenda", width=PHONE) as page:
        meeting = page.locator(f"#m{absent.number}")
        meeting.locator("summary", has_text="对方没来").click()
        meeting.get_by_role("button", name="确认对方没来").click()
        expect(meeting).to_contain_text("对方没来。")


def the_organiser_fills_the_gap_with_one_tap(story: Story, absent: Seat) -> Seat:
    before = story.seats()
    with story.visit(OFFICE, "/floor") as page:
        seen(page, f"{absent.need}没来")
        offer = page.locator("#standby li", has_text=absent.achievement)
        expect(offer.first).to_contain_text(absent.table)
        offer.first.get_by_role("button", name="安排").click()
        seen(page, "已安排在")
        seen(page, "现场补排")
    (filled,) = {*story.seats()} - {*before}
    assert (filled.starts, filled.achievement) == (absent.starts, absent.achievement)
    return filled


def the_wall_shows_it(story: Story, filled: Seat) -> None:
    with story.visit(OFFICE, "/wall") as page:
        row = page.locator("section", has_text="这一场").locator("tr", has_text=filled.table)
        expect(row).to_contain_text(filled.need.removesuffix("有限公司"))
        expect(row).to_contain_text(filled.achievement)
        expect(page.locator("footer")).to_contain_text("新增")
    with story.visit(filled.emails[0], "/agenda", width=PHONE) as page:
        expect(page.locator(f"#m{filled.number}")).to_contain_text(filled.table)


def the_figures_tell_of_it(story: Story) -> None:
    standing = len(story.seats())
    with story.visit(OFFICE, "/figures") as page:
        facts = {
            "洽谈": f"{standing} 场　其中现场补排 1 场",
            "到场": "39 / 40",
            "谈过": "1 场",
            "没有见成": "1 场",
            "双方都想继续": "1 场",
        }
        for name, words in facts.items():
            fact = page.locator("dt", has_text=re.compile(f"^{name}$")).locator(
                "xpath=following::dd[1]"
            )
            expect(fact.first).to_have_text(words)
        expect(page.locator("canvas").first).to_be_visible()
        assert _saved(page, "下载表格")[:2] == b"PK"


def papers_are_there_to_take_along(story: Story) -> None:
    with story.visit(OFFICE, "/papers") as page:
        seen(page, "日程已经改动")
        page.get_by_role("button", name="重新制作文件包").click()
        seen(page, "已开始制作")
        package = ZipFile(io.BytesIO(_saved(page, re.compile(r"v3\.\d+"))))
        names = package.namelist()
        assert {"index.html", "meetings.xlsx"} <= {name.rsplit("/", 1)[-1] for name in names}
        assert TITLE in package.read(_ending(names, "index.html")).decode()
        book = ZipFile(io.BytesIO(_saved(page, "下载 Excel")))
        assert any("sheet" in name for name in book.namelist())
    own = story.seats_of(ANNA)
    with story.visit(ANNA, "/papers", width=PHONE) as page:
        assert _saved(page, "下载我的日程").startswith(b"%PDF-")
        calendar = _saved(page, "加入日历").decode()
        assert calendar.count("BEGIN:VEVENT") >= len(own) > 0
        assert own[0].achievement in calendar.replace("\r\n ", "")


def _saved(page: Page, name: str | re.Pattern[str]) -> bytes:
    with page.expect_download(timeout=60_000) as waiting:
        page.get_by_role("link", name=name).first.click()
    return Path(waiting.value.path()).read_bytes()


def _ending(names: list[str], end: str) -> str:
    return next(name for name in names if name.endswith(end))
