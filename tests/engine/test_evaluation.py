"""The measures, against values worked out by hand, and the command that prints them."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import pytest

from matchmaker.engine import evaluation as ev


def test_a_perfect_order_has_ndcg_1_and_the_reverse_much_less() -> None:
    assert ev.ndcg([(0.9, 4), (0.5, 2), (0.1, 1)]) == pytest.approx(1.0)
    worst = (1 / math.log2(3) + 7 / math.log2(4)) / (7 + 1 / math.log2(3))
    assert ev.ndcg([(0.1, 4), (0.5, 2), (0.9, 1)]) == pytest.approx(worst)


def test_ties_count_as_the_mean_of_all_their_orders() -> None:
    one = ev.ndcg([(2.0, 4), (1.0, 1)])
    other = ev.ndcg([(1.0, 4), (2.0, 1)])
    assert ev.ndcg([(1.0, 4), (1.0, 1)]) == pytest.approx((one + other) / 2)
    first = ev.average_precision([(2.0, 4), (1.0, 1)])
    second = ev.average_precision([(1.0, 4), (2.0, 1)])
    assert ev.average_precision([(1.0, 4), (1.0, 1)]) == pytest.approx((first + second) / 2)


def test_auc_counts_a_tie_half() -> None:
    assert ev.auc([(0.9, 3), (0.1, 1)]) == 1.0
    assert ev.auc([(0.5, 3), (0.5, 1)]) == 0.5


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    def write(name: str, *rows: list[str]) -> None:
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)

    write(
        "requirements.csv", ["requirement_id", "title", "content"], ["r", "高镍正极", "残锂偏高"]
    )
    write(
        "achievements.csv",
        ["achievement_id", "title_joined"],
        ["a", "高镍正极材料"],
        ["b", "泡菜"],
    )
    write(
        "pairs.csv",
        ["requirement_id", "achievement_id", "level"],
        ["r", "a", "4"],
        ["r", "b", "1"],
    )
    return tmp_path


def test_the_command_prints_the_measures_and_writes_a_score_for_every_pair(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ev.main([str(folder), "--scores", str(folder / "scores.csv")]) == 0

    assert json.loads(capsys.readouterr().out)["ndcg@10"] == 1.0
    with (folder / "scores.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["achievement_id"] for row in rows] == ["a", "b"]
    assert float(rows[0]["score"]) > float(rows[1]["score"])


def test_pairs_without_labels_are_scored_all_the_same(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "pairs.csv").write_text("requirement_id,achievement_id\nr,a\n", encoding="utf-8")

    assert ev.main([str(folder), "--scores", str(folder / "s.csv")]) == 0
    assert json.loads(capsys.readouterr().out)["ndcg@10"] is None
    assert len((folder / "s.csv").read_text().splitlines()) == 2


@pytest.mark.parametrize("name", ["requirements.csv", "achievements.csv", "pairs.csv"])
def test_a_missing_file_is_one_sentence_and_status_2(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / name).unlink()

    assert ev.main([str(folder)]) == 2
    assert name in capsys.readouterr().err
