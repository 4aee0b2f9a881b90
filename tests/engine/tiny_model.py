"""A tiny real ONNX model with its tokenizer, and an encoder that counts what it is asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Regex as Pattern
from tokenizers import Tokenizer, models, pre_tokenizers, processors

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
