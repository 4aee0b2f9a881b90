"""Vocabulary as data: schemes with versions and nodes, the crosswalk between them, regions.

Industry chains, sectors (GB/T 4754), disciplines (GB/T 13745), patent sections (IPC), technology
readiness levels and conversion modes are all schemes: each has versions with validity dates, a
tree of nodes, and a status that says whether the datum is official.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Model, enum_column


class SchemeKind(StrEnum):
    INDUSTRY = "industry"
    SECTOR = "sector"
    DISCIPLINE = "discipline"
    PATENT = "patent"
    READINESS = "readiness"
    CONVERSION = "conversion"


class Standing(StrEnum):
    """Whether a datum may be shown as official."""

    OFFICIAL = "official"
    UNVERIFIED = "unverified"
    PROPOSED = "proposed"
    """Ours: a suggestion of this project, not a rule of any authority."""


class Scheme(Model):
    """A classification, e.g. 重庆市33条重点产业链."""

    __tablename__ = "schemes"

    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(200), default="")
    kind: Mapped[SchemeKind] = mapped_column(enum_column(SchemeKind))
    ordinal: Mapped[int] = mapped_column(default=0)
    is_primary: Mapped[bool] = mapped_column(default=False)
    """The scheme under which postings are filed first."""
    note: Mapped[str] = mapped_column(String(500), default="")

    versions: Mapped[list[SchemeVersion]] = relationship(
        back_populates="scheme", order_by="SchemeVersion.id"
    )


class SchemeVersion(Model):
    """One edition of a scheme; only one is current."""

    __tablename__ = "scheme_versions"
    __table_args__ = (UniqueConstraint("scheme_code", "label"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    scheme_code: Mapped[str] = mapped_column(ForeignKey("schemes.code"), index=True)
    label: Mapped[str] = mapped_column(String(40))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    status: Mapped[Standing] = mapped_column(enum_column(Standing))
    source: Mapped[str] = mapped_column(String(500), default="")
    current: Mapped[bool] = mapped_column(default=True)

    scheme: Mapped[Scheme] = relationship(back_populates="versions", lazy="joined")
    nodes: Mapped[list[SchemeNode]] = relationship(
        back_populates="version", order_by="SchemeNode.ordinal"
    )


class SchemeNode(Model):
    """A place in a scheme's tree: group, chain, link of a chain, section, division, level …."""

    __tablename__ = "scheme_nodes"
    __table_args__ = (UniqueConstraint("version_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("scheme_versions.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("scheme_nodes.id"), index=True)
    code: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(200), default="")
    level: Mapped[str] = mapped_column(String(20))
    """group, chain, node, need; section, division; level; mode; discipline."""
    ordinal: Mapped[int] = mapped_column(default=0)
    assignable: Mapped[bool] = mapped_column(default=True)
    """A group is only a heading; a posting is filed under a chain or deeper."""
    status: Mapped[Standing] = mapped_column(enum_column(Standing))
    confidence: Mapped[str] = mapped_column(String(4), default="")
    source: Mapped[str] = mapped_column(String(500), default="")
    note: Mapped[str] = mapped_column(String(500), default="")
    target: Mapped[str] = mapped_column(String(500), default="")
    """For a need of the official list: the target it names."""
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]

    version: Mapped[SchemeVersion] = relationship(back_populates="nodes", lazy="joined")
    parent: Mapped[SchemeNode | None] = relationship(
        remote_side="SchemeNode.id", lazy="joined", join_depth=3
    )
    walks: Mapped[list[Crosswalk]] = relationship(
        primaryjoin="or_(SchemeNode.id == foreign(Crosswalk.from_id), "
        "SchemeNode.id == foreign(Crosswalk.to_id))",
        viewonly=True,
    )
    """What it corresponds to in other schemes, whichever side it stands on."""


class Crosswalk(Model):
    """From a node of one scheme to a node of another; all of the first edition are proposals."""

    __tablename__ = "crosswalks"
    __table_args__ = (
        UniqueConstraint("from_id", "to_id"),
        CheckConstraint("from_id <> to_id", name="two_different_nodes"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    from_id: Mapped[int] = mapped_column(ForeignKey("scheme_nodes.id"), index=True)
    to_id: Mapped[int] = mapped_column(ForeignKey("scheme_nodes.id"), index=True)
    status: Mapped[Standing] = mapped_column(enum_column(Standing))
    source: Mapped[str] = mapped_column(String(500), default="")

    from_node: Mapped[SchemeNode] = relationship(foreign_keys=[from_id])
    to_node: Mapped[SchemeNode] = relationship(foreign_keys=[to_id])


class Region(Model):
    """An administrative division (GB/T 2260) with the dates between which it exists."""

    __tablename__ = "regions"

    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(120), default="")
    level: Mapped[str] = mapped_column(String(12))
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("regions.code"), index=True)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    circle_scope: Mapped[str] = mapped_column(String(12), default="")
    """full, partial, mixed, none: whether it lies in 成渝地区双城经济圈."""
    note: Mapped[str] = mapped_column(String(500), default="")

    parent: Mapped[Region | None] = relationship(remote_side=[code], lazy="joined", join_depth=2)


class RegionSuccession(Model):
    """Which division took over from one that ended."""

    __tablename__ = "region_successions"

    predecessor_code: Mapped[str] = mapped_column(ForeignKey("regions.code"), primary_key=True)
    successor_code: Mapped[str] = mapped_column(ForeignKey("regions.code"), primary_key=True)


class University(Model):
    """A university or college of the region, offered when an organisation signs up."""

    __tablename__ = "universities"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    former_name: Mapped[str] = mapped_column(String(120), default="")
    moe_code: Mapped[str | None] = mapped_column(String(10), unique=True)
    department: Mapped[str] = mapped_column(String(60), default="")
    city: Mapped[str] = mapped_column(String(60), default="")
    level: Mapped[str] = mapped_column(String(20), default="")
    status: Mapped[Standing] = mapped_column(enum_column(Standing))
    note: Mapped[str] = mapped_column(String(500), default="")
