"""Addresses within this site."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import url_for


def local_path(address: str) -> str:
    """Return the address if it is a path of this site, else the first page (no open redirect)."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return url_for("home.index")
    outside = bool(parts.scheme or parts.netloc) or address[1:2] in {"/", "\\"}
    if outside or not address.startswith("/") or any(ord(c) < 32 for c in address):
        return url_for("home.index")
    return address
