"""Files as people have them are read; what a file cannot be is one sentence."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from matchmaker import clock, jobs
from matchmaker.admin import imports
from matchmaker.admin.imports import read_records
from matchmaker.db import Database
from matchmaker.errors import InvalidError
from models import Job, JobStatus, Mode, Need
from tests.admin.importing import CSV, Bring, counts, needs, problems, the_import, upload

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


def test_ways_of_working_together_are_read_in_english_too(
    bring: Bring, database: Database
) -> None:

    bring('title,modes\n低残锂制备,"Consulting, LICENCE"\n')

    (need,) = needs(database)
    with database.reading() as session:
        modes = session.get_one(Need, need.id).modes
    assert modes == [Mode.LICENSE, Mode.CONSULTING]


def test_a_file_with_other_columns_imports_nothing_and_says_so_for_every_row(
    bring: Bring, database: Database
) -> None:
    job = bring("a,b\n1,2\n3,4\n")

    assert counts(job) == [0, 0, 0, 2]
    assert problems(job) == [[1, "没有名称，也没有正文。"], [2, "没有名称，也没有正文。"]]
    assert needs(database) == []


def test_an_empty_file_imports_nothing(bring: Bring) -> None:
    assert counts(bring("")) == [0, 0, 0, 0]


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


def test_the_name_of_the_file_leads_nowhere_and_the_file_is_gone_afterwards(
    bring: Bring, app: Flask
) -> None:
    job = bring(CSV, "../../../etc/名字 x.csv")

    path = Path(job.payload["path"])
    assert path.parent == app.extensions["settings"].instance / "imports"
    assert path.suffix == ".csv"
    assert not path.exists()


def test_the_file_of_an_import_that_failed_is_gone_after_a_week(
    bring: Bring, app: Flask, database: Database, office: FlaskClient
) -> None:
    failed, waiting = (
        Path(job.payload["path"]) for job in (bring("[", "a.jsonl"), uploaded(office, database))
    )
    young = failed.with_name("young.csv")
    young.write_text(CSV, encoding="utf-8")
    assert failed.exists(), "somebody may mend the cause and try again"

    clean(app, database, failed, age=timedelta(days=6))
    assert failed.exists()
    for path in (failed, waiting):
        clean(app, database, path, age=timedelta(days=8))

    assert (failed.exists(), waiting.exists(), young.exists()) == (False, True, True)


def test_cleaning_without_any_import_is_no_failure(app: Flask, database: Database) -> None:
    with app.app_context():
        with database.transaction() as session:
            jobs.enqueue(session, "admin.clean_imports")
        jobs.run_due(database)
    with database.reading() as session:
        assert session.scalars(select(Job)).one().result == {"removed": 0}
    assert "admin.clean_imports" in jobs.REGULAR


def uploaded(office: FlaskClient, database: Database) -> Job:
    upload(office, CSV)
    with database.transaction() as session:
        job = session.get_one(Job, the_import(database).id)
        job.run_after = clock.now() + timedelta(days=1)
    return the_import(database)


def clean(app: Flask, database: Database, path: Path, *, age: timedelta) -> None:
    then = (clock.now() - age).timestamp()
    os.utime(path, (then, then))
    with app.app_context():
        with database.transaction() as session:
            jobs.enqueue(session, "admin.clean_imports")
        jobs.run_due(database)
