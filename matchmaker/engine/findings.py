"""What speaks for a pair, what against it, and what either side has left out, as codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .documents import Document, Finding
from .indicators import check
from .signals import Chain, Deadline, price_range

Findings = tuple[Finding, ...]
FEW_INDICATORS = 1


def findings(
    need: Document, achievement: Document, by_signal: Mapping[str, float | None]
) -> tuple[Findings, Findings, Findings]:
    """Return agreements, disagreements and what is missing."""
    return (
        tuple(_agreements(need, achievement, by_signal)),
        tuple(_disagreements(need, achievement, by_signal)),
        tuple(_missing(need, achievement)),
    )


def _agreements(
    need: Document, achievement: Document, by_signal: Mapping[str, float | None]
) -> Iterator[Finding]:
    yield from _filed_alike(need, achievement)
    if by_signal["trl"] == 1.0:
        yield Finding("trl_reached", {"reached": achievement.trl or 0, "wanted": need.trl or 0})
    modes = sorted(need.modes & achievement.modes)
    if modes:
        yield Finding("same_mode", {"mode": modes[0]})
    elif (by_signal["mode"] or 0) >= 0.5:
        yield Finding("mode_compatible")
    if by_signal["region"] == 1.0:
        yield Finding("same_region")
    elif (by_signal["region"] or 0) > 0.5:
        yield Finding("same_province")
    yield from _money(need, achievement, against=False)
    yield from _time(need, achievement, against=False)
    yield from _targets(need, achievement)


def _filed_alike(need: Document, achievement: Document) -> Iterator[Finding]:
    relation = Chain().relation(need, achievement)
    if relation == "same":
        yield Finding("same_chain", {"chain": min(need.chains & achievement.chains)})
    elif relation == "crosswalk":
        yield Finding("corresponding_chain")
    elif relation in {"parent", "near"}:
        yield Finding("near_chain")


def _money(need: Document, achievement: Document, *, against: bool) -> Iterator[Finding]:
    if need.budget is None or achievement.price_from is None:
        return
    low, high = price_range(achievement.price_from, achievement.price_to)
    if high <= need.budget and not against:
        yield Finding("price_within_budget", {"price": high, "budget": need.budget})
    if high > need.budget and against:
        code = "price_partly_over_budget" if low <= need.budget else "price_over_budget"
        yield Finding(code, {"from": low, "to": high, "budget": need.budget})


def _time(need: Document, achievement: Document, *, against: bool) -> Iterator[Finding]:
    """What the levels still missing take, beside what the need gives; whole months."""
    time = Deadline()
    given, needed = time.given(need), time.needed(need, achievement)
    if given is None or not needed or (given < needed) != against:
        return
    yield Finding(
        "time_short" if against else "time_enough",
        {
            "gap": needed // time.months_per_level,
            "per_level": time.months_per_level,
            "needed": needed,
            "given": int(given),
        },
    )


def _targets(need: Document, achievement: Document) -> Iterator[Finding]:
    verdicts = [item.verdict for item in check(need, achievement)]
    met = verdicts.count("met")
    if met:
        known = met + verdicts.count("missed")
        yield Finding("targets_reached", {"met": met, "known": known})


def _disagreements(
    need: Document, achievement: Document, by_signal: Mapping[str, float | None]
) -> Iterator[Finding]:
    if by_signal["chain"] == 0.0:
        yield Finding("other_chain")
    if need.trl and achievement.trl and achievement.trl < need.trl:
        yield Finding(
            "trl_short",
            {"reached": achievement.trl, "wanted": need.trl, "gap": need.trl - achievement.trl},
        )
    if by_signal["mode"] is not None and by_signal["mode"] < 0.5:
        yield Finding("mode_conflict")
    yield from _money(need, achievement, against=True)
    yield from _time(need, achievement, against=True)
    if need.region and achievement.region and need.region[:2] != achievement.region[:2]:
        yield Finding("cross_province")


def _missing(need: Document, achievement: Document) -> Iterator[Finding]:
    for side, document in (("need", need), ("achievement", achievement)):
        if len(document.indicators) < FEW_INDICATORS:
            yield Finding("no_indicators", {"side": side})
        if not document.chains:
            yield Finding("no_chain", {"side": side})
        if document.trl is None:
            yield Finding("no_trl", {"side": side})
        if not document.modes:
            yield Finding("no_mode", {"side": side})
    if need.budget is None:
        yield Finding("no_budget", {"side": "need"})
    elif achievement.price_from is None:
        yield Finding("no_price", {"side": "achievement"})
    if need.deadline is None:
        yield Finding("no_deadline", {"side": "need"})
