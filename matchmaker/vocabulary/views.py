"""Pages of the vocabulary: schemes, a scheme's tree, regions, the import of the official list."""

from __future__ import annotations

import json

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from matchmaker import clock, db, guard
from matchmaker.errors import InvalidError, NotFoundError
from matchmaker.guard import only, public, signed_in
from matchmaker.i18n import counted
from matchmaker.vocabulary import queries, service
from models import Role

bp = Blueprint("vocabulary", __name__, url_prefix="/vocabulary")
Answer = str | Response | tuple[str, int]
FILE_LIMIT = 2_000_000
SEARCH_LIMIT = 60


@bp.get("/")
@public
def schemes() -> str:
    return render_template("vocabulary/schemes.html", schemes=queries.schemes(db.session()))


@bp.get("/schemes/<code>")
@public
def scheme(code: str) -> str:
    session = db.session()
    row = next((known for known in queries.schemes(session) if known.code == code), None)
    if row is None:
        raise NotFoundError
    nodes = queries.nodes_of(session, code)
    depth: dict[int, int] = {}
    for node in nodes:
        depth[node.id] = depth.get(node.parent_id or 0, -1) + 1
    walks = (
        {node.id: queries.crosswalk_of(session, node.id) for node in nodes}
        if row.is_primary
        else {}
    )
    version = queries.current_version(session, code)
    return render_template(
        "vocabulary/scheme.html", scheme=row, nodes=nodes, depth=depth, walks=walks,
        version=version, edition=queries.edition(session, version),
        unverified=sum(node.status.value != "official" and node.assignable for node in nodes),
    )  # fmt: skip


@bp.get("/regions")
@public
def regions() -> str:
    session, text = db.session(), _searched()
    return render_template(
        "vocabulary/regions.html",
        text=text,
        groups=queries.region_groups(session, clock.today(), text),
        ended=queries.ended_regions(session, text),
    )


@bp.get("/universities")
@signed_in
def universities() -> str:
    text = _searched()
    groups = queries.university_groups(db.session(), text)
    return render_template("vocabulary/universities.html", text=text, groups=groups)


def _searched() -> str:
    return request.args.get("q", "").strip()[:SEARCH_LIMIT]


@bp.route("/import", methods=["GET", "POST"])
@only(Role.ADMINISTRATOR)
def import_chains() -> Answer:
    """A dry run first: the report per row; then the same rows are applied."""
    if request.method == "GET":
        return render_template("vocabulary/import.html", report=None, rows="", error="")
    try:
        rows = _rows()
        report = service.check_import(
            db.session(), rows, request.form.get("label", "").strip()[:40]
        )
        if request.form.get("act") == "apply":
            return _apply(report)
    except InvalidError as error:
        words = _("；").join(str(text) for text in error.fields.values()) or str(error)
        page = render_template("vocabulary/import.html", report=None, rows="", error=words)
        return page, 422
    return render_template(
        "vocabulary/import.html",
        report=report,
        rows=json.dumps(rows, ensure_ascii=False),
        source=request.form.get("source", "").strip() or _file_name(),
        error="",
    )


def _file_name() -> str:
    """Return the name of the uploaded file: the least that is known of where a list is from."""
    upload = request.files.get("file")
    return (upload.filename or "")[-200:] if upload is not None else ""


def _rows() -> list[dict[str, str]]:
    """Read the uploaded file, or the rows that the dry run carried along."""
    upload = request.files.get("file")
    if upload is not None and upload.filename:
        content = upload.stream.read(FILE_LIMIT + 1)
        if len(content) > FILE_LIMIT:
            raise InvalidError({"file": _("文件超过 2 MB。")})
        return service.read_rows(content)
    try:
        carried = json.loads(request.form.get("rows", ""))
        return [{name: str(row.get(name, "")) for name in service.COLUMNS} for row in carried]
    except (ValueError, AttributeError, TypeError):
        raise InvalidError({"file": _("请先选择一个 CSV 文件。")}) from None


def _apply(report: service.ImportReport) -> Response:
    with db.transaction() as session:
        version = service.apply_import(
            session, guard.current_user(), report, source=request.form.get("source", "").strip(),
            valid_from=clock.today(),
        )  # fmt: skip
        label = version.label
    flash(counted("已导入 %(label)s，共 %(n)d 行。", label=label, n=len(report.rows)))
    return redirect(url_for(".scheme", code=queries.PRIMARY_SCHEME))
