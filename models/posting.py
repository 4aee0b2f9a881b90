"""Postings: what achievements and needs have in common, and the parts they are made of."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Model, UtcDateTime, enum_column, json_column
from .organisation import Organisation
from .user import User
from .vocabulary import Region, SchemeNode

TITLE_LIMIT = 120
SUMMARY_LIMIT = 200
TEXT_LIMIT = 5000
AMOUNT_LIMIT = 2_000_000_000
"""Yuan; what the forms take at most, and what the column holds."""
ATTACHMENT_LIMIT = 200 * 1024 * 1024
"""Bytes; the largest file that any setting lets in."""
MEDIA_TYPES = (
    "application/pdf", "image/png", "image/jpeg", "video/mp4",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
)  # fmt: skip


class PostingKind(StrEnum):
    ACHIEVEMENT = "achievement"
    NEED = "need"


class PostingStatus(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    ARCHIVED = "archived"


NEXT_STATUSES: dict[PostingStatus, frozenset[PostingStatus]] = {
    PostingStatus.DRAFT: frozenset({PostingStatus.SUBMITTED, PostingStatus.ARCHIVED}),
    PostingStatus.SUBMITTED: frozenset({PostingStatus.PUBLISHED, PostingStatus.DRAFT}),
    PostingStatus.PUBLISHED: frozenset({PostingStatus.WITHDRAWN, PostingStatus.ARCHIVED}),
    PostingStatus.WITHDRAWN: frozenset({PostingStatus.PUBLISHED, PostingStatus.ARCHIVED}),
    PostingStatus.ARCHIVED: frozenset(),
}


class Visibility(StrEnum):
    """Both are official practice: published on the platform, or pushed point to point."""

    LISTED = "listed"
    TARGETED = "targeted"


class NameVisibility(StrEnum):
    EVERYONE = "everyone"
    AFTER_ACCEPTANCE = "after_acceptance"


class Mode(StrEnum):
    """How a result changes hands.

    Achievements use the six ways of 促进科技成果转化法 (2015) art. 16: self_invest, transfer,
    license, joint, equity, other. Needs use the ways in which calls for needs ask for it:
    commissioned, joint, transfer, license, equity, consulting, service.
    """

    SELF_INVEST = "self_invest"
    TRANSFER = "transfer"
    LICENSE = "license"
    JOINT = "joint"
    EQUITY = "equity"
    OTHER = "other"
    COMMISSIONED = "commissioned"
    CONSULTING = "consulting"
    SERVICE = "service"


ACHIEVEMENT_MODES = (
    Mode.LICENSE, Mode.TRANSFER, Mode.EQUITY, Mode.JOINT, Mode.SELF_INVEST, Mode.OTHER,
)  # fmt: skip
NEED_MODES = (
    Mode.COMMISSIONED, Mode.JOINT, Mode.LICENSE, Mode.TRANSFER, Mode.EQUITY, Mode.CONSULTING,
    Mode.SERVICE,
)  # fmt: skip


class AttachmentKind(StrEnum):
    """What a 科技成果登记 asks to be attached."""

    EVALUATION = "evaluation"
    REPORT = "report"
    USER_PROOF = "user_proof"
    OTHER = "other"


class Comparator(StrEnum):
    GE = "ge"
    LE = "le"
    GT = "gt"
    LT = "lt"
    EQ = "eq"
    RANGE = "range"


class Posting(Model):
    """A record in the catalogue; `Achievement` and `Need` are its two kinds."""

    __tablename__ = "postings"
    __table_args__: Any = (
        CheckConstraint(
            "status NOT IN ('published', 'withdrawn') OR published_at IS NOT NULL",
            name="published_has_a_time",
        ),
        CheckConstraint(
            "status <> 'published' OR valid_until IS NOT NULL", name="published_has_an_end"
        ),
        CheckConstraint(
            "status IN ('draft', 'archived') OR declared_open",
            name="submitted_is_declared_open",
        ),
        CheckConstraint("trl BETWEEN 1 AND 9", name="trl_in_range"),
        Index("ix_postings_kind_status_published_at", "kind", "status", "published_at"),
        # the index in memory compares this fingerprint before every use
        Index("ix_postings_fingerprint", "status", "organisation_id", "version", "updated_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[PostingKind] = mapped_column(enum_column(PostingKind))
    status: Mapped[PostingStatus] = mapped_column(
        enum_column(PostingStatus), default=PostingStatus.DRAFT
    )
    title: Mapped[str] = mapped_column(String(TITLE_LIMIT))
    summary: Mapped[str] = mapped_column(String(SUMMARY_LIMIT), default="")
    problem: Mapped[str] = mapped_column(String(TEXT_LIMIT), default="")
    """Need: 现状和难点. Achievement: 解决什么问题."""
    keywords: Mapped[list[str]] = json_column(1_200, default=list)
    trl: Mapped[int | None] = mapped_column(index=True)
    """Achievement: the level reached. Need: the lowest level wanted."""
    visibility: Mapped[Visibility] = mapped_column(
        enum_column(Visibility), default=Visibility.LISTED
    )
    name_visibility: Mapped[NameVisibility] = mapped_column(
        enum_column(NameVisibility), default=NameVisibility.EVERYONE
    )
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    department: Mapped[str] = mapped_column(String(120), default="")
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    region_code: Mapped[str] = mapped_column(ForeignKey("regions.code"), index=True)
    contact_name: Mapped[str] = mapped_column(String(60), default="")
    contact_position: Mapped[str] = mapped_column(String(60), default="")
    contact_phone: Mapped[str] = mapped_column(String(30), default="")
    contact_email: Mapped[str] = mapped_column(String(254), default="")
    declared_open: Mapped[bool] = mapped_column(default=False)
    """The owner declares that nothing in it is a state secret; 涉密 cannot be submitted."""
    export_controlled: Mapped[bool] = mapped_column(default=False)
    valid_until: Mapped[date | None] = mapped_column(index=True)
    returned_reason: Mapped[str] = mapped_column(String(1000), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    """Last change of anything that matters for search or matching, status included."""
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    search_text: Mapped[str] = mapped_column(Text, default="", info={"limit": 400_000})
    """Title and texts, folded (NFKC, lower case) for searching."""
    external_id: Mapped[str | None] = mapped_column(String(120), unique=True)
    """The id under which it was imported, so that a second import changes instead of doubling."""
    version: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation] = relationship(lazy="joined")
    owner: Mapped[User] = relationship(foreign_keys=[owner_id])
    region: Mapped[Region] = relationship(lazy="joined")
    nodes: Mapped[list[PostingNode]] = relationship(
        cascade="all, delete-orphan", order_by="PostingNode.node_id"
    )
    mode_rows: Mapped[list[PostingMode]] = relationship(
        cascade="all, delete-orphan", order_by="PostingMode.mode"
    )
    indicators: Mapped[list[Indicator]] = relationship(
        cascade="all, delete-orphan", order_by="Indicator.ordinal"
    )
    attachments: Mapped[list[Attachment]] = relationship(
        cascade="all, delete-orphan", order_by="Attachment.id"
    )

    __mapper_args__: dict[str, Any] = {
        "polymorphic_on": kind,
        "version_id_col": version,
    }

    @property
    def number(self) -> str:
        """The number people quote, e.g. CG-2026-0871 (成果) or XQ-2026-0318 (需求)."""
        prefix = "CG" if self.kind == PostingKind.ACHIEVEMENT else "XQ"
        return f"{prefix}-{self.created_at.year}-{self.id:04d}"

    @property
    def modes(self) -> list[Mode]:
        """The ways on offer or wanted, in the order of the law."""
        order = list(Mode)
        return sorted((row.mode for row in self.mode_rows), key=order.index)

    @property
    def chains(self) -> list[SchemeNode]:
        """The nodes under which it is filed itself, without their ancestors."""
        return [row.node for row in self.nodes if row.direct]

    @property
    def related(self) -> set[int]:
        """The ids of nodes that correspond, in other schemes, to those under which it is filed."""
        walks = [walk for row in self.nodes for walk in row.node.walks]
        own = {row.node_id for row in self.nodes}
        return {node_id for walk in walks for node_id in (walk.from_id, walk.to_id)} - own


class PostingNode(Model):
    """Filed under a node; ancestors are stored too, so that a facet counts whole branches."""

    __tablename__ = "posting_nodes"

    posting_id: Mapped[int] = mapped_column(
        ForeignKey("postings.id", ondelete="CASCADE"), primary_key=True
    )
    node_id: Mapped[int] = mapped_column(
        ForeignKey("scheme_nodes.id"), primary_key=True, index=True
    )
    direct: Mapped[bool] = mapped_column(default=True)

    node: Mapped[SchemeNode] = relationship(lazy="joined")


class PostingMode(Model):
    __tablename__ = "posting_modes"

    posting_id: Mapped[int] = mapped_column(
        ForeignKey("postings.id", ondelete="CASCADE"), primary_key=True
    )
    mode: Mapped[Mode] = mapped_column(enum_column(Mode), primary_key=True, index=True)


def is_number(column: str) -> str:
    """SQL for a decimal number as written, on both databases: a sign, digits, one point."""
    return (
        f"trim(substr({column}, 1, 1), '0123456789+-') = '' "
        f"AND trim(substr({column}, 2), '0123456789.') = '' "
        f"AND length({column}) - length(replace({column}, '.', '')) <= 1 "
        f"AND trim({column}, '+-.') <> ''"
    )


class Indicator(Model):
    """A measurable line: a need's target or an achievement's result."""

    __tablename__ = "indicators"
    __table_args__ = (
        UniqueConstraint("posting_id", "ordinal"),
        CheckConstraint("comparator <> 'range' OR value_to <> ''", name="range_has_two_ends"),
        CheckConstraint("name <> ''", name="name_is_given"),
        CheckConstraint(is_number("value"), name="value_is_a_number"),
        CheckConstraint(
            f"value_to = '' OR ({is_number('value_to')})", name="value_to_is_a_number"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    posting_id: Mapped[int] = mapped_column(ForeignKey("postings.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    name: Mapped[str] = mapped_column(String(60))
    comparator: Mapped[Comparator] = mapped_column(enum_column(Comparator))
    value: Mapped[str] = mapped_column(String(30))
    """A decimal number as written ("3.40" keeps its zero)."""
    value_to: Mapped[str] = mapped_column(String(30), default="")
    unit: Mapped[str] = mapped_column(String(30), default="")
    reference: Mapped[str] = mapped_column(String(60), default="")
    """Need: the value today (现状值). Achievement: the baseline it is compared with (对比基线)."""
    method: Mapped[str] = mapped_column(String(120), default="")


class Attachment(Model):
    """A file kept outside the web root under the hash of its content."""

    __tablename__ = "attachments"
    __table_args__ = (
        CheckConstraint(f"size BETWEEN 1 AND {ATTACHMENT_LIMIT}", name="size_in_range"),
        CheckConstraint(f"media_type IN {MEDIA_TYPES}", name="media_type_is_accepted"),
        CheckConstraint("name <> ''", name="name_is_given"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    posting_id: Mapped[int] = mapped_column(
        ForeignKey("postings.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[AttachmentKind] = mapped_column(
        enum_column(AttachmentKind), default=AttachmentKind.OTHER
    )
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    """Bytes."""
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Revision(Model):
    """A published posting as it stood after a change: who, when, what."""

    __tablename__ = "revisions"
    __table_args__ = (UniqueConstraint("posting_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    posting_id: Mapped[int] = mapped_column(ForeignKey("postings.id", ondelete="CASCADE"))
    number: Mapped[int]
    actor_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    snapshot: Mapped[dict[str, Any]] = json_column(1_000_000)
    changed: Mapped[list[str]] = json_column(2_000, default=list)

    actor: Mapped[User] = relationship(lazy="joined")


class FormDraft(Model):
    """What a person has typed into a form and not yet saved, exactly as typed."""

    __tablename__ = "form_drafts"
    __table_args__ = (UniqueConstraint("user_id", "form"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    form: Mapped[str] = mapped_column(String(60))
    """`need:new`, `achievement:new`, `posting:12`."""
    data: Mapped[dict[str, Any]] = json_column(500_000)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
