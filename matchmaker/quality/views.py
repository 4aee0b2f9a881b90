"""The quality page, open to everyone; records that no list holds, for offices."""

from __future__ import annotations

from flask import Blueprint, Flask, g, render_template, request
from sqlalchemy import func, select

from matchmaker import db, guard
from matchmaker.catalogue.index import live_index
from matchmaker.catalogue.policy import is_office
from matchmaker.engine.acceptance import ENOUGH_DECISIONS, ENOUGH_OF_EACH
from matchmaker.guard import only
from matchmaker.paging import Page
from matchmaker.quality import diagram, queries
from matchmaker.review.kinds import SIGNALS
from models import PostingKind, Role

bp = Blueprint("quality", __name__)
PAGE = 30
LEAST = {"enough": ENOUGH_DECISIONS, "each": ENOUGH_OF_EACH, "needs": queries.NEEDS}


def init_app(app: Flask) -> None:
    """Nothing to wire."""
    del app


@bp.get("/quality")
@guard.public
def index() -> str:
    """What was measured, and how decisions went; no name stands here."""
    session, actor = db.session(), g.get("user")
    engine = live_index().recommender()
    needs, all_needs = queries.needs_with_accepted(session)
    forecasts = queries.forecasts(session)
    office = actor is not None and is_office(actor)
    wanting, have = queries.wanting_now(session) if forecasts is None else (0, 0)
    return render_template(
        "quality/index.html",
        measured=queries.measured(), by_chain=queries.measured_by_chain(session), model=engine.model_id, weights=engine.weights_,
        meaning=engine.meaning and engine.meaning.model_id, signal_words=SIGNALS,
        acceptance=queries.acceptance(session), few=queries.FEW,
        hours=queries.hours_to_decision(session), needs=needs, all_needs=all_needs,
        office=office, index=live_index().facts() if office else None, coverage=queries.coverage(session), exposure=queries.exposure(session),
        forecasts=forecasts, points=diagram.points(forecasts.bins) if forecasts else [], side=diagram.SIDE,
        wanting=wanting, have=have, least=LEAST,
    )  # fmt: skip


@bp.get("/quality/never/<any(achievement, need):kind>")
@only(Role.ORGANISER, Role.ADMINISTRATOR)
def never(kind: str) -> str:
    """Records that stand in no list: what could be done for them."""
    session = db.session()
    statement = queries.never_suggested(PostingKind(kind))
    total = session.scalar(select(func.count()).select_from(statement.order_by(None).subquery()))
    page = Page.of(request, total or 0, PAGE)
    rows = session.scalars(statement.limit(PAGE).offset(page.offset)).unique().all()
    return render_template("quality/never.html", rows=rows, page=page, kind=kind)
