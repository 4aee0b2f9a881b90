"""The command `./run import`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

import run
from config import Settings
from matchmaker import console
from matchmaker.admin import imports
from matchmaker.db import Database, open_database
from matchmaker.instance import prepare
from models import Job, JobStatus, Match, Posting, Role, User
from tests import factories
from tests.admin.importing import CSV


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Return the database of an instance as `./run` finds it, with one organiser."""
    mask = os.umask(0o077)
    monkeypatch.setenv("MATCHMAKER_INSTANCE", str(tmp_path / "instance"))
    monkeypatch.setattr(console, "CHINESE", True)
    database = open_database(prepare(demonstration=False))
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
