"""A cache of the vectors of texts on disk: each text is encoded once, ever."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .encoding import Encoder

log = logging.getLogger(__name__)

TEXTS_AT_A_TIME = 64
"""Texts in one file of the cache: what an interruption can cost."""
MANY_FILES, LARGE_FILE = 256, 16_384
"""Beyond so many files, those with fewer rows than this are merged into one."""
ABANDONED = 3600.0
"""Seconds after which a half-written file belongs to nobody."""
Array = NDArray[np.float32]


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

    def passing(self, texts: Sequence[str]) -> Array:
        """Return the vectors as `encode` does, and keep nothing of what was missing.

        For what is only asked about: a text that is being typed has many versions. They are as
        precise as kept ones, so keeping a text later moves no score.
        """
        found = self.of(texts)
        unknown = np.flatnonzero(np.isnan(found).any(axis=1)).tolist()
        if unknown:
            made = self._encoder.encode([texts[row] for row in unknown])
            found[unknown] = made.astype(self._form["vector"].base)
        return found

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
