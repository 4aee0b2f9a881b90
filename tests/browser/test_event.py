"""A docking event from the first form to the figures, as those live it who are part of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.browser.event_day import (
    MINUTE,
    anna_checks_in_at_the_table_with_two_taps,
    both_sides_report,
    papers_are_there_to_take_along,
    people_arrive,
    the_figures_tell_of_it,
    the_first_seat_of_anna,
    the_organiser_fills_the_gap_with_one_tap,
    the_seat_that_stays_empty,
    the_wall_shows_it,
    xaver_waits_in_vain,
)
from tests.browser.event_story import (
    ANNA,
    BERTA,
    COMPANIES,
    IN_BROWSER,
    LATE,
    LATE_NAME,
    OFFICE,
    PHONE,
    RESEARCHERS,
    TITLE,
    XAVER,
    YANN,
    Story,
    changed_for,
)

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def story(platform: Flask, browser: Browser, address: str) -> Story:
    return Story(platform, browser, address)


def test_a_docking_event_from_the_first_form_to_the_figures(story: Story) -> None:
    with story.on(-30, 9):
        an_organiser_sets_the_event_up(story)
        invites(story)
    with story.on(-20, 10):
        four_register_in_the_browser(story)
        all_others_register(story)
        the_organiser_admits_all(story)
    with story.on(-10, 10):
        anna_says_whom_she_wants_to_meet(story)
        the_other_companies_choose(story)
    with story.on(-8, 10):
        the_researchers_answer(story)
    with story.on(-4, 10):
        the_first_timetable(story)
        anna_reads_her_day_on_the_phone(story)
    with story.on(-3, 9):
        berta_withdraws(story)
        the_organiser_plans_without_her(story)
    with story.on(-2, 9):
        a_table_is_closed(story)
        a_late_team_is_registered_and_promised_a_meeting(story)
        the_organiser_moves_by_hand_and_publishes(story)
    own, absent = the_first_seat_of_anna(story), the_seat_that_stays_empty(story)
    with story.on(0, 8, 45):
        people_arrive(story, absent)
    with story.at(own.starts + MINUTE):
        anna_checks_in_at_the_table_with_two_taps(story, own)
    with story.at(own.ends + MINUTE):
        both_sides_report(story, own)
    with story.at(absent.starts + 4 * MINUTE):
        xaver_waits_in_vain(story, absent)
        filled = the_organiser_fills_the_gap_with_one_tap(story, absent)
        the_wall_shows_it(story, filled)
    with story.on(0, 17):
        the_figures_tell_of_it(story)
        papers_are_there_to_take_along(story)


def flash(page: Page, words: str | re.Pattern[str]) -> None:
    expect(page.locator("main")).to_contain_text(words)


def an_organiser_sets_the_event_up(story: Story) -> None:
    with story.visit(OFFICE) as page:
        page.goto("/events/")
        page.get_by_role("link", name="新建活动").first.click()
        page.get_by_label("活动名称").fill(TITLE)
        page.get_by_label("简介").fill("一对一洽谈，每场 20 分钟，企业驻桌，科研团队轮换。")
        page.locator('[name="day"]').fill(story.day.isoformat())
        page.locator('[name="starts"]').fill("9:00")
        page.locator('[name="ends"]').fill("12:00")
        expect(page.get_by_label("报名截止")).to_have_value(re.compile("18:00"))
        expect(page.get_by_label("意愿截止")).to_have_value(re.compile("18:00"))
        page.get_by_label("场地").fill("示范会展中心 3 号厅")
        page.get_by_label("地址").fill("示范区会展路 1 号")
        page.get_by_label("桌位数").fill("8")
        page.get_by_label("容纳人数").fill("六十")
        page.get_by_label("每个团队最多").fill("4")
        page.get_by_label("每人最多").fill("6")
        page.get_by_label("连续不超过").fill("4")
        page.get_by_label("每个团队的“必须见”").fill("2")
        page.get_by_role("button", name="保存活动").click()
        expect(page.get_by_role("alert")).to_contain_text("请只填 1 到 20000 之间的整数")
        page.get_by_label("容纳人数").fill("60")
        page.get_by_role("button", name="保存活动").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
        story.event = int(page.url.rsplit("/", 1)[1])

        page.get_by_role("link", name="时间安排").click()
        page.get_by_role("button", name="加一段间歇").click()
        page.locator('[name="days-0-breaks-0-label"]').fill("茶歇")
        page.locator('[name="days-0-breaks-0-starts"]').fill("10:20")
        page.locator('[name="days-0-breaks-0-ends"]').fill("10点40")
        page.get_by_role("button", name="排出时段").last.click()
        expect(page.locator("#slots")).to_contain_text("8 个时段")
        page.get_by_role("link", name="桌位安排").click()
        expect(page.locator("main")).to_contain_text("8 张桌")
        page.get_by_role("link", name="概况").click()
        page.get_by_role("button", name="公布活动").click()
        flash(page, "活动已公布")


def invites(story: Story) -> None:
    with story.visit(OFFICE, "/invitations") as page:
        page.get_by_role("link", name="勾选本页全部").click()
        page.get_by_role("button", name="邀请勾选的人").click()
        flash(page, "已邀请 50 人")


def four_register_in_the_browser(story: Story) -> None:
    for email in sorted(IN_BROWSER):
        with story.visit(email) as page:
            page.get_by_role("link", name="去报名").first.click()
            page.get_by_label("团队名称").fill("示范旅程组")
            page.locator('[name="members-0-position"]').fill("技术负责人")
            page.locator('[name="members-0-phone"]').fill("023-60000001")
            page.locator('[name="members-0-expertise"]').fill("工艺放大、热管理")
            if email == ANNA:
                _cannot_come_after_the_break(story, page)
            page.get_by_label("最少几场").fill("1")
            page.get_by_label("最多几场").last.fill("4")
            page.get_by_label("备注").fill("需要一个无障碍座位。")
            page.get_by_role("button", name="提交报名").click()
            flash(page, "已报名，等组织方确认")


def _cannot_come_after_the_break(story: Story, page: Page) -> None:
    for box in page.locator('[name="members-0-blocks"]').all()[4:]:
        box.check()


def all_others_register(story: Story) -> None:
    for email in [*COMPANIES, *RESEARCHERS]:
        if email in IN_BROWSER:
            continue
        answer = story.send(
            story.door(email), "/register", "#team-form",
            **{"members-0-expertise": "材料", "members-0-phone": "028-60000002"},
        )  # fmt: skip
        assert answer.status_code == 302, email


def the_organiser_admits_all(story: Story) -> None:
    with story.visit(OFFICE, "/teams") as page:
        expect(page.get_by_role("link", name=re.compile("等待确认"))).to_contain_text("40")
        page.get_by_role("link", name="勾选本页全部").click()
        page.get_by_role("button", name="确认勾选的团队参会").click()
        flash(page, "已确认 40 个团队，并通知了对方")


def anna_says_whom_she_wants_to_meet(story: Story) -> None:
    teams = [story.team_of(email) for email in (XAVER, YANN, *RESEARCHERS[2:6])]
    with story.visit(ANNA, "/wishes?part=all") as page:
        for number, _name in teams[:3]:
            page.locator(f'[name="pick"][value="{number}"]').check()
        bulk = page.get_by_role("group", name="对勾选的几家一起选")
        bulk.get_by_role("button", name="必须见").click()
        flash(page, "每个团队最多选 2 家“必须见”，这样就超过了")
        third = page.locator(f'[name="pick"][value="{teams[2][0]}"]')
        expect(third).to_be_checked()
        third.uncheck()
        bulk.get_by_role("button", name="必须见").click()
        flash(page, "已保存 2 家的选择")
        expect(page.get_by_text("“必须见”还剩 0 次，共 2 次")).to_be_visible()
        for number, _name in teams[2:5]:
            row = page.locator(f"#t{number}")
            expect(row.get_by_role("button", name="必须见")).to_be_disabled()
            row.get_by_role("button", name="想见").click()
            expect(row.get_by_role("button", name="想见")).to_have_attribute(
                "aria-pressed", "true"
            )
        row = page.locator(f"#t{teams[5][0]}")
        row.get_by_role("button", name="不见").click()
        expect(row).to_contain_text("您选了不见")


def the_other_companies_choose(story: Story) -> None:
    teams = [str(story.team_of(email)[0]) for email in RESEARCHERS]
    for n, email in enumerate(COMPANIES):
        if email == ANNA:
            continue
        client = story.door(email)
        wanted = [teams[(n + step) % len(teams)] for step in (0, 1, 4, 7)]
        if email in COMPANIES[:6]:
            story.send(client, "/wishes", "#wishes", ("set", f"must:{wanted.pop(0)}"))
        picks = [("pick", number) for number in wanted]
        answer = story.send(client, "/wishes", "#wishes", *picks, ("all", "meet"))
        assert answer.status_code == 302, email


def the_researchers_answer(story: Story) -> None:
    for email in (XAVER, YANN):
        with story.visit(email, "/wishes?part=asked") as page:
            for box in page.locator('[name="pick"]').all():
                box.check()
            bulk = page.get_by_role("group", name="对勾选的几家一起选")
            bulk.get_by_role("button", name="想见").click()
            flash(page, re.compile("已保存 [0-9]+ 家的选择"))
    for email in RESEARCHERS:
        if email in IN_BROWSER:
            continue
        client = story.door(email)
        shown = story.page(client, "/wishes", part="asked")
        asked = [str(box["value"]) for box in shown.select('[name="pick"]')]
        picks = [("pick", number) for number in asked[:-2]]
        story.send(client, "/wishes", "#wishes", *picks, ("all", "meet"))
        answer = story.send(client, "/wishes", "#wishes", ("set", f"no:{asked[-2]}"))
        assert answer.status_code == 302, email


def the_organiser_plans(story: Story, page: Page) -> None:
    """Ask for a plan and wait for its draft."""
    page.goto(story.path("/timetable"))
    if page.get_by_text("重新排期").count():
        page.locator("summary", has_text="重新排期").click()
    page.locator(".mm-chips label", has_text="30 秒").click()
    page.get_by_role("button", name=re.compile("排日程|重新排期")).click()
    expect(page.get_by_role("button", name=re.compile("发布 v"))).to_be_visible(timeout=90_000)
    expect(page.locator(".mm-diffbar .mm-badge").first).to_contain_text(
        re.compile("已证明最优|离上界最多")
    )


def the_organiser_publishes(story: Story, page: Page, number: int) -> None:
    page.get_by_role("button", name=f"发布 v{number}").click()
    flash(page, f"v{number} 已发布，已通知")


def the_first_timetable(story: Story) -> None:
    with story.visit(OFFICE, "/wishes/all") as page:
        flash(page, "双方都想见")
        the_organiser_plans(story, page)
        left_out = page.locator("#left-out")
        expect(left_out.locator(".why").first).to_be_visible()
        left_out.get_by_role("link", name=re.compile("成果方已满")).click()
        expect(left_out.locator(".why").first).to_contain_text("成果方已满，4/4 场")
        the_organiser_publishes(story, page, 1)
    assert {email for seat in story.seats() for email in seat.emails} == story.told(
        "timetable.published", story.moment(-4, 0)
    )


def anna_reads_her_day_on_the_phone(story: Story) -> None:
    own = story.seats_of(ANNA)
    assert own
    with story.visit(ANNA, "/agenda", width=PHONE) as page:
        expect(page.locator(".mm-meet h3")).to_have_text([seat.achievement for seat in own])
        expect(page.locator(".mm-meet .tbl")).to_have_text([seat.table for seat in own])
        expect(page.locator(".mm-meet").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE
        page.goto("/notifications/")
        flash(page, f"“{TITLE}”的日程已发布，您有 {len(own)} 场洽谈")


def berta_withdraws(story: Story) -> None:
    number, _name = story.team_of(BERTA)
    with story.visit(BERTA, f"/teams/{number}") as page:
        page.get_by_role("button", name="退出活动").click()
        flash(page, re.compile("已排的 [0-9]+ 场洽谈会在下一版日程里取消"))


def the_organiser_plans_without_her(story: Story) -> None:
    before, gone = story.seats(), story.seats_of(BERTA)
    assert gone
    with story.visit(OFFICE) as page:
        the_organiser_plans(story, page)
        flash(page, "草案 v2 对比已发布 v1")
        bar = page.locator(".mm-diffbar")
        kept, cancelled = (_counted(bar.inner_text(), word) for word in ("保留", "取消"))
        assert kept > len(before) // 2
        assert cancelled >= len(gone)
        changes = page.locator("section", has_text="改动清单").locator("tbody tr")
        expect(changes.filter(has_text=gone[0].need).first).to_contain_text("取消了")
        the_organiser_publishes(story, page, 2)
    after = story.seats()
    assert not story.seats_of(BERTA)
    concerned = changed_for(before, after)
    assert BERTA in concerned
    assert story.told("timetable.changed", story.moment(-3, 0)) == concerned
    assert concerned < {email for seat in before for email in seat.emails}


def _counted(text: str, word: str) -> int:
    found = re.search(rf"(\d+)\s*场{word}", text)
    assert found, text
    return int(found[1])


def a_table_is_closed(story: Story) -> None:
    with story.visit(OFFICE, "/tables") as page:
        page.get_by_label("选中 8 桌").check()
        page.get_by_role("button", name="停用选中的").click()
        flash(page, "其中 7 张可用")


def a_late_team_is_registered_and_promised_a_meeting(story: Story) -> None:
    number, name = story.team_of(XAVER)
    with story.visit(OFFICE, "/teams") as page:
        page.get_by_role("link", name="代单位报名").click()
        page.get_by_role("searchbox").fill(LATE_NAME)
        page.get_by_role("searchbox").press("Enter")
        page.get_by_role("link", name=re.compile("联系人 ")).click()
        page.get_by_role("button", name="提交报名").click()
        flash(page, "已代报名并确认参会")
        team = page.url.rsplit("/", 1)[1]
        page.goto(story.path(f"/wishes?team={team}&part=all"))
        flash(page, "您正在替")
        page.locator(f"#t{number}").get_by_role("button", name="想见").click()
        expect(page.locator(f"#t{number}")).to_contain_text("对方")
        page.goto(story.path(f"/wishes/all?q={LATE_NAME}"))
        page.get_by_role("row", name=re.compile(name)).get_by_role("link", name="处理").click()
        page.get_by_role("region", name="成果方").get_by_role("button", name="想见").click()
        flash(page, "可以安排")
        page.get_by_role("button", name="承诺安排").click()
        flash(page, "已承诺，排期时最先安排")


def the_organiser_moves_by_hand_and_publishes(story: Story) -> None:
    before = story.seats()
    with story.visit(OFFICE) as page:
        the_organiser_plans(story, page)
        expect(page.locator("thead")).to_contain_text(["7 桌"])
        wish, place, sentence = _place_for(page, lambda why: "已有一场" in why)
        at = page.locator(f'a[data-wish="{wish}"]').get_attribute("data-place")
        page.locator(f'a[data-wish="{wish}"]').drag_to(page.locator(f'[data-place="{place}"]'))
        expect(page.locator("[data-refusal]")).to_have_text(sentence)
        page.reload()
        expect(page.locator(f'a[data-wish="{wish}"]')).to_have_attribute("data-place", at or "")

        wish, place, _none = _place_for(page, lambda why: not why)
        page.locator(f'a[data-wish="{wish}"]').click()
        page.get_by_role("link", name="移到").click()
        page.locator(f'button[data-place="{place}"]').click()
        flash(page, "已移动")
        expect(page.locator(f'a[data-wish="{wish}"]')).to_have_attribute("data-place", place)
        page.get_by_role("button", name="锁定").click()
        flash(page, "已锁定，重新排期时不会移动")
        flash(page, "手工调整过")
        the_organiser_publishes(story, page, 3)
    after = story.seats()
    assert not any(seat.table == "8 桌" for seat in after)
    assert any(LATE in seat.emails and XAVER in seat.emails for seat in after)
    assert story.told("timetable.changed", story.moment(-2, 0)) == changed_for(before, after)


def _place_for(page: Page, fits: Callable[[str], bool]) -> tuple[str, str, str]:
    """Return a meeting and a free place on the board of which the sentence fits."""
    free = {
        str(cell.get_attribute("data-place"))
        for cell in page.locator(".mm-slot--free[data-place]").all()
    }
    assert free
    address = str(page.locator("[data-places]").get_attribute("data-places"))
    for chip in page.locator("a.mm-slot[data-wish]").all():
        wish = str(chip.get_attribute("data-wish"))
        places = page.request.get(address.removesuffix("/0") + f"/{wish}").json()
        for place, why in places.items():
            if place in free and fits(why):
                return wish, place, why
    raise AssertionError(free)
