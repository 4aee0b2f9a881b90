"""What an administrator does at the console beside serving: import a file, make an administrator."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from matchmaker.console import progress, say
from matchmaker.instance import StartError, prepare

if TYPE_CHECKING:  # loaded by the commands that need them
    from matchmaker.admin.imports import ImportResult
    from matchmaker.db import Database
    from models import PostingKind


def import_file(options: argparse.Namespace) -> int:
    """Import a file in this process and score everything; prints what became of the rows."""
    settings = prepare(demonstration=False)
    from sqlalchemy import select

    from matchmaker.admin.imports import read_records
    from matchmaker.app import create_app
    from matchmaker.errors import MatchmakerError
    from models import PostingKind, Role, User

    app = create_app(settings)
    database = app.extensions["database"]
    kind = PostingKind.NEED if options.kind == "needs" else PostingKind.ACHIEVEMENT
    started = time.monotonic()
    with app.app_context():
        with database.reading() as session:
            wanted = (
                User.email == options.email.lower()
                if options.email
                else User.role.in_([Role.ORGANISER, Role.ADMINISTRATOR])
            )
            organisers_first = User.role != Role.ORGANISER
            actor_id = session.scalar(
                select(User.id).where(wanted).order_by(organisers_first, User.id).limit(1)
            )
        if actor_id is None:
            raise StartError(_who_imports(app))
        try:
            records = list(read_records(options.file))  # all of it, before anything is written
            result = _import_rows(database, actor_id, kind, records, options.organisation)
        except MatchmakerError as error:
            raise StartError(str(error.message)) from error
        _score(database)
    seconds = round(time.monotonic() - started, 1)
    print(json.dumps({**result.as_json(), "seconds": seconds}, ensure_ascii=False, indent=1))
    return 0


def _import_rows(
    database: Database, actor_id: int, kind: PostingKind, rows: Sequence[Any], organisation: str
) -> ImportResult:
    """Import and have everything scored; interrupted, what is stored stays and is scored later."""
    from matchmaker import jobs
    from matchmaker.admin.imports import import_records

    stored = 0
    with progress(say("导入", "Importing")) as tell:

        def report(done: int, _result: ImportResult) -> None:
            nonlocal stored
            stored = done
            tell(done / len(rows))

        try:
            result = import_records(
                database, actor_id, kind, rows, organisation=organisation, report=report
            )
        except KeyboardInterrupt:
            with database.transaction() as session:
                jobs.enqueue(session, "matching.refresh_all")
            raise KeyboardInterrupt(
                say(
                    f"已中断：前 {stored} 行已经处理，后面的没有写入。行有编号（id）的话，再运行一次就能接着导入。",
                    f"Interrupted: the first {stored} rows are dealt with, nothing of the others is written. Where rows have an id, running it again does the rest.",
                )
            ) from None
    with database.transaction() as session:
        jobs.enqueue(session, "matching.refresh_all")
    return result


def _score(database: Database) -> None:
    from matchmaker import jobs

    database.send_job = lambda _job_id: None
    try:
        with progress(say("计算推荐", "Scoring")) as tell:
            jobs.run_due(database, tell)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            say(
                "已中断：导入已经完成，推荐会在平台运行时接着计算。",
                "Interrupted: everything is imported; the suggestions are worked out when the platform runs.",
            )
        ) from None


def _who_imports(app: Any) -> str:
    """Say in whose name an import can be, when it can be in nobody's."""
    if not has_administrator(app):
        return say(
            "没有这个组织方账号，也还没有管理员。请先运行 ./run create-admin 邮箱，再导入。",
            "There is no such organiser and no administrator yet; run ./run create-admin E-MAIL first, then import.",
        )
    return say(
        "没有这个组织方账号，请用 --as 写出一位组织方或管理员的邮箱。",
        "There is no such organiser; name the e-mail of an organiser or administrator with --as.",
    )


def create_admin(options: argparse.Namespace) -> int:
    """Create an administrator; the password is read from the terminal or standard input."""
    import getpass

    settings = prepare(demonstration=False)
    from matchmaker.accounts.service import create_administrator
    from matchmaker.db import open_database
    from matchmaker.errors import MatchmakerError

    words = say("密码（至少 10 个字符）：", "Password (at least 10 characters): ")
    password = getpass.getpass(words) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    try:
        with open_database(settings).transaction() as session:
            create_administrator(
                session, email=options.email, name=options.name, password=password
            )
    except MatchmakerError as error:
        raise StartError(str(error)) from error
    print(say("已建好。", "Created."))
    return 0


def has_administrator(app: Any) -> bool:
    from sqlalchemy import select

    from models import Role, User

    with app.extensions["database"].reading() as session:
        return session.scalar(select(User.id).where(User.role == Role.ADMINISTRATOR)) is not None
