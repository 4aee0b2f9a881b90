"""Importing the official list of chains, needs and targets: a dry run first, then a new version."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from matchmaker import activity, clock
from matchmaker.errors import InvalidError, require
from matchmaker.guard import effective_role
from matchmaker.i18n import counted
from matchmaker.vocabulary import queries
from models import (
    Crosswalk,
    Posting,
    PostingNode,
    Role,
    SchemeNode,
    SchemeVersion,
    Standing,
    User,
)

COLUMNS = ("chain", "node", "need", "target")
ALIASES = {
    "产业链": "chain",
    "环节": "node",
    "需求": "need",
    "关键技术需求": "need",
    "目标": "target",
}
MAX_ROWS = 5000
LIMITS = {"chain": 120, "node": 120, "need": 120, "target": 500}
CODE_LIMIT = 80


@dataclass(slots=True)
class RowReport:
    """What happens to one line of the file."""

    line: int
    outcome: str
    """new, known, or refused."""
    words: str
    row: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class ImportReport:
    """A report per row; `usable` says whether the import can go on."""

    rows: list[RowReport]
    label: str

    @property
    def refused(self) -> int:
        return sum(row.outcome == "refused" for row in self.rows)

    @property
    def usable(self) -> bool:
        return bool(self.rows) and not self.refused


def read_rows(content: bytes) -> list[dict[str, str]]:
    """Read a CSV in UTF-8 or GB 18030 with the columns chain, node, need, target.

    Raises:
        InvalidError: it cannot be read, or a column is missing.

    """
    text = _decoded(content)
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    reader = csv.DictReader(io.StringIO(text, newline=""))
    names = [
        ALIASES.get((name or "").strip(), (name or "").strip()) for name in reader.fieldnames or []
    ]
    if "chain" not in names:
        raise InvalidError(
            {
                "file": _(
                    "第一行要写列名 chain、node、need、target（或 产业链、环节、需求、目标）。"
                )
            }
        )
    reader.fieldnames = names
    rows = []
    for row in reader:
        rows.append({name: (row.get(name) or "").strip() for name in COLUMNS})
        if len(rows) > MAX_ROWS:
            raise InvalidError({"file": _("一次最多导入 %(n)d 行。", n=MAX_ROWS)})
    return rows


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise InvalidError({"file": _("文件不是文本。请从表格软件另存为 CSV（UTF-8）后再上传。")})


def check_import(session: Session, rows: list[dict[str, str]], label: str) -> ImportReport:
    """Say what an import would do, row by row; nothing is written."""
    known = {node.name for node in queries.nodes_of(session, queries.PRIMARY_SCHEME)}
    seen: set[tuple[str, ...]] = set()
    reports = []
    for line, row in enumerate(rows, start=2):
        key = tuple(row[name] for name in COLUMNS)
        reports.append(_judge(line, row, known, repeated=key in seen))
        seen.add(key)
    return ImportReport(reports, label)


def _judge(line: int, row: dict[str, str], known: set[str], *, repeated: bool) -> RowReport:
    if not row["chain"]:
        return RowReport(line, "refused", _("没有写产业链。"), row)
    if row["need"] and not row["node"]:
        return RowReport(line, "refused", _("写了需求，没有写它所属的环节。"), row)
    for name, limit in LIMITS.items():
        if len(row[name]) > limit:
            return RowReport(
                line, "refused", _("“%(name)s”最多 %(n)d 字。", name=name, n=limit), row
            )
    if repeated:
        return RowReport(line, "refused", _("和前面某一行完全相同。"), row)
    if row["chain"] in known and not row["node"]:
        return RowReport(line, "known", _("已有这条产业链，转为已核实。"), row)
    return RowReport(line, "new", _("将新增。"), row)


def apply_import(
    session: Session, actor: User, report: ImportReport, *, source: str, valid_from: date | None
) -> SchemeVersion:
    """Make a new version of the chains; postings keep their chain when the name is the same.

    Raises:
        InvalidError: a row was refused, or this version exists already.

    """
    require(effective_role(actor) == Role.ADMINISTRATOR)
    if not report.usable:
        raise InvalidError(
            {"file": counted("还有 %(n)d 行不能导入，请改好后再试。", n=report.refused)}
        )
    old = queries.current_version(session, queries.PRIMARY_SCHEME)
    labels = set(session.scalars(select(SchemeVersion.label).where(
        SchemeVersion.scheme_code == queries.PRIMARY_SCHEME)))  # fmt: skip
    if report.label in labels or not report.label:
        raise InvalidError({"label": _("版本名称不能空，也不能和已有版本相同。")})
    version = SchemeVersion(
        scheme_code=queries.PRIMARY_SCHEME, label=report.label, status=Standing.OFFICIAL,
        source=source[:500], valid_from=valid_from, current=True,
    )  # fmt: skip
    session.add(version)
    session.flush()
    nodes = _add_nodes(session, version, report)
    if old is not None:
        _move_over(session, old, nodes)
        old.current = False
        old.valid_to = valid_from
    version.scheme.note = ""  # what was said of the first edition; `queries.edition` speaks now
    session.flush()
    activity.record(session, actor, "vocabulary.imported", actor, label=version.label)
    return version


def _add_nodes(
    session: Session, version: SchemeVersion, report: ImportReport
) -> dict[tuple[str, ...], SchemeNode]:
    nodes: dict[tuple[str, ...], SchemeNode] = {}
    for item in report.rows:
        path: tuple[str, ...] = ()
        for level in ("chain", "node", "need"):
            name = item.row[level]
            if not name:
                break
            parent = nodes.get(path)
            path = (*path, name)
            if path in nodes:
                continue
            node = SchemeNode(
                version_id=version.id, parent_id=parent.id if parent else None,
                code=f"{len(nodes) + 1:04d}-{name}"[:CODE_LIMIT], name=name, level=level,
                ordinal=len(nodes), status=Standing.OFFICIAL, confidence="A",
                source=version.source, assignable=level != "need",
                target=item.row["target"] if level == "need" else "",
            )  # fmt: skip
            session.add(node)
            session.flush()
            nodes[path] = node
    return nodes


def _move_over(
    session: Session, old: SchemeVersion, nodes: dict[tuple[str, ...], SchemeNode]
) -> None:
    """Chains of the same name take over postings and correspondences of the old version."""
    by_name = {path[0]: node for path, node in nodes.items() if len(path) == 1}
    for before in session.scalars(select(SchemeNode).where(SchemeNode.version_id == old.id)).all():
        after = by_name.get(before.name)
        if after is None:
            continue
        after.name_en = after.name_en or before.name_en
        _mark_changed(session, before)
        session.execute(
            update(PostingNode).where(PostingNode.node_id == before.id).values(node_id=after.id)
        )
        session.execute(
            update(Crosswalk).where(Crosswalk.from_id == before.id).values(from_id=after.id)
        )


def _mark_changed(session: Session, node: SchemeNode) -> None:
    """Give a new version to what is filed under a node, or under one that it corresponds to.

    Matching reads the ids of nodes and follows versions; and a form that was opened before must
    not put the old ids back.
    """
    there = select(Crosswalk.to_id).where(Crosswalk.from_id == node.id)
    filed = select(PostingNode.posting_id).where(
        or_(PostingNode.node_id == node.id, PostingNode.node_id.in_(there))
    )
    session.execute(
        update(Posting)
        .where(Posting.id.in_(filed))
        .values(version=Posting.version + 1, updated_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )


def as_table(report: ImportReport) -> list[dict[str, Any]]:
    """Return the report as plain rows."""
    return [
        {"line": row.line, "outcome": row.outcome, "words": row.words, **row.row}
        for row in report.rows
    ]
