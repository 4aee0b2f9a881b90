"""Pages of the administrator, and the health check."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from sqlalchemy import text
from werkzeug.wrappers import Response as BaseResponse

from matchmaker import clock, db, guard, jobs
from matchmaker.accounts import queries as account_queries
from matchmaker.accounts import service as accounts
from matchmaker.admin import queries
from matchmaker.errors import NotFoundError, NotNowError
from matchmaker.guard import only, public
from matchmaker.paging import Page
from models import Job, JobStatus, PostingKind, Role, Verification

bp = Blueprint("admin", __name__)
ADMIN = only(Role.ADMINISTRATOR)
OFFICES = only(Role.ADMINISTRATOR, Role.ORGANISER)
ENDINGS = (".csv", ".jsonl", ".ndjson")


@bp.get("/admin/jobs")
@ADMIN
def job_list() -> str:
    session = db.session()
    status = request.args.get("status", "")
    kind = request.args.get("kind", "").replace("\x00", "")[:60]
    page = Page.of(request, queries.count_jobs(session, status, kind), queries.PAGE)
    return render_template(
        "admin/jobs.html",
        rows=queries.jobs(session, status, kind, offset=page.offset), page=page, status=status,
        counts=queries.job_counts(session), statuses=list(JobStatus),
    )  # fmt: skip


@bp.get("/admin/jobs/<int:job_id>")
@OFFICES
def job(job_id: int) -> str:
    return render_template("admin/job.html", job=_job(job_id))


def _job(job_id: int) -> Job:
    row = db.session().get(Job, job_id)
    actor = guard.current_user()
    own = row is not None and row.created_by_id == actor.id
    if row is None or not (own or actor.role == Role.ADMINISTRATOR):
        raise NotFoundError
    return row


@bp.post("/admin/jobs/<int:job_id>/retry")
@ADMIN
def retry_job(job_id: int) -> BaseResponse:
    with db.transaction() as session:
        row = session.get(Job, job_id)
        if row is None:
            raise NotFoundError
        if row.status not in {JobStatus.FAILED, JobStatus.CANCELLED}:
            raise NotNowError(_("只有失败或已取消的任务可以重试。"))
        jobs.retry(session, row)
    flash(_("已重新排队。"))
    return redirect(url_for(".job", job_id=job_id))


@bp.post("/admin/jobs/<int:job_id>/cancel")
@OFFICES
def cancel_job(job_id: int) -> BaseResponse:
    """Who sees a job may cancel it: administrators any, others what they started."""
    with db.transaction() as session:
        row = _job(job_id)
        jobs.cancel(session, row)
        ended = row.status == JobStatus.CANCELLED
    flash(_("任务已取消。") if ended else _("已请求取消，任务做完手头这一步就停下。"))
    return redirect(url_for(".job", job_id=job_id))


@bp.post("/admin/refresh")
@OFFICES
def refresh() -> BaseResponse:
    """Score everything again."""
    with db.transaction() as session:
        row = jobs.enqueue(session, "matching.refresh_all", actor=guard.current_user())
        job_id = row.id
    flash(_("已开始重新计算全部推荐。"))
    return redirect(url_for(".job", job_id=job_id))


@bp.get("/admin/mail")
@ADMIN
def mails() -> str:
    session = db.session()
    page = Page.of(request, queries.count_mails(session), queries.PAGE)
    settings = current_app.extensions["settings"]
    return render_template(
        "admin/mails.html", rows=queries.mails(session, offset=page.offset), page=page,
        has_smtp=bool(settings.smtp_url),
    )  # fmt: skip


@bp.get("/admin/people")
@ADMIN
def people() -> str:
    session, text_ = db.session(), request.args.get("q", "")[:100]
    page = Page.of(request, queries.count_people(session, text_), queries.PAGE)
    return render_template(
        "admin/people.html", rows=queries.people(session, text_, offset=page.offset), page=page
    )


@bp.post("/admin/people/<int:user_id>/<any(close, open):verb>")
@ADMIN
def set_active(user_id: int, verb: str) -> BaseResponse:
    with db.transaction() as session:
        actor = guard.current_user()
        person = account_queries.person(session, actor, user_id)
        accounts.set_active(session, actor, person, active=verb == "open")
    flash(_("账号已启用。") if verb == "open" else _("账号已停用，登录都已结束。"))
    return redirect(url_for(".people"))


@bp.route("/admin/import", methods=["GET", "POST"])
@OFFICES
def imports() -> Any:
    """Upload a file of needs or achievements; a job imports it."""
    session = db.session()
    statement = account_queries.organisations(status=Verification.VERIFIED.value)
    verified = list(session.scalars(statement.limit(500)))
    if request.method == "GET":
        return render_template("admin/import.html", organisations=verified, error="")
    upload = request.files.get("file")
    kind = request.form.get("kind", "")
    if upload is None or not upload.filename or not upload.filename.lower().endswith(ENDINGS):
        error = _("请选择一个 .csv 或 .jsonl 文件。")
    elif kind not in set(PostingKind):
        error = _("请选择导入的是需求还是成果。")
    else:
        return _start_import(upload, kind)
    return render_template("admin/import.html", organisations=verified, error=error), 422


def _start_import(upload: Any, kind: str) -> BaseResponse:
    folder = current_app.extensions["settings"].instance / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    ending = "." + upload.filename.rsplit(".", 1)[-1].lower()
    path = folder / f"{clock.now():%Y%m%d%H%M%S%f}{ending}"
    upload.save(path)
    with db.transaction() as session:
        actor = guard.current_user()
        payload = {
            "path": str(path), "kind": kind, "actor_id": actor.id,
            "organisation": request.form.get("organisation", ""),
        }  # fmt: skip
        job_id = jobs.enqueue(session, "admin.import", payload, actor=actor, max_attempts=1).id
    flash(_("已开始导入，可以离开这一页。"))
    return redirect(url_for(".job", job_id=job_id))


@bp.get("/health")
@public
def health() -> tuple[Response, int]:
    """Say whether the database answers and how it is kept; for monitoring."""
    session = db.session()
    session.execute(text("SELECT 1"))
    found: dict[str, Any] = {"status": "ok", "database": session.get_bind().dialect.name}
    if found["database"] == "sqlite":
        version = ".".join(str(part) for part in db.sqlite_version())
        found |= {"sqlite": version, "journal_mode": db.journal_mode()}
    return jsonify(found), 200
