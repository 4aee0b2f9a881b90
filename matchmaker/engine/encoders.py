"""Encoders of texts for the optional signal of meaning: a packaged one, or any ONNX model.

Their libraries are optional; without them nothing here is needed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import packaged
from .encoding import Array, Encoder, EncoderError, first_line, library, rows_of

TOKENS_AT_A_TIME = 4096
"""Padded tokens in one run of an ONNX model: what bounds its memory."""
SAMPLE = "高镍正极材料的残锂控制技术"
"""What a model is tried on when it is loaded."""


def encoder_from(setting: str, *, threads: int = 1) -> Encoder | None:
    """Return the encoder that a setting names: "" is none, one of `packaged.PACKAGED`, or a folder.

    Raises:
        EncoderError: a library or a file is missing, or the model does not fit.

    """
    name = setting.strip()
    if not name:
        return None
    if name in packaged.PACKAGED:
        return packaged.PACKAGED[name](threads=threads)
    return OnnxEncoder(Path(name), threads=threads)


class OnnxEncoder:
    """A sentence encoder in a local folder: model.onnx (or onnx/model.onnx) and tokenizer.json.

    The files that sentence-transformers writes beside them are heeded where they stand: pooling
    (mean or first token), prompts, greatest length. Each text is read with one and the same
    prompt, the default one or else that of documents: a pair has one score from either side.

    Raises:
        EncoderError: a library or a file is missing, or the model does not fit.

    """

    def __init__(self, folder: Path | str, *, threads: int = 1) -> None:
        self._form = Form.read(Path(folder))
        self._tokenizer, self._padding = _tokenizer(self._form)
        self._session = _session(self._form.model, threads)
        self._inputs = _inputs(self._session, self._form.model)
        self._output = _output(self._session)
        self.model_id = f"onnx-{self._form.digest()[:12]}"
        self.dimensions = self._tried()

    def encode(self, texts: Sequence[str]) -> Array:
        """Return rows of length 1, shape (n_texts, dimensions)."""
        return rows_of(texts, self.dimensions, self._run)

    def _run(self, texts: list[str]) -> Array:
        encodings = self._tokenizer.encode_batch([self._form.prompt + text for text in texts])
        found = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for rows in _batches([len(encoding.ids) for encoding in encodings]):
            found[rows] = self._pooled([encodings[row] for row in rows])
        return found

    def _pooled(self, encodings: Sequence[Any]) -> Array:
        feed, mask = self._feed(encodings)
        output = np.asarray(self._session.run([self._output], feed)[0], dtype=np.float32)
        if output.ndim != 3:
            return output
        pool = POOLINGS.get(self._form.pooling)
        if pool is None:
            raise EncoderError(
                f"{self._form.model} makes vectors by {self._form.pooling}, which is not "
                f"supported; supported are {' and '.join(POOLINGS)}."
            )
        return pool(output, mask.astype(np.float32))

    def _feed(self, encodings: Sequence[Any]) -> tuple[dict[str, NDArray[Any]], NDArray[np.int64]]:
        """Return what the model asks for, by name, and the mask; shapes (n_texts, width)."""
        shape = len(encodings), max(1, *(len(encoding.ids) for encoding in encodings))
        arrays = {
            "input_ids": np.full(shape, self._padding, dtype=np.int64),
            "attention_mask": np.zeros(shape, dtype=np.int64),
            "token_type_ids": np.zeros(shape, dtype=np.int64),
        }
        for row, encoding in enumerate(encodings):
            end = len(encoding.ids)
            arrays["input_ids"][row, :end] = encoding.ids
            arrays["attention_mask"][row, :end] = encoding.attention_mask
            arrays["token_type_ids"][row, :end] = encoding.type_ids
        feed = {name: arrays[name].astype(kind) for name, kind in self._inputs.items()}
        return feed, arrays["attention_mask"]

    def _tried(self) -> int:
        """Run the model on a short and a long text and return the length of its vectors."""
        texts = [self._form.prompt + SAMPLE * times for times in (1, 100)]
        try:
            found = self._pooled(self._tokenizer.encode_batch(texts))
        except EncoderError:
            raise
        except Exception as error:  # onnxruntime's errors have no common class but this
            raise EncoderError(
                f"{self._form.model} does not run as a sentence encoder: {first_line(error)}"
            ) from error
        if found.ndim != 2 or found.shape[0] != 2 or not np.isfinite(found).all():
            raise EncoderError(
                f"{self._form.model} is no sentence encoder: two texts give {found.shape}, "
                "not two rows of finite numbers."
            )
        return int(found.shape[1])


@dataclass(frozen=True, slots=True)
class Form:
    """What the files of a folder say of its model."""

    model: Path
    tokenizer: Path
    pooling: str
    prompt: str
    length: int

    @classmethod
    def read(cls, folder: Path) -> Form:
        """Read the folder.

        Raises:
            EncoderError: a file is missing or is not JSON.

        """
        if not folder.is_dir():
            names = " nor ".join(repr(name) for name in packaged.PACKAGED)
            raise EncoderError(f"{folder} is neither {names} nor a folder with a model.")
        model = next(
            (path for name in MODEL_FILES if (path := folder / name).is_file()),
            None,
        )
        if model is None:
            raise EncoderError(f"{folder} holds no {' or '.join(MODEL_FILES)}.")
        tokenizer = folder / "tokenizer.json"
        if not tokenizer.is_file():
            raise EncoderError(f"{folder} holds no tokenizer.json.")
        return cls(model, tokenizer, _pooling(folder), _prompt(folder), _length(folder))

    def digest(self) -> str:
        """Return a SHA-256 over everything that shapes a vector."""
        parts = [f"{self.pooling}\n{self.prompt}\n{self.length}"]
        # weights of large models lie in files of their own beside the graph: model.onnx_data
        for path in (*sorted(self.model.parent.glob("model.onnx*")), self.tokenizer):
            with path.open("rb") as file:
                parts.append(hashlib.file_digest(file, "sha256").hexdigest())
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


MODEL_FILES = ("model.onnx", "onnx/model.onnx")
LONGEST = 512
"""Tokens read of a text where a folder does not say."""
OUTPUTS = ("sentence_embedding", "last_hidden_state", "token_embeddings")


def _mean(tokens: Array, mask: Array) -> Array:
    """Return the mean of the tokens that are text; (n, width, d), (n, width) → (n, d)."""
    mean: Array = np.einsum("nwd,nw->nd", tokens, mask)
    mean /= np.maximum(mask.sum(axis=1, keepdims=True), 1)
    return mean


def _first(tokens: Array, mask: Array) -> Array:  # noqa: ARG001 - one form for both
    first: Array = tokens[:, 0]
    return first


POOLINGS: dict[str, Callable[[Array, Array], Array]] = {"mean": _mean, "cls": _first}


def _pooling(folder: Path) -> str:
    modules = _json(folder / "modules.json") or []
    kinds = {str(module["type"]).rsplit(".", 1)[-1]: module for module in modules}
    others = set(kinds) - {"Transformer", "Pooling", "Normalize"}
    if others:
        return f"a further layer ({min(others)})"
    place = str(kinds["Pooling"]["path"]) if "Pooling" in kinds else "1_Pooling"
    config = _json(folder / place / "config.json") or {"pooling_mode": "mean"}
    if "pooling_mode" in config:
        return str(config["pooling_mode"])
    names = [name for name, value in config.items() if name.startswith("pooling_mode_") and value]
    name = " + ".join(names).removeprefix("pooling_mode_")
    return {"mean_tokens": "mean", "cls_token": "cls"}.get(name, name)


def _prompt(folder: Path) -> str:
    config = _json(folder / "config_sentence_transformers.json") or {}
    prompts = config.get("prompts") or {}
    for name in (config.get("default_prompt_name"), "document", "passage"):
        if name in prompts:
            return str(prompts[name])
    return ""


def _length(folder: Path) -> int:
    said = (
        (_json(folder / "sentence_bert_config.json") or {}).get("max_seq_length"),
        (_json(folder / "tokenizer_config.json") or {}).get("model_max_length"),
    )
    # transformers writes 10^30 where a tokenizer knows no limit
    return min((int(value) for value in said if value and value < 10**6), default=LONGEST)


def _json(path: Path) -> Any:
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise EncoderError(f"{path} is not JSON: {error}") from error


def _tokenizer(form: Form) -> tuple[Any, int]:
    """Return the tokenizer and the id that fills up rows."""
    tokenizers = library("tokenizers", "tokenizers")
    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(form.tokenizer))
    except Exception as error:  # the library raises Exception itself
        raise EncoderError(f"{form.tokenizer} is no tokenizer: {first_line(error)}") from error
    padding = tokenizer.padding or {}
    named = [tokenizer.token_to_id(name) for name in ("[PAD]", "<pad>")]
    fill = padding.get("pad_id", next((token for token in named if token is not None), 0))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=form.length)
    return tokenizer, int(fill)


def _session(model: Path, threads: int) -> Any:
    runtime = library("onnxruntime", "onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors; they are raised as well
    # waiting threads would otherwise burn the processor that the web needs
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return runtime.InferenceSession(
            str(model), sess_options=options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime's errors have no common class but this
        raise EncoderError(f"{model} is no ONNX model: {first_line(error)}") from error


def _inputs(session: Any, model: Path) -> dict[str, type[np.signedinteger[Any]]]:
    """Return the inputs that the model asks for, with their types."""
    kinds: dict[str, type[np.signedinteger[Any]]] = {
        "tensor(int64)": np.int64,
        "tensor(int32)": np.int32,
    }
    asked = {entry.name: entry.type for entry in session.get_inputs()}
    known = {"input_ids", "attention_mask", "token_type_ids"}
    unfit = sorted(name for name in asked if name not in known or asked[name] not in kinds)
    if unfit or "input_ids" not in asked:
        raise EncoderError(
            f"{model} does not fit: it asks for {', '.join(unfit or asked)}, "
            "a sentence encoder for input_ids, attention_mask and token_type_ids at most."
        )
    return {name: kinds[kind] for name, kind in asked.items()}


def _output(session: Any) -> str:
    names = [entry.name for entry in session.get_outputs()]
    return str(next((name for name in OUTPUTS if name in names), names[0]))


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield rows of like length; the longest first, so that memory is taken once."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    while order:
        size = max(1, TOKENS_AT_A_TIME // max(1, lengths[order[0]]))
        yield order[:size]
        order = order[size:]
