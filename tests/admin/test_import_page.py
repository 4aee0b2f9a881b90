"""The page of the import: a file goes in, needs come out, the job tells what became of the rows."""

from __future__ import annotations

import io
import threading
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from matchmaker.admin import imports
from matchmaker.db import Database
from models import (
    Job,
    JobStatus,
    Match,
    PostingStatus,
    Role,
    User,
    Verification,
)
from tests import factories
from tests.admin.importing import (
    CSV,
    NO_OFFICES,
    Bring,
    counts,
    needs,
    problems,
    the_import,
    upload,
)
from tests.conftest import SignedIn


def test_a_row_becomes_a_published_need_of_the_organisation_that_imports(
    bring: Bring, database: Database, organiser: User
) -> None:
    job = bring(CSV)

    assert (job.status, counts(job)) == (JobStatus.DONE, [1, 0, 0, 0])
    (need,) = needs(database)
    assert need.title == "单晶高镍正极材料的低残锂制备"
    assert need.problem == "现有产线残锂偏高。"
    assert need.status == PostingStatus.PUBLISHED
    assert (need.owner_id, need.organisation_id) == (organiser.id, organiser.organisation_id)
    assert need.external_id == "need:X1"


def test_what_is_imported_gets_its_suggestions_from_one_run(
    bring: Bring, database: Database
) -> None:
    with database.transaction() as session:
        factories.make_achievement(session, title="单晶高镍三元材料残锂原位转化")

    bring(CSV)

    with database.reading() as session:
        assert session.scalar(select(func.count(Match.id))) == 1
        runs = dict(
            session.execute(
                select(Job.kind, func.sum(Job.attempts))
                .where(Job.kind.like("matching.%"))
                .group_by(Job.kind)
            ).all()
        )
    assert runs == {"matching.refresh": 0, "matching.refresh_all": 1}


def test_the_page_of_the_job_names_every_row_that_could_not_be_used(
    bring: Bring, office: FlaskClient, database: Database
) -> None:
    job = bring("title,text,deadline\n甲,一,\n乙,二,2026-02-30\n,,\n丁,四,\n")

    page = office.get(f"/admin/jobs/{job.id}").text

    assert [need.title for need in needs(database)] == ["甲", "丁"]
    assert "“2026-02-30”不是日期。" in page
    assert "没有名称，也没有正文。" in page
    assert problems(job) == [[2, "“2026-02-30”不是日期。"], [3, "没有名称，也没有正文。"]]


def test_rows_go_to_the_organisation_that_was_chosen(bring: Bring, database: Database) -> None:
    with database.transaction() as session:
        company = factories.make_organisation(
            session, name="示范电池有限公司", region_code="510104"
        )

    bring(CSV, organisation="示范电池有限公司")

    (need,) = needs(database)
    assert (need.organisation_id, need.region_code) == (company.id, "510104")


def test_an_import_that_is_cancelled_keeps_the_rows_so_far_and_they_get_their_suggestions(
    bring: Bring, office: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        factories.make_achievement(session, title="单晶高镍三元材料残锂原位转化")
    import_batch, batches = imports._import_batch, []

    def import_and_cancel(*arguments: Any) -> None:
        batches.append(arguments)
        if len(batches) == 2:
            address = f"/admin/jobs/{the_import(database).id}/cancel"
            person = threading.Thread(target=office.post, args=(address,))
            person.start()
            person.join()
        import_batch(*arguments)

    monkeypatch.setattr(imports, "COMMIT_EVERY", 1)
    monkeypatch.setattr(imports, "_import_batch", import_and_cancel)
    job = bring("".join([CSV, *(f"X{n},单晶高镍正极材料 {n},残锂偏高。\n" for n in (2, 3, 4))]))

    assert (job.status, job.message) == (JobStatus.CANCELLED, "2 / 4, 0 ✗")
    assert [need.external_id for need in needs(database)] == ["need:X1", "need:X2"]
    with database.reading() as session:
        assert session.scalar(select(func.count(Match.id))) == 2


def test_an_organisation_that_nobody_knows_stops_the_import(
    bring: Bring, database: Database
) -> None:
    job = bring(CSV, organisation="没有的单位")

    assert job.status == JobStatus.FAILED
    assert "没有名为 没有的单位 的单位。" in job.error
    assert needs(database) == []


def test_nothing_is_published_for_an_organisation_that_is_not_verified(
    bring: Bring, database: Database
) -> None:
    with database.transaction() as session:
        factories.make_organisation(session, name="待核单位", status=Verification.PENDING)

    job = bring(CSV, organisation="待核单位")

    assert problems(job) == [[1, "只有组织方和管理员可以为已核验的单位导入。"]]
    assert needs(database) == []


def test_who_is_no_office_imports_nothing_and_finds_no_page(
    signed_in: SignedIn, database: Database
) -> None:
    with database.transaction() as session:
        people = [factories.make_user(session, role) for role in NO_OFFICES]

    for office in map(signed_in, people):
        assert office.get("/admin/import").status_code == 404
        assert upload(office, CSV).status_code == 404

    with database.reading() as session:
        assert session.scalar(select(func.count(Job.id))) == 0


def test_an_administrator_imports_too(signed_in: SignedIn, database: Database) -> None:
    person = factories.add_user(database, Role.ADMINISTRATOR)

    answer = upload(signed_in(person), CSV)

    assert answer.location == f"/admin/jobs/{the_import(database).id}"
    assert the_import(database).created_by_id == person.id


def test_a_stranger_is_asked_to_sign_in(client: FlaskClient) -> None:
    assert client.get("/admin/import").location == "/sign-in?next=/admin/import"


def test_the_page_says_what_is_missing_and_starts_nothing(
    office: FlaskClient, database: Database
) -> None:
    for kind, name, words in (
        ("need", None, "请选择一个 .csv 或 .jsonl 文件。"),
        ("need", "", "请选择一个 .csv 或 .jsonl 文件。"),
        ("need", "needs.xlsx", "请选择一个 .csv 或 .jsonl 文件。"),
        ("", "a.csv", "请选择导入的是需求还是成果。"),
        ("x", "a.csv", "请选择导入的是需求还是成果。"),
    ):
        file = {} if name is None else {"file": (io.BytesIO(b"x"), name)}
        answer = office.post("/admin/import", data={"kind": kind, **file})
        assert answer.status_code == 422
        assert words in answer.text

    with database.reading() as session:
        assert session.scalar(select(func.count(Job.id))) == 0
