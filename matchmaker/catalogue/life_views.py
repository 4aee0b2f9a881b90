"""The life of a posting: submit, publish, send back, withdraw, archive, renew."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from matchmaker import db, guard
from matchmaker.catalogue import policy, queries, service
from matchmaker.catalogue.blueprint import Answer, bp, meter_of
from matchmaker.errors import InvalidError, require
from matchmaker.guard import only, signed_in
from matchmaker.i18n import counted
from models import Role

BULK = 200
"""So many submissions are shown, and published, at once."""


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
    allowed = {"send-back": policy.can_send_back, "withdraw": policy.can_withdraw}
    error = ""
    if request.method == "GET":
        require(allowed[verb](actor, posting))
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


@bp.get("/submissions")
@only(Role.ORGANISER, Role.ADMINISTRATOR)
def submissions() -> str:
    session, actor = db.session(), guard.current_user()
    rows = list(session.scalars(queries.submitted().limit(BULK)))
    return render_template(
        "catalogue/submissions.html",
        rows=[(row, meter_of(row), policy.can_publish(actor, row)) for row in rows],
    )


@bp.post("/submissions/publish")
@only(Role.ORGANISER, Role.ADMINISTRATOR)
def publish_chosen() -> Response:
    """Publish the ticked submissions that may be published; the others stay where they are."""
    chosen = {int(text) for text in request.form.getlist("chosen")[:BULK] if _is_id(text)}
    with db.transaction() as session:
        actor = guard.current_user()
        waiting = session.scalars(queries.submitted().limit(BULK)).unique()
        ready = [row for row in waiting if row.id in chosen and policy.can_publish(actor, row)]
        for posting in ready:
            service.publish(session, actor, posting)
    left = len(chosen) - len(ready)
    if ready:
        flash(_("已发布 %(n)d 条，推荐稍后就会出现。", n=len(ready)))
    if not chosen:
        flash(_("没有发布任何内容，请先勾选。"), "warn")
    if left:
        flash(counted("%(n)d 条没有发布：已被处理，或者单位和发布人还没有核验。", n=left), "warn")
    return redirect(url_for(".submissions"))


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) < 10
