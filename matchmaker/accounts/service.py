"""What people do with their accounts, and what offices decide about organisations."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config import Settings
from matchmaker import activity, clock, mail
from matchmaker.accounts import passwords, policy, queries
from matchmaker.accounts.passwords import Links
from matchmaker.errors import InvalidError, NotFoundError, NotNowError, require
from matchmaker.guard import new_token, token_hash
from matchmaker.notifications.service import notify, notify_offices
from models import (
    EnterpriseSize,
    LoginSession,
    Membership,
    Organisation,
    OrganisationKind,
    Region,
    Role,
    User,
    Verification,
)

REASON_LIMIT = 500
REAUTHENTICATE_AFTER = timedelta(minutes=15)


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


def sign_up(session: Session, given: SignUp) -> User:
    """Make a person, and the organisation when it is not known yet.

    The first person of a new organisation is confirmed and the organisation waits for
    verification; who joins a known one waits for a colleague or an organiser.

    Raises:
        InvalidError: something given cannot be used.

    """
    email = normal_email(given.email)
    if given.role == Role.ADMINISTRATOR:
        raise InvalidError({"role": _l("系统管理员由安装平台的人设立，不能注册。")})
    passwords.check_strength(given.password, email=email, name=given.name)
    if queries.user_by_email(session, email):
        raise InvalidError({"email": _l("这个邮箱不能注册。如果您已有账号，请直接登录或找回密码。")})
    known = _known_organisation(session, given)
    organisation = known or _new_organisation(session, given)
    if organisation.kind not in policy.ROLE_KINDS[given.role]:
        raise InvalidError({"role": _l("这个角色和单位的类型不相符，请改选角色或单位。")})
    user = User(
        email=email,
        name=given.name,
        phone=given.phone,
        position=given.position,
        role=given.role,
        organisation=organisation,
        membership=Membership.PENDING if known else Membership.CONFIRMED,
        password_hash=passwords.hash_password(given.password),
        locale=given.locale,
        created_at=clock.now(),
    )
    session.add(user)
    _flush(session)
    _announce_sign_up(session, user, is_new=known is None)
    return user


def _announce_sign_up(session: Session, user: User, *, is_new: bool) -> None:
    organisation = user.organisation
    if is_new:
        activity.record(session, user, "organisation.registered", organisation, name=organisation.name)
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
    _flush(session)
    return organisation


def _flush(session: Session) -> None:
    """Two people may register the same thing at once: the second gets a sentence."""
    try:
        session.flush()
    except IntegrityError as error:
        raise InvalidError(message=_l("同样的邮箱或单位刚刚被登记，请再试一次。")) from error


def normal_email(text: str) -> str:
    """Return the address in its normal form.

    Raises:
        InvalidError: it is no address.

    """
    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise InvalidError({"email": _l("请填写邮箱，例如 name@example.com。")}) from None
    return found.normalized.lower()


def sign_in(
    session: Session,
    settings: Settings,
    email: str,
    password: str,
    *,
    remember: bool = False,
    address: str = "",
    browser: str = "",
) -> tuple[User, str]:
    """Check the password and open a session row; return the person and the token.

    Raises:
        InvalidError: no such person, wrong password or closed account, in the same words.

    """
    user = queries.user_by_email(session, email)
    if not passwords.matches(user, password) or user is None or not user.active:
        raise InvalidError(message=_l("邮箱或密码不对。"))
    return user, open_login(
        session, settings, user, remember=remember, address=address, browser=browser
    )


def open_login(
    session: Session,
    settings: Settings,
    user: User,
    *,
    remember: bool = False,
    address: str = "",
    browser: str = "",
) -> str:
    """Open a session row and return its token, which is stored nowhere."""
    token = new_token()
    moment = clock.now()
    lifetime = settings.remember_lifetime if remember else settings.session_lifetime
    session.add(
        LoginSession(
            token_hash=token_hash(token),
            user_id=user.id,
            created_at=moment,
            last_seen_at=moment,
            authenticated_at=moment,
            expires_at=moment + lifetime,
            remembered=remember,
            address=address[:45],
            browser=browser[:300],
        )
    )
    user.last_seen_at = moment
    return token


def end_login(session: Session, actor: User, login_id: int) -> None:
    """End one of one's own sessions.

    Raises:
        NotFoundError: it is somebody else's, or not there.

    """
    row = session.get(LoginSession, login_id)
    if row is None or row.user_id != actor.id:
        raise NotFoundError
    row.ended_at = row.ended_at or clock.now()


def end_other_logins(session: Session, user: User, keep: LoginSession | None) -> None:
    """End every session of a person but one."""
    session.execute(
        update(LoginSession)
        .where(
            LoginSession.user_id == user.id,
            LoginSession.ended_at.is_(None),
            LoginSession.id != (keep.id if keep else -1),
        )
        .values(ended_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )


def request_reset(session: Session, settings: Settings, email: str) -> None:
    """Mail a link for a new password; nothing tells whether the address is known."""
    user = queries.user_by_email(session, email)
    if user is None or not user.active:
        return
    token = Links(settings).make("reset", user)
    mail.post(
        session,
        key=f"reset:{user.id}:{clock.now().timestamp():.0f}",
        recipient=user.email,
        subject=_("设置新密码"),
        body=_(
            "%(name)s，您好：\n\n请在 %(hours)d 小时内打开下面的链接设置新密码：\n%(link)s\n\n"
            "如果不是您本人操作，请忽略这封邮件，密码不会改变。",
            name=user.name,
            hours=settings.link_lifetime.total_seconds() // 3600,
            link=f"{settings.base_url}/reset/{token}",
        ),
    )


def reset_password(session: Session, settings: Settings, token: str, password: str) -> User:
    """Set a new password by a mailed link; every session of the person ends.

    Raises:
        NotNowError: the link is forged, too old or already used.
        InvalidError: the password is too weak.

    """
    user = user_of_link(session, settings, "reset", token)
    passwords.check_strength(password, email=user.email, name=user.name)
    _set_password(session, user, password, keep=None)
    return user


def user_of_link(session: Session, settings: Settings, purpose: str, token: str) -> User:
    """Return the person of a link that is still good.

    Raises:
        NotNowError: it is not.

    """
    carried = Links(settings).read(purpose, token)
    user = session.get(User, int(carried["id"])) if carried else None
    if carried is None or user is None or not passwords.is_current(user, carried):
        raise NotNowError(_l("这个链接已经失效或用过了，请重新申请一个。"))
    return user


def change_password(
    session: Session, user: User, login: LoginSession, current: str, password: str
) -> None:
    """Change one's password; other sessions end.

    Raises:
        InvalidError: the current one is wrong, or the new one too weak.

    """
    if not passwords.matches(user, current):
        raise InvalidError({"current": _l("现在的密码不对。")})
    passwords.check_strength(password, email=user.email, name=user.name)
    _set_password(session, user, password, keep=login)


def _set_password(
    session: Session, user: User, password: str, keep: LoginSession | None
) -> None:
    user.password_hash = passwords.hash_password(password)
    end_other_logins(session, user, keep)
    activity.record(session, user, "user.password_changed", user)
    mail.post(
        session,
        key=f"password:{user.id}:{clock.now().timestamp():.0f}",
        recipient=user.email,
        subject=_("密码已经修改"),
        body=_("%(name)s，您好：\n\n您的密码刚刚修改，其他设备上的登录都已结束。如果不是您本人操作，"
               "请立即用“忘记密码”重新设置，并联系管理员。", name=user.name),
    )  # fmt: skip


def request_email_change(
    session: Session, settings: Settings, user: User, password: str, email: str
) -> None:
    """Mail a link to the new address; the change happens when it is opened.

    Raises:
        InvalidError: wrong password, or no address.

    """
    if not passwords.matches(user, password):
        raise InvalidError({"current": _l("现在的密码不对。")})
    email = normal_email(email)
    moment = f"{clock.now().timestamp():.0f}"
    if queries.user_by_email(session, email) is None:
        token = Links(settings).make("email", user, email=email)
        mail.post(
            session, key=f"email:{user.id}:{moment}", recipient=email, subject=_("确认新邮箱"),
            body=_("%(name)s，您好：\n\n请打开下面的链接，确认把登录邮箱改成这个地址：\n%(link)s",
                   name=user.name, link=f"{settings.base_url}/account/email/{token}"),
        )  # fmt: skip
    mail.post(
        session, key=f"email-notice:{user.id}:{moment}", recipient=user.email,
        subject=_("有人申请修改登录邮箱"),
        body=_("%(name)s，您好：\n\n您的账号申请把登录邮箱改为 %(email)s。如果不是您本人操作，"
               "请立即修改密码。", name=user.name, email=email),
    )  # fmt: skip


def confirm_email(session: Session, settings: Settings, token: str) -> User:
    """Change the address to the one that the link was sent to.

    Raises:
        NotNowError: the link is not good any more.

    """
    user = user_of_link(session, settings, "email", token)
    carried = Links(settings).read("email", token) or {}
    if queries.user_by_email(session, carried["email"]) not in {None, user}:
        raise NotNowError(_l("这个邮箱已经被别的账号使用。"))
    user.email = carried["email"]
    user.email_confirmed_at = clock.now()
    activity.record(session, user, "user.email_changed", user)
    session.flush()
    return user


def update_profile(session: Session, user: User, values: dict[str, Any]) -> None:
    """Change name, telephone, position, department, language and keys."""
    del session
    for name in ("name", "phone", "position", "department", "locale", "single_keys"):
        if name in values:
            setattr(user, name, values[name])


def update_organisation(
    session: Session, actor: User, organisation: Organisation, values: dict[str, Any], *, version: int
) -> bool:
    """Change the data of one's organisation; a new name or code asks for verification again.

    Returns True when it waits for verification afterwards.
    """
    require(policy.can_edit_organisation(actor, organisation))
    if organisation.version != version:
        raise NotNowError(_l("单位资料刚刚被同事改过。您的修改没有保存，请看一眼再改。"))
    identity = {name: values[name] for name in ("name", "uscc") if name in values}
    changed = any(getattr(organisation, name) != value for name, value in identity.items())
    for name, value in values.items():
        setattr(organisation, name, value)
    if changed and organisation.status != Verification.PENDING:
        _wait_again(organisation)
        notify_offices(session, "organisation.waiting", organisation=organisation.name,
                       endpoint="accounts.verification")  # fmt: skip
    activity.record(session, actor, "organisation.edited", organisation, name=organisation.name)
    _flush(session)
    return organisation.status == Verification.PENDING


def _wait_again(organisation: Organisation) -> None:
    organisation.status = Verification.PENDING
    organisation.verified_at = None
    organisation.verified_by_id = None
    organisation.refusal_reason = ""


def verify(session: Session, actor: User, organisation: Organisation, *, version: int) -> None:
    """Say that the organisation is who it says it is; its postings become visible."""
    _decide(session, actor, organisation, Verification.VERIFIED, version)


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
    organisation.refusal_reason = reason
    _decide(session, actor, organisation, Verification.REFUSED, version)


def _decide(
    session: Session, actor: User, organisation: Organisation, status: Verification, version: int
) -> None:
    require(policy.can_verify(actor, organisation))
    if organisation.version != version or organisation.status == status:
        raise NotNowError(_l("这家单位刚刚被别人处理过，请看一眼最新状态。"))
    organisation.status = status
    organisation.verified_at = clock.now()
    organisation.verified_by_id = actor.id
    if status == Verification.VERIFIED:
        organisation.refusal_reason = ""
    activity.record(session, actor, f"organisation.{status.value}", organisation, name=organisation.name)
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


def set_active(session: Session, actor: User, person: User, *, active: bool) -> None:
    """Close or open an account; closing ends its sessions."""
    require(actor.role == Role.ADMINISTRATOR and actor.id != person.id)
    person.active = active
    if not active:
        end_other_logins(session, person, None)
    activity.record(session, actor, "user.opened" if active else "user.closed", person, name=person.name)


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
