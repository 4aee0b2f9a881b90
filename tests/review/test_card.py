"""The explanation card: money, time and targets in the words of both languages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from matchmaker import clock
from matchmaker.db import Database
from matchmaker.engine import Finding
from matchmaker.engine.signals import SIGNALS
from matchmaker.review.kinds import SIGNALS as WORDS
from matchmaker.review.kinds import words_of
from models import Comparator, Indicator, Match
from tests.pages import opened
from tests.review.desk import make_match


def line(comparator: Comparator, value: str, unit: str) -> Indicator:
    return Indicator(ordinal=0, name="连续运行", comparator=comparator, value=value, unit=unit)


def card(browser: FlaskClient, match: Match) -> BeautifulSoup:
    return opened(browser, f"/pairings/{match.id}")


def points(page: BeautifulSoup) -> list[str]:
    """Return what the card says for the pair and against it."""
    return [part.get_text(strip=True) for part in page.select(".mm-checks li span")]


def english(browser: FlaskClient) -> None:
    browser.post("/preferences/locale", data={"locale": "en", "next": "/"})


def test_every_signal_has_words() -> None:
    assert set(WORDS) == {"title", "body", "meaning", *SIGNALS}


SHORT = {"trl": 7, "deadline": clock.today() + timedelta(days=320)}


def test_the_card_says_that_the_time_is_short_and_on_which_assumption(
    browser: FlaskClient, database: Database
) -> None:
    match = make_match(database, SHORT, {"trl": 5})

    assert (
        "时间不够：还差 2 级，按每级约 12 个月估算需要 24 个月，从发布到期限只有 10 个月"
        in points(card(browser, match))
    )
    english(browser)
    assert (
        "Too little time: levels to go 2, estimated at about 12 months each, 24 months in all; "
        "months from publication to deadline: only 10"
    ) in points(card(browser, match))


@pytest.mark.parametrize(
    ("low", "high", "words", "in_english"),
    [
        (600_000, 900_000, "报价 90 万元，在预算 100 万元以内",
         "Asks CNY 900,000, within the budget of CNY 1,000,000"),
        (600_000, 1_900_000, "报价 60–190 万元，一部分高于预算 100 万元",
         "Asks CNY 600,000–1,900,000, partly above the budget of CNY 1,000,000"),
        (1_600_000, 1_900_000, "报价 160–190 万元，高于预算 100 万元",
         "Asks CNY 1,600,000–1,900,000, above the budget of CNY 1,000,000"),
    ],
)  # fmt: skip
def test_the_card_says_how_the_price_stands_to_the_budget(
    browser: FlaskClient, database: Database, low: int, high: int, words: str, in_english: str
) -> None:
    match = make_match(
        database, {"budget": 1_000_000},
        {"price_kind": "range", "price_from": low, "price_to": high},
    )  # fmt: skip

    assert words in points(card(browser, match))
    english(browser)
    assert in_english in points(card(browser, match))


def test_a_gap_is_told_in_the_unit_of_the_need(browser: FlaskClient, database: Database) -> None:
    match = make_match(
        database,
        {"indicators": [line(Comparator.GE, "5000000", "min")]},
        {"indicators": [line(Comparator.EQ, "50000", "小时")]},
    )

    page = card(browser, match)

    assert "连续运行没有达到，差 2,000,000 min" in points(page)
    bars = [part.get_text(strip=True) for part in page.select("table.mm-contrib th")]
    assert "指标" in bars


def test_a_target_that_another_unit_reaches_is_reached(
    browser: FlaskClient, database: Database
) -> None:
    match = make_match(
        database,
        {"indicators": [line(Comparator.GE, "300", "min")]},
        {"indicators": [line(Comparator.EQ, "6", "小时")]},
    )

    assert "可以对照的 1 项指标中达到 1 项" in points(card(browser, match))
    english(browser)
    assert "Comparable targets reached: 1 of 1" in points(card(browser, match))


@pytest.mark.parametrize(
    ("locale", "words"),
    [("zh", "对应关系由本平台提出，待核"), ("en", "proposed by this platform")],
)
def test_a_correspondence_between_schemes_is_told_as_ours(
    app: Flask, locale: str, words: str
) -> None:
    with app.test_request_context("/", headers={"Accept-Language": locale}):
        assert words in words_of(Finding("corresponding_chain"), {})
