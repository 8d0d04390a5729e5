"""Speed and recall of Milvus and of FAISS flat in one run: unshare --map-root-user --net python -m tests.vectors.milvus_bench 10000"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

import rag.vectors.milvus_collection
from rag.schema import Article
from rag.text.filters import facts_of, filter_of
from rag.vectors.milvus_connection import Address
from rag.vectors.milvus_store import MilvusVectors
from rag.vectors.store import RowSelection
from tests.servers.milvus import PORT, Server, clustered, loopback
from tests.support.exact_vectors import ExactVectors

HERE, SEGMENT, MODEL, D, K = Address("127.0.0.1", PORT, "bench"), "0" * 16, "m", 384, 10
SHARES = {1: "1901", 8: "1902", 15: "1903", 50: "1904"}  # per cent of the rows that each filter lets through


def timed(search, queries: np.ndarray) -> tuple[str, np.ndarray]:
    """Search for one query at a time. Return p50 and p95 in ms, and the rows found."""
    took, rows = [], []
    for query in queries:
        began = time.perf_counter()
        rows.append(search(query[None])[1][0])
        took.append(1000 * (time.perf_counter() - began))
    return f"p50 {np.percentile(took, 50):6.1f} p95 {np.percentile(took, 95):6.1f} ms", np.array(rows)


def main(n: int) -> None:
    loopback()
    every = clustered(n + 200, D, 1)
    vectors, queries = every[:n], every[n:]
    part = np.random.default_rng(2).choice([*SHARES, 0], size=n, p=[0.01, 0.08, 0.15, 0.5, 0.26])
    plain = Article("a.txt#1", "a.txt", "", (), "", "article", "", ())
    dated = {share: facts_of(replace(plain, date=SHARES.get(share, ""))) for share in [*SHARES, 0]}
    flat = ExactVectors.build(vectors)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        print(f"n {n}, start {server.start():.1f} s")
        upsert = rag.vectors.milvus_collection._upsert

        def noted(*arguments) -> set[str]:
            at = time.monotonic()
            sources = upsert(*arguments)
            print(f"upserts {n / (time.monotonic() - at):.0f} a second")
            return sources

        rag.vectors.milvus_collection._upsert = noted
        began = time.monotonic()
        store = MilvusVectors.build(HERE, SEGMENT, MODEL, flat, (dated[share] for share in part))
        print(f"built in {time.monotonic() - began:.1f} s")
        began = time.monotonic()
        while store._server("describe_index", store.name, "vector")["pending_index_rows"]:
            time.sleep(0.5)
        print(f"graph of the merged segments {time.monotonic() - began:.1f} s later")
        for share in [None, *SHARES]:
            among = RowSelection(part == share, filter_of(SHARES[share], SHARES[share])) if share else None
            said, exact = timed(lambda q, a=among: flat.search(q, K, a), queries)
            print(f"  {share or 100:3} %: FAISS flat {said}")
            said, found = timed(lambda q, a=among: store.search(q, K, a), queries)
            recall = np.mean([len({*a} & {*b}) / K for a, b in zip(found.tolist(), exact.tolist(), strict=True)])
            print(f"         Milvus     {said} recall@{K} {recall:.4f}", flush=True)
        for share in (1, 8, 50):
            among = RowSelection(part != share, gone=np.flatnonzero(part == share))
            print(
                f"  {share} % of the rows gone: Milvus {timed(lambda q, a=among: store.search(q, K, a), queries[:50])[0]}"
            )
        for _ in range(2):
            server.kill()
            up = server.start()
            began = time.monotonic()
            size = MilvusVectors.open(HERE, SEGMENT, MODEL, flat).size
            print(f"after kill -9: up in {up:.1f} s, open with {size} rows {time.monotonic() - began:.1f} s later")
        server.kill()


if __name__ == "__main__":
    main(int(sys.argv[1]))
