"""One's own account: profile, password, address, the browsers in which one is signed in."""

from __future__ import annotations

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from matchmaker import db, guard, i18n
from matchmaker.accounts import queries, service
from matchmaker.accounts.blueprint import (
    Answer,
    bp,
    limit_wrong_passwords,
    note_wrong_password,
    settings,
)
from matchmaker.accounts.browsers import browser_name
from matchmaker.accounts.forms import AgainForm, EmailForm, PasswordForm, ProfileForm
from matchmaker.errors import InvalidError, NotNowError
from matchmaker.guard import public, signed_in
from matchmaker.paths import local_path


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
@limit_wrong_passwords
def change_password() -> Answer:
    form = PasswordForm(request.form)
    if request.method == "POST" and form.validate():
        try:
            with db.transaction() as session:
                service.change_password(
                    session,
                    guard.current_user(),
                    guard.current_login(),
                    form.current.data,
                    form.password.data,
                )
        except InvalidError as error:
            if "current" in error.fields:
                note_wrong_password()
            form.show(error)
        else:
            flash(_("密码已修改，其他设备上的登录都已结束。"))
            return redirect(url_for(".profile"))
    page = render_template("accounts/password.html", form=form)
    return page if request.method == "GET" else (page, 422)


@bp.route("/account/confirm", methods=["GET", "POST"])
@signed_in
@limit_wrong_passwords
def confirm_again() -> Answer:
    """Ask for the password once more before something dangerous."""
    form = AgainForm(request.form)
    following = request.values.get("next", "")
    if request.method == "POST" and form.validate():
        try:
            with db.transaction():
                service.confirm_password(
                    guard.current_user(), guard.current_login(), form.password.data
                )
        except InvalidError as error:
            note_wrong_password()
            form.show(error)
        else:
            return redirect(local_path(following))
    page = render_template("accounts/confirm_again.html", form=form, following=following)
    return page if request.method == "GET" else (page, 422)


@bp.route("/account/email", methods=["GET", "POST"])
@signed_in
def change_email() -> Answer:
    form = EmailForm(request.form if request.method == "POST" else request.args)
    if not service.is_fresh(guard.current_login()):
        here = url_for(".change_email", email=form.email.data or None)
        return redirect(url_for(".confirm_again", next=here))
    if request.method == "POST" and form.validate():
        try:
            with db.transaction() as session:
                service.request_email_change(
                    session, settings(), guard.current_user(), form.email.data
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
        flash(_("邮箱已经确认。"))
    return redirect(url_for(".sign_in"))


@bp.get("/account/sessions")
@signed_in
def sessions() -> str:
    rows = queries.open_logins(db.session(), guard.current_user())
    return render_template(
        "accounts/sessions.html", rows=rows, this=guard.current_login(), browser_name=browser_name
    )


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
