"""What already exists while a posting is being typed; `ranking_views` lists all for one need."""

from __future__ import annotations

from flask import Flask, render_template, request
from flask_babel import gettext as _

from matchmaker import db, guard
from matchmaker.catalogue import queries
from matchmaker.catalogue.index import live_index
from matchmaker.catalogue.shown import shown
from matchmaker.engine import Document
from matchmaker.guard import signed_in
from matchmaker.matching import policy, ranking_views
from matchmaker.matching.blueprint import bp
from models import Posting, PostingKind

__all__ = ["bp", "ranking_views"]
SHOWN = 5
ASKED = 30
LEAST_CHARACTERS = 4
FLOOR = 0.2


def init_app(app: Flask) -> None:
    """Let pages of earlier features ask whether the ranked list is open."""
    app.jinja_env.globals["can_rank"] = policy.can_rank


@bp.post("/matching/live/<any(achievement, need):kind>")
@signed_in
def live_finds(kind: str) -> str:
    """Answer a form being typed with the best of the other side that the person may see."""
    document = _document()
    rows: list[tuple[Posting, float, str]] = []
    total = 0
    if len("".join((document.title + document.body).split())) >= LEAST_CHARACTERS:
        found = _suggest(document, PostingKind(kind))
        rows, total = _visible(found, PostingKind(kind))
    heading = _("现在能找到的成果") if kind == "need" else _("现在有这些需求")
    return render_template("matching/_finds.html", rows=rows, total=total, heading=heading)


def _document() -> Document:
    form = request.form
    names = [value for key, value in form.items() if key.endswith("-name")]
    body = "\n".join(
        [form.get("problem", ""), form.get("approach", ""), form.get("summary", ""), *names]
    )
    chain = form.get("chain", "")
    trl = form.get("trl", "")
    return Document(
        id=0,
        title=form.get("title", "")[:500],
        body=body[:20_000],
        chains=frozenset([chain] if chain.isdecimal() else []),
        modes=frozenset(form.getlist("modes")),
        trl=int(trl) if trl.isdecimal() and len(trl) == 1 else None,
    )


def _suggest(document: Document, kind: PostingKind) -> list[tuple[int, float]]:
    recommender = live_index().recommender()
    if kind == PostingKind.NEED:
        return [
            (s.achievement_id, s.score) for s in recommender.suggest_for_need(document, k=ASKED)
        ]
    return [(s.need_id, s.score) for s in recommender.suggest_for_achievement(document, k=ASKED)]


def _visible(
    found: list[tuple[int, float]], kind: PostingKind
) -> tuple[list[tuple[Posting, float, str]], int]:
    session, actor = db.session(), guard.current_user()
    scores = {posting_id: score for posting_id, score in found if score >= FLOOR}
    other = PostingKind.ACHIEVEMENT if kind == PostingKind.NEED else PostingKind.NEED
    postings = session.scalars(
        queries.visible_to(actor, other).where(Posting.id.in_(list(scores)))
    ).unique()
    ordered = sorted(postings, key=lambda posting: -scores[posting.id])
    rows = [
        (posting, scores[posting.id], shown(session, actor, posting).organisation)
        for posting in ordered[:SHOWN]
    ]
    return rows, len(ordered)
