"""Pages of the catalogue: lists, detail, the forms, the life of a posting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import (
    Blueprint,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from matchmaker import clock, db, guard
from matchmaker.accounts import drafts
from matchmaker.catalogue import files, policy, queries, revisions, search, service
from matchmaker.catalogue.forms import (
    FORMS,
    PostingForm,
    as_formdata,
    change_rows,
    fill_rows,
    form_data,
)
from matchmaker.catalogue.index import live_index
from matchmaker.catalogue.meter import Meter, meter
from matchmaker.catalogue.shown import shown
from matchmaker.errors import InvalidError, NotFoundError, NotNowError
from matchmaker.guard import only, signed_in
from matchmaker.paging import Page, without
from matchmaker.vocabulary import queries as vocabulary
from models import Posting, PostingKind, PostingStatus, Role

bp = Blueprint("catalogue", __name__)
Answer = str | Response | tuple[str, int]
KINDS = {"achievements": PostingKind.ACHIEVEMENT, "needs": PostingKind.NEED}


# ---- lists


@bp.get("/achievements")
@signed_in
def achievements() -> str:
    return _list(PostingKind.ACHIEVEMENT)


@bp.get("/needs")
@signed_in
def needs() -> str:
    return _list(PostingKind.NEED)


def _list(kind: PostingKind) -> str:
    session, actor = db.session(), guard.current_user()
    filters = search.Filters.of(request, kind)
    hits = search.find(session, live_index().recommender(), actor, filters)
    statement = search.narrowed(actor, filters, hits)
    page = Page.of(request, search.count(session, statement), search.PAGE)
    rows = search.page_of(session, statement, filters, hits, page.offset)
    counts = search.facet_counts(session, actor, filters, hits)
    chains = vocabulary.nodes_of(session, vocabulary.PRIMARY_SCHEME)
    partners = set(session.scalars(queries.partner_ids(actor)))
    sectors = {node.code: node.name for node in vocabulary.sectors(session)}
    return render_template(
        "catalogue/list.html",
        kind=kind, filters=filters, hits=hits, page=page, counts=counts,
        rows=[
            (row, shown(session, actor, row, partners=partners, sectors=sectors)) for row in rows
        ],
        chains=[node for node in chains if node.assignable],
        names=search.organisation_names(session, counts["organisation"]),
        bands=search.TRL_BANDS, snippet=search.snippet, marked=search.marked,
        without=lambda name, value=None, **more: without(request, name, value, **more),
        can_post=policy.can_post(actor, kind), region_path=vocabulary.region_path,
    )  # fmt: skip


# ---- one posting


@bp.get("/achievements/<int:posting_id>")
@signed_in
def achievement(posting_id: int) -> str:
    return _detail(posting_id, PostingKind.ACHIEVEMENT)


@bp.get("/needs/<int:posting_id>")
@signed_in
def need(posting_id: int) -> str:
    return _detail(posting_id, PostingKind.NEED)


def _detail(posting_id: int, kind: PostingKind) -> str:
    session, actor = db.session(), guard.current_user()
    posting = queries.one(session, actor, posting_id, kind)
    related = current_app.extensions.get("related_matches")
    inside = policy.is_own(actor, posting) or policy.is_office(actor)
    return render_template(
        "catalogue/detail.html",
        posting=posting, shown=shown(session, actor, posting), inside=inside,
        can=_abilities(posting),
        sector=vocabulary.node_by_code(session, "gbt4754", getattr(posting, "sector_code", None)),
        discipline=vocabulary.node_by_code(
            session, "gbt13745", getattr(posting, "discipline_code", None)
        ),
        level=vocabulary.node_by_code(session, "trl", str(posting.trl) if posting.trl else None),
        successors=vocabulary.successors(session, posting.region_code),
        related=related(session, actor, posting) if related else [],
        history=activity_of(session, posting) if inside else [],
        meter=_meter_of(posting) if inside else None,
    )  # fmt: skip


def activity_of(session: Session, posting: Posting) -> list[Any]:
    """Return the lines of history of a posting; the application wires this to `review`."""
    reader: Callable[[Session, Posting], list[Any]] = current_app.extensions["activity_of"]
    return reader(session, posting)


def _abilities(posting: Posting) -> dict[str, bool]:
    actor = guard.current_user()
    return {
        "edit": policy.can_edit(actor, posting),
        "submit": policy.can_submit(actor, posting),
        "publish": policy.can_publish(actor, posting),
        "send_back": policy.can_send_back(actor, posting),
        "withdraw": policy.can_withdraw(actor, posting),
        "republish": policy.can_republish(actor, posting),
        "archive": policy.can_archive(actor, posting),
        "renew": policy.can_renew(actor, posting),
        "contact": shown(db.session(), actor, posting).contact,
    }


def _meter_of(posting: Posting) -> Meter:
    data = form_data(posting)
    return meter(posting.kind.value, {**data, "nodes": posting.chains})


# ---- forms


@bp.route("/<any(achievements, needs):kinds>/new", methods=["GET", "POST"])
@signed_in
def new(kinds: str) -> Answer:
    kind, actor = KINDS[kinds], guard.current_user()
    if not policy.can_post(actor, kind):
        raise NotFoundError
    if request.method == "POST":
        return _save(kind, None)
    draft = drafts.find(db.session(), actor, f"{kind.value}:new")
    form = _form(kind, as_formdata(draft.data) if draft else None, {"name_visibility": "everyone"})
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
        levels = {node.code: node.name for node in vocabulary.readiness_levels(session)}
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
    return f"{node.name}{mark}"


def _code_choices(nodes: list[Any]) -> list[tuple[str, str]]:
    return [(node.code, f"{node.code} {node.name}") for node in nodes]


def _save(kind: PostingKind, posting: Posting | None) -> Answer:
    """Save, save and submit, or add and remove rows: whatever the pressed button says."""
    form = _form(kind, request.form, form_data(posting) if posting else None)
    if change_rows(form, request.form.get("rows", "")):
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


# ---- the life of a posting


@bp.post("/postings/<int:posting_id>/<any(submit, publish, republish, archive, renew):verb>")
@signed_in
def act(posting_id: int, verb: str) -> Response:
    """Take a step that needs no words."""
    verbs: dict[str, tuple[Callable[..., None], str]] = {
        "submit": (service.submit, _("已提交，由组织方审核，一般 2 个工作日。")),
        "publish": (service.publish, _("已发布，推荐稍后就会出现。")),
        "republish": (service.republish, _("已重新发布。")),
        "archive": (service.archive, _("已归档。")),
        "renew": (service.renew, _("已续期一年。")),
    }
    step, words = verbs[verb]
    with db.transaction() as session:
        actor = guard.current_user()
        posting = queries.one(session, actor, posting_id)
        step(session, actor, posting)
        kind = posting.kind.value
    flash(words)
    if verb == "publish":
        return redirect(url_for(".submissions"))
    return redirect(url_for(f".{kind}", posting_id=posting_id))


@bp.route("/postings/<int:posting_id>/<any('send-back', withdraw):verb>", methods=["GET", "POST"])
@signed_in
def act_with_reason(posting_id: int, verb: str) -> Answer:
    """Take a step that is explained to the other side."""
    session, actor = db.session(), guard.current_user()
    posting = queries.one(session, actor, posting_id)
    steps = {"send-back": service.send_back, "withdraw": service.withdraw}
    error = ""
    if request.method == "POST":
        try:
            with db.transaction() as session:
                actor = guard.current_user()
                posting = queries.one(session, actor, posting_id)
                steps[verb](session, actor, posting, request.form.get("reason", ""))
                kind, own = posting.kind.value, policy.is_own(actor, posting)
            flash(
                _("已退回，对方会收到通知。") if verb == "send-back" and not own else _("已撤回。")
            )
            if verb == "send-back" and not own:
                return redirect(url_for(".submissions"))
            return redirect(url_for(f".{kind}", posting_id=posting_id))
        except InvalidError as problem:
            error = str(problem.fields.get("reason", problem.message))
            posting = queries.one(db.session(), guard.current_user(), posting_id)
    page = render_template(
        "catalogue/reason.html", posting=posting, verb=verb, error=error,
        own=policy.is_own(guard.current_user(), posting),
    )  # fmt: skip
    return (page, 422) if error else page


@bp.post("/postings/<int:posting_id>/discard")
@signed_in
def discard(posting_id: int) -> Response:
    with db.transaction() as session:
        actor = guard.current_user()
        service.discard(session, actor, queries.one(session, actor, posting_id))
    flash(_("草稿已删除。"))
    return redirect(url_for(".mine"))


@bp.get("/mine")
@signed_in
def mine() -> str:
    session, actor = db.session(), guard.current_user()
    wanted = request.args.get("status", "")
    status = PostingStatus(wanted) if wanted in set(PostingStatus) else None
    return render_template(
        "catalogue/mine.html",
        rows=queries.own_postings(session, actor, status), status=status,
        counts=queries.own_counts(session, actor), statuses=list(PostingStatus),
        kinds=[kind for kind in PostingKind if policy.can_post(actor, kind)],
    )  # fmt: skip


@bp.get("/submissions")
@only(Role.ORGANISER, Role.ADMINISTRATOR)
def submissions() -> str:
    session, actor = db.session(), guard.current_user()
    rows = list(session.scalars(queries.submitted().limit(200)))
    return render_template(
        "catalogue/submissions.html",
        rows=[(row, _meter_of(row), policy.can_publish(actor, row)) for row in rows],
    )


@bp.get("/postings/<int:posting_id>/revisions")
@signed_in
def history(posting_id: int) -> str:
    session, actor = db.session(), guard.current_user()
    posting = _inside(session, posting_id)
    found = queries.revisions(session, posting)
    wanted = request.args.get("n", "")
    number = int(wanted) if wanted.isdecimal() else (found[0].number if found else 0)
    after = next((row for row in found if row.number == number), None)
    before = next((row for row in found if row.number == number - 1), None)
    changes = revisions.differences(before.snapshot, after.snapshot) if before and after else []
    labels = {field.name: field.label.text for field in FORMS[posting.kind.value]()}
    return render_template(
        "catalogue/history.html", posting=posting, revisions=found, after=after, before=before,
        changes=changes, labels={**labels, **revisions.PART_LABELS}, actor=actor,
    )  # fmt: skip


def _inside(session: Session, posting_id: int) -> Posting:
    """Versions and their authors are for the posting's people and for offices."""
    actor = guard.current_user()
    posting = queries.one(session, actor, posting_id)
    if not (policy.is_own(actor, posting) or policy.is_office(actor)):
        raise NotFoundError
    return posting


