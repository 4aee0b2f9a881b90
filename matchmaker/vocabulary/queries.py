"""Finding words: the nodes of a scheme, the regions of a day, what lies above a node."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models import Crosswalk, Region, RegionSuccession, Scheme, SchemeNode, SchemeVersion

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
    names = [region.name]
    parent = region.parent
    while parent is not None:
        names.append(parent.name)
        parent = parent.parent
    province = names.pop()
    return " ".join([province.rstrip("市省"), *reversed(names)])


def province_code(region_code: str) -> str:
    """500106 → 500000."""
    return region_code[:2] + "0000"
