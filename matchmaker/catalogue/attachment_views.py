"""Attachments: upload, download, remove."""

from __future__ import annotations

from flask import current_app, flash, redirect, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from matchmaker import db, guard
from matchmaker.catalogue import files, queries
from matchmaker.catalogue.blueprint import bp
from matchmaker.errors import InvalidError, NotFoundError
from matchmaker.guard import signed_in


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
            files.attach(
                session, settings, actor, posting, upload.filename, upload.stream,
                kind=request.form.get("kind", ""),
            )  # fmt: skip
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
    response.headers["Cache-Control"] = "private, no-store"
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
