"""An index in a folder: written so that a crash leaves what stood before, mapped by any process.

    FOLDER/manifest.json     what is in force, and which documents are alive: written beside and
                             put in place in one step
    FOLDER/weighting-….bin   vocabulary and IDF, one array after the other
    FOLDER/segment-….bin     the arrays of one segment

A file that a manifest names is never written again. What no manifest names is left from a crash or
from an earlier state, and is removed after the next one is in force; who has it mapped keeps it.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import secrets
import unicodedata
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import text
from .counting import Vocabulary
from .index import Index
from .recommender import MODEL, Recommender
from .segment import Segment
from .weighting import Weighting

ALIGNED = 64
FORM = 1
"""The form of the files; another one is not read."""
MANIFEST = "manifest.json"
SIDES = ("needs", "achievements")
ARRAYS = tuple(part.name for part in fields(Segment) if part.name not in {"alive", "name"})
Manifest = Mapping[str, Any]


class UnusableIndexError(Exception):
    """There is no index here that this program can use; the message says why, in one sentence."""


def analyser() -> str:
    """Return a name of how texts become features: another name, other features."""
    table = zlib.crc32(Path(text.__file__).with_name("traditional.txt").read_bytes())
    return f"characters-pairs-tokens/{unicodedata.unidata_version}/{table:08x}"


def state(folder: Path) -> tuple[int, ...] | None:
    """Return what changes when another index comes into force; None where there is none."""
    try:
        found = (folder / MANIFEST).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def save(folder: Path, recommender: Recommender, notes: Mapping[str, Any] | None = None) -> None:
    """Write what is not yet in files and put the whole in force; `notes` come back from `load`.

    Small and stale segments are merged on the way. One process at a time may save; others may
    load meanwhile. Reading goes on while this works.

    Raises:
        OSError: the folder cannot be written.

    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = _in_force(folder)
    manifest: dict[str, Any] = {
        "form": FORM, "model": MODEL, "analyser": analyser(), "notes": dict(notes or {}),
        "weighting": _save_weighting(folder, recommender.weighting_, kept),
    }  # fmt: skip
    for side in SIDES:
        index: Index = getattr(recommender, f"{side}_").compacted()
        manifest[side] = [_save_segment(folder, segment, kept) for segment in index.segments]
    _put_in_force(folder, manifest)
    _tidy(folder, manifest)


def load(
    folder: Path, *, engine: Recommender | None = None, before: Recommender | None = None
) -> tuple[Recommender, Manifest]:
    """Map the index of a folder into an engine, else a new one; return it and the saved notes.

    Every array is checked against its sum first; those that `before` has open already are not
    opened again.

    Raises:
        UnusableIndexError: there is none, it is damaged, or another version wrote it.

    """
    manifest = _manifest(folder)
    known = {
        segment.name: segment
        for side in SIDES
        if before is not None
        for segment in getattr(before, f"{side}_").segments
    }
    try:
        weighting = _load_weighting(folder, manifest["weighting"], before)
        width = 2 * len(weighting.vocabulary_)
        needs, achievements = (
            Index(width, tuple(_load_segment(folder, item, known) for item in manifest[side]))
            for side in SIDES
        )
    except (OSError, ValueError, KeyError, TypeError, zlib.error) as error:
        raise UnusableIndexError(f"the index in {folder} is damaged ({error})") from error
    recommender = (engine or Recommender()).restore(weighting, needs, achievements)
    return recommender, manifest["notes"]


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        expected = {"form": FORM, "model": MODEL, "analyser": analyser()}
        found = {name: manifest[name] for name in expected}
    except FileNotFoundError as error:
        raise UnusableIndexError(f"there is no index in {folder} yet") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnusableIndexError(f"the list of the index in {folder} is damaged") from error
    for name, value in expected.items():
        if found[name] != value:
            raise UnusableIndexError(
                f"the index in {folder} was made with {name} {found[name]}, this is {value}"
            )
    return dict(manifest)


