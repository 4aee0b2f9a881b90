"""Kinds of events, and the document that lists them."""

from __future__ import annotations

import re

from config import ROOT
from matchmaker.events.kinds import KINDS


def test_every_kind_stands_in_the_document_and_no_other() -> None:
    text = (ROOT / "docs/event-kinds.md").read_text("utf-8")

    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == list(KINDS)


def test_the_document_says_of_each_kind_what_it_has() -> None:
    text = (ROOT / "docs/event-kinds.md").read_text("utf-8")
    for name, kind in KINDS.items():
        (row,) = re.findall(rf"^\| `{name}` \|(.*)\|$", text, re.MULTILINE)
        cells = [cell.strip() for cell in row.split("|")]
        marks = [kind.meetings, kind.talks, kind.groups, kind.contest]
        assert cells[0] == str(kind.label)
        assert [cell == "yes" for cell in cells[1:5]] == marks, name
        assert cells[5] == str(kind.slot_minutes)


def test_slots_of_a_new_kind_have_a_length_that_the_form_offers() -> None:
    assert {kind.slot_minutes for kind in KINDS.values()} <= {15, 20, 30, 60}
