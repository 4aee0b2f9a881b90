"""A need and what is offered for it, as an organiser meets them on the page of all ranks and decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from matchmaker import jobs
from matchmaker.db import Database
from models import Role, User
from tests import factories
from tests.conftest import SignedIn
from tests.matching.deciding import NEED, TITLES
from tests.pages import opened

TITLE = "单晶高镍正极材料的低残锂制备"
TEXT = "烧结以后颗粒表面留下的锂盐与包覆前驱体反应，变成导离子的薄层，不必水洗，产气也少。"
OFFERS = {
    "near": "单晶高镍正极材料残锂原位转化",
    "copy": "单晶高镍正极材料残锂的原位转化",
    "some": "高镍三元材料表面包覆",
    "far": "泡菜发酵菌剂",
}


@dataclass
class Scene:
    """One published need; achievements by their names in `OFFERS`."""

    need_id: int
    chain_id: int
    ids: dict[str, int]
    organisations: dict[str, int]

    @property
    def address(self) -> str:
        return f"/matching/need/{self.need_id}"


@pytest.fixture
def scene(database: Database) -> Scene:
    with database.transaction() as session:
        chain = factories.make_node(session)
        need = factories.make_need(session, title=TITLE, trl=6, nodes=[chain])
        offers = {
            "near": factories.make_achievement(
                session, title=OFFERS["near"], problem=TEXT, trl=7, nodes=[chain]
            ),
            "some": factories.make_achievement(session, title=OFFERS["some"], trl=4),
            "far": factories.make_achievement(
                session, title=OFFERS["far"], region_code=factories.make_region(
                    session, "510107").code,
            ),
        }  # fmt: skip
        offers["copy"] = factories.make_achievement(
            session, offers["near"].owner, title=OFFERS["copy"], problem=TEXT, trl=6
        )
        return Scene(
            need.id,
            chain.id,
            {name: row.id for name, row in offers.items()},
            {name: row.organisation_id for name, row in offers.items()},
        )


@pytest.fixture
def browser(signed_in: SignedIn, organiser: User) -> FlaskClient:
    return signed_in(organiser)


def titles(page: BeautifulSoup) -> list[str]:
    """Return the titles of the ranked list, in its order."""
    return [link.get_text() for link in page.select(".mm-ranked tbody th a")]


def listed(browser: FlaskClient, scene: Scene, **query: str) -> list[str]:
    """Return the ranked offers by their names."""
    names = {title: name for name, title in OFFERS.items()}
    return [names[title] for title in titles(opened(browser, scene.address, **query))]


@pytest.fixture
def reviewer(app: Flask, database: Database) -> Iterator[User]:
    """An organiser, a need and six achievements with their suggestions."""
    with app.app_context():
        with database.transaction() as session:
            company = factories.make_user(session, Role.ENTERPRISE)
            factories.make_need(session, company, title=NEED)
            researcher = factories.make_user(session, Role.RESEARCHER)
            for title in TITLES:
                factories.make_achievement(session, researcher, title=title)
            person = factories.make_user(session, Role.ORGANISER)
            jobs.enqueue(session, "matching.refresh_all")
        jobs.run_due(database)
        yield person
