"""Finding words: the nodes of a scheme, the regions of a day, what lies above a node."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from matchmaker.i18n import named
from models import (
    Crosswalk,
    PostingNode,
    Region,
    RegionSuccession,
    Scheme,
    SchemeNode,
    SchemeVersion,
    Standing,
    University,
)

PRIMARY_SCHEME = "cq33"


def schemes(session: Session) -> list[Scheme]:
    """Every scheme, the primary one first."""
    return list(session.scalars(select(Scheme).order_by(Scheme.ordinal, Scheme.code)))


def current_version(session: Session, scheme_code: str) -> SchemeVersion | None:
    """The version of a scheme that is in force."""
    return session.scalar(
        select(SchemeVersion)
        .where(SchemeVersion.scheme_code == scheme_code, SchemeVersion.current)
        .order_by(SchemeVersion.id.desc())
    )


@dataclass(frozen=True, slots=True)
class Edition:
    """What an imported list settles, and what it leaves open."""

    version: SchemeVersion
    names: int
    """So many names stand in the file."""
    former: list[str]
    """Names of the edition before that the file does not have."""
    stranded: int
    """So many postings are still filed under those."""


def edition(session: Session, version: SchemeVersion | None) -> Edition | None:
    """Tell what is known of an edition that an administrator imported; None for another."""
    if version is None or version.status != Standing.OFFICIAL or version.valid_from is None:
        return None
    names = set(
        session.scalars(select(SchemeNode.name).where(SchemeNode.version_id == version.id))
    )
    before = session.scalar(
        select(SchemeVersion.id)
        .where(SchemeVersion.scheme_code == version.scheme_code, SchemeVersion.id < version.id)
        .order_by(SchemeVersion.id.desc())
        .limit(1)
    )
    former = session.scalars(
        select(SchemeNode.name)
        .where(SchemeNode.version_id == before, SchemeNode.assignable)
        .order_by(SchemeNode.ordinal)
    )
    return Edition(
        version=version,
        names=_count_nodes(session, version),
        former=[name for name in former if name not in names],
        stranded=_count_stranded(session, version),
    )


def _count_nodes(session: Session, version: SchemeVersion) -> int:
    statement = select(func.count(SchemeNode.id)).where(SchemeNode.version_id == version.id)
    return session.scalar(statement) or 0


def _count_stranded(session: Session, version: SchemeVersion) -> int:
    statement = (
        select(func.count(PostingNode.posting_id.distinct()))
        .join(SchemeNode, SchemeNode.id == PostingNode.node_id)
        .join(SchemeVersion, SchemeVersion.id == SchemeNode.version_id)
        .where(SchemeVersion.scheme_code == version.scheme_code, SchemeVersion.id != version.id)
    )
    return session.scalar(statement) or 0


def nodes_of(session: Session, scheme_code: str) -> list[SchemeNode]:
    """All nodes of the current version, depth first, headings included."""
    version = current_version(session, scheme_code)
    if version is None:
        return []
    rows = session.scalars(
        select(SchemeNode)
        .where(SchemeNode.version_id == version.id)
        .order_by(SchemeNode.ordinal, SchemeNode.id)
    ).unique()
    return depth_first(list(rows))


def depth_first(nodes: list[SchemeNode]) -> list[SchemeNode]:
    """Put children behind their parents, keeping the order among siblings."""
    children: dict[int | None, list[SchemeNode]] = defaultdict(list)
    for node in nodes:
        children[node.parent_id].append(node)
    ordered: list[SchemeNode] = []
    stack = list(reversed(children[None]))
    while stack:
        node = stack.pop()
        ordered.append(node)
        stack.extend(reversed(children[node.id]))
    return ordered


def chains(session: Session) -> list[SchemeNode]:
    """Where a posting can be filed: assignable nodes of the primary scheme."""
    return [node for node in nodes_of(session, PRIMARY_SCHEME) if node.assignable]


def sectors(session: Session) -> list[SchemeNode]:
    """Divisions of GB/T 4754."""
    return [node for node in nodes_of(session, "gbt4754") if node.assignable]


def disciplines(session: Session) -> list[SchemeNode]:
    """First-level disciplines of GB/T 13745."""
    return nodes_of(session, "gbt13745")


def readiness_levels(session: Session) -> list[SchemeNode]:
    """TRL 1 to 9 with their descriptions."""
    return nodes_of(session, "trl")


def node_by_code(session: Session, scheme_code: str, code: str | None) -> SchemeNode | None:
    """The node of a code in the current version of a scheme."""
    if not code:
        return None
    return session.scalar(
        select(SchemeNode)
        .join(SchemeVersion)
        .where(
            SchemeVersion.scheme_code == scheme_code,
            SchemeVersion.current,
            SchemeNode.code == code,
        )
    )


def with_ancestors(session: Session, node_ids: Iterable[int]) -> set[int]:
    """The given nodes and everything above them."""
    found: set[int] = set()
    pending = set(node_ids)
    while pending:
        found |= pending
        parents = session.scalars(
            select(SchemeNode.parent_id).where(
                SchemeNode.id.in_(pending), SchemeNode.parent_id.is_not(None)
            )
        )
        pending = {parent for parent in parents if parent is not None} - found
    return found


def crosswalk_of(session: Session, node_id: int) -> list[Crosswalk]:
    """What a node corresponds to in other schemes."""
    return list(
        session.scalars(
            select(Crosswalk).where(or_(Crosswalk.from_id == node_id, Crosswalk.to_id == node_id))
        )
    )


def regions(session: Session, on: date) -> list[Region]:
    """Regions that exist on a day, provinces first, then by code."""
    return list(
        session.scalars(
            select(Region)
            .where(
                or_(Region.valid_from.is_(None), Region.valid_from <= on),
                or_(Region.valid_to.is_(None), Region.valid_to > on),
            )
            .order_by(Region.code)
        ).unique()
    )


@dataclass(frozen=True, slots=True)
class Group:
    """A part of a long list under its own heading."""

    key: str
    name: str
    rows: list[Any]


def region_groups(session: Session, on: date, text: str = "") -> list[Group]:
    """The regions of a day that a text finds, under the city or province right above them."""
    found: dict[str, Group] = {}
    for row in regions(session, on):
        head = row.parent
        if head is None or row.level == "prefecture":
            head = row
        group = found.setdefault(
            head.code, Group(f"r{head.code}", region_path(head) or head.name, [])
        )
        if _finds(text, row.name, row.name_en, row.code) or _finds(text, head.name):
            group.rows.append(row)
    return [group for group in found.values() if group.rows]


def ended_regions(session: Session, text: str = "") -> list[tuple[Region, list[Region]]]:
    """The regions that ended, each with those that took over."""
    rows = session.scalars(select(Region).where(Region.valid_to.is_not(None))).unique()
    pairs = [(row, successors(session, row.code)) for row in rows]
    return [
        (row, after)
        for row, after in pairs
        if _finds(text, row.name, row.code, *(region.name for region in after))
    ]


def university_groups(session: Session, text: str = "") -> list[Group]:
    """The universities that a text finds, under their cities; the largest city first."""
    found: dict[str, list[University]] = defaultdict(list)
    order = (University.moe_code.is_(None), University.moe_code, University.name)
    for row in session.scalars(select(University).order_by(*order)):
        words = (row.name, row.former_name, row.moe_code or "", row.department, row.city)
        if _finds(text, *words):
            found[row.city].append(row)
    cities = sorted(found, key=lambda city: (not city, -len(found[city]), city))
    return [Group(f"c{n}", city, found[city]) for n, city in enumerate(cities, start=1)]


def _finds(text: str, *words: str) -> bool:
    return any(text.lower() in word.lower() for word in words)


def is_valid_on(region: Region, on: date) -> bool:
    """Tell whether a region exists on a day."""
    started = region.valid_from is None or region.valid_from <= on
    return started and (region.valid_to is None or region.valid_to > on)


def successors(session: Session, code: str) -> list[Region]:
    """The regions that took over from one that ended."""
    return list(
        session.scalars(
            select(Region)
            .join(RegionSuccession, RegionSuccession.successor_code == Region.code)
            .where(RegionSuccession.predecessor_code == code)
            .order_by(Region.code.desc())
        ).unique()
    )


def region_path(region: Region | None) -> str:
    """重庆 九龙坡区; 四川 成都市 武侯区: the province without 市 or 省, then what lies below."""
    if region is None:
        return ""
    names = [named(region)]
    parent = region.parent
    while parent is not None:
        names.append(named(parent))
        parent = parent.parent
    province = names.pop()
    return " ".join([province.rstrip("市省"), *reversed(names)])


def province_code(region_code: str) -> str:
    """500106 → 500000."""
    return region_code[:2] + "0000"
