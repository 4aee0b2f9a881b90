"""The planner's command, and what cannot be used: told in a sentence, and nothing is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from matchmaker.engine import timetable
from matchmaker.engine.timetable import InstanceError, instance_of
from matchmaker.engine.timetable.__main__ import main
from tests.engine.timetable import checker
from tests.engine.timetable.instances import instance

Json = dict[str, Any]


def test_the_command_writes_a_plan_and_tells_its_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = instance(7)
    given_, made, again = (tmp_path / f"{name}.json" for name in ("instance", "plan", "again"))
    given_.write_text(json.dumps(content), "utf-8")

    assert main([str(given_), "--plan", str(made)]) == 0
    told = json.loads(capsys.readouterr().out)
    plan = json.loads(made.read_text("utf-8"))
    assert checker.violations(content, plan["meetings"]) == []
    assert {key: plan[key] for key in told} == told
    assert set(told) == {"value", "bound", "status", "seconds"}
    assert main([str(given_), "--plan", str(again), "--previous", str(made)]) == 0
    assert json.loads(again.read_text("utf-8"))["meetings"] == plan["meetings"]


def broken(**parts: Any) -> Json:
    return {**instance(1), **parts}


SLOT = {"id": "x", "day": 1, "start": "09:00", "end": "09:20"}
BAD: list[tuple[Any, str]] = [
    ([], "must be an object"),
    (broken(slots=3), "slots must be a list"),
    (broken(sluts=[]), "“sluts” is no part"),
    (broken(slots=[{**SLOT, "end": "09:00"}]), "end must come after"),
    (broken(slots=[{**SLOT, "start": "9 Uhr"}]), "start must be a time"),
    (broken(slots=[SLOT, {**SLOT, "id": "y"}]), "overlap"),
    (broken(slots=[SLOT, SLOT]), "two slots “x”"),
    (broken(people=[]), "unknown person"),
    (broken(tables=[{"id": "T", "fixed_for": "nobody"}]), "unknown team “nobody”"),
    (broken(wishes=[{"id": "w", "a": "need0", "b": "need0", "value": 1}]), "meet itself"),
    (broken(wishes=[{"id": "w", "a": "need0", "b": "offer0", "value": -1}]), "0 or more"),
    (broken(wishes=[{"id": "w", "a": "need0", "b": "offer0", "kind": "urgent"}]), "kind must be"),
    (
        broken(wishes=[{"id": "w", "a": "need0", "b": "offer0", "people": {"a": ["offer0p0"]}}]),
        "not in team",
    ),
    (broken(frozen_through="never"), "unknown slot “never”"),
    (broken(locked=[{"wish": "w0", "slot": "d1-0"}]), "table must be a name"),
]


@pytest.mark.parametrize(("content", "words"), BAD)
def test_a_bad_instance_is_told_in_a_sentence_and_nothing_is_written(
    content: Any, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given_, made = tmp_path / "instance.json", tmp_path / "plan.json"
    given_.write_text(json.dumps(content), "utf-8")

    assert main([str(given_), "--plan", str(made)]) == 2
    told = capsys.readouterr()
    assert words in told.err
    assert told.err.count("\n") == 1
    assert not made.exists()


@pytest.mark.parametrize("text", ["", "{", "\x00", '{"slots": [NaN]}'])
def test_what_is_no_instance_at_all_is_told_too(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given_ = tmp_path / "instance.json"
    given_.write_text(text, "utf-8")

    assert main([str(given_), "--plan", str(tmp_path / "plan.json")]) == 2
    assert main([str(tmp_path / "nowhere.json"), "--plan", str(tmp_path / "plan.json")]) == 2
    assert capsys.readouterr().err.count("\n") == 2


def test_locked_meetings_that_exclude_each_other_are_told() -> None:
    content = instance(8, needs=1, offers=2, slots=2, tables=3, wishes=2)
    for person in content["people"]:
        person.update(unavailable=[], max=None, max_in_a_row=None, expertise=[])
    content |= {"closed": [], "excluded": [], "tables": [{"id": "T0"}, {"id": "T1"}]}
    content["teams"][0] |= {"members": ["need0p0"]}
    slot = content["slots"][0]["id"]
    for number, wish in enumerate(content["wishes"]):
        wish |= {"answer": "accepted", "a": "need0", "b": f"offer{number}", "people": {}}
    content["locked"] = [{"wish": f"w{n}", "slot": slot, "table": f"T{n}"} for n in (0, 1)]

    with pytest.raises(InstanceError, match="cannot all stand"):
        timetable.plan(instance_of(content))
    content["locked"][1]["table"] = "T0"
    with pytest.raises(InstanceError, match="at one table at once"):
        timetable.plan(instance_of(content))
