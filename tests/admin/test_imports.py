"""Imports: files as people have them. What cannot be used is named row by row, the rest is there."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

import run
from config import Settings
from matchmaker import clock, jobs
from matchmaker.admin import imports
from matchmaker.admin.imports import ImportResult, import_records, read_records
from matchmaker.catalogue import service
from matchmaker.db import Database, open_database
from matchmaker.errors import InvalidError
from models import (
    TEXT_LIMIT,
    Achievement,
    Activity,
    Job,
    JobStatus,
    Match,
    Mode,
    Need,
    Posting,
    PostingKind,
    PostingStatus,
    Revision,
    Role,
    User,
    Verification,
)
from tests import factories
from tests.conftest import SignedIn

CSV = "id,title,text\nX1,单晶高镍正极材料的低残锂制备,现有产线残锂偏高。\n"
NO_OFFICES = (Role.RESEARCHER, Role.ENTERPRISE, Role.TRANSFER_MANAGER)


@pytest.fixture
def organiser(database: Database) -> User:
    with database.transaction() as session:
        return factories.make_user(session, Role.ORGANISER)


@pytest.fixture
def browser(signed_in: SignedIn, organiser: User) -> FlaskClient:
    return signed_in(organiser)


def upload(
    browser: FlaskClient, content: bytes | str, name: str = "needs.csv", **values: str
) -> TestResponse:
    data = content.encode() if isinstance(content, str) else content
    return browser.post(
        "/admin/import", data={"kind": "need", "file": (io.BytesIO(data), name), **values}
    )


Bring = Callable[..., Job]


@pytest.fixture
def bring(app: Flask, database: Database, browser: FlaskClient) -> Iterator[Bring]:
    """Upload a file on the page, let the worker run, and return the job of the import."""

    def do(content: bytes | str, name: str = "needs.csv", **values: str) -> Job:
        assert upload(browser, content, name, **values).status_code == 302
        with app.app_context():
            jobs.run_due(database)
        return the_import(database)

    return do


def the_import(database: Database) -> Job:
    with database.reading() as session:
        return session.scalars(
            select(Job).where(Job.kind == "admin.import").order_by(Job.id.desc()).limit(1)
        ).one()


def counts(job: Job) -> list[int]:
    assert job.result is not None, job.error
    return [job.result[name] for name in ("created", "changed", "unchanged", "refused")]


def problems(job: Job) -> list[list[Any]]:
    assert job.result is not None, job.error
    found: list[list[Any]] = job.result["problems"]
    return found


def needs(database: Database) -> list[Need]:
    with database.reading() as session:
        return list(session.scalars(select(Need).order_by(Need.id)))


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


FORMS: list[tuple[str, bytes]] = [
    ("a.csv", CSV.encode()),
    ("a.csv", CSV.encode("utf-8-sig")),
    ("a.csv", CSV.encode("gb18030")),
    ("A.CSV", CSV.replace("\n", "\r\n").encode()),
    ("a.csv", CSV.replace("id,title,text", "id, 需求名称 ,正文").encode("gbk")),
    ("a.csv", CSV.replace("text\n", "text,多余的列\n").encode()),
    ("a.csv", CSV.replace("偏高。\n", "偏高。,没有列名的格子\n").encode()),
    ("a.jsonl", json.dumps(dict(zip(["id", "title", "text"], CSV.split("\n")[1].split(","), strict=True))).encode()),
    ("a.ndjson", b"\xef\xbb\xbf\r\n" + json.dumps(dict(zip(["id", "title", "content"], CSV.split("\n")[1].split(","), strict=True)), ensure_ascii=False).encode() + b"\r\n\r\n"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content"), FORMS)
def test_every_usual_form_of_a_file_says_the_same(
    tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    (record,) = read_records(path)

    values = {imports.ALIASES.get(str(k).strip(), str(k).strip()): v for k, v in record.items()}
    assert {k: values[k] for k in ("external_id", "title", "text")} == {
        "external_id": "X1",
        "title": "单晶高镍正极材料的低残锂制备",
        "text": "现有产线残锂偏高。",
    }


def test_a_file_of_a_chinese_spreadsheet_is_understood(bring: Bring, database: Database) -> None:
    table = "名称,正文,关键词,成熟度,合作方式,预算,期限\n低残锂制备,残锂偏高,残锂；高镍,6,license、joint,150.5,{day}\n"
    day = clock.today() + timedelta(days=200)

    job = bring(table.format(day=day.isoformat()).encode("gbk"), "需求.csv")

    assert counts(job) == [1, 0, 0, 0]
    (need,) = needs(database)
    assert (need.keywords, need.trl, need.budget) == (["残锂", "高镍"], 6, 1_505_000)
    assert need.deadline == day
    with database.reading() as session:
        modes = session.get_one(Need, need.id).modes
    assert modes == [Mode.LICENSE, Mode.JOINT]


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


def test_a_file_with_other_columns_imports_nothing_and_says_so_for_every_row(
    bring: Bring, database: Database
) -> None:
    job = bring("a,b\n1,2\n3,4\n")

    assert counts(job) == [0, 0, 0, 2]
    assert problems(job) == [[1, "没有名称，也没有正文。"], [2, "没有名称，也没有正文。"]]
    assert needs(database) == []


def test_an_empty_file_imports_nothing(bring: Bring) -> None:
    assert counts(bring("")) == [0, 0, 0, 0]


def test_the_page_of_the_job_names_every_row_that_could_not_be_used(
    bring: Bring, browser: FlaskClient, database: Database
) -> None:
    job = bring("title,text,deadline\n甲,一,\n乙,二,2026-02-30\n,,\n丁,四,\n")

    page = browser.get(f"/admin/jobs/{job.id}").text

    assert [need.title for need in needs(database)] == ["甲", "丁"]
    assert "“2026-02-30”不是日期。" in page
    assert "没有名称，也没有正文。" in page
    assert problems(job) == [[2, "“2026-02-30”不是日期。"], [3, "没有名称，也没有正文。"]]


def test_a_line_that_is_not_json_stops_the_file_before_anything_is_written(
    bring: Bring, database: Database
) -> None:
    job = bring('{"title": "甲"}\n{"title": \n', "a.jsonl")

    assert job.status == JobStatus.FAILED
    assert "第 2 行不是 JSON。" in job.error
    assert needs(database) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[1, 2]", "第 1 行不是一个对象。"),
        (b'{"a": 1}\n"x"', "第 2 行不是一个对象。"),
        (b'{"title": 1' + b"0" * 5000 + b"}", "第 1 行不是 JSON。"),
        (b"[" * 100_000, "第 1 行不是 JSON。"),
        (b"\xff\xfe\xff", "编码无法识别"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_gets_a_sentence(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)

    with pytest.raises(InvalidError, match=words):
        list(read_records(path))


def test_a_cell_beyond_all_measure_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"title,text\nx," + b"y" * (2**24 + 1) + b"\n")

    (record,) = read_records(path)

    assert len(record["text"]) == 2**24 + 1


def test_a_file_that_is_not_there_or_too_large_gets_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    with pytest.raises(InvalidError, match="找不到文件"):
        list(read_records(path))

    path.write_text(CSV, encoding="utf-8")
    monkeypatch.setattr(imports, "MAX_BYTES", 10)

    with pytest.raises(InvalidError, match="文件太大"):
        list(read_records(path))


@pytest.fixture
def importer(own_database: Database) -> int:
    with own_database.transaction() as session:
        return factories.make_user(session, Role.ORGANISER).id


def take(
    database: Database, importer: int, *rows: Mapping[str, Any], kind: str = "need", **options: Any
) -> ImportResult:
    return import_records(database, importer, PostingKind(kind), rows, **options)


GOOD = {"title": "好的一行", "text": "正文"}
BAD: list[tuple[str, dict[str, Any], str]] = [
    ("need", {"title": "", "text": "  "}, "没有名称"),
    ("need", {"deadline": "明年"}, "不是日期"),
    ("need", {"deadline": "2020-01-01"}, "期限已经过去"),
    ("need", {"trl": 12}, "1 到 9 级"),
    ("need", {"trl": "很成熟"}, "“很成熟”看不出是几级"),
    ("need", {"trl": "6-7"}, "“6-7”看不出是几级"),
    ("need", {"trl": 6.5}, "“6.5”看不出是几级"),
    ("need", {"trl": "0"}, "1 到 9 级"),
    ("need", {"chains": "没有的链"}, "没有名为“没有的链”的产业链"),
    ("need", {"chains": ["甲", 7]}, "没有名为“甲”“7”的产业链"),
    ("need", {"chains": "甲", "trl": "乙"}, "“乙”看不出是几级"),
    ("need", {"trl": "乙", "chains": "甲"}, "没有名为“甲”的产业链"),
    ("need", {"modes": "偷"}, "请从列出的方式中选择"),
    ("need", {"modes": "技术许可、偷"}, "请从列出的方式中选择"),
    ("need", {"need_kind": "whatever"}, "不是可用的选项"),
    ("need", {"need_kind": ["retrofit"]}, "不是可用的选项"),
    ("need", {"summary": "长" * 201}, "多出 1 字"),
    ("need", {"region_code": "999999"}, "地区不存在"),
    ("need", {"budget_wan": "很多"}, "budget"),
    ("need", {"budget_wan": "NaN"}, "budget"),
    ("need", {"budget_wan": "1e400"}, "budget"),
    ("need", {"budget_wan": 10**30}, "budget"),
    ("need", {"budget_wan": -5}, "budget"),
    ("need", {"budget_wan": [1]}, "budget"),
    ("need", {"solver_share": "一半"}, "solver_share"),
    ("need", {"solver_share": 150}, "solver_share"),
    ("need", {"visit_welcome": "也许"}, "visit_welcome"),
    ("need", {"indicators": "残锂 ≤ 2000"}, "indicators"),
    ("need", {"indicators": [{"name": "残锂", "value": "很低"}]}, "只填数字"),
    ("need", {"indicators": ["残锂"]}, "indicators"),
    ("need", {"indicators": [{"name": "残\x00锂", "value": "1"}]}, "indicators"),
    ("need", {"title": "空\x00字符"}, "控制字符"),
    ("need", {"text": "铃\x07声"}, "控制字符"),
    ("need", {"text": "半个\ud83d字"}, "控制字符"),
    ("need", {"keywords": ["空\x00字符"]}, "控制字符"),
    ("need", {"id": "空\x00字符"}, "控制字符"),
    ("achievement", {"price_kind": "fixed", "price_from": "面议"}, "price_from"),
    ("achievement", {"price_kind": "range", "price_from": "5", "price_to": 3}, "前小后大"),
    ("achievement", {"properties": "两件专利"}, "properties"),
    ("achievement", {"properties": [{"kind": "magic"}]}, "列出的类型"),
    ("achievement", {"registration_number": "abc"}, "registration_number"),
    ("achievement", {"contributors": ["示范人"] * 31}, "最多 30 项"),
]


def test_bad_rows_are_named_one_by_one_and_leave_nothing_behind(
    own_database: Database, importer: int
) -> None:
    for kind in ("need", "achievement"):
        bad = [(change, words) for of, change, words in BAD if of == kind]
        rows = [row for change, _words in bad for row in ({**GOOD, **change}, GOOD)]

        result = take(own_database, importer, *rows, kind=kind)

        assert [number for number, _words in result.refused] == list(range(1, len(rows), 2))
        for (change, words), (_number, said) in zip(bad, result.refused, strict=True):
            assert words in said, (change, said)
        assert (result.created, result.total) == (len(bad), len(rows))
    with own_database.reading() as session:
        written = list(session.scalars(select(Posting)).unique())
        assert {row.title for row in written} == {"好的一行"}
        assert len(written) == len(BAD)
        assert session.scalar(select(func.count(Revision.id))) == len(BAD)
        drafted = session.scalars(select(Activity).where(Activity.action == "posting.drafted"))
        assert len(drafted.unique().all()) == len(BAD)


LEFT_OUT: list[dict[str, Any]] = [
    {"budget_wan": "", "trl": "", "deadline": "", "solver_share": "", "visit_welcome": ""},
    {"budget_wan": None, "keywords": None, "modes": None, "chains": None, "need_kind": None},
    {"created_at": "2020-01-01", "valid_until": "2020-01-01", "published_at": "x"},
    {"status": "archived", "owner_id": 999, "version": 9, "kind": "achievement", "id": ""},
    {"owner": "someone", "nodes": [1], "不认识的列": "值", "__class__": "x"},
]


def test_empty_cells_and_columns_that_are_ours_are_left_out(
    own_database: Database, importer: int
) -> None:
    result = take(own_database, importer, *({**GOOD, **change} for change in LEFT_OUT))

    assert result.refused == []
    with own_database.reading() as session:
        found = list(session.scalars(select(Need)))
    assert len(found) == len(LEFT_OUT)
    for need in found:
        assert (need.title, need.problem) == ("好的一行", "正文")
        assert (need.status, need.owner_id) == (PostingStatus.PUBLISHED, importer)
        assert (need.budget, need.trl, need.external_id) == (None, None, None)
        assert need.valid_until == clock.today() + timedelta(days=365)


def test_points_and_partners_keep_the_length_that_forms_allow(
    own_database: Database, importer: int
) -> None:
    row = {**GOOD, "effects": ["效" * 50], "partners": ["单" * 60], "keywords": "词" * 40}

    take(own_database, importer, row, kind="achievement")

    with own_database.reading() as session:
        achievement = session.scalars(select(Achievement)).one()
    assert (achievement.effects, achievement.partners) == (["效" * 50], ["单" * 60])
    assert achievement.keywords == ["词" * 30]


def test_numbers_and_yes_or_no_are_read_as_people_write_them(
    own_database: Database, importer: int
) -> None:
    row = {**GOOD, "budget_wan": "1,500", "solver_share": "40", "visit_welcome": "是", "trl": "７"}
    other = {**GOOD, "budget_wan": 0.5, "solver_share": 40.0, "visit_welcome": False}

    result = take(own_database, importer, row, other)

    assert result.refused == []
    with own_database.reading() as session:
        found = [
            (need.budget, need.solver_share, need.visit_welcome, need.trl)
            for need in session.scalars(select(Need).order_by(Need.id))
        ]
    assert found == [(15_000_000, 40, True, 7), (5000, 40, False, None)]


@pytest.mark.parametrize(
    "text", ["6", 6, 6.0, "6.0", "TRL 6", "trl6", "TRL-6", "6级", "第 6 级", "TRL６级", " ６ "]
)
def test_a_level_is_read_as_people_write_it(
    own_database: Database, importer: int, text: object
) -> None:
    assert take(own_database, importer, {**GOOD, "成熟度": text}).refused == []

    with own_database.reading() as session:
        assert session.scalars(select(Need.trl)).one() == 6


@pytest.mark.parametrize(
    ("kind", "column", "text", "modes"),
    [
        ("achievement", "转化方式", "技术许可、技术转让；作价投资", [Mode.LICENSE, Mode.TRANSFER, Mode.EQUITY]),
        ("achievement", "转化方式", "作价入股, 自行投资", [Mode.EQUITY, Mode.SELF_INVEST]),
        ("need", "合作方式", "合作开发 、委托开发", [Mode.JOINT, Mode.COMMISSIONED]),
        ("need", "modes", ["技术咨询", "service"], [Mode.CONSULTING, Mode.SERVICE]),
    ],
)  # fmt: skip
def test_ways_of_working_together_are_read_by_their_names(
    own_database: Database, importer: int, kind: str, column: str, text: object, modes: list[Mode]
) -> None:
    assert take(own_database, importer, {**GOOD, column: text}, kind=kind).refused == []

    with own_database.reading() as session:
        posting = session.scalars(select(Posting)).unique().one()
        assert set(posting.modes) == set(modes)


def test_chains_are_read_by_their_names_brackets_and_all(
    own_database: Database, importer: int
) -> None:
    names = ["动力电池", "合成材料（聚酰胺、聚氨酯）"]
    with own_database.transaction() as session:
        for name in names:
            factories.make_node(session, name)

    result = take(own_database, importer, {**GOOD, "产业链": "、".join(names)})

    assert result.refused == []
    with own_database.reading() as session:
        need = session.scalars(select(Need)).one()
        assert {node.name for node in need.chains} == set(names)


def test_a_text_of_ten_megabytes_is_cut_to_what_fits(
    own_database: Database, importer: int
) -> None:
    text = "很长的正文" * 2_000_000

    result = take(own_database, importer, {"title": "长", "text": text}, {"title": text})

    assert (result.created, result.refused) == (2, [])
    with own_database.reading() as session:
        first, second = session.scalars(select(Need).order_by(Need.id))
    assert first.problem == text[:TEXT_LIMIT]
    assert (second.title, len(second.problem)) == (text[:120], 360)


def test_emoji_stay_and_marks_that_turn_the_writing_go(
    own_database: Database, importer: int
) -> None:
    row = {
        "title": "🔋\u202e电池\u202c 👩‍🔬",
        "text": "\u200f第一行\r\n第二行\u2066",
        "keywords": "\u202a残锂\u202c、🔥",
        "summary": "\u202e反的",
    }

    take(own_database, importer, row)

    with own_database.reading() as session:
        need = session.scalars(select(Need)).one()
    assert need.title == "🔋电池 👩‍🔬"
    assert need.problem == "第一行\n第二行"
    assert need.keywords == ["残锂", "🔥"]
    assert need.summary == "反的"


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


def test_rows_go_to_the_organisation_that_was_chosen(bring: Bring, database: Database) -> None:
    with database.transaction() as session:
        company = factories.make_organisation(
            session, name="示范电池有限公司", region_code="510104"
        )

    bring(CSV, organisation="示范电池有限公司")

    (need,) = needs(database)
    assert (need.organisation_id, need.region_code) == (company.id, "510104")


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

    for browser in map(signed_in, people):
        assert browser.get("/admin/import").status_code == 404
        assert upload(browser, CSV).status_code == 404

    with database.reading() as session:
        assert session.scalar(select(func.count(Job.id))) == 0


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


def test_an_administrator_imports_too(signed_in: SignedIn, database: Database) -> None:
    with database.transaction() as session:
        person = factories.make_user(session, Role.ADMINISTRATOR)

    answer = upload(signed_in(person), CSV)

    assert answer.location == f"/admin/jobs/{the_import(database).id}"
    assert the_import(database).created_by_id == person.id


def test_a_stranger_is_asked_to_sign_in(client: FlaskClient) -> None:
    assert client.get("/admin/import").location == "/sign-in?next=/admin/import"


def test_the_page_says_what_is_missing_and_starts_nothing(
    browser: FlaskClient, database: Database
) -> None:
    for kind, name, words in (
        ("need", None, "请选择一个 .csv 或 .jsonl 文件。"),
        ("need", "", "请选择一个 .csv 或 .jsonl 文件。"),
        ("need", "needs.xlsx", "请选择一个 .csv 或 .jsonl 文件。"),
        ("", "a.csv", "请选择导入的是需求还是成果。"),
        ("x", "a.csv", "请选择导入的是需求还是成果。"),
    ):
        file = {} if name is None else {"file": (io.BytesIO(b"x"), name)}
        answer = browser.post("/admin/import", data={"kind": kind, **file})
        assert answer.status_code == 422
        assert words in answer.text

    with database.reading() as session:
        assert session.scalar(select(func.count(Job.id))) == 0


def test_the_name_of_the_file_leads_nowhere_and_the_file_is_gone_afterwards(
    bring: Bring, app: Flask
) -> None:
    job = bring(CSV, "../../../etc/名字 x.csv")

    path = Path(job.payload["path"])
    assert path.parent == app.extensions["settings"].instance / "imports"
    assert path.suffix == ".csv"
    assert not path.exists()


def test_the_file_of_an_import_that_failed_is_gone_after_a_week(
    bring: Bring, app: Flask, database: Database, browser: FlaskClient
) -> None:
    failed, waiting = (
        Path(job.payload["path"]) for job in (bring("[", "a.jsonl"), _uploaded(browser, database))
    )
    young = failed.with_name("young.csv")
    young.write_text(CSV, encoding="utf-8")
    assert failed.exists(), "somebody may mend the cause and try again"

    _clean(app, database, failed, age=timedelta(days=6))
    assert failed.exists()
    for path in (failed, waiting):
        _clean(app, database, path, age=timedelta(days=8))

    assert (failed.exists(), waiting.exists(), young.exists()) == (False, True, True)


def test_cleaning_without_any_import_is_no_failure(app: Flask, database: Database) -> None:
    with app.app_context():
        with database.transaction() as session:
            jobs.enqueue(session, "admin.clean_imports")
        jobs.run_due(database)
    with database.reading() as session:
        assert session.scalars(select(Job)).one().result == {"removed": 0}
    assert "admin.clean_imports" in jobs.REGULAR


def _uploaded(browser: FlaskClient, database: Database) -> Job:
    upload(browser, CSV)
    with database.transaction() as session:
        job = session.get_one(Job, the_import(database).id)
        job.run_after = clock.now() + timedelta(days=1)
    return the_import(database)


def _clean(app: Flask, database: Database, path: Path, *, age: timedelta) -> None:
    then = (clock.now() - age).timestamp()
    os.utime(path, (then, then))
    with app.app_context():
        with database.transaction() as session:
            jobs.enqueue(session, "admin.clean_imports")
        jobs.run_due(database)


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Return the database of an instance as `./run` finds it, with one organiser."""
    mask = os.umask(0o077)
    monkeypatch.setenv("MATCHMAKER_INSTANCE", str(tmp_path / "instance"))
    monkeypatch.setattr(run, "CHINESE", True)
    database = open_database(run.prepare(demonstration=False))
    with database.transaction() as session:
        factories.make_user(session, Role.ORGANISER, email="office@example.org")
    yield database
    database.engine.dispose()
    os.umask(mask)