# ---- attachments


@bp.post("/postings/<int:posting_id>/attachments")
@signed_in
def attach(posting_id: int) -> Response:
    upload = request.files.get("file")
    try:
        with db.transaction() as session:
            actor = guard.current_user()
            posting = queries.one(session, actor, posting_id)
            kind = posting.kind.value
            if upload is None or not upload.filename:
                raise InvalidError({"file": _("请先选择一个文件。")})
            settings = current_app.extensions["settings"]
            files.attach(session, settings, actor, posting, upload.filename, upload.stream)
        flash(_("附件已上传。"))
    except InvalidError as error:
        flash(str(error.fields.get("file", error.message)), "bad")
    return redirect(url_for(f".{kind}", posting_id=posting_id, _anchor="attachments"))


@bp.get("/postings/<int:posting_id>/attachments/<int:attachment_id>")
@signed_in
def attachment(posting_id: int, attachment_id: int) -> Response:
    posting = queries.one(db.session(), guard.current_user(), posting_id)
    row = files.one(posting, attachment_id)
    path = files.path_of(current_app.extensions["settings"], row.sha256)
    if not path.is_file():
        raise NotFoundError
    response = send_file(path, mimetype=row.media_type, as_attachment=True, download_name=row.name)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@bp.post("/postings/<int:posting_id>/attachments/<int:attachment_id>/remove")
@signed_in
def detach(posting_id: int, attachment_id: int) -> Response:
    with db.transaction() as session:
        actor = guard.current_user()
        posting = queries.one(session, actor, posting_id)
        settings = current_app.extensions["settings"]
        files.detach(session, settings, actor, posting, files.one(posting, attachment_id))
        kind = posting.kind.value
    flash(_("附件已删除。"))
    return redirect(url_for(f".{kind}", posting_id=posting_id, _anchor="attachments"))
