"""Imported rows become records; a second import of the same id changes them."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from matchmaker.admin import imports
from matchmaker.catalogue import service
from matchmaker.db import Database
from models import Achievement, Need, Posting, Revision
from tests import factories
from tests.admin.importing import GOOD, NO_OFFICES, take


def test_a_second_import_of_an_id_changes_the_record_and_never_doubles_it(
    own_database: Database, importer: int
) -> None:
    row = {"id": 7, **GOOD}
    assert take(own_database, importer, row).created == 1

    same = take(own_database, importer, {**row, "id": " 7 "})
    other = take(own_database, importer, {**row, "text": "改过的正文"})

    assert (same.created, same.changed, same.unchanged) == (0, 0, 1)
    assert (other.created, other.changed, other.unchanged) == (0, 1, 0)
    with own_database.reading() as session:
        need = session.scalars(select(Need)).one()
        numbers = list(session.scalars(select(Revision.number).order_by(Revision.number)))
    assert need.problem == "改过的正文"
    assert numbers == [1, 2]


def test_an_id_that_is_very_long_is_known_again(own_database: Database, importer: int) -> None:
    row = {"id": "7" * 200, **GOOD}

    first, second = (take(own_database, importer, row) for _time in range(2))

    assert (first.created, second.created, second.unchanged) == (1, 0, 1)


def test_the_report_of_an_import_names_two_hundred_rows_and_counts_all(
    own_database: Database, importer: int
) -> None:
    report = take(own_database, importer, *[{}] * 201).as_json()

    assert (report["refused"], len(report["problems"])) == (201, 200)


def test_an_id_that_comes_twice_in_one_file_is_one_record(
    own_database: Database, importer: int
) -> None:
    rows = [{"id": "A", **GOOD}, {"id": "A", **GOOD, "text": "后来的"}, {**GOOD, "id": ""}]

    result = take(own_database, importer, *rows)

    assert (result.created, result.changed) == (2, 1)


def test_a_need_and_an_achievement_may_carry_the_same_id(
    own_database: Database, importer: int
) -> None:
    for kind in ("need", "achievement"):
        assert take(own_database, importer, {"id": "A", **GOOD}, kind=kind).created == 1

    with own_database.reading() as session:
        approach = session.scalars(select(Achievement.approach)).one()
        ids = set(session.scalars(select(Posting.external_id)))
    assert approach == "正文"
    assert ids == {"need:A", "achievement:A"}


def test_a_refused_change_leaves_the_record_as_it_was(
    own_database: Database, importer: int
) -> None:
    take(own_database, importer, {"id": "A", **GOOD})

    result = take(
        own_database, importer, {"id": "A", "title": "新名称", "text": "新", "summary": "长" * 300}
    )

    assert [number for number, _words in result.refused] == [1]
    with own_database.reading() as session:
        need = session.scalars(select(Need)).one()
        numbers = list(session.scalars(select(Revision.number)))
    assert (need.title, need.problem, need.summary, numbers) == ("好的一行", "正文", "", [1])


def test_a_record_that_was_archived_is_not_changed_and_the_row_says_so(
    own_database: Database, importer: int
) -> None:
    take(own_database, importer, {"id": "A", **GOOD})
    with own_database.transaction() as session:
        service.archive(session, None, session.scalars(select(Need)).one())

    result = take(own_database, importer, {"id": "A", **GOOD, "text": "改过的正文"})

    assert result.refused == [(1, "这一步您还不能做")]
    with own_database.reading() as session:
        assert session.scalars(select(Need.problem)).one() == "正文"


def test_progress_is_told_batch_by_batch(
    own_database: Database, importer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "COMMIT_EVERY", 2)
    told: list[tuple[int, int, int]] = []

    take(
        own_database, importer, GOOD, {}, GOOD, GOOD, GOOD,
        report=lambda done, result: told.append((done, result.created, len(result.refused))),
    )  # fmt: skip

    assert told == [(2, 1, 1), (4, 3, 1)]


def test_an_import_in_the_name_of_somebody_else_than_an_office_is_refused_row_by_row(
    own_database: Database,
) -> None:
    with own_database.transaction() as session:
        people = [factories.make_user(session, role).id for role in NO_OFFICES]

    for person in people:
        result = take(own_database, person, GOOD, GOOD)
        assert (result.created, [number for number, _words in result.refused]) == (0, [1, 2])

    with own_database.reading() as session:
        assert session.scalar(select(func.count(Posting.id))) == 0
