"""The card says how likely an acceptance is, where enough decisions tell."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from matchmaker import clock
from matchmaker.db import Database
from matchmaker.engine.acceptance import MODEL_VERSION
from models import LearnedModel, Match, MatchStatus, User
from tests.conftest import SignedIn
from tests.pages import opened
from tests.review.desk import decide, make_match, match_of

LINE = "按以往 320 项决定估计，组织方接受的可能性约 62%（校准误差 0.04）"
VALUES = {
    "version": MODEL_VERSION, "signals": ["body", "title"], "means": [0.5, 0.5],
    "coef": [0.0, 4.0, 0.0, 0.0], "intercept": -1.51, "n_decisions": 320,
}  # fmt: skip
MEASURED = {"error": 0.041, "brier": 0.2, "brier_of_share": 0.24}


def teach(database: Database, *, version: str = MODEL_VERSION, **changes: Any) -> None:
    with database.transaction() as session:
        session.add(
            LearnedModel(
                kind="acceptance",
                version=version,
                fitted_at=clock.now(),
                decisions=320,
                learned_from="",
                values={**VALUES, **changes.pop("values", {})},
                measured={**MEASURED, **changes},
            )
        )


def desk(browser: FlaskClient, **query: str) -> str:
    return opened(browser, "/review", **query).get_text()


def test_the_card_says_how_likely_an_acceptance_is(
    browser: FlaskClient, database: Database
) -> None:
    make_match(database)
    assert "接受的可能性" not in desk(browser)

    teach(database)

    assert LINE in desk(browser)
    browser.post("/preferences/locale", data={"locale": "en", "next": "/"})
    assert (
        "By 320 earlier decisions, an organiser accepts with a chance of about 62% "
        "(calibration error 0.04)"
    ) in desk(browser)


def test_nothing_is_certain(browser: FlaskClient, database: Database) -> None:
    make_match(database)
    teach(database, values={"intercept": 40.0})

    assert "可能性约 99%" in desk(browser)


def test_the_newest_model_of_this_version_counts(browser: FlaskClient, database: Database) -> None:
    make_match(database)
    teach(database, values={"intercept": 40.0})
    assert "可能性约 99%" in desk(browser)

    teach(database)
    teach(database, version="acceptance-0", values={"intercept": 40.0})

    assert LINE in desk(browser)


def test_a_model_of_another_version_is_passed_over(
    browser: FlaskClient, database: Database
) -> None:
    make_match(database)
    teach(database, version="acceptance-0")

    assert "接受的可能性" not in desk(browser)


def test_a_model_that_cannot_be_read_says_nothing(
    browser: FlaskClient, database: Database
) -> None:
    make_match(database)
    teach(database, values={"means": [0.5]})

    assert "接受的可能性" not in desk(browser)


def test_forecasts_no_better_than_the_plain_share_are_not_shown(
    browser: FlaskClient, database: Database
) -> None:
    make_match(database)
    teach(database, brier=0.24)

    assert "接受的可能性" not in desk(browser)


def test_a_pair_without_signals_and_a_decided_pair_have_no_forecast(
    browser: FlaskClient, database: Database, organiser: User
) -> None:
    teach(database)
    make_match(database, by_signal={})
    decided = {"decided_by_id": organiser.id, "decided_at": clock.now()}
    make_match(database, status=MatchStatus.ACCEPTED, **decided)

    assert "接受的可能性" not in desk(browser)
    assert "接受的可能性" not in desk(browser, tab="accepted")


def test_a_decision_keeps_the_forecast_that_was_shown(
    browser: FlaskClient, database: Database
) -> None:
    match = make_match(database)
    teach(database)

    decide(browser, "accept", match)

    kept = match_of(database, match.id).explanation
    assert kept is not None
    assert kept["chance"] == pytest.approx(0.62, abs=0.005)


def test_owners_read_no_forecast(signed_in: SignedIn, database: Database, organiser: User) -> None:
    decided = {"decided_by_id": organiser.id, "decided_at": clock.now()}
    match = make_match(database, status=MatchStatus.ACCEPTED, **decided)
    teach(database)
    with database.reading() as session:
        owner = session.get_one(Match, match.id).need.owner

    page = opened(signed_in(owner), f"/pairings/{match.id}")

    assert "接受的可能性" not in page.get_text()
