"""The life of a posting: draft → submitted → published ↔ withdrawn → archived."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from matchmaker import activity, clock, jobs
from matchmaker.catalogue import policy, queries, revisions
from matchmaker.catalogue.values import checked, price_errors
from matchmaker.engine import fold
from matchmaker.errors import InvalidError, NotAllowedError, NotNowError, require
from matchmaker.notifications.service import notify, notify_offices
from matchmaker.vocabulary import queries as vocabulary
from models import (
    NEXT_POSTING_STATUSES,
    Achievement,
    Indicator,
    Mode,
    Need,
    Posting,
    PostingKind,
    PostingMode,
    PostingNode,
    PostingStatus,
    PriceKind,
    PropertyRight,
    Region,
    SchemeNode,
    User,
    Verification,
)

REASON_LIMIT = 1000
LIFETIME = timedelta(days=365)
MATCHED = frozenset({PostingStatus.PUBLISHED, PostingStatus.WITHDRAWN})


def save_new(
    session: Session, actor: User, kind: PostingKind, values: Mapping[str, Any],
    *, external_id: str | None = None,
) -> Posting:  # fmt: skip
    """Begin a draft.

    Raises:
        NotAllowedError: this role does not post this kind.
        InvalidError: a value cannot be used.

    """
    require(policy.can_post(actor, kind) or policy.is_office(actor))
    moment = clock.now()
    posting = queries.kind_class(kind)(
        status=PostingStatus.DRAFT,
        organisation=actor.organisation,
        organisation_id=actor.organisation_id,
        owner=actor,
        owner_id=actor.id,
        region_code=actor.organisation.region_code,
        contact_name=actor.name,
        contact_position=actor.position,
        contact_phone=actor.phone,
        contact_email=actor.email,
        created_at=moment,
        updated_at=moment,
        external_id=external_id,
        title="",
    )
    session.add(posting)
    session.flush()  # defaults are there from now on
    _apply(session, posting, {"title": "", **values})
    session.flush()
    activity.record(session, actor, "posting.drafted", posting, title=posting.title)
    return posting


def save(
    session: Session, actor: User, posting: Posting, values: Mapping[str, Any], *, version: int
) -> bool:
    """Change a posting; a published one gets a new version. Returns whether anything changed.

    Raises:
        NotNowError: somebody saved it in the meantime.
        InvalidError: a value cannot be used.

    """
    require(policy.can_edit(actor, posting))
    if posting.version != version:
        raise NotNowError(
            _l("这条内容刚刚被别人改过。您的修改没有保存，也没有丢失，请对照后再保存。")
        )
    before = revisions.snapshot(posting)
    _apply(session, posting, values)
    session.flush()
    changed = revisions.changed_fields(before, revisions.snapshot(posting))
    if not changed:
        return False
    if posting.status in MATCHED:
        _check_complete(posting, strict=False)
        revisions.record(session, actor, posting)
        _changed(session, posting)
        activity.record(
            session, actor, "posting.edited", posting, title=posting.title, fields=changed
        )
    posting.updated_at = clock.now()
    session.flush()
    return True


def submit(session: Session, actor: User, posting: Posting, *, strict: bool = True) -> None:
    """Hand a draft to the organisers. Imports may lack what the form asks for (`strict`).

    Raises:
        InvalidError: something required is missing.

    """
    require(policy.can_submit(actor, posting) or policy.is_office(actor))
    _check_complete(posting, strict=strict)
    _move(posting, PostingStatus.SUBMITTED)
    posting.submitted_at = clock.now()
    posting.returned_reason = ""
    activity.record(session, actor, "posting.submitted", posting, title=posting.title)
    if strict:  # an import announces nothing; it is published at once
        notify_offices(
            session, "posting.submitted", organisation=posting.organisation.name,
            title=posting.title, endpoint="catalogue.submissions",
        )  # fmt: skip
    session.flush()


def publish(session: Session, actor: User, posting: Posting) -> None:
    """Put a submitted posting into the catalogue; suggestions follow at once."""
    require(
        policy.can_publish(actor, posting),
        _l("单位核验通过、发布人身份确认以后，才能由其他单位的组织方发布。"),
    )
    _publish(session, posting)
    revisions.record(session, actor, posting)
    activity.record(session, actor, "posting.published", posting, title=posting.title)
    notify(
        session, posting.owner, "posting.published", title=posting.title, by_mail=True,
        **_link(posting),
    )  # fmt: skip


def publish_imported(session: Session, actor: User, posting: Posting) -> None:
    """Publish what an office imports for a verified organisation, its own included."""
    require(
        policy.is_office(actor) and posting.organisation.status == Verification.VERIFIED,
        _l("只有组织方和管理员可以为已核验的单位导入。"),
    )
    _publish(session, posting)
    revisions.record(session, actor, posting)
    activity.record(session, actor, "posting.published", posting, title=posting.title)


def _publish(session: Session, posting: Posting) -> None:
    _move(posting, PostingStatus.PUBLISHED)
    moment = clock.now()
    posting.published_at = moment
    posting.withdrawn_at = None
    if posting.valid_until is None or posting.valid_until <= clock.today():
        posting.valid_until = clock.today() + LIFETIME
    _changed(session, posting)


def send_back(session: Session, actor: User, posting: Posting, reason: str) -> None:
    """Return a submitted posting as a draft; an organiser gives the reason.

    Raises:
        InvalidError: an organiser gave no reason.

    """
    require(policy.can_send_back(actor, posting))
    reason = reason.strip()
    own = policy.is_own(actor, posting)
    if not own and not reason:
        raise InvalidError({"reason": _l("请写明要改什么，对方会看到。")})
    if len(reason) > REASON_LIMIT:
        raise InvalidError({"reason": _l("最多 1,000 字。")})
    _move(posting, PostingStatus.DRAFT)
    posting.returned_reason = "" if own else reason
    activity.record(
        session, actor, "posting.returned", posting, title=posting.title, reason=reason
    )
    if not own:
        notify(
            session, posting.owner, "posting.returned", title=posting.title, reason=reason,
            by_mail=True, **_link(posting),
        )  # fmt: skip
    session.flush()


def withdraw(session: Session, actor: User, posting: Posting, reason: str = "") -> None:
    """Take a posting out of the catalogue; its open suggestions go."""
    require(policy.can_withdraw(actor, posting))
    own = policy.is_own(actor, posting)
    if not own and not reason.strip():
        raise InvalidError({"reason": _l("请写明撤回的原因，对方会看到。")})
    _move(posting, PostingStatus.WITHDRAWN)
    posting.withdrawn_at = clock.now()
    _changed(session, posting)
    activity.record(
        session, actor, "posting.withdrawn", posting, title=posting.title, reason=reason
    )
    if not own:
        notify(
            session, posting.owner, "posting.withdrawn", title=posting.title, reason=reason,
            by_mail=True, **_link(posting),
        )  # fmt: skip


def republish(session: Session, actor: User, posting: Posting) -> None:
    """Put a withdrawn posting back."""
    require(policy.can_republish(actor, posting), _l("单位核验通过以后才能重新发布。"))
    _publish(session, posting)
    revisions.record(session, actor, posting)
    activity.record(session, actor, "posting.published", posting, title=posting.title)


def archive(session: Session, actor: User | None, posting: Posting) -> None:
    """Close a posting for good; it stays readable for its people. No actor: it ran out."""
    require(actor is None or policy.can_archive(actor, posting))
    _move(posting, PostingStatus.ARCHIVED)
    posting.archived_at = clock.now()
    _changed(session, posting)
    activity.record(session, actor, "posting.archived", posting, title=posting.title)


def renew(session: Session, actor: User, posting: Posting) -> None:
    """Let a published posting run for another year from today."""
    require(policy.can_renew(actor, posting))
    posting.valid_until = clock.today() + LIFETIME
    activity.record(session, actor, "posting.renewed", posting, title=posting.title)
    session.flush()


def _move(posting: Posting, status: PostingStatus) -> None:
    if status not in NEXT_POSTING_STATUSES[posting.status]:
        raise NotNowError(_l("这条内容的状态刚刚变了，请刷新后再试。"))
    posting.status = status


def _changed(session: Session, posting: Posting) -> None:
    """Tell search and matching, in the same transaction."""
    posting.updated_at = clock.now()
    session.flush()
    jobs.enqueue(session, "matching.refresh", {"posting_id": posting.id})


def _link(posting: Posting) -> dict[str, Any]:
    return {
        "endpoint": f"catalogue.{posting.kind.value}",
        "endpoint_values": {"posting_id": posting.id},
    }


def _check_complete(posting: Posting, *, strict: bool) -> None:
    errors: dict[str, Any] = {}
    if not posting.problem.strip() and not getattr(posting, "approach", "").strip():
        errors["problem"] = _l("请写清要解决的问题。")
    if not posting.declared_open:
        errors["declared_open"] = _l("请确认内容不涉密；涉密内容不能在本平台提交。")
    if strict:
        errors |= _incomplete(posting)
    if errors:
        raise InvalidError(errors)


def _incomplete(posting: Posting) -> dict[str, Any]:
    errors: dict[str, Any] = {}
    if not posting.chains:
        errors["chain"] = _l("请选择产业链，选最接近的一条即可。")
    if not posting.mode_rows:
        errors["modes"] = _l("请至少选择一种合作方式。")
    if isinstance(posting, Need) and not posting.indicators:
        errors["indicators"] = _l("请至少写一行量化指标，例如：合格率 ≥ 95 %。")
    if isinstance(posting, Achievement):
        if not posting.approach.strip():
            errors["approach"] = _l("请写清怎么做到。")
        if posting.trl is None:
            errors["trl"] = _l("请选择技术成熟度。")
    return errors


def _apply(session: Session, posting: Posting, values: Mapping[str, Any]) -> None:
    same_deadline = getattr(posting, "deadline", None) == values.get("deadline")
    kind = PostingKind.ACHIEVEMENT if isinstance(posting, Achievement) else PostingKind.NEED
    found = checked(kind, values, is_new_deadline=not same_deadline)
    _check_region(session, posting, found)
    for name in set(found) - {"nodes", "modes", "indicators", "properties"}:
        setattr(posting, name, found[name])
    _check_price(posting)
    if "nodes" in found:
        _file_under(session, posting, found["nodes"])
    if "modes" in found:
        posting.mode_rows = _kept_modes(posting, found["modes"])
    if "indicators" in found:
        _replace_rows(
            session, posting, "indicators", [Indicator(**row) for row in found["indicators"]]
        )
    if "properties" in found and isinstance(posting, Achievement):
        _replace_rows(
            session, posting, "properties", [PropertyRight(**row) for row in found["properties"]]
        )
    posting.search_text = _search_text(posting)


def _check_price(posting: Posting) -> None:
    """An import may bring half a price; together with what was stored it must still be one.

    An amount without a word on its kind is a fixed price, two are a range.
    """
    if not isinstance(posting, Achievement):
        return
    low, high = posting.price_from, posting.price_to
    if posting.price_kind == PriceKind.NEGOTIABLE and low is not None:
        posting.price_kind = PriceKind.FIXED if high in {None, low} else PriceKind.RANGE
    if posting.price_kind != PriceKind.RANGE:
        posting.price_to = None
    if posting.price_kind == PriceKind.NEGOTIABLE:
        posting.price_from = None
    errors = price_errors(posting.price_kind, posting.price_from, posting.price_to)
    if errors:
        raise InvalidError(errors)


def _check_region(session: Session, posting: Posting, found: dict[str, Any]) -> None:
    code = found.get("region_code")
    if code is None or code == posting.region_code:
        return
    region = session.get(Region, code)
    if region is None or not vocabulary.is_valid_on(region, clock.today()):
        raise InvalidError({"region_code": _l("这个地区不存在或已撤销，请重新选择。")})


def _file_under(session: Session, posting: Posting, node_ids: list[int]) -> None:
    known = set(
        session.scalars(
            select(SchemeNode.id).where(SchemeNode.id.in_(node_ids), SchemeNode.assignable)
        )
    )
    if known != set(node_ids):
        raise InvalidError({"chain": _l("请从列出的产业链中选择。")})
    wanted = {node: node in known for node in vocabulary.with_ancestors(session, known)}
    present = {row.node_id: row for row in posting.nodes}
    for node_id, row in present.items():
        if node_id not in wanted:
            posting.nodes.remove(row)
        else:
            row.direct = wanted[node_id]
    for node_id, direct in wanted.items():
        if node_id not in present:
            node = session.get_one(SchemeNode, node_id)
            posting.nodes.append(PostingNode(node_id=node_id, node=node, direct=direct))


def _kept_modes(posting: Posting, modes: list[Mode]) -> list[PostingMode]:
    present = {row.mode: row for row in posting.mode_rows}
    return [present.get(mode) or PostingMode(mode=mode) for mode in modes]


def _replace_rows(session: Session, posting: Posting, name: str, rows: list[Any]) -> None:
    """Put new rows in place of the old ones, which go first: their places are unique."""
    setattr(posting, name, [])
    if posting.id is not None:
        session.flush()
    setattr(posting, name, rows)


def _search_text(posting: Posting) -> str:
    parts = [posting.title, posting.summary, posting.problem, *posting.keywords]
    if isinstance(posting, Achievement):
        parts += [posting.approach, posting.application, *posting.innovations]
        parts += [posting.partner_wanted, posting.markets]
    elif isinstance(posting, Need):
        parts += [posting.tried, posting.partner_requirements]
    parts += [row.name for row in posting.indicators]
    return fold("\n".join(part for part in parts if part))


def discard(session: Session, actor: User, posting: Posting) -> None:
    """Delete a draft that was never submitted.

    Raises:
        NotAllowedError: it is not one's own.
        NotNowError: it has a history already.

    """
    if not policy.is_own(actor, posting) or not policy.can_edit(actor, posting):
        raise NotAllowedError
    if posting.status != PostingStatus.DRAFT or posting.submitted_at is not None:
        raise NotNowError(_l("提交过的内容不能删除，可以归档。"))
    session.execute(delete(Posting).where(Posting.id == posting.id))
