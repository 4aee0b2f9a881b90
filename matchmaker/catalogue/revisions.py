"""Versions of published postings: what a posting said, and what changed."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from diff_match_patch import diff_match_patch
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import clock
from models import Achievement, Posting, Revision, User

COMMON = (
    "title", "summary", "problem", "keywords", "trl", "visibility", "name_visibility",
    "department", "region_code", "contact_name", "contact_position", "contact_phone",
    "contact_email", "export_controlled",
)  # fmt: skip
ACHIEVEMENT = (
    "approach", "application", "benefits", "innovations", "effects", "category", "attribute",
    "form", "level", "stage", "evaluation", "registration_number", "registered_on",
    "recommended_by", "research_from", "research_to", "partners", "contributors",
    "contributors_public", "discipline_code", "sector_code", "clc_code", "high_tech_field",
    "ownership", "price_kind", "price_from", "price_to", "pilot", "transfer_scope",
    "partner_wanted", "rights_comment", "markets", "open_to_interest",
)  # fmt: skip
NEED = (
    "need_kind", "tried", "why_not_alone", "benchmark", "prospect", "partner_requirements",
    "property_wish", "budget", "solver_share", "deadline", "visit_welcome", "recommended_by",
)  # fmt: skip
BEFORE: dict[str, Any] = {
    "partner_wanted": "", "rights_comment": "", "markets": "", "open_to_interest": True,
}  # fmt: skip
"""Versions from before these fields existed say nothing of them; that is no change."""
PARTS = ("chains", "modes", "indicators", "properties")
PART_LABELS: dict[str, Any] = {
    "chains": _l("产业链"), "modes": _l("合作方式"), "indicators": _l("指标"),
    "properties": _l("知识产权"),
}  # fmt: skip


def snapshot(posting: Posting) -> dict[str, Any]:
    """Everything that a reader sees, as JSON."""
    own = ACHIEVEMENT if isinstance(posting, Achievement) else NEED
    found = {name: _plain(getattr(posting, name)) for name in (*COMMON, *own)}
    found["chains"] = sorted(node.name for node in posting.chains)
    found["modes"] = [mode.value for mode in posting.modes]
    found["indicators"] = [
        [
            row.name,
            row.comparator.value,
            row.value,
            row.value_to,
            row.unit,
            row.reference,
            row.method,
        ]
        for row in posting.indicators
    ]
    if isinstance(posting, Achievement):
        found["properties"] = [
            [row.kind.value, row.status.value, row.number, row.holder, row.count]
            for row in posting.properties
        ]
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    return value


def changed_fields(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Names of what differs."""
    return [name for name in after if _said(before, name) != after[name]]


def _said(snapshot: dict[str, Any], name: str) -> Any:
    return snapshot.get(name, BEFORE.get(name))


def record(session: Session, actor: User, posting: Posting) -> Revision | None:
    """Store a version when something differs from the last one."""
    last = session.scalar(
        select(Revision)
        .where(Revision.posting_id == posting.id)
        .order_by(Revision.number.desc())
        .limit(1)
    )
    now = snapshot(posting)
    changed = changed_fields(last.snapshot, now) if last else []
    if last is not None and not changed:
        return None
    number = session.scalar(
        select(func.coalesce(func.max(Revision.number), 0)).where(
            Revision.posting_id == posting.id
        )
    )
    revision = Revision(
        posting_id=posting.id,
        number=(number or 0) + 1,
        actor_id=actor.id,
        at=clock.now(),
        snapshot=now,
        changed=changed,
    )
    session.add(revision)
    session.flush()
    return revision


PATIENCE = 0.5
"""Seconds for the comparison of one field."""
ACTS = {-1: "del", 0: "same", 1: "ins"}
Piece = tuple[str, str]
"""("same" | "del" | "ins", text)."""


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, list[Piece]]]:
    """Field by field, what was taken out and what was put in."""
    return [
        (name, text_difference(words(_said(before, name)), words(_said(after, name))))
        for name in dict.fromkeys([*after, *before])
        if _said(before, name) != _said(after, name)
    ]


def words(value: Any) -> str:
    """Write a stored value as a reader would."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return str(_l("是") if value else _l("否"))
    if isinstance(value, list):
        return "\n".join(
            " ".join(str(part) for part in item if part) if isinstance(item, list) else str(item)
            for item in value
        )
    return str(value)


def text_difference(before: str, after: str) -> list[Piece]:
    """Compare two texts by characters, in runs that a reader can follow.

    The comparison takes the shortest edit that it finds within half a second (Myers 1986); what
    is left then is shown as taken out and put in, so that no text can hold up the page.
    """
    comparison = diff_match_patch()
    comparison.Diff_Timeout = PATIENCE
    found = comparison.diff_main(before, after)
    comparison.diff_cleanupSemantic(found)
    return [(ACTS[act], text) for act, text in found]
