"""What people do with their accounts, and what offices decide about organisations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import activity, clock
from matchmaker.accounts import passwords, policy, queries
from matchmaker.accounts.credentials import (
    change_password,
    confirm_email,
    normal_email,
    request_confirmation,
    request_email_change,
    request_reset,
    reset_password,
    tell_of_taken_email,
    user_of_link,
)
from matchmaker.accounts.sessions import (
    confirm_password,
    end_login,
    end_other_logins,
    is_fresh,
    open_login,
    sign_in,
    sign_out,
)
from matchmaker.accounts.verification import (
    confirm_member,
    flush,
    refuse,
    refuse_member,
    update_organisation,
    verify,
)
from matchmaker.errors import InvalidError, require
from matchmaker.notifications.service import notify, notify_offices
from models import (
    EnterpriseSize,
    Membership,
    Organisation,
    OrganisationKind,
    Region,
    Role,
    User,
    Verification,
)

__all__ = [
    "EmailTakenError", "SignUp", "change_password", "confirm_email", "confirm_member",
    "confirm_password", "create_administrator", "end_login", "end_other_logins", "is_fresh",
    "normal_email", "open_login", "refuse", "refuse_member", "request_confirmation",
    "request_email_change", "request_reset", "reset_password", "set_active", "sign_in",
    "sign_out", "sign_up", "tell_of_taken_email", "update_organisation", "update_profile",
    "user_of_link", "verify",
]  # fmt: skip
"""The door of the feature: three modules stand behind it."""


class EmailTakenError(InvalidError):
    """The address has an account; a page must not tell strangers so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """What a sign-up form carries."""

    email: str
    name: str
    password: str
    role: Role
    organisation: str
    phone: str = ""
    position: str = ""
    kind: OrganisationKind | None = None
    uscc: str | None = None
    region_code: str = ""
    sector_code: str | None = None
    size: EnterpriseSize | None = None
    qualifications: list[str] = field(default_factory=list)
    locale: str = "zh"


def sign_up(session: Session, given: SignUp, *, password_hash: str | None = None) -> User:
    """Make a person, and the organisation when it is not known yet.

    `password_hash` is a hash made before, for many invented people with one password.

    The first person of a new organisation is confirmed and the organisation waits for
    verification; who joins a known one waits for a colleague or an organiser.

    Raises:
        InvalidError: something given cannot be used.

    """
    email = normal_email(given.email)
    if given.role == Role.ADMINISTRATOR:
        raise InvalidError({"role": _l("系统管理员由安装平台的人设立，不能注册。")})
    passwords.check_strength(given.password, email=email, name=given.name)
    known = _known_organisation(session, given)
    organisation = known or _new_organisation(session, given)
    if organisation.kind not in policy.ROLE_KINDS[given.role]:
        raise InvalidError({"role": _l("这个角色和单位的类型不相符，请改选角色或单位。")})
    password_hash = password_hash or passwords.hash_password(given.password)
    if queries.user_by_email(session, email):  # last, so that all else is answered alike
        raise EmailTakenError({"email": _l("这个邮箱已经有账号。")})
    user = User(
        email=email,
        name=given.name,
        phone=given.phone,
        position=given.position,
        role=given.role,
        organisation=organisation,
        membership=Membership.PENDING if known else Membership.CONFIRMED,
        password_hash=password_hash,
        locale=given.locale,
        created_at=clock.now(),
    )
    session.add(user)
    flush(session)
    _announce_sign_up(session, user, is_new=known is None)
    return user


def _announce_sign_up(session: Session, user: User, *, is_new: bool) -> None:
    organisation = user.organisation
    if is_new:
        activity.record(
            session, user, "organisation.registered", organisation, name=organisation.name
        )
        notify_offices(
            session, "organisation.waiting", organisation=organisation.name,
            endpoint="accounts.verification",
        )  # fmt: skip
        return
    activity.record(session, user, "user.joined", user, name=user.name)
    for colleague in queries.people_of(session, organisation.id):
        if colleague.membership == Membership.CONFIRMED:
            notify(
                session, colleague, "membership.requested", name=user.name,
                endpoint="accounts.organisation",
                endpoint_values={"organisation_id": organisation.id},
            )  # fmt: skip


def _known_organisation(session: Session, given: SignUp) -> Organisation | None:
    conditions = [Organisation.name == given.organisation]
    if given.uscc:
        conditions.append(Organisation.uscc == given.uscc)
    for condition in conditions:
        row = session.scalar(select(Organisation).where(condition))
        if row is not None:
            return row
    return None


def _new_organisation(session: Session, given: SignUp) -> Organisation:
    errors: dict[str, Any] = {}
    if given.kind is None:
        errors["kind"] = _l("这是一个新单位，请选择单位类型。")
    if not given.region_code or session.get(Region, given.region_code) is None:
        errors["region_code"] = _l("请选择单位所在地区。")
    if given.kind in policy.NEEDS_USCC and not given.uscc:
        errors["uscc"] = _l("企业和服务机构请填写统一社会信用代码。")
    if errors:
        raise InvalidError(errors)
    assert given.kind is not None
    organisation = Organisation(
        name=given.organisation,
        kind=given.kind,
        uscc=given.uscc or None,
        region_code=given.region_code,
        sector_code=given.sector_code,
        size=given.size,
        qualifications=given.qualifications,
        created_at=clock.now(),
    )
    session.add(organisation)
    flush(session)
    return organisation


def update_profile(session: Session, user: User, values: dict[str, Any]) -> None:
    """Change name, telephone, position, department, language and keys."""
    del session
    for name in ("name", "phone", "position", "department", "locale", "single_keys"):
        if name in values:
            setattr(user, name, values[name])


def set_active(session: Session, actor: User, person: User, *, active: bool) -> None:
    """Close or open an account; closing ends its sessions."""
    require(actor.role == Role.ADMINISTRATOR and actor.id != person.id)
    person.active = active
    if not active:
        end_other_logins(session, person, None)
    activity.record(
        session, actor, "user.opened" if active else "user.closed", person, name=person.name
    )


def create_administrator(session: Session, *, email: str, name: str, password: str) -> User:
    """Make an administrator, and the office that runs the platform; for the command line."""
    email = normal_email(email)
    passwords.check_strength(password, email=email, name=name)
    if queries.user_by_email(session, email):
        raise InvalidError({"email": _l("这个邮箱已经有账号。")})
    office = session.scalar(select(Organisation).where(Organisation.name == "平台管理处"))
    if office is None:
        region = session.scalar(select(func.min(Region.code)))
        office = Organisation(
            name="平台管理处", kind=OrganisationKind.GOVERNMENT, region_code=region,
            status=Verification.VERIFIED, verified_at=clock.now(), created_at=clock.now(),
        )  # fmt: skip
        session.add(office)
        session.flush()
    user = User(
        email=email, name=name, role=Role.ADMINISTRATOR, organisation=office,
        membership=Membership.CONFIRMED, password_hash=passwords.hash_password(password),
        created_at=clock.now(),
    )  # fmt: skip
    session.add(user)
    session.flush()
    return user
