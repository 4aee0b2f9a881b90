"""Pages of the schemes: what is not verified says so."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy import select

from matchmaker.db import Database
from matchmaker.vocabulary import queries
from models import Scheme, Standing
from tests.pages import opened, table_rows


def test_every_scheme_is_listed_with_its_version_and_standing(
    client: FlaskClient, loaded: Database
) -> None:
    lines = table_rows(opened(client, "/vocabulary/"))

    with loaded.reading() as session:
        known = {scheme.name: scheme.versions[-1] for scheme in queries.schemes(session)}
    assert len(known) >= 5
    assert {version.status for version in known.values()} > {Standing.OFFICIAL}
    for name, version in known.items():
        (line,) = [text for text in lines if text.startswith(name)]
        assert version.label in line
        assert ("部分内容待核" in line) == (version.status != Standing.OFFICIAL)


def test_every_scheme_opens_for_strangers_and_marks_what_is_not_verified(
    client: FlaskClient, loaded: Database
) -> None:
    with loaded.reading() as session:
        codes = list(session.scalars(select(Scheme.code)))
        standings = {
            code: [node.status for node in queries.nodes_of(session, code) if node.assignable]
            for code in codes
        }
    assert len(codes) >= 5
    shown = [status for statuses in standings.values() for status in statuses]
    assert {Standing.OFFICIAL, Standing.UNVERIFIED} <= set(shown)
    for code in codes:
        page = opened(client, f"/vocabulary/schemes/{code}")
        marks = [part.get_text(strip=True) for part in page.select("main tbody td:nth-of-type(2)")]
        official = [mark for mark in marks if mark == "已核实"]
        assert len(official) == standings[code].count(Standing.OFFICIAL), code
        assert marks.count("名称待核") == standings[code].count(Standing.UNVERIFIED), code


def test_the_correspondences_between_schemes_are_marked_as_ours(
    client: FlaskClient, loaded: Database
) -> None:
    lines = table_rows(opened(client, "/vocabulary/schemes/cq33"))

    (chip,) = [line for line in lines if line.startswith("集成电路")]
    assert "本平台建议" in chip


def test_a_scheme_that_does_not_exist_is_not_found(client: FlaskClient, loaded: Database) -> None:
    for code in ("none", "%00", "cq33%00", "'", "长" * 500):
        assert client.get(f"/vocabulary/schemes/{code}").status_code == 404
