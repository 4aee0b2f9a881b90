"""The cache of vectors: what was encoded stays, whatever happens while it is written."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from matchmaker.engine import vectors as cache
from matchmaker.engine.vectors import Vectors
from tests.engine.tiny_model import TEXTS, Counting, vectors_of


def test_a_text_is_encoded_once_and_its_vector_survives_a_restart(tmp_path: Path) -> None:
    encoder = Counting()
    vectors = Vectors(tmp_path, encoder)

    assert vectors.missing([*TEXTS, "残锂"]) == [0, 1, 2, 3, 4]
    assert vectors.add([*TEXTS, "残锂"]) == 4
    assert vectors.add(TEXTS) == 0

    again = Vectors(tmp_path, encoder)
    assert again.missing([*TEXTS, "新"]) == [4]
    np.testing.assert_array_equal(again.of(["酸价", "残锂"]), vectors_of(["酸价", "残锂"]))
    assert np.isnan(again.of(["新", "残锂"])).all(axis=1).tolist() == [True, False]
    assert again.of([]).shape == (0, 8)
    assert encoder.asked == TEXTS


def test_vectors_are_an_encoder_that_remembers(tmp_path: Path) -> None:
    encoder = Counting()
    vectors = Vectors(tmp_path, encoder)

    first, second = vectors.encode(TEXTS), vectors.encode(TEXTS)

    np.testing.assert_array_equal(first, second)
    assert (vectors.model_id, vectors.dimensions) == (encoder.model_id, 8)
    assert encoder.asked == TEXTS


def test_what_is_only_asked_about_is_encoded_and_not_kept(tmp_path: Path) -> None:
    encoder = Counting()
    vectors = Vectors(tmp_path, encoder)
    vectors.add(TEXTS[:2])
    kept = files(tmp_path)

    found = vectors.passing(TEXTS)

    assert encoder.asked == TEXTS
    assert files(tmp_path) == kept
    assert vectors.missing(TEXTS) == [2, 3]
    np.testing.assert_array_equal(found, vectors_of(TEXTS))
    np.testing.assert_array_equal(found, vectors.encode(TEXTS))


def test_each_model_has_its_own_vectors(tmp_path: Path) -> None:
    Vectors(tmp_path, Counting()).add(TEXTS)
    other = Counting()
    other.model_id = "counting/2"

    assert Vectors(tmp_path, other).missing(TEXTS) == [0, 1, 2, 3]


def test_progress_is_told_and_a_cancelled_run_keeps_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "TEXTS_AT_A_TIME", 1)
    told: list[tuple[int, int]] = []
    vectors = Vectors(tmp_path, Counting())

    done = vectors.add(TEXTS, lambda *at: told.append(at), lambda: len(told) == 3)

    assert done == 3
    assert told == [(1, 4), (2, 4), (3, 4)]
    assert Vectors(tmp_path, Counting()).missing(TEXTS) == [3]


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.npy"), key=lambda path: path.stat().st_mtime_ns)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 5)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("spoil", [cut, empty, flip])
def test_a_damaged_file_is_logged_and_only_its_texts_are_encoded_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, spoil: Callable[[Path], None]
) -> None:
    vectors = Vectors(tmp_path, Counting())
    vectors.add(TEXTS[:2])
    vectors.add(TEXTS[2:])
    spoil(files(tmp_path)[-1])

    encoder = Counting()
    again = Vectors(tmp_path, encoder)
    again.add(TEXTS)

    assert encoder.asked == TEXTS[2:]
    assert "is damaged and was removed" in caplog.text
    np.testing.assert_array_equal(again.of(TEXTS), vectors_of(TEXTS))
    assert not Vectors(tmp_path, encoder).missing(TEXTS)


def test_a_foreign_file_is_logged_once_and_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    vectors = Vectors(tmp_path, Counting())
    vectors.add(TEXTS)
    foreign = files(tmp_path)[0].parent / "notes.npy"
    foreign.write_bytes(b"mine")

    again = Vectors(tmp_path, Counting())
    again.of(["新"])

    assert caplog.text.count("notes.npy holds no vectors") == 1
    assert not again.missing(TEXTS)
    assert foreign.read_bytes() == b"mine"


def test_a_whole_file_of_another_form_is_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wide = Counting()
    wide.dimensions = 4
    wide.encode = lambda texts: np.ones((len(texts), 4), dtype=np.float32)
    Vectors(tmp_path, wide).add(TEXTS)

    again = Vectors(tmp_path, Counting())

    assert again.missing(TEXTS) == [0, 1, 2, 3]
    assert "is passed over" in caplog.text
    assert len(files(tmp_path)) == 1


def test_what_another_process_adds_is_found_at_the_next_question(tmp_path: Path) -> None:
    one, other = (Vectors(tmp_path, Counting()) for _ in range(2))

    one.add(TEXTS)

    np.testing.assert_array_equal(other.of(TEXTS), vectors_of(TEXTS))


def test_many_small_files_become_one_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "TEXTS_AT_A_TIME", 1)
    monkeypatch.setattr(cache, "MANY_FILES", 3)
    onlooker = Vectors(tmp_path, Counting())
    onlooker.of(TEXTS)
    vectors = Vectors(tmp_path, Counting())

    vectors.add(TEXTS[:3])
    assert len(files(tmp_path)) == 3
    onlooker.of(TEXTS)
    vectors.add(TEXTS)
    assert len(files(tmp_path)) == 1

    for reader in (vectors, onlooker, Vectors(tmp_path, Counting())):
        np.testing.assert_array_equal(reader.of(TEXTS), vectors_of(TEXTS))


def test_what_a_killed_process_left_half_written_is_cleared_away(tmp_path: Path) -> None:
    Vectors(tmp_path, Counting()).add(TEXTS)
    old, new = (files(tmp_path)[0].parent / name for name in ("a.part", "b.part"))
    old.touch()
    new.touch()
    os.utime(old, (0, 0))

    Vectors(tmp_path, Counting())

    assert (old.exists(), new.exists()) == (False, True)


def test_a_full_disk_is_an_error_and_leaves_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    vectors = Vectors(tmp_path, Counting())
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            vectors.add(TEXTS)

    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert vectors.add(TEXTS) == 4


WRITER = """
import importlib.util, sys
import numpy as np

