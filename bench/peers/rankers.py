"""bm25s and tantivy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from bench.engine_scale import CHAINS
from bench.engine_speed import K
from bench.peers.base import Ask, Need, Peer


class Bm25s(Peer):
    """BM25 of SciPy arrays with its loops in numba; it cannot add a record."""

    def build(self, texts: Sequence[str]) -> None:
        import bm25s

        known: dict[str, str] = {}  # one object for each token, or memory ends
        corpus = [[known.setdefault(t, t) for t in self.tokens(text)] for text in texts]
        retriever = bm25s.BM25(backend="numba")
        retriever.index(corpus, show_progress=False)
        retriever.save(self.folder, show_progress=False)

    def open(self) -> None:
        import bm25s

        self.retriever = bm25s.BM25.load(
            self.folder, mmap=True, backend="numba", show_progress=False
        )
        n = self.retriever.scores["num_docs"]
        self.masks = [
            (np.arange(n) % CHAINS == chain).astype(np.float32) for chain in range(CHAINS)
        ]

    def asks(self) -> Mapping[str, Ask]:
        return {
            "all": lambda need: self._best(need, None),
            "tenth": lambda need: self._best(need, self.masks[need.chain]),
        }

    def _best(self, need: Need, mask: np.ndarray | None) -> Sequence[int]:
        found, _scores = self.retriever.retrieve(
            [self.distinct(need.text)], k=K, show_progress=False, n_threads=1, weight_mask=mask
        )
        return list(map(int, found[0]))


class Tantivy(Peer):
    """Rust's Lucene; without counting all hits, so that it may skip."""

    def build(self, texts: Sequence[str]) -> None:
        import tantivy

        builder = tantivy.SchemaBuilder().add_integer_field("id", fast=True)
        builder.add_text_field("chain", tokenizer_name="raw", index_option="basic")
        builder.add_text_field("words", tokenizer_name="tokens", index_option="freq")
        self.index = self._with_tokens(tantivy.Index(builder.build(), str(self.folder)))
        writer = self.index.writer(256_000_000)
        for number, text in enumerate(texts):
            writer.add_document(self._document(number, text))
        writer.commit()
        writer.wait_merging_threads()

    def _with_tokens(self, index: Any) -> Any:
        import tantivy

        analyser = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        index.register_tokenizer("tokens", analyser)
        return index

    def _document(self, number: int, text: str) -> Any:
        import tantivy

        return tantivy.Document(
            id=number, chain=str(number % CHAINS), words=" ".join(self.tokens(text))
        )

    def open(self) -> None:
        import tantivy

        self.index = self._with_tokens(tantivy.Index.open(str(self.folder)))
        self.writer: Any = None

    def asks(self) -> Mapping[str, Ask]:
        return {"all": self._all, "tenth": self._tenth}

    def _all(self, need: Need) -> Sequence[int]:
        return self._best(self._query(need))

    def _tenth(self, need: Need) -> Sequence[int]:
        from tantivy import Occur, Query

        chain = Query.term_query(self.index.schema, "chain", str(need.chain), "basic")
        only = Query.const_score_query(chain, 0.0)
        return self._best(
            Query.boolean_query([(Occur.Must, only), (Occur.Must, self._query(need))])
        )

    def _query(self, need: Need) -> Any:
        from tantivy import Occur, Query

        schema = self.index.schema
        terms = [Query.term_query(schema, "words", t, "freq") for t in self.distinct(need.text)]
        return Query.boolean_query([(Occur.Should, term) for term in terms])

    def _best(self, query: Any) -> Sequence[int]:
        searcher = self.index.searcher()
        hits = searcher.search(query, limit=K, count=False).hits
        return list(searcher.fast_field_values("id", [place for _score, place in hits]))

    def adds(self) -> Mapping[str, Callable[[int, str], None]]:
        return {"add": self._add}

    def _add(self, number: int, text: str) -> None:
        self.writer = self.writer or self.index.writer(15_000_000, 1)
        self.writer.add_document(self._document(number, text))
        self.writer.commit()
        self.index.reload()
