"""Reads the PDFs of typst back: which words stand on which page. Spaces are left out.

A PDF draws numbers of glyphs; the map ToUnicode of each font tells the characters.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

HEAD = re.compile(rb"(\d+) 0 obj\b(.*?)(endobj|stream\r?\n)", re.DOTALL)
LENGTH = re.compile(rb"/Length (\d+)")
TOKEN = re.compile(rb"/(\w+) [\d.]+ Tf|\(")
RANGE = re.compile(rb"<(\w+)>\s*<(\w+)>\s*<(\w+)>")
ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


@dataclass(frozen=True, slots=True)
class Value:
    """An object of the file: its dictionary, and the stream behind it."""

    body: bytes
    content: bytes = b""


Objects = dict[int, Value]


def pages(pdf: bytes) -> list[str]:
    """Return the text of each page, without spaces."""
    objects = dict(_objects(pdf))
    (root,) = (
        number
        for number, value in objects.items()
        if b"/Type/Pages" in value.body and b"/Parent" not in value.body
    )
    return [_text(objects, page) for page in _leaves(objects, root)]


def _objects(pdf: bytes) -> Iterator[tuple[int, Value]]:
    at = 0
    while found := HEAD.search(pdf, at):
        at = found.end()
        content = b""
        if found[3] != b"endobj":
            length = LENGTH.search(found[2])
            assert length
            content = pdf[at : at + int(length[1])]
            at += len(content)
            if b"/FlateDecode" in found[2]:
                content = zlib.decompress(content)
        yield int(found[1]), Value(found[2], content)


def squeezed(text: str) -> str:
    """Return a text as `pages` gives it."""
    return re.sub(r"\s", "", text)


def _leaves(objects: Objects, number: int) -> list[bytes]:
    body = objects[number].body
    if b"/Type/Pages" not in body:
        return [body]
    kids = re.search(rb"/Kids\s*\[(.*?)\]", body, re.DOTALL)
    assert kids
    return [leaf for n in re.findall(rb"(\d+) 0 R", kids[1]) for leaf in _leaves(objects, int(n))]


def _text(objects: Objects, page: bytes) -> str:
    resources = objects[_reference(page, b"/Resources")].body
    named = re.search(rb"/Font\s*<<(.*?)>>", resources, re.DOTALL)
    fonts = {
        name: _characters(objects, int(n))
        for name, n in re.findall(rb"/(\w+) (\d+) 0 R", named[1] if named else b"")
    }
    font: dict[int, str] = {}
    found = []
    for name, drawn in _tokens(objects[_reference(page, b"/Contents")].content):
        if name:
            font = fonts[name]
        codes = _unescaped(drawn)
        found += [font[codes[i] * 256 + codes[i + 1]] for i in range(0, len(codes), 2)]
    return squeezed("".join(found))


def _tokens(stream: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Give the fonts that are chosen and the strings that are drawn, in their order."""
    at = 0
    while found := TOKEN.search(stream, at):
        at = found.end()
        if found[1]:
            yield found[1], b""
        else:
            at = _end_of_string(stream, at)
            if not stream[found.start() - 1 : found.start()].isalpha():  # /Lang(zh)
                yield b"", stream[found.end() : at - 1]


def _end_of_string(stream: bytes, at: int) -> int:
    """Brackets within a string are escaped, or closed again."""
    depth = 1
    while depth:
        if stream[at : at + 1] == b"\\":
            at += 1
        else:
            depth += {b"(": 1, b")": -1}.get(stream[at : at + 1], 0)
        at += 1
    return at


def _reference(body: bytes, key: bytes) -> int:
    found = re.search(key + rb" (\d+) 0 R", body)
    assert found, key
    return int(found[1])


def _characters(objects: Objects, font: int) -> dict[int, str]:
    """Which characters the glyphs of a font stand for; none where the map says nothing."""
    cmap = objects[_reference(objects[font].body, b"/ToUnicode")].content
    found: dict[int, str] = dict.fromkeys(range(65536), "")
    for part in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        for code, text in re.findall(rb"<(\w+)>\s*<(\w+)>", part):
            found[int(code, 16)] = bytes.fromhex(text.decode()).decode("utf-16-be")
    for part in re.findall(rb"beginbfrange(.*?)endbfrange", cmap, re.DOTALL):
        for first, last, text in RANGE.findall(part):
            start = int(text, 16)
            for step in range(int(last, 16) - int(first, 16) + 1):
                found[int(first, 16) + step] = chr(start + step)
    return found


def _unescaped(drawn: bytes) -> bytes:
    def plain(match: re.Match[bytes]) -> bytes:
        rest = match[1]
        return bytes([int(rest, 8)]) if rest.isdigit() else ESCAPES.get(rest, rest)

    return re.sub(rb"\\([0-7]{1,3}|.)", plain, drawn, flags=re.DOTALL)