def test_the_command_imports_scores_and_prints_what_became_of_the_rows(
    instance: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with instance.transaction() as session:
        factories.make_achievement(session, title="单晶高镍三元材料残锂原位转化")
    path = tmp_path / "needs.csv"
    path.write_text(CSV + "X2,,\n", encoding="gbk")
    capsys.readouterr()

    status = run.main(["import", "needs", str(path), "--as", "OFFICE@example.org"])

    printed = json.loads(capsys.readouterr().out)
    assert status == 0
    assert {name: printed[name] for name in ("created", "refused", "problems")} == {
        "created": 1, "refused": 1, "problems": [[2, "没有名称，也没有正文。"]],
    }  # fmt: skip
    with instance.reading() as session:
        assert session.scalar(select(func.count(Match.id))) == 1
        assert session.scalar(
            select(func.count(Job.id)).where(Job.status != JobStatus.DONE)
        ) == 0  # fmt: skip


def test_the_command_says_in_one_sentence_why_it_cannot(
    instance: Database,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(imports, "COMMIT_EVERY", 1)
    path = tmp_path / "a.jsonl"
    path.write_text('{"title": "甲"}\n{"title": "乙"}\n不是 JSON\n', encoding="utf-8")
    good = tmp_path / "a.csv"
    good.write_text(CSV, encoding="utf-8")
    for arguments, words in (
        ([str(path)], "第 3 行不是 JSON。"),
        ([str(tmp_path / "none.csv")], "找不到文件"),
        ([str(good), "--as", "nobody@example.org"], "没有这个组织方账号"),
        ([str(good), "--as", "nobody@example.org"], "请先运行 ./run create-admin 邮箱"),
        ([str(good), "--organisation", "没有的单位"], "没有名为 没有的单位 的单位。"),
        ([str(good), "--organisation", "没有的单位"], "请先在平台上注册"),
    ):
        assert run.main(["import", "needs", *arguments]) == run.EXIT_UNUSABLE
        said = capsys.readouterr().err.strip()
        assert words in said
        assert "\n" not in said
    assert Settings.from_env().instance == tmp_path / "instance"
    with instance.reading() as session:
        assert session.scalar(select(func.count(Posting.id))) == 0


def test_an_administrator_imports_where_there_is_no_organiser(
    instance: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(CSV, encoding="utf-8")
    with instance.transaction() as session:
        session.scalars(select(User)).unique().one().role = Role.ADMINISTRATOR
    assert run.main(["import", "needs", str(path)]) == 0

    assert run.main(["import", "needs", str(path), "--as", "x@example.org"]) == run.EXIT_UNUSABLE

    said = capsys.readouterr().err
    assert "写出一位组织方或管理员的邮箱" in said
    assert "create-admin" not in said
