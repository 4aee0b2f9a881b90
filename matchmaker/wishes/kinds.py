"""What a wish weighs and whether it may be planned; the rules are in docs/wishes.md."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from models import Side, Wish, WishChoice

ACTIVITY: dict[str, Any] = {
    "wish.must_for": _l("在“%(event)s”中替%(team)s选了“必须见”：%(other)s"),
    "wish.meet_for": _l("在“%(event)s”中替%(team)s选了“想见”：%(other)s"),
    "wish.no_for": _l("在“%(event)s”中替%(team)s选了“不见”：%(other)s"),
    "wish.cleared_for": _l("在“%(event)s”中替%(team)s清除了选择：%(other)s"),
    "wish.promised": _l("在“%(event)s”中承诺安排：%(team)s ↔ %(other)s"),
    "wish.released": _l("在“%(event)s”中收回承诺：%(team)s ↔ %(other)s"),
    "wishes.suggested": _l("为“%(event)s”重新推荐洽谈"),
    "wishes.reminded": _l("提醒“%(event)s”里 %(n)s 个团队答复"),
    "exclusion.declared": _l("在“%(event)s”中申报回避：%(team)s ↔ %(other)s"),
    "exclusion.withdrawn": _l("在“%(event)s”中撤回回避：%(team)s ↔ %(other)s"),
    "exclusion.added": _l("在“%(event)s”中排除：%(team)s ↔ %(other)s"),
    "exclusion.lifted": _l("在“%(event)s”中解除排除：%(team)s ↔ %(other)s，%(remark)s"),
    "reunion.allowed": _l("在“%(event)s”中准许再见：%(team)s ↔ %(other)s，%(remark)s"),
    "reunion.forbidden": _l("在“%(event)s”中收回准许再见：%(team)s ↔ %(other)s"),
}
"""What happens in the history. A team's own choices are not history: the wish keeps them."""

MUTUAL_MUST, ONE_MUST, MUTUAL, HALF, FILL = 100, 60, 40, 25, 10
"""Both must; one must and the other agrees; both want; one wants and the other has opted in;
nobody asked, both have opted in. Preference signals tell most where they are scarce, so the
must-meets, of which a team has few, weigh far more than the rest."""
FIT = 20
"""Points that the recommender's score from 0 to 1 adds at most: it decides among equals."""
AGREES = frozenset({WishChoice.MUST, WishChoice.MEET})


def other_side(side: Side) -> Side:
    """Return the opposite side."""
    return Side.ACHIEVEMENT if side == Side.NEED else Side.NEED


def agrees(wish: Wish, side: Side) -> bool:
    """Whether a side takes the meeting: it said so, or it said nothing and has opted in."""
    choice = wish.choice_of(side)
    return choice in AGREES or (choice is None and wish.team_of(side).opted_in)


def answer_of(wish: Wish) -> str:
    """Return the planner's word: "accepted", "declined" or "none" (somebody has not answered)."""
    choices = {wish.need_choice, wish.achievement_choice}
    if WishChoice.NO in choices:
        return "declined"
    return "accepted" if all(agrees(wish, side) for side in Side) else "none"


def level_of(wish: Wish) -> int:
    """Return the points of what both sides said."""
    choices = [wish.choice_of(side) for side in Side]
    musts, said = choices.count(WishChoice.MUST), sum(c in AGREES for c in choices)
    if musts:
        return MUTUAL_MUST if musts == 2 else ONE_MUST
    return {2: MUTUAL, 1: HALF, 0: FILL}[said]


def value_of(wish: Wish) -> int:
    """Return what a meeting is worth to the timetable: whole points."""
    return level_of(wish) + round(FIT * wish.score)


def kind_of(wish: Wish) -> str:
    """Return the planner's word: promised, must, wish or fill."""
    if wish.promised:
        return "promised"
    level = level_of(wish)
    return "must" if level >= ONE_MUST else "fill" if level == FILL else "wish"
