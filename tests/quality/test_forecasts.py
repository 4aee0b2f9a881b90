"""The quality page says how forecasts of acceptances came true, or what is wanting for them."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from scipy.stats import binomtest
from sqlalchemy import select

from matchmaker.db import Database
from matchmaker.quality import diagram, service
from models import LearnedModel, Posting, User
from tests.pages import one, opened
from tests.quality.decisions import decided, decided_by_title


def section(client: FlaskClient) -> BeautifulSoup:
    part = one(opened(client, "/quality"), "#forecasts")
    return BeautifulSoup(str(part), "html.parser")


def learn(database: Database) -> LearnedModel:
    with database.transaction() as session:
        decided_by_title(session, needs=40)
        row = service.learn(session)
        assert row is not None
        service.keep(session, row)
        return row


def test_too_few_decisions_are_told_in_one_sentence(
    client: FlaskClient, database: Database
) -> None:
    with database.transaction() as session:
        for accept in (True, False, True):
            decided(session, 1, accept=accept)

    part = section(client)

    assert "至少还差 197 项决定" in part.get_text()
    assert "现在有 3 项" in part.get_text()
    assert not part.select("svg, table")


def test_enough_decisions_wait_for_the_next_hour(client: FlaskClient, database: Database) -> None:
    with database.transaction() as session:
        decided_by_title(session)

    assert "决定已经够了" in section(client).get_text()


def test_every_range_stands_in_the_drawing_and_in_the_table(
    client: FlaskClient, database: Database
) -> None:
    row = learn(database)
    held = [bin_ for bin_ in row.measured["bins"] if bin_[2]]

    part = section(client)

    assert len(part.select("svg circle")) == len(part.select("tbody tr")) == len(held) > 2
    cells = [cell.get_text(" ", strip=True) for cell in part.select("tbody tr")[0].select("td")]
    _low, _high, n, forecast, accepted = held[0]
    assert cells[:3] == [str(n), f"{100 * forecast:.0f}%", f"{100 * accepted:.0f}%"]
    facts = [fact.get_text(" ", strip=True) for fact in part.select("dd")]
    share = f"{100 * row.measured['accepted'] / 400:.0f}%"
    assert facts[0].startswith(f"{row.measured['error']:.3f}")
    assert facts[1] == f"400 项，其中接受 {share}，来自 40 条需求"
    assert "估计显示在审核页上" in part.get_text()


def test_the_page_names_nobody(client: FlaskClient, database: Database) -> None:
    learn(database)

    text = opened(client, "/quality").get_text()

    with database.reading() as session:
        names = [*session.scalars(select(User.name)), *session.scalars(select(Posting.title))]
    assert len(names) > 50
    assert [name for name in names if name in text] == []


def test_forecasts_that_tell_nothing_are_said_to_tell_nothing(
    client: FlaskClient, database: Database
) -> None:
    row = learn(database)
    with database.transaction() as session:
        stored = session.get_one(LearnedModel, row.id)
        stored.measured = {**stored.measured, "brier": stored.measured["brier_of_share"]}

    assert "目前不比一律报平均接受率更准" in section(client).get_text()


def test_a_point_says_how_sure_its_share_is() -> None:
    few, many, none = diagram.points(
        [[0.6, 0.7, 5, 0.65, 0.4], [0.7, 0.8, 80, 0.75, 0.75], [0.0, 0.1, 4, 0.05, 0.0]]
    )

    for point, accepted in ((few, 2), (many, 60), (none, 0)):
        known = binomtest(accepted, point.n).proportion_ci(method="wilson")
        assert point.interval == pytest.approx((known.low, known.high), abs=1e-4)
    assert (many.x, many.y, many.radius) == pytest.approx((180, 60, 10))
    assert diagram.points([[0.0, 0.1, 0, None, None]]) == []
