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


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict:  # type: ignore[type-arg]
    assert ev.main([str(item) for item in arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_two_sets_of_scores_are_compared_requirement_by_requirement(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scores = tmp_path / "scores.csv"
    same = run(capsys, folder, "--scores", scores)
    assert run(capsys, folder, "--against", scores)["against"]["ndcg@10"] == {
        "difference": 0.0, "low": 0.0, "high": 0.0,
    }  # fmt: skip
    scores.write_text("requirement_id,achievement_id,score\nr,a,0.1\nr,b,0.9\n")
    found = run(capsys, folder, "--against", scores)["against"]
    assert found["auc"]["difference"] == 1.0
    assert found["ndcg@10"]["difference"] == pytest.approx(1 - 1 / math.log2(3))
    assert same["ndcg@10"] == 1.0


def test_the_interval_of_equal_values_is_that_value_and_of_others_holds_the_mean() -> None:
    import numpy as np

    assert ev.interval_of(np.full(20, 0.25)) == {"low": 0.25, "high": 0.25}
    found = ev.interval_of(np.linspace(0, 1, 101))
    assert 0.43 < found["low"] < 0.5 < found["high"] < 0.57
    assert ev.interval_of(np.linspace(0, 1, 101)) == found


def test_every_requirement_has_its_line(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, folder, "--requirements", tmp_path / "lines.csv")
    with (tmp_path / "lines.csv").open(encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["requirement_id", "ndcg@10", "map", "auc"],
                                          ["r", "1.0", "1.0", "1.0"]]  # fmt: skip


def test_weights_come_from_a_file_or_from_another_folder(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"weights": {"title": 0.9, "region": 0}}))
    weights = run(capsys, folder, "--config", config)["weights"]
    assert (weights["title"], weights["region"]) == (0.9, 0)
    weights = run(capsys, folder, "--train", folder)["weights"]
    assert weights["title"] + weights["body"] == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[]", "must hold"),
        ('{"weights": {"colour": 1}}', "unknown signals"),
        ('{"weights": {"title": -1}}', "must be finite"),
        ("no json", "must hold"),
    ],
)
def test_a_config_that_makes_no_sense_is_one_sentence(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, words: str
) -> None:
    (tmp_path / "config.json").write_text(content)
    assert ev.main([str(folder), "--config", str(tmp_path / "config.json")]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("requirement_id,achievement_id,score\nr,a,0.1\n", "no score for r / b"),
        ("requirement_id,achievement_id,score\nr,a,high\n", "is not a number"),
        ("requirement_id,score\nr,1\n", "lacks the column achievement_id"),
    ],
)
def test_scores_that_do_not_fit_are_one_sentence(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, words: str
) -> None:
    (tmp_path / "other.csv").write_text(content)
    assert ev.main([str(folder), "--against", str(tmp_path / "other.csv")]) == 2
    assert words in capsys.readouterr().err
