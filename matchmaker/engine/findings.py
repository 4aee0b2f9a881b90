"""What speaks for a pair, what against it, and what either side has left out, as codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .documents import Document, Finding

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
    shared = sorted(need.chains & achievement.chains)
    if shared:
        yield Finding("same_chain", {"chain": shared[0]})
    elif (by_signal["chain"] or 0) > 0:
        yield Finding("near_chain")
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
    if need.budget is not None and achievement.price_from is not None:
        high = achievement.price_to or achievement.price_from
        if high <= need.budget:
            yield Finding("price_within_budget", {"price": high, "budget": need.budget})


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
    if need.budget is not None and achievement.price_from is not None:
        low, high = achievement.price_from, achievement.price_to or achievement.price_from
        if high > need.budget:
            yield Finding("price_over_budget", {"from": low, "to": high, "budget": need.budget})
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
