"""Attachments: judged by their content, stored under its hash outside the web root."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from pathlib import Path
from typing import IO, Any, cast

import puremagic
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config import MEGABYTE, Settings
from matchmaker import activity, clock
from matchmaker.catalogue import policy
from matchmaker.errors import InvalidError, NotFoundError, require
from models import Attachment, AttachmentKind, Posting, User

MAX_FILES = 10
NAME_LIMIT = 200
MAX_ENTRIES, MAX_UNPACKED, MAX_RATIO = 2000, 500 * MEGABYTE, 200
CHUNK = 1024 * 1024
ENDING = re.compile(r"[A-Za-z][A-Za-z0-9]{0,4}")
"""What looks like the ending of some format: 合同.exe, but not 方案v2.1版."""
OFFICE = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/presentation.xml": (
        "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    ),
}
PLAIN = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jfif": "image/jpeg",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
}
ENDINGS: dict[str, tuple[str, ...]] = {
    **{kind: (ending,) for kind, ending in zip(
        OFFICE.values(), (".docx", ".xlsx", ".pptx"), strict=True
    )},
    **{kind: tuple(e for e, k in PLAIN.items() if k == kind) for kind in PLAIN.values()},
}  # fmt: skip
"""The endings that tell the truth about a type; the first is given to names that do not."""
ACCEPTED = _l("可以上传 pdf、docx、xlsx、pptx、png、jpg、mp4 文件。")


def media_type(content: IO[bytes]) -> str:
    """Return the type that the content has, whatever the name says.

    Raises:
        InvalidError: the content is none of the accepted types, or a bomb.

    """
    content.seek(0)
    head = content.read(8192)
    content.seek(0)
    if head[:4] == b"PK\x03\x04":
        return _office_type(content)
    try:
        extensions = [found.extension for found in puremagic.magic_string(head)]
    except (puremagic.PureError, ValueError):
        extensions = []
    for extension in extensions[:4]:
        if extension in PLAIN:
            return PLAIN[extension]
    raise InvalidError({"file": ACCEPTED})


def _office_type(content: IO[bytes]) -> str:
    try:
        with zipfile.ZipFile(content) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise InvalidError({"file": _l("文件已经损坏，打不开。请重新导出后再上传。")}) from None
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or unpacked / packed > MAX_RATIO:
        raise InvalidError({"file": _l("文件压缩得异常，不能接收。请另存一份后再上传。")})
    names = {entry.filename for entry in entries}
    for part, kind in OFFICE.items():
        if part in names and not any(name.endswith("vbaProject.bin") for name in names):
            return kind
    raise InvalidError({"file": ACCEPTED})


def attach(
    session: Session,
    settings: Settings,
    actor: User,
    posting: Posting,
    name: str,
    content: IO[bytes],
    *,
    kind: str = "",
) -> Attachment:
    """Store a file with a posting; `kind` says what it proves.

    Raises:
        InvalidError: too many, too large, empty, of no known kind or of a type not accepted.

    """
    require(policy.can_edit(actor, posting))
    if kind and kind not in set(AttachmentKind):
        raise InvalidError({"file": _l("请从列出的材料种类中选择。")})
    if len(posting.attachments) >= MAX_FILES:
        raise InvalidError({"file": _l("最多 %(n)d 个附件。", n=MAX_FILES)})
    size = content.seek(0, io.SEEK_END)
    if size == 0:
        raise InvalidError({"file": _l("这是一个空文件。")})
    found = media_type(content)
    limit = settings.video_bytes if found == "video/mp4" else settings.attachment_bytes
    if size > limit:
        raise InvalidError(
            {"file": _l("文件超过 %(n)d MB，请压缩后再上传。", n=limit // MEGABYTE)}
        )
    digest = _store(settings, content)
    row = Attachment(
        kind=AttachmentKind(kind or AttachmentKind.OTHER), name=named_for(found, safe_name(name)),
        media_type=found, size=size, sha256=digest,
        uploaded_by_id=actor.id, uploaded_at=clock.now(),
    )  # fmt: skip
    posting.attachments.append(row)
    session.flush()
    activity.record(
        session, actor, "posting.attached", posting, title=posting.title, file=row.name
    )
    return row


def safe_name(name: str) -> str:
    """Return the last part of a name without control characters, its ending kept."""
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(c for c in name if c.isprintable() and c not in '<>:"|?*').strip(" .") or "file"
    stem, dot, ending = name.rpartition(".")
    if len(name) > NAME_LIMIT and dot:
        return f"{stem[: NAME_LIMIT - len(ending) - 1]}.{ending[:10]}"
    return name[:NAME_LIMIT]


def named_for(kind: str, name: str) -> str:
    """Return the name with the ending of what the content is: 合同.pdf that is a film is an .mp4."""
    stem, dot, ending = name.rpartition(".")
    endings = ENDINGS[kind]
    if dot and f".{ending.lower()}" in endings:
        return name
    known = f".{ending.lower()}" in {e for some in ENDINGS.values() for e in some}
    kept = stem if dot and stem and (known or ENDING.fullmatch(ending)) else name
    return f"{kept[: NAME_LIMIT - len(endings[0])].rstrip(' .')}{endings[0]}"


def path_of(settings: Settings, digest: str) -> Path:
    """Return where a content lies."""
    return settings.attachments / digest[:2] / digest


def _store(settings: Settings, content: IO[bytes]) -> str:
    content.seek(0)
    digest = hashlib.file_digest(cast("Any", content), "sha256").hexdigest()
    target = path_of(settings, digest)
    if target.exists():
        return digest
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(f".{clock.now().timestamp()}.part")
    content.seek(0)
    with part.open("wb") as file:
        while chunk := content.read(CHUNK):
            file.write(chunk)
    part.replace(target)
    return digest


def one(posting: Posting, attachment_id: int) -> Attachment:
    """Return an attachment of this posting.

    Raises:
        NotFoundError: it has none of this id.

    """
    for row in posting.attachments:
        if row.id == attachment_id:
            return row
    raise NotFoundError


def detach(
    session: Session, settings: Settings, actor: User, posting: Posting, row: Attachment
) -> None:
    """Remove an attachment; its content goes when nothing else uses it."""
    require(policy.can_edit(actor, posting))
    digest, name = row.sha256, row.name
    posting.attachments.remove(row)
    session.flush()
    activity.record(session, actor, "posting.detached", posting, title=posting.title, file=name)
    if not session.scalar(select(func.count()).where(Attachment.sha256 == digest)):
        path_of(settings, digest).unlink(missing_ok=True)
