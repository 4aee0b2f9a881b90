"""The index in files: what was saved comes back, whatever happens while it is written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchmaker.engine import Document, Recommender, store
from matchmaker.engine.filters import Filter
from matchmaker.engine.store import UnusableIndexError

WORDS = [
    "单晶高镍",
    "残锂",
    "泡菜",
    "菌种",
    "桥梁",
    "监测",
    "电机",
    "轴承",
    "传感器",
    "5G",
    "IP67",
]


def document(number: int, version: int = 1) -> Document:
    rng = np.random.default_rng(number * 1000 + version)
    words = rng.choice(WORDS, 4)
    return Document(
        id=number, title="".join(words[:2]), body="，".join(words), version=version,
        trl=number % 9 + 1, chains=frozenset([str(number % 5)]),
    )  # fmt: skip


def engine(achievements: int = 60, needs: int = 20) -> Recommender:
    return Recommender().fit(
        [document(i) for i in range(needs)], [document(1000 + i) for i in range(achievements)]
    )


def lists(recommender: Recommender, among: Filter | None = None) -> object:
    asked = [document(5000 + i) for i in range(8)]
    return (
        recommender.suggest_for_needs(asked, k=12, among=among),
        recommender.suggest_for_achievements(asked, k=12, among=among),
    )


def test_what_was_saved_answers_as_before(tmp_path: Path) -> None:
    recommender = engine()
    store.save(tmp_path, recommender, {"of": "today"})
    loaded, notes = store.load(tmp_path)

    assert notes == {"of": "today"}
    assert loaded.index_version_ == recommender.index_version_
    assert lists(loaded) == lists(recommender)
    among = Filter(trl_from=4, chains=frozenset("12"))
    assert lists(loaded, among) == lists(recommender, among)
    loaded.upsert_achievement(document(2000))
    recommender.upsert_achievement(document(2000))
    assert lists(loaded) == lists(recommender)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("usr"), st.integers(990, 1070)), max_size=25))
def test_any_order_of_changes_and_savings_gives_the_same_lists(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    """u: add or replace, r: remove, s: save and load again."""
    folder = tmp_path_factory.mktemp("index")
    kept, mapped = engine(), engine()
    version = 1
    for step, number in steps:
        version += 1
        if step == "s":
            store.save(folder, mapped)
            mapped, _ = store.load(folder, before=mapped)
            continue
        for recommender in (kept, mapped):
            if step == "u":
                recommender.upsert_achievement(document(number, version))
            else:
                recommender.remove_achievement(number)
    assert lists(mapped) == lists(kept)
    assert mapped.n_achievements_ == kept.n_achievements_
    known = [np.stack(each.achievements_.versions()).tolist() for each in (mapped, kept)]
    assert known[0] == known[1]


def test_what_is_no_longer_in_force_is_removed(tmp_path: Path) -> None:
    recommender = engine()
    store.save(tmp_path, recommender)
    for number in range(30):
        recommender, _ = store.load(tmp_path, before=recommender)
        recommender.upsert_achievement(document(3000 + number))
        store.save(tmp_path, recommender)
    assert len(list(tmp_path.iterdir())) < 20


def test_a_reader_keeps_what_it_has_while_another_state_comes_into_force(tmp_path: Path) -> None:
    store.save(tmp_path, engine())
    reader, _ = store.load(tmp_path)
    before = lists(reader)
    seen = store.state(tmp_path)
    store.save(tmp_path, engine(achievements=90))
    assert store.state(tmp_path) != seen
    assert lists(reader) == before
    assert store.load(tmp_path, before=reader)[0].n_achievements_ == 90


def first_array(folder: Path) -> Path:
    return max(folder.glob("segment-*"), key=lambda path: path.stat().st_size)


def test_a_damaged_file_is_told_not_read(tmp_path: Path) -> None:
    store.save(tmp_path, engine())
    file = first_array(tmp_path)
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(UnusableIndexError, match="damaged"):
        store.load(tmp_path)
    file.write_bytes(content[:-10])
    with pytest.raises(UnusableIndexError, match="damaged"):
        store.load(tmp_path)
    file.unlink()
    with pytest.raises(UnusableIndexError, match="damaged"):
        store.load(tmp_path)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"model": "tfidf-0"}, "made with model tfidf-0"),
        ({"analyser": "words"}, "made with analyser words"),
        ({"form": 0}, "made with form 0"),
        ({"needs": None}, "damaged"),
    ],
)
def test_what_another_version_wrote_is_told_not_read(
    tmp_path: Path, change: dict[str, object], why: str
) -> None:
    store.save(tmp_path, engine())
    file = tmp_path / store.MANIFEST
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    with pytest.raises(UnusableIndexError, match=why):
        store.load(tmp_path)


def test_nothing_there_is_told_and_a_torn_list_too(tmp_path: Path) -> None:
    with pytest.raises(UnusableIndexError, match="no index"):
        store.load(tmp_path / "nowhere")
    (tmp_path / store.MANIFEST).write_text('{"form": 1, "mod')
    with pytest.raises(UnusableIndexError, match="damaged"):
        store.load(tmp_path)
    store.save(tmp_path, engine())
    assert store.load(tmp_path)[0].n_needs_ == 20


def test_killed_at_any_moment_it_leaves_a_usable_index(tmp_path: Path) -> None:
    """A process writes one state after another and is killed, again and again."""
    writer = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from pathlib import Path
from tests.engine.test_store import document, engine
from matchmaker.engine import store
folder = Path({str(tmp_path)!r})
try:
    recommender, notes = store.load(folder)
except store.UnusableIndexError:
    recommender, notes = engine(), {{"round": 0}}
for number in range(notes["round"], 100_000):
    recommender.upsert_achievement(document(1000 + number % 200, number))
    store.save(folder, recommender, {{"round": number + 1}})
    recommender, _ = store.load(folder, before=recommender)
    print("saved", flush=True)
"""
    store.save(tmp_path, engine(), {"round": 0})
    rounds = [0]
    for attempt in range(4):
        process = subprocess.Popen([sys.executable, "-c", writer], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.037 * (attempt + 1))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        loaded, notes = store.load(tmp_path)
        rounds.append(notes["round"])
        expected = engine()
        for number in range(notes["round"]):
            expected.upsert_achievement(document(1000 + number % 200, number))
        assert lists(loaded) == lists(expected)
    assert rounds == sorted(rounds)
    assert rounds[-1] >= 4