def _put_in_force(folder: Path, manifest: Mapping[str, Any]) -> None:
    beside = folder / f"{MANIFEST}.{os.getpid()}"
    with beside.open("w", encoding="utf-8") as file:
        json.dump(manifest, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(folder / MANIFEST)
    _sync(folder)


def _tidy(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Remove what is not in force; on systems that refuse it while it is mapped, next time."""
    used = {MANIFEST, manifest["weighting"]["name"]}
    used |= {item["name"] for side in SIDES for item in manifest[side]}
    for path in folder.iterdir():
        if path.name.startswith((MANIFEST, "weighting-", "segment-")) and path.name not in used:
            with contextlib.suppress(OSError):
                path.unlink()


def _in_force(folder: Path) -> dict[str, Any]:
    """Return what the manifest in force says of each file."""
    try:
        manifest = _manifest(folder)
        items = [manifest["weighting"], *(item for side in SIDES for item in manifest[side])]
        return {item["name"]: item["file"] for item in items}
    except (UnusableIndexError, KeyError, TypeError):
        return {}


def _save_weighting(folder: Path, weighting: Weighting, kept: Manifest) -> dict[str, Any]:
    name = weighting.name if weighting.name in kept else _new_name("weighting")
    arrays = {"codes": weighting.vocabulary_.codes_, "idf": weighting.idf_}
    return {
        "name": name, "version": weighting.version, "pivots": weighting.pivots_,
        "file": kept.get(name) or _written(folder / name, arrays),
    }  # fmt: skip


def _load_weighting(folder: Path, item: Manifest, before: Recommender | None) -> Weighting:
    if before is not None and before.weighting_.name == item["name"]:
        return before.weighting_
    arrays = _mapped(folder / item["name"], item["file"])
    weighting = Weighting()
    weighting.vocabulary_ = Vocabulary(arrays["codes"])
    weighting.use(arrays["idf"])
    weighting.pivots_ = dict(item["pivots"])
    weighting.version, weighting.name = item["version"], item["name"]
    return weighting


def _save_segment(folder: Path, segment: Segment, kept: Manifest) -> dict[str, Any]:
    name = segment.name if segment.name in kept else _new_name("segment")
    arrays = {part: getattr(segment, part) for part in ARRAYS}
    alive = zlib.compress(np.packbits(segment.alive).tobytes())
    return {
        "name": name, "documents": len(segment), "alive": b64encode(alive).decode(),
        "file": kept.get(name) or _written(folder / name, arrays),
    }  # fmt: skip


def _load_segment(folder: Path, item: Manifest, known: Mapping[str, Segment]) -> Segment:
    bits = np.frombuffer(zlib.decompress(b64decode(item["alive"])), dtype=np.uint8)
    alive = np.unpackbits(bits, count=item["documents"]).astype(bool)
    if item["name"] in known:
        return replace(known[item["name"]], alive=alive).frozen()
    arrays = _mapped(folder / item["name"], item["file"])
    return Segment(**arrays, alive=alive, name=item["name"]).frozen()


def _new_name(kind: str) -> str:
    return f"{kind}-{secrets.token_hex(8)}.bin"


def _written(file: Path, arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """Write arrays one after the other; return where each begins, and size and sum of the whole."""
    places: dict[str, list[Any]] = {}
    try:
        with file.open("xb") as opened:
            for name, array in arrays.items():
                opened.write(bytes(-opened.tell() % ALIGNED))
                kind = array.dtype.descr if array.dtype.names else array.dtype.str
                places[name] = [opened.tell(), list(array.shape), kind]
                opened.write(np.ascontiguousarray(array).data if array.size else b"")
            opened.flush()
            os.fsync(opened.fileno())
    except OSError:
        file.unlink(missing_ok=True)  # a full disk gets its room back
        raise
    return {"arrays": places, **_size_and_sum(file)}


def _mapped(file: Path, expected: Manifest) -> dict[str, NDArray[Any]]:
    """Map the arrays of a file after checking it.

    Raises:
        ValueError: the file is not what was written.

    """
    if _size_and_sum(file) != {"size": expected["size"], "sum": expected["sum"]}:
        raise ValueError(f"{file.name} is not what was written")
    content = np.asarray(np.memmap(file, mode="r")) if expected["size"] else np.empty(0, np.uint8)
    arrays = {}
    for name, (start, shape, kind) in expected["arrays"].items():
        dtype = np.dtype(kind if isinstance(kind, str) else [tuple(part) for part in kind])
        stop = start + math.prod(shape) * dtype.itemsize
        arrays[name] = content[start:stop].view(dtype).reshape(shape)
    return arrays


def _size_and_sum(file: Path) -> dict[str, int]:
    """Return length and CRC-32 of a file."""
    total = size = 0
    with file.open("rb") as opened:
        while chunk := opened.read(1 << 20):
            total, size = zlib.crc32(chunk, total), size + len(chunk)
    return {"size": size, "sum": total}


def _sync(folder: Path) -> None:
    """Make new names in a folder last, on systems that have a way to say so."""
    with contextlib.suppress(OSError, AttributeError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
