"""The two texts of a document, and their vectors side by side."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import scipy.sparse as sp

from .documents import Document
from .weighting import Counted


def full_text(document: Document) -> str:
    """Title and body as one text; its vector is what the signal `body` compares."""
    return f"{document.title}\n{document.body}" if document.body else document.title


def title_text(document: Document) -> str:
    """The title; a document without one is read as all title."""
    return document.title if document.title.strip() else document.body


def digest_of(document: Document) -> str:
    """Return the SHA-256 of the whole text, in hexadecimal digits."""
    if document.digest:
        return document.digest
    return hashlib.sha256(full_text(document).encode("utf-8", "surrogatepass")).hexdigest()


def interleaved(title: sp.csr_matrix, body: sp.csr_matrix) -> sp.csr_matrix:
    """Put the two fields of the same documents side by side."""
    width = 2 * title.shape[1]
    parts = [
        sp.csr_matrix(
            (matrix.data, 2 * matrix.indices + offset, matrix.indptr),
            shape=(matrix.shape[0], width),
        )
        for offset, matrix in enumerate((title, body))
    ]
    both = sp.csr_matrix(parts[0] + parts[1])
    both.sort_indices()
    return both


def counted(documents: Sequence[Document]) -> Mapping[str, Counted]:
    """Count the features of both texts."""
    return {
        "title": Counted.of([title_text(document) for document in documents]),
        "body": Counted.of([full_text(document) for document in documents]),
    }
