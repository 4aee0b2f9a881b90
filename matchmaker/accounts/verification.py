"""Organisations and who belongs to them: what their people change and offices decide."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matchmaker import activity, clock
from matchmaker.accounts import policy, queries
from matchmaker.errors import InvalidError, NotNowError, require
from matchmaker.notifications.service import notify, notify_offices
from models import Membership, Organisation, User, Verification

REASON_LIMIT = 500


def update_organisation(
    session: Session,
    actor: User,
    organisation: Organisation,
    values: dict[str, Any],
    *,
    version: int,
) -> bool:
    """Change the data of one's organisation; a new name or code asks for verification again.

    Returns True when it waits for verification afterwards.
    """
    require(policy.can_edit_organisation(actor, organisation))
    if organisation.version != version:
        raise NotNowError(_l("单位资料刚刚被同事改过。您的修改没有保存，请看一眼再改。"))
    identity = {name: values[name] for name in ("name", "uscc") if name in values}
    changed = any(getattr(organisation, name) != value for name, value in identity.items())
    keeps = policy.keeps_standing(actor)
    if changed and not keeps and queries.has_administrator(session, organisation.id):
        raise InvalidError({"name": _l("本单位的名称和代码只能由系统管理员修改。")})
    if organisation.kind in policy.NEEDS_USCC and not values.get("uscc", organisation.uscc):
        raise InvalidError({"uscc": _l("企业和服务机构请填写统一社会信用代码。")})
    for name, value in values.items():
        setattr(organisation, name, value)
    flush(session)
    again = (changed and not keeps) or organisation.status == Verification.REFUSED
    if again and organisation.status != Verification.PENDING:
        _wait_again(organisation)
        notify_offices(session, "organisation.waiting", organisation=organisation.name,
                       endpoint="accounts.verification")  # fmt: skip
    activity.record(session, actor, "organisation.edited", organisation, name=organisation.name)
    flush(session)
    return organisation.status == Verification.PENDING


def _wait_again(organisation: Organisation) -> None:
    organisation.status = Verification.PENDING
    organisation.verified_at = None
    organisation.verified_by_id = None
    organisation.refusal_reason = ""


def verify(session: Session, actor: User, organisation: Organisation, *, version: int) -> None:
    """Say that the organisation is who it says it is; its postings become visible."""
    _decide(session, actor, organisation, Verification.VERIFIED, version=version)


def refuse(
    session: Session, actor: User, organisation: Organisation, *, version: int, reason: str
) -> None:
    """Refuse, with a reason that its people read.

    Raises:
        InvalidError: no reason is given.

    """
    reason = reason.strip()
    if not reason or len(reason) > REASON_LIMIT:
        raise InvalidError({"reason": _l("请写明原因（最多 500 字），对方会看到。")})
    _decide(session, actor, organisation, Verification.REFUSED, version=version, reason=reason)


def _decide(
    session: Session,
    actor: User,
    organisation: Organisation,
    status: Verification,
    *,
    version: int,
    reason: str = "",
) -> None:
    require(policy.can_verify(actor, organisation))
    if organisation.version != version or organisation.status == status:
        raise NotNowError(_l("这家单位刚刚被别人处理过，请看一眼最新状态。"))
    organisation.status = status
    organisation.verified_at = clock.now()
    organisation.verified_by_id = actor.id
    organisation.refusal_reason = reason
    activity.record(
        session, actor, f"organisation.{status.value}", organisation, name=organisation.name
    )
    for person in queries.people_of(session, organisation.id):
        notify(
            session, person, f"organisation.{status.value}", organisation=organisation.name,
            reason=organisation.refusal_reason, by_mail=True, endpoint="home.index",
        )  # fmt: skip
    session.flush()


def confirm_member(session: Session, actor: User, person: User) -> None:
    """Say that the person belongs to the organisation."""
    _set_membership(session, actor, person, Membership.CONFIRMED)


def refuse_member(session: Session, actor: User, person: User) -> None:
    """Say that the person does not."""
    _set_membership(session, actor, person, Membership.REFUSED)


def _set_membership(session: Session, actor: User, person: User, value: Membership) -> None:
    require(policy.can_confirm(actor, person))
    if person.membership == value:
        raise NotNowError(_l("这位同事已经处理过了。"))
    person.membership = value
    activity.record(session, actor, f"membership.{value.value}", person, name=person.name)
    notify(session, person, f"membership.{value.value}", organisation=person.organisation.name,
           by_mail=True, endpoint="home.index")  # fmt: skip


def flush(session: Session) -> None:
    """Two people may register the same thing at once: the second gets a sentence."""
    try:
        session.flush()
    except IntegrityError as error:
        raise InvalidError(
            message=_l("同样的邮箱、单位名称或信用代码已经登记，请核对以后再试。")
        ) from error
