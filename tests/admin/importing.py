"""Files that are imported, and what became of their rows."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from matchmaker.admin.imports import ImportResult, import_records
from matchmaker.db import Database
from models import Job, Need, PostingKind, Role

CSV = "id,title,text\nX1,单晶高镍正极材料的低残锂制备,现有产线残锂偏高。\n"
GOOD = {"title": "好的一行", "text": "正文"}
NO_OFFICES = (Role.RESEARCHER, Role.ENTERPRISE, Role.TRANSFER_MANAGER)

Bring = Callable[..., Job]


def upload(
    office: FlaskClient, content: bytes | str, name: str = "needs.csv", **values: str
) -> TestResponse:
    data = content.encode() if isinstance(content, str) else content
    return office.post(
        "/admin/import", data={"kind": "need", "file": (io.BytesIO(data), name), **values}
    )


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


def take(
    database: Database, importer: int, *rows: Mapping[str, Any], kind: str = "need", **options: Any
) -> ImportResult:
    return import_records(database, importer, PostingKind(kind), rows, **options)
