"""The main journeys, in a real browser, as a person would walk them."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from matchmaker.db import Database
from models import Mail
from tests.browser.conftest import Person

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_a_researcher_posts_an_achievement(person: Person) -> None:
    page = person.sign_in("researcher@example.org").page
    page.get_by_role("link", name="发布成果").first.click()
    page.get_by_label("成果名称").fill("示范旅程：氢能重卡液氢储罐的多层绝热结构")
    page.get_by_label("解决什么问题").fill("液氢储罐日蒸发率高，长停放损失大。")
    page.get_by_label("怎么做到").fill("变密度多层绝热与冷屏组合，日蒸发率降到 1.2%。")
    page.get_by_label("第 1 行指标", exact=True).fill("日蒸发率")
    page.get_by_label("第 1 行要求").select_option("le")
    page.get_by_label("第 1 行数值").fill("1.2")
    page.get_by_label("第 1 行单位").fill("%")
    page.get_by_label("技术成熟度", exact=False).first.select_option("6")
    page.get_by_label("产业链", exact=False).first.select_option(label="氢燃料电池（名称待核）")
    page.get_by_label("技术许可", exact=True).check()
    page.get_by_label("我确认内容不涉及国家秘密").check()
    page.get_by_role("button", name="提交审核").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("氢能重卡液氢储罐")
    expect(page.get_by_text("待审核").first).to_be_visible()


def test_a_company_posts_a_need_and_the_organiser_finds_and_accepts_a_pair(
    browser: Browser, address: str
) -> None:
    company = Person(browser.new_context(base_url=address, locale="zh-CN").new_page())
    page = company.sign_in("enterprise@example.org").page
    page.goto("/needs/new")
    page.get_by_label("需求名称").fill("示范旅程：单晶高镍三元正极材料残锂控制与梯度掺杂")
    page.get_by_label("现状和难点").fill(
        "残锂高引起产气，希望用梯度掺杂和快离子导体包覆，不水洗。"
    )
    expect(page.locator("[data-live] a").first).to_be_visible(timeout=5000)
    expect(page.locator("[data-save-state]")).to_contain_text("已自动保存", timeout=6000)
    page.get_by_label("第 1 行指标", exact=True).fill("表面残锂")
    page.get_by_label("第 1 行数值").fill("很低")
    page.get_by_label("产业链", exact=False).first.select_option(label="动力电池（名称待核）")
    page.get_by_label("技术许可", exact=True).check()
    page.get_by_label("我确认内容不涉及国家秘密").check()
    page.get_by_role("button", name="提交审核").click()
    expect(page.get_by_text("数值请只填数字").first).to_be_visible()
    expect(page.get_by_label("需求名称")).to_have_value(re.compile("示范旅程"))
    page.get_by_label("第 1 行数值").fill("2000")
    page.get_by_role("button", name="提交审核").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("残锂控制与梯度掺杂")

    office = Person(browser.new_context(base_url=address, locale="zh-CN").new_page())
    desk = office.sign_in("organiser@example.org").page
    desk.goto("/submissions")
    row = desk.locator("li", has_text="残锂控制与梯度掺杂")
    row.get_by_role("button", name="发布").click()
    expect(desk.get_by_text("已发布，推荐稍后就会出现")).to_be_visible()
    desk.goto("/needs?q=残锂控制与梯度掺杂")
    desk.get_by_role("link", name=re.compile("残锂控制与梯度掺杂")).first.click()
    desk.locator(".mm-rail").get_by_role("link", name=re.compile("单晶高镍")).first.click()
    expect(desk.get_by_text("得分来自")).to_be_visible()
    desk.get_by_role("link", name="到审核页").click()
    expect(desk.locator("mark.t").first).to_be_visible()
    desk.keyboard.press("a")
    expect(desk.locator("[data-toast]")).to_contain_text("已接受")
    desk.keyboard.press("u")
    expect(desk.get_by_text("已撤销，这一对又回到待审")).to_be_visible()
    desk.keyboard.press("r")
    desk.keyboard.press("1")
    desk.keyboard.press("Enter")
    expect(desk.locator("[data-toast]")).to_contain_text("不接受")
    assert company.complaints == []
    assert office.complaints == []


def test_an_organiser_verifies_an_organisation(person: Person) -> None:
    page = person.sign_in("organiser.sc@example.org").page
    page.get_by_role("link", name=re.compile("去核验")).first.click()
    page.get_by_role("button", name=re.compile("通过核验")).first.click()
    expect(page.get_by_text("已通过核验").first).to_be_visible()


def test_a_forgotten_password_is_recovered_by_the_mailed_link(
    person: Person, platform: Flask
) -> None:
    page = person.page
    page.goto("/sign-in")
    page.get_by_role("link", name="忘记密码").click()
    page.get_by_label("邮箱").fill("manager@example.org")
    page.get_by_role("button", name="寄送链接").click()
    database: Database = platform.extensions["database"]
    with database.reading() as session:
        body = session.scalars(
            select(Mail.body)
            .where(Mail.recipient == "manager@example.org")
            .order_by(Mail.id.desc())
        ).first()
    assert body is not None
    link = re.search(r"(/reset/\S+)", body)
    assert link is not None
    page.goto(link[1])
    page.get_by_label("新密码").fill("一句很长的新口令-2027")
    page.get_by_role("button", name=re.compile("新密码")).click()
    expect(page.get_by_role("button", name="登录", exact=True)).to_be_visible()
    person.sign_in("manager@example.org", "一句很长的新口令-2027")


def test_what_was_typed_survives_a_session_that_ended(person: Person) -> None:
    page = person.sign_in("enterprise@example.org").page
    page.goto("/needs/new")
    page.get_by_label("现状和难点").fill("会话结束前写下的内容")
    page.get_by_label("需求名称").fill("会话结束以后仍在")
    page.context.clear_cookies()
    page.get_by_role("button", name="保存草稿").last.click()
    page.get_by_label("邮箱").fill("enterprise@example.org")
    page.get_by_label("密码", exact=True).fill("demo-chengyu")
    page.get_by_role("button", name="登录", exact=True).click()

    expect(page.get_by_label("需求名称")).to_have_value("会话结束以后仍在")
    expect(page.get_by_label("现状和难点")).to_have_value("会话结束前写下的内容")


def test_what_was_typed_after_the_session_had_ended_survives_a_reload(person: Person) -> None:
    page = person.sign_in("enterprise@example.org").page
    page.goto("/needs/new")
    page.get_by_label("需求名称").fill("会话在的时候写的")
    expect(page.locator("[data-save-state]")).to_contain_text("已自动保存", timeout=6000)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.get_by_label("需求名称").fill("会话结束以后才写的")
    page.get_by_label("第 3 行指标", exact=True).fill("产气率")
    page.get_by_label("技术许可", exact=True).check()
    expect(page.locator("[data-save-state]")).to_contain_text("请登录", timeout=6000)
    page.context.add_cookies(cookies)
    page.reload()

    expect(page.get_by_label("需求名称")).to_have_value("会话结束以后才写的")
    expect(page.get_by_label("第 3 行指标", exact=True)).to_have_value("产气率")
    expect(page.get_by_label("技术许可", exact=True)).to_be_checked()
    expect(page.locator("[data-save-state]")).to_contain_text("已自动保存", timeout=6000)
    page.locator("details.mm-menu summary", has_text=re.compile(".")).last.click()
    page.get_by_role("button", name="退出登录").click()
    assert page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('draft:'))") == []


def press(page: Page, key: str) -> None:
    """Press a key on a page whose script has run."""
    page.wait_for_load_state()
    page.keyboard.press(key)


def test_the_filters_of_the_desk_outlive_decisions_and_their_undoing(person: Person) -> None:
    page = person.sign_in("organiser@example.org").page
    page.goto("/review?tab=waiting&region=51&least=50")
    filtered = page.locator(".mm-review-bar .mm-seg [aria-current]")
    words = filtered.inner_text()
    place = page.locator(".mm-review-bar > .soft").inner_text()

    press(page, "d")
    expect(page.locator("[data-toast]")).to_contain_text("暂缓")
    assert "region=51&least=50" in page.url
    expect(filtered).not_to_have_text(words)
    press(page, "u")
    expect(page.get_by_text("已撤销，这一对又回到待审")).to_be_visible()
    assert "region=51&least=50" in page.url
    expect(filtered).to_have_text(words)
    expect(page.locator(".mm-review-bar > .soft")).to_have_text(place)
    page.locator("[data-note]").fill("筛选以后写的备注")
    press(page, "Enter")
    expect(page.get_by_text("备注已保存")).to_be_visible()
    assert "region=51&least=50" in page.url
    page.locator(".mm-review-bar summary").click()
    page.get_by_label("成熟度", exact=True).select_option("met")
    page.get_by_role("button", name="应用筛选").click()
    expect(page.get_by_label("成熟度", exact=True)).to_have_value("met")
    page.locator(".mm-seg").get_by_role("link", name=re.compile("暂缓")).click()
    assert "tab=deferred&region=51&trl=met&least=50" in page.url


@pytest.mark.parametrize("width", [1280, 375])
def test_several_pairs_are_decided_with_the_keyboard_alone(person: Person, width: int) -> None:
    page = person.sign_in("organiser@example.org").page
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/review")
    bar, one = page.locator("[data-bulk]"), page.locator("[data-decide]")
    toast, waiting = page.locator("[data-toast]"), page.locator(".mm-seg [aria-current]")
    before = waiting.inner_text()
    ticked = page.locator('[name="chosen"]:checked')
    current = page.locator("[data-candidate][aria-current] .ti")

    def forward() -> None:
        title = current.inner_text()
        press(page, "j")
        expect(current).not_to_have_text(title)

    expect(bar).to_be_hidden()
    press(page, "x")
    expect(bar).to_be_in_viewport(ratio=1)
    expect(bar).to_contain_text("已选 1 项")
    expect(one).to_be_hidden()
    forward()
    press(page, "x")
    forward()
    expect(ticked).to_have_count(2)
    expect(bar).to_contain_text("已选 2 项")
    press(page, "c")
    expect(bar).to_be_hidden()
    expect(one).to_be_in_viewport(ratio=1)
    press(page, "x")
    press(page, "k")
    expect(bar).to_contain_text("已选 1 项")
    press(page, "x")
    expect(bar).to_contain_text("已选 2 项")

    press(page, "r")
    press(page, "-")
    page.keyboard.type("两项都已当面谈过")
    press(page, "Enter")
    expect(toast).to_contain_text("不接受：2 对")
    expect(bar).to_be_hidden()
    press(page, "u")
    expect(page.get_by_text("已撤销，2 对又回到待审。")).to_be_visible()
    expect(waiting).to_have_text(before)
    expect(bar).to_be_hidden()

    press(page, "x")
    forward()
    press(page, "x")
    for key, words in (("d", "暂缓：2 对"), ("u", "已撤销，2 对又回到待审。")):
        press(page, key)
        expect(page.locator("main")).to_contain_text(words)
    press(page, "r")
    press(page, "0")
    press(page, "Enter")
    expect(toast).to_contain_text("不接受：")
    press(page, "u")
    expect(page.get_by_text("已撤销，这一对又回到待审")).to_be_visible()
    expect(waiting).to_have_text(before)


def test_several_pairs_are_decided_without_script(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, locale="zh-CN", java_script_enabled=False)
    page = Person(context.new_page()).sign_in("organiser@example.org").page
    page.goto("/review")
    bar = page.locator("[data-bulk]")
    boxes = page.locator('[name="chosen"]')
    titles = page.locator("[data-candidate] .ti")
    first = titles.first.inner_text()

    boxes.nth(0).check()
    boxes.nth(1).check()
    expect(bar).to_be_visible()
    bar.locator("summary").click()
    bar.get_by_label("产权不清").check()
    bar.get_by_role("button", name="确认不接受").click()

    expect(page.locator("[data-toast]")).to_contain_text("不接受：2 对")
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_text("已撤销，2 对又回到待审。")).to_be_visible()
    expect(titles.first).to_have_text(first)
    context.close()