# the file alone: the package around it takes seconds to import
spec = importlib.util.spec_from_file_location("vectors", sys.argv[4])
cache = sys.modules["vectors"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(cache)

class Encoder:
    model_id, dimensions = "slow", 64
    def encode(self, texts):
        return np.array([np.full(64, float(text)) for text in texts], dtype=np.float32)

cache.TEXTS_AT_A_TIME, cache.MANY_FILES = 3, 8
first, last = int(sys.argv[2]), int(sys.argv[3])
vectors = cache.Vectors(sys.argv[1], Encoder())
for at in range(first, last, 12):
    vectors.add([str(n) for n in range(at, at + 12)])
    print("12 more", flush=True)
"""


class Slow:
    model_id, dimensions = "slow", 64

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([np.full(64, float(text)) for text in texts], dtype=np.float32)


def writer(folder: Path, first: int, last: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(first), str(last), cache.__file__],
        stdout=subprocess.PIPE,
    )


def assert_usable(folder: Path, texts: Sequence[str]) -> int:
    """Check that what is known is right and the rest can be added; return how much was known."""
    vectors = Vectors(folder, Slow())
    known = len(texts) - len(vectors.missing(texts))
    found = vectors.of(texts)[:, 0]
    right = np.isnan(found) | (found == [float(text) for text in texts])
    assert right.all()
    vectors.add(texts)
    assert vectors.of(texts)[:, 63].tolist() == [float(text) for text in texts]
    return known


def test_a_process_killed_while_it_writes_leaves_a_usable_cache(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    texts = [str(n) for n in range(1200)]
    for told, wait in ((1, 0.001), (4, 0.004), (9, 0.007)):
        folder = tmp_path / str(told)
        process = writer(folder, 0, len(texts))
        assert process.stdout is not None
        for _ in range(told):
            process.stdout.readline()
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.communicate()

        assert 12 * told <= assert_usable(folder, texts) < len(texts)

    assert not [entry for entry in caplog.records if entry.levelno >= logging.WARNING]


def test_two_processes_may_write_and_merge_at_once(tmp_path: Path) -> None:
    processes = [writer(tmp_path, 0, 240), writer(tmp_path, 120, 360)]
    for process in processes:
        process.communicate()

    assert [process.returncode for process in processes] == [0, 0]
    assert assert_usable(tmp_path, [str(n) for n in range(360)]) == 360
