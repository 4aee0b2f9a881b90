"""Needs and achievements from CSV or JSON lines, through the services.

A row names a title and a text and whatever other fields it has; field names are those of the
tables, common Chinese column names are understood. Rows that cannot be used are reported one by
one, and the others are imported. A second import of the same `external_id` changes the record.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.catalogue import queries, service
from matchmaker.catalogue.values import CHECKED_ELSEWHERE, KEYWORD_LIMIT
from matchmaker.catalogue.values import LISTS as LIMITS
from matchmaker.db import Database
from matchmaker.errors import InvalidError, MatchmakerError
from matchmaker.i18n import LOCALES
from matchmaker.labels import LABELS
from matchmaker.text import FORBIDDEN, SEPARATORS, plain_number, tidy
from matchmaker.vocabulary import queries as vocabulary
from models import TEXT_LIMIT, TITLE_LIMIT, Mode, Organisation, Posting, PostingKind, User

ALIASES = {
    "名称": "title", "需求名称": "title", "成果名称": "title", "标题": "title",
    "正文": "text", "内容": "text", "content": "text", "abstract": "text", "body": "text",
    "简介": "text", "摘要": "text", "keyphrases": "keywords", "关键词": "keywords",
    "id": "external_id", "requirement_id": "external_id", "achievement_id": "external_id",
    "产业链": "chains", "chain": "chains", "成熟度": "trl", "合作方式": "modes", "转化方式": "modes",
    "title_joined": "title", "预算": "budget_wan", "期限": "deadline",
    "希望找到的合作方": "partner_wanted", "目标市场": "markets", "知识产权说明": "rights_comment",
    "合作意向": "open_to_interest",
}  # fmt: skip
COMMIT_EVERY = 200
MAX_BYTES = 200_000_000
LISTS = frozenset(
    {"keywords", "innovations", "effects", "contributors", "partners", "modes", "chains"}
)
DATES = frozenset({"deadline", "registered_on"})
OUTSIDE_BRACKETS = re.compile(r"[\n;；,，、]+(?![^（(]*[)）])")
"""合成材料（聚酰胺、聚氨酯） is one chain."""
LEVEL = re.compile(r"(?:TRL)?[-:]?第?(\d{1,3})(?:\.0+)?级?")
MODE_WORDS = {
    "许可": Mode.LICENSE, "许可他人使用": Mode.LICENSE, "转让": Mode.TRANSFER,
    "向他人转让": Mode.TRANSFER, "作价入股": Mode.EQUITY, "技术入股": Mode.EQUITY,
    "联合开发": Mode.JOINT, "合作实施": Mode.JOINT, "自行实施": Mode.SELF_INVEST,
    "技术开发": Mode.COMMISSIONED,
}  # fmt: skip
"""Beside our own words: what the law and contracts say."""


@dataclass(slots=True)
class ImportResult:
    """What became of the rows of a file."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.created + self.changed + self.unchanged + len(self.refused)

    def as_json(self) -> dict[str, Any]:
        return {
            "created": self.created, "changed": self.changed, "unchanged": self.unchanged,
            "refused": len(self.refused), "problems": [list(item) for item in self.refused[:200]],
        }  # fmt: skip


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a .csv, .jsonl or .ndjson file.

    Raises:
        InvalidError: the file cannot be read as what its name says.

    """
    if not path.is_file():
        raise InvalidError(message=_("找不到文件 %(path)s。", path=str(path)))
    if path.stat().st_size > MAX_BYTES:
        raise InvalidError(message=_("文件太大，请分成几份。"))
    text = _decoded(path.read_bytes())
    if path.suffix.lower() in {".jsonl", ".ndjson", ".json"}:
        yield from _json_lines(text)
    else:
        csv.field_size_limit(MAX_BYTES)
        yield from csv.DictReader(io.StringIO(text, newline=""))


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidError(message=_("文件编码无法识别，请另存为 UTF-8。"))


def _json_lines(text: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            raise InvalidError(message=_("第 %(n)d 行不是 JSON。", n=number)) from None
        if not isinstance(record, dict):
            raise InvalidError(message=_("第 %(n)d 行不是一个对象。", n=number))
        yield record


def import_records(
    database: Database,
    actor_id: int,
    kind: PostingKind,
    records: Iterable[Mapping[str, Any]],
    *,
    organisation: str = "",
    report: Callable[[int, ImportResult], None] = lambda _done, _result: None,
) -> ImportResult:
    """Import rows in the name of a person; each batch is one transaction, each row a savepoint.

    Suggestions of single records are left to one `matching.refresh_all` at the end.
    """
    result = ImportResult()
    batch: list[tuple[int, Mapping[str, Any]]] = []
    for number, record in enumerate(records, start=1):
        batch.append((number, record))
        if len(batch) == COMMIT_EVERY:
            _import_batch(database, actor_id, kind, batch, result, organisation)
            report(number, result)
            batch = []
    _import_batch(database, actor_id, kind, batch, result, organisation)
    return result


def _import_batch(
    database: Database, actor_id: int, kind: PostingKind,
    batch: list[tuple[int, Mapping[str, Any]]], result: ImportResult, organisation: str,
) -> None:  # fmt: skip
    with database.transaction() as session:
        actor = session.get_one(User, actor_id)
        owner = _organisation(session, organisation) or actor.organisation
        for number, record in batch:
            try:
                with session.begin_nested():
                    _import_one(session, actor, owner, kind, record, result)
            except MatchmakerError as error:
                result.refused.append((number, _words(error)))
        _keep_only_full_refresh(session)


def _keep_only_full_refresh(session: Session) -> None:
    """Forget the refresh of each single record: one refresh of all follows the import."""
    from models import Job, JobStatus

    ids = session.info.pop("jobs", [])
    for start in range(0, len(ids), 500):
        for job in session.scalars(select(Job).where(Job.id.in_(ids[start : start + 500]))):
            if job.kind == "matching.refresh":
                job.status = JobStatus.DONE
                job.message = "covered by the refresh after the import"
            else:
                session.info.setdefault("jobs", []).append(job.id)


def _organisation(session: Session, name: str) -> Organisation | None:
    if not name:
        return None
    row = session.scalar(select(Organisation).where(Organisation.name == name))
    if row is None:
        raise InvalidError(
            message=_(
                "没有名为 %(name)s 的单位。请写已登记单位的全称；还没有登记的，请先在平台上注册。",
                name=name,
            )
        )
    return row


def _import_one(
    session: Session, actor: User, owner: Organisation, kind: PostingKind,
    record: Mapping[str, Any], result: ImportResult,
) -> None:  # fmt: skip
    values, external_id = values_of(session, kind, record)
    known = None
    if external_id:
        key = f"{kind.value}:{external_id}"[:120]
        known = session.scalar(select(Posting).where(Posting.external_id == key))
    if known is not None:
        changed = service.save(session, actor, known, values, version=known.version)
        result.changed += changed
        result.unchanged += not changed
        return
    posting = service.save_new(
        session,
        actor,
        kind,
        values,
        external_id=f"{kind.value}:{external_id}"[:120] if external_id else None,
    )
    posting.organisation, posting.organisation_id = owner, owner.id
    if "region_code" not in values:
        posting.region_code = owner.region_code
    session.flush()
    service.submit(session, actor, posting, strict=False)
    service.publish_imported(session, actor, posting)
    result.created += 1


def values_of(
    session: Session, kind: PostingKind, record: Mapping[str, Any]
) -> tuple[dict[str, Any], str]:
    """Translate a row into what the services take; return the values and the external id."""
    named = {ALIASES.get(str(k).strip(), str(k).strip()): v for k, v in record.items() if k}
    external_id = str(named.pop("external_id", "") or "").strip()
    if FORBIDDEN.search(external_id):
        raise InvalidError({"id": _("这里有无法保存的控制字符，请删去后重新输入。")})
    title = tidy(str(named.pop("title", "") or "")).replace("\n", " ")[: TITLE_LIMIT * 3]
    text = tidy(str(named.pop("text", "") or ""))
    if not title and not text:
        raise InvalidError(message=_("没有名称，也没有正文。"))
    title = title or text[:40]
    values: dict[str, Any] = {"title": title[:TITLE_LIMIT], "declared_open": True}
    body = text or title
    if text and len(title) > TITLE_LIMIT:
        body = f"{title}\n{body}"
    values["problem" if kind == PostingKind.NEED else "approach"] = body[:TEXT_LIMIT]
    columns = {column.key for column in queries.kind_class(kind).__mapper__.columns}
    for name, found in _values(session, named).items():
        if name == "chains" and found:
            values["nodes"] = found
        elif name == "budget_wan" and found not in (None, "") and kind == PostingKind.NEED:
            values["budget"] = _yuan(found)
        elif name in {"modes", "indicators", "properties"} or (
            name in columns and found not in (None, "")
        ):
            values[name] = found
    for name in CHECKED_ELSEWHERE:
        values.pop(name, None)
    return values, external_id


def _values(session: Session, named: Mapping[str, Any]) -> dict[str, Any]:
    """Read every cell; all that cannot be used are named together."""
    values: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for name, value in named.items():
        try:
            values[name] = _value(session, name, value)
        except InvalidError as error:
            if not error.fields:
                raise
            errors |= error.fields
    if errors:
        raise InvalidError(errors)
    return values


def _chains(session: Session, value: Any) -> list[int]:
    items = value if isinstance(value, list) else OUTSIDE_BRACKETS.split(str(value or ""))
    names = [str(item).strip() for item in items if str(item).strip()]
    known = {node.name: node.id for node in vocabulary.chains(session)}
    unknown = [name[:60] for name in names if name not in known]
    if unknown:
        words = _(
            "没有名为“%(names)s”的产业链，请按“产业链”页的名称填写，或留空。",
            names="”“".join(unknown[:5]),
        )
        raise InvalidError({"chains": words})
    return [known[name] for name in names]


def _level(value: Any) -> int | None:
    """6, "6.0", "TRL 6", "6级"."""
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", "" if value is None else str(value)))
    if not text:
        return None
    found = LEVEL.fullmatch(text.upper())
    if found is None:
        words = _("“%(value)s”看不出是几级，请写 1 到 9 的整数。", value=str(value)[:30])
        raise InvalidError({"trl": words})
    return int(found[1])


def _mode(text: str) -> str:
    """Return the code of a mode that is named in words; anything else stays for the check."""
    return _mode_words().get(text.lower(), text)


def _mode_words() -> dict[str, str]:
    """How modes are named: by law and contracts, and by our own words in every language."""
    known: dict[str, str] = {words: mode.value for words, mode in MODE_WORDS.items()}
    for locale in LOCALES.values():
        with force_locale(locale):
            known |= {str(words).lower(): mode.value for mode, words in LABELS[Mode].items()}
    return known


def _value(session: Session, name: str, value: Any) -> Any:
    if name == "chains":
        return _chains(session, value)
    if name in LISTS:
        items = value if isinstance(value, list) else SEPARATORS.split(str(value or ""))
        limit = LIMITS[name][1] if name in LIMITS else KEYWORD_LIMIT
        clean = [tidy(str(item))[:limit] for item in items if str(item).strip()]
        if name == "modes":
            return [_mode(item) for item in clean]
        return clean[:3] if name == "keywords" else clean
    if name == "trl":
        return _level(value)
    if name in DATES:
        try:
            return date.fromisoformat(str(value).strip()) if value else None
        except ValueError:
            raise InvalidError(message=_("“%(value)s”不是日期。", value=str(value)[:30])) from None
    return tidy(value) if isinstance(value, str) else value


def _yuan(wan: Any) -> Decimal:
    try:
        return (Decimal(plain_number(str(wan))) * 10_000).to_integral_value()
    except ArithmeticError:
        raise InvalidError({"budget_wan": _("请只填数字，例如 150。")}) from None


def _words(error: MatchmakerError) -> str:
    if isinstance(error, InvalidError) and error.fields:
        return str(_("；").join(f"{name}: {text}" for name, text in error.fields.items()))
    return str(error.message or _("这一步您还不能做"))
