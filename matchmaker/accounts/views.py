"""Signing up and in, one's own account, organisations and their verification."""

from __future__ import annotations

import json
from typing import Any

from flask import (
    Blueprint,
    Flask,
    current_app,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask import session as cookie
from flask_babel import gettext as _
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import login_user, logout_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from config import Settings
from matchmaker import clock, db, guard, i18n
from matchmaker.accounts import drafts, policy, queries, service
from matchmaker.accounts.forms import (
    AskResetForm,
    EmailForm,
    OrganisationForm,
    PasswordForm,
    ProfileForm,
    ReasonForm,
    ResetForm,
    SignInForm,
    SignUpForm,
)
from matchmaker.errors import InvalidError, NotNowError
from matchmaker.guard import Identity, only, public, signed_in
from matchmaker.paths import local_path
from matchmaker.vocabulary import queries as vocabulary
from models import Role

bp = Blueprint("accounts", __name__)
Answer = str | Response | tuple[str, int]
CARRY_LIMIT = 400_000
limiter = Limiter(get_remote_address, storage_uri="memory://")


def init_app(app: Flask) -> None:
    """Count tries to sign in."""
    limiter.init_app(app)


def settings() -> Settings:
    value: Settings = current_app.extensions["settings"]
    return value


def _limit() -> str:
    return settings().sign_in_limit


def _email_key() -> str:
    return "email:" + request.form.get("email", "").strip().lower()


@bp.route("/sign-in", methods=["GET", "POST"])
@public
@limiter.limit(_limit, methods=["POST"])
@limiter.limit(_limit, methods=["POST"], key_func=_email_key)
def sign_in() -> Answer:
    form = SignInForm(request.form)
    following = request.values.get("next", "")
    if request.method == "GET":
        if g.user is not None:
            return redirect(local_path(following))
        return _door(form, following)
    if not form.validate():
        return _door(form, following), 422
    try:
        with db.transaction() as session:
            user, token = service.sign_in(
                session, settings(), form.email.data, form.password.data,
                remember=form.remember.data, **_browser(),
            )  # fmt: skip
            drafts.keep_carried(session, user, request.form.get("carry", ""))
    except InvalidError as error:
        form.show(error)
        return _door(form, following), 422
    _remember(token, remember=form.remember.data)
    return redirect(local_path(following))


def _door(form: SignInForm, following: str, carry: str = "") -> str:
    carry = carry or request.form.get("carry", "")
    accounts = current_app.extensions.get("demonstration_accounts", [])
    return render_template(
        "accounts/sign_in.html", form=form, following=following, carry=carry, accounts=accounts
    )


def _browser() -> dict[str, str]:
    return {"address": request.remote_addr or "", "browser": request.user_agent.string}


def _remember(token: str, *, remember: bool) -> None:
    """Begin a new cookie session, so that none prepared by somebody else goes on."""
    cookie.clear()
    row = guard.find_login(db.session(), token)
    assert row is not None
    login_user(Identity(row, token), remember=remember)


def ask_to_sign_in() -> Answer:
    """Answer a form that a stranger sent: ask to sign in and carry what was typed along."""
    fields = {
        key: values
        for key, values in request.form.lists()
        if key not in {"csrf_token", "password", "current"}
    }
    carried = json.dumps(fields, ensure_ascii=False)
    following = local_path(request.form.get("draft_page", ""))
    flash(_("会话已经结束，请重新登录。您刚才填写的内容会保留下来。"), "info")
    page = _door(SignInForm(), following, carried if len(carried) <= CARRY_LIMIT else "")
    return page, 401


@bp.post("/sign-out")
@signed_in
def sign_out() -> Response:
    with db.transaction() as session:
        login = session.merge(guard.current_login())
        login.ended_at = clock.now()
    logout_user()
    cookie.clear()
    return redirect(url_for(".sign_in"))


@bp.route("/sign-up", methods=["GET", "POST"])
@public
@limiter.limit("20 per hour", methods=["POST"], exempt_when=lambda: settings().testing)
def sign_up() -> Answer:
    form = SignUpForm(request.form)
    _offer_places(form)
    if request.method == "POST" and form.validate():
        try:
            with db.transaction() as session:
                given = service.SignUp(**form.clean(), locale=i18n.language())
                user = service.sign_up(session, given)
                token = service.open_login(session, settings(), user, **_browser())
        except InvalidError as error:
            form.show(error)
        else:
            _remember(token, remember=False)
            flash(_("注册成功。单位核验以前，您可以先写草稿。"))
            return redirect(url_for("home.index"))
    names = queries.names_to_offer(db.session())
    page = render_template("accounts/sign_up.html", form=form, names=names)
    return page if request.method == "GET" else (page, 422)


def _offer_places(form: Any) -> None:
    session = db.session()
    form.region_code.choices = [
        (region.code, vocabulary.region_path(region))
        for region in vocabulary.regions(session, clock.today())
    ]
    form.sector_code.choices = [
        (node.code, f"{node.code} {node.name}") for node in vocabulary.sectors(session)
    ]


@bp.route("/reset", methods=["GET", "POST"])
@public
@limiter.limit("10 per hour", methods=["POST"], exempt_when=lambda: settings().testing)
def ask_reset() -> Answer:
    form = AskResetForm(request.form)
    if request.method == "POST" and form.validate():
        with db.transaction() as session:
            service.request_reset(session, settings(), form.email.data)
        return render_template("accounts/reset_sent.html", email=form.email.data)
    page = render_template("accounts/ask_reset.html", form=form)
    return page if request.method == "GET" else (page, 422)


@bp.route("/reset/<token>", methods=["GET", "POST"])
@public
def reset(token: str) -> Answer:
    form = ResetForm(request.form)
    session = db.session()
    try:
        service.user_of_link(session, settings(), "reset", token)
        if request.method == "POST" and form.validate():
            with db.transaction() as session:
                service.reset_password(session, settings(), token, form.password.data)
            flash(_("新密码已经设置，请登录。"))
            return redirect(url_for(".sign_in"))
    except InvalidError as error:
        form.show(error)
    except NotNowError as error:
        flash(error.message, "bad")
        return redirect(url_for(".ask_reset"))
    page = render_template("accounts/reset.html", form=form)
    return page if request.method == "GET" else (page, 422)


@bp.route("/account", methods=["GET", "POST"])
@signed_in
def profile() -> Answer:
    form = ProfileForm(request.form, obj=guard.current_user())
    if request.method == "POST" and form.validate():
        with db.transaction() as session:
            service.update_profile(session, guard.current_user(), form.clean())
        flash(_("已保存。"))
        answer = make_response(redirect(url_for(".profile")))
        answer.delete_cookie(i18n.LOCALE_COOKIE)
        return answer
    page = render_template("accounts/profile.html", form=form)
    return page if request.method == "GET" else (page, 422)


@bp.route("/account/password", methods=["GET", "POST"])
@signed_in
@limiter.limit(_limit, methods=["POST"])
def change_password() -> Answer:
    form = PasswordForm(request.form)
    if request.method == "POST" and form.validate():
        try:
            with db.transaction() as session:
                service.change_password(
                    session, guard.current_user(), guard.current_login(),
                    form.current.data, form.password.data,
                )  # fmt: skip
        except InvalidError as error:
            form.show(error)
        else:
            flash(_("密码已修改，其他设备上的登录都已结束。"))
            return redirect(url_for(".profile"))
    page = render_template("accounts/password.html", form=form)
    return page if request.method == "GET" else (page, 422)


@bp.route("/account/email", methods=["GET", "POST"])
@signed_in
@limiter.limit(_limit, methods=["POST"])
def change_email() -> Answer:
    form = EmailForm(request.form)
    if request.method == "POST" and form.validate():
        try:
            with db.transaction() as session:
                service.request_email_change(
                    session, settings(), guard.current_user(), form.current.data, form.email.data
                )
        except InvalidError as error:
            form.show(error)
        else:
            flash(_("确认链接已发到新邮箱，打开以后才会生效。"), "info")
            return redirect(url_for(".change_email"))
    page = render_template("accounts/email.html", form=form)
    return page if request.method == "GET" else (page, 422)


@bp.get("/account/email/<token>")
@public
def confirm_email(token: str) -> Response:
    try:
        with db.transaction() as session:
            service.confirm_email(session, settings(), token)
    except NotNowError as error:
        flash(error.message, "bad")
    else:
        flash(_("登录邮箱已经改好。"))
    return redirect(url_for(".sign_in"))


@bp.get("/account/sessions")
@signed_in
def sessions() -> str:
    rows = queries.open_logins(db.session(), guard.current_user())
    return render_template("accounts/sessions.html", rows=rows, this=guard.current_login())


@bp.post("/account/sessions/<int:login_id>/end")
@signed_in
def end_session(login_id: int) -> Response:
    with db.transaction() as session:
        service.end_login(session, guard.current_user(), login_id)
    flash(_("这个设备上的登录已经结束。"))
    return redirect(url_for(".sessions"))


@bp.post("/account/sessions/end-others")
@signed_in
def end_other_sessions() -> Response:
    with db.transaction() as session:
        service.end_other_logins(session, guard.current_user(), guard.current_login())
    flash(_("其他设备上的登录都已结束。"))
    return redirect(url_for(".sessions"))


@bp.get("/organisations/<int:organisation_id>")
@signed_in
def organisation(organisation_id: int) -> str:
    session, actor = db.session(), guard.current_user()
    row = queries.organisation(session, actor, organisation_id)
    inside = row.id == actor.organisation_id or policy.is_office(actor)
    return render_template(
        "accounts/organisation.html",
        organisation=row,
        people=queries.people_of(session, row.id) if inside else [],
        can_edit=policy.can_edit_organisation(actor, row),
        can_verify=policy.can_verify(actor, row),
        can_confirm=lambda person: policy.can_confirm(actor, person),
        sector=vocabulary.node_by_code(session, "gbt4754", row.sector_code),
        region=vocabulary.region_path(row.region),
    )


@bp.route("/organisations/<int:organisation_id>/edit", methods=["GET", "POST"])
@signed_in
def edit_organisation(organisation_id: int) -> Answer:
    actor = guard.current_user()
    row = queries.organisation(db.session(), actor, organisation_id)
    if not policy.can_edit_organisation(actor, row):
        return redirect(url_for(".organisation", organisation_id=row.id))
    form = OrganisationForm(request.form, obj=row)
    _offer_places(form)
    _keep_ended_region(form, row)
    if request.method == "POST" and form.validate():
        try:
            with db.transaction() as session:
                actor = guard.current_user()
                waits = service.update_organisation(
                    session, actor, queries.organisation(session, actor, organisation_id),
                    {**form.clean(), "uscc": form.uscc.data or None}, version=_version(),
                )  # fmt: skip
        except (InvalidError, NotNowError) as error:
            form.show(error if isinstance(error, InvalidError) else InvalidError(message=error.message))
        else:
            flash(_("已保存，等待重新核验。") if waits else _("已保存。"))
            return redirect(url_for(".organisation", organisation_id=organisation_id))
    page = render_template("accounts/edit_organisation.html", form=form, organisation=row)
    return page if request.method == "GET" else (page, 422)


def _keep_ended_region(form: OrganisationForm, row: Any) -> None:
    """A region that has ended stays selectable for who has it."""
    if row.region_code not in {code for code, _name in form.region_code.choices}:
        form.region_code.choices.append((row.region_code, vocabulary.region_path(row.region)))


def _version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1  # noqa: PLR2004


@bp.post("/people/<int:user_id>/confirm")
@signed_in
def confirm_member(user_id: int) -> Response:
    return _membership(user_id, accept=True)


@bp.post("/people/<int:user_id>/refuse")
@signed_in
def refuse_member(user_id: int) -> Response:
    return _membership(user_id, accept=False)


def _membership(user_id: int, *, accept: bool) -> Response:
    with db.transaction() as session:
        actor = guard.current_user()
        person = queries.person(session, actor, user_id)
        verb = service.confirm_member if accept else service.refuse_member
        verb(session, actor, person)
        organisation_id = person.organisation_id
    flash(_("已处理，并通知了对方。"))
    return redirect(url_for(".organisation", organisation_id=organisation_id))


@bp.get("/verification")
@only(Role.ORGANISER, Role.ADMINISTRATOR)
def verification() -> str:
    session, actor = db.session(), guard.current_user()
    waiting = list(session.scalars(queries.waiting(actor)))
    return render_template(
        "accounts/verification.html",
        rows=[_waiting_row(session, row) for row in waiting],
        others=queries.organisations(
            session, status=request.args.get("status", ""), kind=request.args.get("kind", ""),
            text=request.args.get("q", ""),
        ),
    )  # fmt: skip


def _waiting_row(session: Session, row: Any) -> dict[str, Any]:
    return {
        "organisation": row,
        "people": queries.people_of(session, row.id),
        "similar": queries.similar_names(session, row),
        "region": vocabulary.region_path(row.region),
    }


@bp.post("/organisations/<int:organisation_id>/verify")
@only(Role.ORGANISER, Role.ADMINISTRATOR)
def verify(organisation_id: int) -> Response:
    with db.transaction() as session:
        actor = guard.current_user()
        row = queries.organisation(session, actor, organisation_id)
        service.verify(session, actor, row, version=_version())
        name = row.name
    flash(_("%(name)s 已通过核验，并通知了对方。", name=name))
    return redirect(url_for(".verification"))


@bp.route("/organisations/<int:organisation_id>/refuse", methods=["GET", "POST"])
@only(Role.ORGANISER, Role.ADMINISTRATOR)
def refuse(organisation_id: int) -> Answer:
    form = ReasonForm(request.form)
    row = queries.organisation(db.session(), guard.current_user(), organisation_id)
    if request.method == "POST" and form.validate():
        with db.transaction() as session:
            actor = guard.current_user()
            row = queries.organisation(session, actor, organisation_id)
            service.refuse(session, actor, row, version=_version(), reason=form.reason.data)
        flash(_("已退回，并把原因告诉了对方。"))
        return redirect(url_for(".verification"))
    page = render_template("accounts/refuse.html", form=form, organisation=row)
    return page if request.method == "GET" else (page, 422)

