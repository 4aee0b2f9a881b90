"""The door: signing up, in and out, and a new password for who forgot theirs."""

from __future__ import annotations

import json

from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from flask_login import login_user, logout_user
from werkzeug.wrappers import Response

from matchmaker import db, guard, i18n
from matchmaker.accounts import account_views, drafts, organisation_views, queries, service
from matchmaker.accounts.blueprint import (
    Answer,
    bp,
    init_app,
    is_test,
    limit_wrong_passwords,
    limiter,
    note_wrong_password,
    offer_places,
    settings,
)
from matchmaker.accounts.forms import AskResetForm, ResetForm, SignInForm, SignUpForm
from matchmaker.errors import InvalidError, NotNowError
from matchmaker.guard import Identity, public, signed_in
from matchmaker.paths import local_path

__all__ = ["account_views", "ask_to_sign_in", "bp", "init_app", "organisation_views"]
CARRY_LIMIT = 400_000
NOT_CARRIED = frozenset({"csrf_token", "password", "current"})


@bp.route("/sign-in", methods=["GET", "POST"])
@public
@limit_wrong_passwords
def sign_in() -> Answer:
    form = SignInForm(request.form)
    following = request.values.get("next", "")
    if request.method == "GET":
        return _door(form, following) if g.user is None else redirect(local_path(following))
    if not form.validate():
        return _door(form, following), 422
    try:
        token = _open(form)
    except InvalidError as error:
        note_wrong_password()
        form.show(error)
        return _door(form, following), 422
    _remember(token, remember=form.remember.data)
    return redirect(local_path(following))


def _open(form: SignInForm) -> str:
    with db.transaction() as session:
        user, token = service.sign_in(
            session,
            settings(),
            form.email.data,
            form.password.data,
            remember=form.remember.data,
            address=request.remote_addr or "",
            browser=request.user_agent.string,
        )
        drafts.keep_carried(session, user, request.form.get("carry", ""))
    return token


def _door(form: SignInForm, following: str, carry: str = "") -> str:
    carry = carry or request.form.get("carry", "")[:CARRY_LIMIT]
    accounts = current_app.extensions.get("demonstration_accounts", [])
    return render_template(
        "accounts/sign_in.html", form=form, following=following, carry=carry, accounts=accounts
    )


def _remember(token: str, *, remember: bool) -> None:
    """Begin a new cookie session, so that none prepared by somebody else goes on."""
    cookie.clear()
    row = guard.find_login(db.session(), token)
    assert row is not None
    login_user(Identity(row, token), remember=remember)


def ask_to_sign_in() -> Answer:
    """Answer a form that a stranger sent: ask to sign in and carry what was typed along."""
    fields = {key: values for key, values in request.form.lists() if key not in NOT_CARRIED}
    carried = json.dumps(fields, ensure_ascii=False) if "draft_key" in fields else ""
    following = request.form.get("draft_page") or request.form.get("next") or "/"
    if carried and len(carried) <= CARRY_LIMIT:
        flash(_("会话已经结束，请重新登录。您刚才填写的内容会保留下来。"), "info")
    else:
        carried = ""
        flash(_("会话已经结束，请重新登录。"), "info")
    return _door(SignInForm(), local_path(following), carried), 401


@bp.post("/sign-out")
@signed_in
def sign_out() -> Response:
    with db.transaction():
        service.sign_out(guard.current_login())
    cookie.clear()
    logout_user()
    return redirect(url_for(".sign_in"))


@bp.route("/sign-up", methods=["GET", "POST"])
@public
@limiter.limit("20 per hour", methods=["POST"], exempt_when=is_test)
def sign_up() -> Answer:
    form = SignUpForm(request.form)
    offer_places(form)
    if request.method == "POST" and form.validate():
        try:
            _register(service.SignUp(**form.clean(), locale=i18n.language()))
        except InvalidError as error:
            form.show(error)
        else:
            flash(_("注册已经收到，请登录。确认邮件已寄到 %(email)s。", email=form.email.data))
            return redirect(url_for(".sign_in"))
    names = queries.names_to_offer(db.session())
    page = render_template("accounts/sign_up.html", form=form, names=names)
    return page if request.method == "GET" else (page, 422)


def _register(given: service.SignUp) -> None:
    """Sign up; whether the address was known before is told to its owner alone."""
    try:
        with db.transaction() as session:
            user = service.sign_up(session, given)
            service.request_confirmation(session, settings(), user)
    except service.EmailTakenError:
        with db.transaction() as session:
            service.tell_of_taken_email(session, settings(), given.email)


@bp.route("/reset", methods=["GET", "POST"])
@public
@limiter.limit("10 per hour", methods=["POST"], exempt_when=is_test)
def ask_reset() -> Answer:
    form = AskResetForm(request.form)
    if request.method == "POST" and form.validate():
        with db.transaction() as session:
            service.request_reset(session, settings(), form.email.data)
        hours = settings().link_lifetime.total_seconds() / 3600
        return render_template("accounts/reset_sent.html", email=form.email.data, hours=hours)
    page = render_template("accounts/ask_reset.html", form=form)
    return page if request.method == "GET" else (page, 422)


@bp.route("/reset/<token>", methods=["GET", "POST"])
@public
def reset(token: str) -> Answer:
    form = ResetForm(request.form)
    try:
        service.user_of_link(db.session(), settings(), "reset", token)
        if request.method == "POST" and form.validate():
            with db.transaction() as session:
                service.reset_password(session, settings(), token, form.password.data)
            cookie.clear()
            flash(_("新密码已经设置，请登录。"))
            return redirect(url_for(".sign_in"))
    except InvalidError as error:
        form.show(error)
    except NotNowError as error:
        flash(error.message, "bad")
        return redirect(url_for(".ask_reset"))
    page = render_template("accounts/reset.html", form=form)
    return page if request.method == "GET" else (page, 422)
