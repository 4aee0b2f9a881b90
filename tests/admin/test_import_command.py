"""The command `./run import`."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

import run
from config import Settings
from matchmaker import console
from matchmaker.admin import imports
from matchmaker.catalogue import service as catalogue
from matchmaker.db import Database, open_database
from matchmaker.instance import prepare
from matchmaker.matching import service as matching
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


class Interrupted:
    """Ctrl-C at a certain call of a function."""

    def __init__(self, function: Callable[..., Any], at: int) -> None:
        self.function, self.at = function, at

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        self.at -= 1
        if self.at == 0:
            raise KeyboardInterrupt
        return self.function(*arguments, **options)


@pytest.fixture
def three_rows(tmp_path: Path) -> str:
    path = tmp_path / "needs.csv"
    rows = (f"X{n},单晶高镍正极材料 {n},残锂偏高。\n" for n in (2, 3))
    path.write_text("".join([CSV, *rows]), encoding="utf-8")
    return str(path)


def jobs_that_wait(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Job.kind).where(Job.status == JobStatus.QUEUED)))


def test_ctrl_c_keeps_whole_batches_says_how_far_it_came_and_can_be_taken_up(
    instance: Database,
    three_rows: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(imports, "COMMIT_EVERY", 2)
    with monkeypatch.context() as interrupting:
        publish = Interrupted(catalogue.publish_imported, at=3)
        interrupting.setattr(catalogue, "publish_imported", publish)
        status = run.main(["import", "needs", three_rows])

    assert status == run.EXIT_INTERRUPTED
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.strip() == (
        "已中断：前 2 行已经处理，后面的没有写入。行有编号（id）的话，再运行一次就能接着导入。"
    )
    with instance.reading() as session:
        assert session.scalar(select(func.count(Posting.id))) == 2
    assert jobs_that_wait(instance) == ["matching.refresh_all"]

    assert run.main(["import", "needs", three_rows]) == 0

    printed = json.loads(capsys.readouterr().out)
    assert (printed["created"], printed["unchanged"]) == (1, 2)
    assert jobs_that_wait(instance) == []


def test_ctrl_c_while_suggestions_are_worked_out_leaves_them_to_the_platform(
    instance: Database,
    three_rows: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(matching, "propose", Interrupted(matching.propose, at=1))

    assert run.main(["import", "needs", three_rows]) == run.EXIT_INTERRUPTED

    assert "导入已经完成，推荐会在平台运行时接着计算。" in capsys.readouterr().err
    assert jobs_that_wait(instance) == ["matching.refresh_all"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_how_far_the_import_is(
    instance: Database, three_rows: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", screen := Terminal())

    assert run.main(["import", "needs", three_rows]) == 0

    assert "导入: 100%" in screen.getvalue()
    assert "计算推荐: 100%" in screen.getvalue()
