"""Organisations: their profile and people, and their verification by offices."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker import db, guard
from matchmaker.accounts import policy, queries, service
from matchmaker.accounts.blueprint import Answer, bp, offer_places, posted_version
from matchmaker.accounts.forms import OrganisationForm, ReasonForm
from matchmaker.errors import InvalidError, NotNowError
from matchmaker.guard import only, signed_in
from matchmaker.labels import choices
from matchmaker.paging import Page
from matchmaker.vocabulary import queries as vocabulary
from models import Organisation, OrganisationKind, Role, Verification


@bp.get("/organisations/<int:organisation_id>")
@signed_in
def organisation(organisation_id: int) -> str:
    session, actor = db.session(), guard.current_user()
    row = queries.organisation(session, actor, organisation_id)
    inside = policy.can_see_people(actor, row)
    return render_template(
        "accounts/organisation.html",
        organisation=row,
        people=queries.people_of(session, row.id) if inside else [],
        published=queries.count_published(session, row.id),
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
    row = queries.editable_organisation(db.session(), actor, organisation_id)
    form = OrganisationForm(request.form, obj=row)
    offer_places(form)
    _keep_ended_region(form, row)
    if request.method == "POST" and form.validate():
        try:
            waits = _save(form, organisation_id)
        except InvalidError as error:
            form.show(error)
        except NotNowError as error:
            form.show(InvalidError(message=error.message))
        else:
            flash(_("已保存，等待重新核验。") if waits else _("已保存。"))
            return redirect(url_for(".organisation", organisation_id=organisation_id))
    page = render_template("accounts/edit_organisation.html", form=form, organisation=row)
    return page if request.method == "GET" else (page, 422)


def _save(form: OrganisationForm, organisation_id: int) -> bool:
    values = form.clean()
    values |= {"uscc": form.uscc.data or None, "sector_code": form.sector_code.data or None}
    with db.transaction() as session:
        actor = guard.current_user()
        row = queries.editable_organisation(session, actor, organisation_id)
        return service.update_organisation(session, actor, row, values, version=posted_version())


def _keep_ended_region(form: OrganisationForm, row: Organisation) -> None:
    """A region that has ended stays selectable for who has it."""
    if row.region_code not in {code for code, _name in form.region_code.choices}:
        form.region_code.choices.append((row.region_code, vocabulary.region_path(row.region)))


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


@bp.get("/organisations/verification")
@only(Role.ORGANISER, Role.ADMINISTRATOR)
def verification() -> str:
    session, actor = db.session(), guard.current_user()
    rows = list(session.scalars(queries.waiting(actor).limit(queries.WAITING_PAGE)))
    return render_template(
        "accounts/verification.html",
        rows=_waiting_rows(session, rows),
        total=queries.count_waiting(session, actor),
    )


def _waiting_rows(session: Session, rows: list[Organisation]) -> list[dict[str, Any]]:
    people = queries.people_by_organisation(session, [row.id for row in rows])
    similar = queries.similar_names(session, rows)
    return [
        {
            "organisation": row,
            "people": people.get(row.id, []),
            "similar": similar.get(row.id, []),
            "region": vocabulary.region_path(row.region),
        }
        for row in rows
    ]


@bp.get("/organisations")
@only(Role.ORGANISER, Role.ADMINISTRATOR)
def organisations() -> str:
    session = db.session()
    statement = queries.organisations(
        status=request.args.get("status", ""),
        kind=request.args.get("kind", ""),
        text=request.args.get("q", ""),
    )
    page = Page.of(request, queries.count_rows(session, statement), queries.LIST_PAGE)
    rows = list(session.scalars(statement.limit(page.size).offset(page.offset)))
    return render_template(
        "accounts/organisations.html",
        rows=rows,
        page=page,
        statuses=choices(Verification),
        kinds=choices(OrganisationKind),
    )


@bp.post("/organisations/<int:organisation_id>/verify")
@only(Role.ORGANISER, Role.ADMINISTRATOR)
def verify(organisation_id: int) -> Response:
    with db.transaction() as session:
        actor = guard.current_user()
        row = queries.organisation(session, actor, organisation_id)
        service.verify(session, actor, row, version=posted_version())
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
            service.refuse(session, actor, row, version=posted_version(), reason=form.reason.data)
        flash(_("已退回，并把原因告诉了对方。"))
        return redirect(url_for(".verification"))
    page = render_template("accounts/refuse.html", form=form, organisation=row)
    return page if request.method == "GET" else (page, 422)
