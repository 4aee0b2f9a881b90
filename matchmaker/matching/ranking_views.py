"""All that is ranked for a need: the list, why something is not in front, pairs picked by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker import db, guard
from matchmaker.accounts import queries as accounts
from matchmaker.catalogue import queries, search
from matchmaker.catalogue.documents import load_documents
from matchmaker.catalogue.index import live_index
from matchmaker.catalogue.shown import shown
from matchmaker.engine import Document, Recommender
from matchmaker.errors import NotFoundError, NotNowError
from matchmaker.guard import only
from matchmaker.i18n import named
from matchmaker.labels import choices
from matchmaker.matching import policy, ranking, service
from matchmaker.matching.blueprint import bp
from matchmaker.matching.learning import Teacher
from matchmaker.matching.ranking import Asked
from matchmaker.matching.why_not import OFFERED, offered, why_not
from matchmaker.paging import Page
from matchmaker.vocabulary import queries as vocabulary
from models import ACHIEVEMENT_MODES, Achievement, Mode, Need, PostingKind, Role, User

FIND_LIMIT = 200
OFFICES = (Role.ORGANISER, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Pair:
    """A need and an achievement, whether or not they stand on the desk."""

    need: Need
    achievement: Achievement

    @property
    def achievement_id(self) -> int:
        return self.achievement.id


@bp.get("/matching/need/<int:posting_id>")
@only(*OFFICES)
def ranked(posting_id: int) -> str:
    """The ranked achievements of one need."""
    session, actor = db.session(), guard.current_user()
    need = _need(session, actor, posting_id)
    recommender = live_index().recommender()
    document = load_documents(session, [need.id]).get(need.id)
    context: dict[str, Any] = {"need": need, "need_shown": shown(session, actor, need)}
    if document is None or not policy.takes_part(need) or not recommender.n_achievements_:
        return render_template("matching/unranked.html", **context)
    asked = Asked.of(request.args)
    teacher = Teacher(session, recommender)
    return render_template(
        "matching/ranked.html",
        **context, **_facets(session, actor, asked),
        **_list(session, actor, recommender, teacher, document, asked),
        **_why_not(session, actor, recommender, teacher, document, asked),
        asked=asked, learned=teacher.of(document), address=lambda other, **more: address(need.id, other, **more),
        can_pick=lambda achievement: policy.can_pick(actor, need, achievement),
        takes_part=policy.takes_part, replace=replace, parts_of=ranking.parts_of,
    )  # fmt: skip


def address(need_id: int, asked: Asked, **more: Any) -> str:
    """Return the address of the list under these conditions."""
    return url_for("matching.ranked", posting_id=need_id, **asked.arguments(), **more)


def _need(session: Session, actor: User, posting_id: int) -> Need:
    found = queries.one(session, actor, posting_id, PostingKind.NEED)
    assert isinstance(found, Need)
    return found


def _achievement(session: Session, actor: User, posting_id: int) -> Achievement:
    found = queries.one(session, actor, posting_id, PostingKind.ACHIEVEMENT)
    assert isinstance(found, Achievement)
    return found


def _list(
    session: Session, actor: User, recommender: Recommender, teacher: Teacher, need: Document,
    asked: Asked,
) -> dict[str, Any]:  # fmt: skip
    places = ranking.ranked(session, recommender, teacher, need, asked)
    pairs = ranking.pairs_of(session, need.id, [place.found.achievement_id for place in places])
    kept, counts = ranking.of_fate(places, pairs, asked.fate)
    page = Page.of(request, len(kept), ranking.PAGE)
    shown_places = kept[page.offset : page.offset + ranking.PAGE]
    return {
        "rows": ranking.rows_of(session, actor, shown_places, pairs),
        "weights": _shares(teacher.engine(need), places), "page": page, "fates": counts, "allowed": ranking.count_allowed(recommender, asked),
        "listed": {place.found.achievement_id for place in places}, "limit": ranking.LISTED,
    }  # fmt: skip


def _shares(recommender: Recommender, places: list[ranking.Place]) -> dict[str, float]:
    """Return the weight of each signal that the list shows, as its share of all."""
    shown_signals = {name for place in places for name in ranking.parts_of(place.found.by_signal)}
    weights = {
        name: weight for name, weight in recommender.weights_.items() if name in shown_signals
    }
    return {name: weight / sum(weights.values()) for name, weight in weights.items()}


def _facets(session: Session, actor: User, asked: Asked) -> dict[str, Any]:
    """Return what can be chosen, with how many published achievements have it, and what is."""
    filters = search.Filters(kind=PostingKind.ACHIEVEMENT)
    counts = search.facet_counts(session, actor, filters, None)
    chains = {node.id: named(node) for node in vocabulary.chains(session)}
    largest = list(counts["organisation"])[: search.ORGANISATIONS]
    organisations = accounts.names_of(session, (*largest, *asked.organisations))
    places = ranking.places_of(session, asked, counts["region"])
    names: dict[str, Any] = {
        "chain": chains,
        "region": dict(places),
        "organisation": organisations,
    }
    modes = [mode for mode in ACHIEVEMENT_MODES if mode in counts["mode"] or mode in asked.modes]
    return {
        "counts": counts, "modes": choices(Mode, modes), "places": places,
        "chains": sorted(chains.items(), key=lambda item: -counts["chain"].get(item[0], 0)),
        "organisations": organisations, "chips": ranking.chips(asked, names),
        "levels": list(ranking.LEVELS), "most": ranking.MOST,
    }  # fmt: skip


def _why_not(
    session: Session, actor: User, recommender: Recommender, teacher: Teacher, need: Document,
    asked: Asked,
) -> dict[str, Any]:  # fmt: skip
    """Return what is offered for a text, and the comparison of what was chosen."""
    text = request.args.get("find", "").replace("\x00", "").strip()[:FIND_LIMIT]
    item = _chosen(session, actor)
    match = None
    if item is not None:
        match = ranking.pairs_of(session, need.id, [item.id]).get(item.id)
    rows = offered(session, recommender, actor, text) if text else []
    return {
        "find": text,
        "most_offered": OFFERED,
        "offered": [(row, shown(session, actor, row)) for row in rows],
        "item": item,
        "item_shown": shown(session, actor, item) if item else None,
        "item_match": match,
        "why": why_not(session, recommender, teacher, need, item, asked) if item else None,
    }


def _chosen(session: Session, actor: User) -> Achievement | None:
    wanted = request.args.get("item", "")
    if not wanted.isdecimal() or len(wanted) > 9:
        return None
    try:
        return _achievement(session, actor, int(wanted))
    except NotFoundError:
        return None


@bp.get("/matching/need/<int:posting_id>/compare/<int:achievement_id>")
@only(*OFFICES)
def compare(posting_id: int, achievement_id: int) -> str:
    """Both texts side by side with the card, whether or not the pair stands on the desk."""
    session, actor = db.session(), guard.current_user()
    need = _need(session, actor, posting_id)
    achievement = _achievement(session, actor, achievement_id)
    pair = Pair(need, achievement)
    recommender = live_index().recommender()
    card = current_app.extensions["card_of"](recommender, pair, Teacher(session, recommender))
    return render_template(
        "matching/compare.html",
        match=pair, card=card,
        need_shown=shown(session, actor, need),
        achievement_shown=shown(session, actor, achievement),
        asked=Asked.of(request.args), address=address,
    )  # fmt: skip


@bp.post("/matching/need/<int:posting_id>/pick/<int:achievement_id>")
@only(Role.ORGANISER)
def pick(posting_id: int, achievement_id: int) -> Response:
    """Put a pair on the review desk by hand."""
    recommender = live_index().recommender()
    try:
        with db.transaction() as session:
            actor = guard.current_user()
            need = _need(session, actor, posting_id)
            achievement = _achievement(session, actor, achievement_id)
            documents = load_documents(session, [need.id, achievement.id])
            teacher = Teacher(session, recommender)
            scored = teacher.score(documents[need.id], documents[achievement.id])
            service.pick(session, actor, need, achievement, scored=scored)
            title = achievement.title
    except NotNowError as error:
        flash(str(error.message), "warn")
        return _back(posting_id)
    flash(_("“%(title)s”已经在审核台上，等待审核。", title=title))
    return _back(posting_id, f"a{achievement_id}")


@bp.post("/matching/need/<int:posting_id>/take-back/<int:achievement_id>")
@only(Role.ORGANISER)
def take_back(posting_id: int, achievement_id: int) -> Response:
    """Take a pair off the desk that was picked by hand and is not decided."""
    try:
        with db.transaction() as session:
            actor = guard.current_user()
            need = _need(session, actor, posting_id)
            match = ranking.pairs_of(session, need.id, [achievement_id]).get(achievement_id)
            if match is None:
                raise NotNowError(_("这一对已经不在审核台上。"))
            title = match.achievement.title
            service.take_back(session, actor, match)
    except NotNowError as error:
        flash(str(error.message), "warn")
        return _back(posting_id)
    flash(_("已取回：“%(title)s”不再因手动选取留在审核台。", title=title))
    return _back(posting_id, f"a{achievement_id}")


def _back(need_id: int, line: str | None = None) -> Response:
    """Go back to the line on which the button was, under the same conditions."""
    kept = {
        name: request.form[name][:FIND_LIMIT]
        for name in ("page", "find", "item")
        if request.form.get(name)
    }
    asked = Asked.of(request.form)
    return redirect(address(need_id, asked, **kept, _anchor=line))
