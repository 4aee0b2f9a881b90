"""The forms of the catalogue: what is typed, kept, judged and saved."""

from __future__ import annotations

from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from matchmaker import clock, db, guard, i18n
from matchmaker.accounts import drafts
from matchmaker.catalogue import policy, queries, service
from matchmaker.catalogue.blueprint import KINDS, Answer, bp
from matchmaker.catalogue.forms import (
    FORMS,
    PostingForm,
    as_formdata,
    change_rows,
    fill_rows,
    form_data,
)
from matchmaker.catalogue.meter import meter
from matchmaker.errors import InvalidError, NotFoundError, NotNowError
from matchmaker.guard import signed_in
from matchmaker.vocabulary import queries as vocabulary
from models import Posting, PostingKind

FIRST_CHOICES = {"name_visibility": "everyone", "open_to_interest": "y"}
"""What a new form has ticked already."""


@bp.route("/<any(achievements, needs):kinds>/new", methods=["GET", "POST"])
@signed_in
def new(kinds: str) -> Answer:
    kind, actor = KINDS[kinds], guard.current_user()
    if not policy.can_post(actor, kind):
        raise NotFoundError
    if request.method == "POST":
        return _save(kind, None)
    draft = drafts.find(db.session(), actor, f"{kind.value}:new")
    form = _form(kind, as_formdata(draft.data) if draft else None, FIRST_CHOICES)
    return _form_page(form, kind, None, draft=draft)


@bp.route("/postings/<int:posting_id>/edit", methods=["GET", "POST"])
@signed_in
def edit(posting_id: int) -> Answer:
    session, actor = db.session(), guard.current_user()
    posting = queries.one(session, actor, posting_id)
    if not policy.can_edit(actor, posting):
        raise NotFoundError
    if request.method == "POST":
        return _save(posting.kind, posting)
    draft = drafts.find(session, actor, f"posting:{posting.id}")
    form = _form(posting.kind, as_formdata(draft.data) if draft else None, form_data(posting))
    return _form_page(form, posting.kind, posting, draft=draft)


def _form(
    kind: PostingKind, typed: MultiDict[str, str] | None, data: dict[str, Any] | None = None
) -> PostingForm:
    form = FORMS[kind.value](typed, data=data or {})
    session = db.session()
    chains = [(str(node.id), _chain_words(node)) for node in vocabulary.chains(session)]
    form.chain.choices = form.more_chains.choices = chains
    form.region_code.choices = [
        (region.code, vocabulary.region_path(region))
        for region in vocabulary.regions(session, clock.today())
    ]
    _keep_ended_region(form, data)
    if kind == PostingKind.ACHIEVEMENT:
        form["discipline_code"].choices = _code_choices(vocabulary.disciplines(session))
        form["sector_code"].choices = _code_choices(vocabulary.sectors(session))
        levels = {node.code: i18n.named(node) for node in vocabulary.readiness_levels(session)}
        form["trl"].choices = [
            (str(n), f"TRL {n}　{levels.get(str(n), '')}") for n in range(1, 10)
        ]
    return form


def _keep_ended_region(form: PostingForm, data: dict[str, Any] | None) -> None:
    """A region that has ended stays selectable for the posting that has it."""
    code = (data or {}).get("region_code")
    if code and code not in {value for value, _words in form.region_code.choices}:
        form.region_code.choices.append((code, _("%(code)s（已撤销）", code=code)))


def _chain_words(node: Any) -> str:
    mark = "" if node.status.value == "official" else _("（名称待核）")
    return f"{i18n.named(node)}{mark}"


def _code_choices(nodes: list[Any]) -> list[tuple[str, str]]:
    return [(node.code, f"{node.code} {i18n.named(node)}") for node in nodes]


def _save(kind: PostingKind, posting: Posting | None) -> Answer:
    """Save, save and submit, or add and remove rows: whatever the pressed button says."""
    form = _form(kind, request.form, form_data(posting) if posting else None)
    if "rows" in request.form:  # never a submission, whatever else the request holds
        change_rows(form, request.form["rows"])
        return _form_page(form, kind, posting)
    submit = request.form.get("act") == "submit"
    form.draft = not submit
    if form.validate():
        try:
            posting_id = _store(form, kind, posting, submit=submit)
        except InvalidError as error:
            form.show(error)
        except NotNowError as error:
            form.show(InvalidError(message=error.message))
            return _form_page(form, kind, posting, stale=True), 409
        else:
            flash(_("已提交，由组织方审核，一般 2 个工作日。") if submit else _("已保存。"))
            return redirect(url_for(f".{kind.value}", posting_id=posting_id))
    return _form_page(form, kind, posting), 422


def _store(form: PostingForm, kind: PostingKind, old: Posting | None, *, submit: bool) -> int:
    values = form.values()
    key = f"posting:{old.id}" if old else f"{kind.value}:new"
    with db.transaction() as session:
        actor = guard.current_user()
        if old is None:
            posting = service.save_new(session, actor, kind, values)
        else:
            posting = queries.one(session, actor, old.id)
            service.save(session, actor, posting, values, version=_version())
        if submit and policy.can_submit(actor, posting):
            service.submit(session, actor, posting)
        drafts.discard(session, actor, key)
        return posting.id


def _form_page(
    form: PostingForm,
    kind: PostingKind,
    posting: Posting | None,
    *,
    draft: Any = None,
    stale: bool = False,
) -> str:
    fill_rows(form)
    values = {**form.clean(), "nodes": [form.chain.data] if form.chain.data else []}
    version = posting.version if posting else 0
    return render_template(
        "catalogue/form.html",
        form=form, kind=kind, posting=posting, draft=draft, stale=stale,
        version=version if request.method == "GET" or stale else request.form.get("version", version),
        key=f"posting:{posting.id}" if posting else f"{kind.value}:new",
        meter=meter(kind.value, values),
        sector=vocabulary.node_by_code(
            db.session(), "gbt4754", guard.current_user().organisation.sector_code
        ),
    )  # fmt: skip


def _version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1


@bp.post("/meter/<any(achievement, need):kind>")
@signed_in
def live_meter(kind: str) -> str:
    """Judge what is being typed."""
    form = _form(PostingKind(kind), request.form)
    values = {**form.clean(), "nodes": [form.chain.data] if form.chain.data else []}
    return render_template("catalogue/_meter.html", meter=meter(kind, values))


@bp.post("/drafts/<path:key>")
@signed_in
def save_draft(key: str) -> Answer:
    """Keep what is being typed, as it is, without judging it."""
    try:
        with db.transaction() as session:
            fields = {
                name: values for name, values in request.form.lists() if name != "csrf_token"
            }
            row = drafts.save(session, guard.current_user(), key, fields)
            saved_at = row.saved_at
    except InvalidError:
        return jsonify(saved=False), 400  # type: ignore[return-value]
    return jsonify(saved=True, at=saved_at.astimezone(clock.LOCAL_ZONE).strftime("%H:%M"))


@bp.post("/drafts/<path:key>/discard")
@signed_in
def discard_draft(key: str) -> Response:
    with db.transaction() as session:
        drafts.discard(session, guard.current_user(), key)
    kind, _colon, rest = key.partition(":")
    if kind == "posting" and rest.isdecimal():
        return redirect(url_for(".edit", posting_id=int(rest)))
    return redirect(url_for(".new", kinds="needs" if kind == "need" else "achievements"))
