"""Plain makers of rows for tests: `make_need(session, owner, title="…")`."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from matchmaker import clock, guard
from matchmaker.db import Database
from models import (
    Achievement,
    LoginSession,
    Match,
    MatchStatus,
    Membership,
    Mode,
    Need,
    Organisation,
    OrganisationKind,
    PostingMode,
    PostingNode,
    PostingStatus,
    Region,
    Role,
    Scheme,
    SchemeKind,
    SchemeNode,
    SchemeVersion,
    Standing,
    User,
    Verification,
)

PostingType = TypeVar("PostingType", Achievement, Need)
_numbers = itertools.count(1)
PASSWORD = "示范口令-correct-horse"

KIND_OF_ROLE = {
    Role.RESEARCHER: OrganisationKind.UNIVERSITY,
    Role.ENTERPRISE: OrganisationKind.ENTERPRISE,
    Role.TRANSFER_MANAGER: OrganisationKind.AGENCY,
    Role.ORGANISER: OrganisationKind.GOVERNMENT,
    Role.ADMINISTRATOR: OrganisationKind.GOVERNMENT,
}


def make_region(session: Session, code: str = "500106", **values: Any) -> Region:
    """Return the region of this code with its province, making them when missing."""
    found = session.get(Region, code)
    if found:
        return found
    province = code[:2] + "0000"
    if code != province:
        make_region(session, province)
    row = Region(
        code=code,
        name=values.pop(
            "name", {"500000": "重庆市", "510000": "四川省"}.get(code, f"示范区{code}")
        ),
        level="province" if code == province else "county",
        parent_code=None if code == province else province,
        circle_scope="full",
        **values,
    )
    session.add(row)
    session.flush()
    return row


def make_organisation(session: Session, **values: Any) -> Organisation:
    n = next(_numbers)
    region = make_region(session, values.pop("region_code", "500106"))
    status = values.pop("status", Verification.VERIFIED)
    row = Organisation(
        name=values.pop("name", f"示范单位{n}"),
        kind=values.pop("kind", OrganisationKind.ENTERPRISE),
        region_code=region.code,
        status=status,
        verified_at=None if status == Verification.PENDING else clock.now(),
        refusal_reason="材料不全" if status == Verification.REFUSED else "",
        created_at=clock.now(),
        **values,
    )
    session.add(row)
    session.flush()
    return row


def make_user(session: Session, role: Role = Role.RESEARCHER, **values: Any) -> User:
    """Make a confirmed person of a verified organisation (give `organisation` for another)."""
    n = next(_numbers)
    organisation = values.pop("organisation", None) or make_organisation(
        session, kind=KIND_OF_ROLE[role]
    )
    row = User(
        email=values.pop("email", f"person{n}@example.org"),
        name=values.pop("name", f"示范人{n}"),
        role=role,
        organisation=organisation,
        organisation_id=organisation.id,
        membership=values.pop("membership", Membership.CONFIRMED),
        password_hash=values.pop("password_hash", "!"),
        created_at=clock.now(),
        **values,
    )
    session.add(row)
    session.flush()
    return row


def add_user(database: Database, role: Role = Role.RESEARCHER, **values: Any) -> User:
    """Make a person in a transaction of its own."""
    with database.transaction() as session:
        return make_user(session, role, **values)


def make_node(session: Session, name: str = "动力电池", *, parent: SchemeNode | None = None,
              scheme: str = "cq33", **values: Any) -> SchemeNode:  # fmt: skip
    n = next(_numbers)
    if session.get(Scheme, scheme) is None:
        session.add(
            Scheme(
                code=scheme, name="重庆市33条重点产业链", kind=SchemeKind.INDUSTRY, is_primary=True
            )
        )
        session.add(SchemeVersion(scheme_code=scheme, label="2021", status=Standing.OFFICIAL))
        session.flush()
    version = session.query(SchemeVersion).filter_by(scheme_code=scheme).first()
    assert version is not None
    row = SchemeNode(
        version_id=version.id,
        parent_id=parent.id if parent else None,
        code=values.pop("code", f"{name}-{n}"),
        name=name,
        level=values.pop("level", "node" if parent else "chain"),
        status=values.pop("status", Standing.OFFICIAL),
        **values,
    )
    session.add(row)
    session.flush()
    return row


def make_achievement(session: Session, owner: User | None = None, **values: Any) -> Achievement:
    """Make a published achievement (give `status` for another)."""
    owner = owner or make_user(session, Role.RESEARCHER)
    return _posting(session, Achievement, owner, values)


def make_need(session: Session, owner: User | None = None, **values: Any) -> Need:
    """Make a published need (give `status` for another)."""
    owner = owner or make_user(session, Role.ENTERPRISE)
    return _posting(session, Need, owner, values)


def _posting(
    session: Session, kind: type[PostingType], owner: User, values: dict[str, Any]
) -> PostingType:
    n = next(_numbers)
    status = values.pop("status", PostingStatus.PUBLISHED)
    modes: list[Mode] = values.pop("modes", [Mode.LICENSE])
    nodes: list[SchemeNode] = values.pop("nodes", [])
    moment = values.pop("at", clock.now())
    public = status in {PostingStatus.PUBLISHED, PostingStatus.WITHDRAWN}
    title = values.pop("title", f"示范条目{n}")
    problem = values.pop("problem", "示范问题描述。")
    row = kind(
        title=title,
        problem=problem,
        status=status,
        organisation_id=owner.organisation_id,
        organisation=owner.organisation,
        owner_id=owner.id,
        owner=owner,
        region_code=values.pop("region_code", owner.organisation.region_code),
        declared_open=values.pop("declared_open", True),
        valid_until=values.pop("valid_until", clock.today() + timedelta(days=365)),
        created_at=moment,
        updated_at=moment,
        published_at=moment if public else None,
        search_text=values.pop("search_text", f"{title}\n{problem}".lower()),
        **values,
    )
    row.mode_rows = [PostingMode(mode=mode) for mode in modes]
    row.nodes = [PostingNode(node_id=node.id, node=node, direct=True) for node in nodes]
    session.add(row)
    session.flush()
    return row


def make_match(session: Session, need: Need | None = None, achievement: Achievement | None = None,
               **values: Any) -> Match:  # fmt: skip
    need = need or make_need(session)
    achievement = achievement or make_achievement(session)
    row = Match(
        need=need,
        need_id=need.id,
        achievement=achievement,
        achievement_id=achievement.id,
        status=values.pop("status", MatchStatus.SUGGESTED),
        score=values.pop("score", 0.5),
        by_signal=values.pop("by_signal", {"title": 0.5, "body": 0.5}),
        created_at=clock.now(),
        scored_at=clock.now(),
        **values,
    )
    session.add(row)
    session.flush()
    return row


def sign_in(database: Database, user: User) -> str:
    """Open a session row for a person and return its token."""
    token = guard.new_token()
    moment = clock.now()
    with database.transaction() as session:
        session.add(
            LoginSession(
                token_hash=guard.token_hash(token),
                user_id=user.id,
                created_at=moment,
                last_seen_at=moment,
                authenticated_at=moment,
                expires_at=moment + timedelta(hours=1),
            )
        )
    return token
