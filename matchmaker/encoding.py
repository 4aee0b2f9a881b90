"""Requests whose text is no UTF-8 are refused as a whole: what is left of it would be guesswork.

Left alone, a form that was sent as GB 18030 would be stored as percent signs or replacement
characters. Addresses that are only read keep what they have; a search for nonsense finds nothing.
"""

from __future__ import annotations

import io
import re
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from flask import Request as FlaskRequest
from flask import request
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge, UnprocessableEntity
from werkzeug.formparser import FormDataParser

REPLACEMENT = "\ufffd"
"""What a decoder puts where it could not read; nobody types it."""
ESCAPED = 3
"""A byte behind a percent sign takes three."""
BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class UnreadableError(UnprocessableEntity):
    """The bytes of a request are no UTF-8."""


def sentence() -> str:
    """Say what happened and what to do."""
    return str(_("文字编码无法识别，没有保存任何内容。请用 UTF-8 编码重新发送。"))


def is_readable(raw: bytes) -> bool:
    """Tell whether bytes are UTF-8; separators are ASCII, so the whole is judged at once."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def refuse_unreadable() -> None:
    """Judge the address and a body of JSON; forms are judged while they are read.

    Raises:
        UnreadableError: what would be changed by this request is not readable.

    """
    if request.method in SAFE_METHODS:
        return
    readable = is_readable(unquote_to_bytes(request.query_string))
    limit = request.max_form_memory_size or 0
    if request.is_json and (request.content_length or 0) <= limit:
        readable &= is_readable(request.get_data())
    if not readable:
        raise UnreadableError


class FormParser(FormDataParser):
    """Reads forms and refuses what is no UTF-8; Werkzeug would put something else in its place."""

    def parse(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str] | None = None,
    ) -> Any:
        if mimetype == "application/x-www-form-urlencoded":
            raw = self._whole(stream)
            if not is_readable(unquote_to_bytes(raw)):
                raise UnreadableError
            stream = io.BytesIO(raw)
        found = super().parse(stream, mimetype, content_length, options)
        form = found[1]
        if mimetype == "multipart/form-data" and any(
            REPLACEMENT in text for pair in form.items(multi=True) for text in pair
        ):
            raise UnreadableError
        return found

    def _whole(self, stream: IO[bytes]) -> bytes:
        limit = (self.max_form_memory_size or 0) * ESCAPED
        content = bytearray()
        while piece := stream.read(64 * 1024):
            content += piece
            if len(content) > limit:
                raise RequestEntityTooLarge
        return bytes(content)


class Request(FlaskRequest):
    """A request whose forms are UTF-8 or refused, and whose address is ASCII."""

    form_data_parser_class = FormParser

    def __init__(self, environ: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(environ, *args, **kwargs)
        self.query_string = BEYOND_ASCII.sub(
            lambda found: b"%%%02X" % found[0][0], self.query_string
        )
