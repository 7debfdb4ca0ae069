"""Who is twice in a register of `size` records with planted truth: seconds, memory, precision and recall by kind of error, beside plain joins."""

import time
from datetime import date
from typing import Any

import numpy as np

from benchmarks._linkage_truth import KINDS, made
from sizao.kernel.codes import content_files
from sizao.kernel.marked import plain
from sizao.matching import link as matching
from sizao.matching.weights import weights

#: What a data clerk would write: the same document, or name and birth, or name and telephone.
PEER = "SELECT a.n, b.n FROM person a JOIN person b ON a.n < b.n AND ({})"
JOINS = ("a.document = b.document", "a.name = b.name AND a.birth = b.birth", "a.name = b.name AND a.phone = b.phone")


def run(size: int = 100_000, threads: int = 2, memory: str = "6GB", parts: int = 0) -> dict[str, Any]:
    """Seconds are of the work that the product's own job does: from the columns of a register to pairs with score and reasons. `asked` counts pairs at the
    doubtful threshold, `probable` those at the upper one; precision and recall are told at both. `cpu`: processor seconds of the same."""
    columns, who, kind = made(size)
    w = weights(plain(content_files("linkage")["persons"]), date(2026, 1, 1))
    duck = matching.connect(threads, memory)
    duck.register("told", columns)
    duck.execute(
        "CREATE TABLE person AS SELECT n, name, sex, birth::DATE AS birth, year, area, CASE WHEN home >= 0 THEN hash(home) END AS home, "
        "CASE WHEN document IS NOT NULL THEN hash(document) END AS document, CASE WHEN phone IS NOT NULL THEN hash(phone) END AS phone, true AS fresh FROM told"
    )
    duck.unregister("told")
    began, cpu = time.perf_counter(), time.process_time()
    steps = {}
    matching.hear(duck)
    steps["hear"] = time.perf_counter() - began
    compared, left_out = matching.block(duck, w.largest_block)
    steps["block"] = time.perf_counter() - began - steps["hear"]
    matching.score(duck, w, w.doubtful)
    found = duck.execute("SELECT l, r, bits FROM scored").fetchnumpy()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    figures: dict[str, Any] = {"seconds": seconds, "cpu": cpu, **steps, "compared": compared, "left_out": left_out}
    left, right, bits = (np.asarray(found[c]) for c in ("l", "r", "bits"))
    for what, least in (("asked", w.doubtful), ("probable", w.probable)):
        take = bits >= least
        figures |= judged(what, left[take], right[take], who, kind)
    began = time.perf_counter()
    peer = duck.execute(" UNION ".join(PEER.format(j) for j in JOINS)).fetchnumpy()
    figures["plain_joins_seconds"] = time.perf_counter() - began
    a, b = (np.asarray(v) for v in peer.values())
    figures |= {k: v for k, v in judged("plain_joins", a, b, who, kind).items() if k.split("_", 2)[-1] not in KINDS}
    return figures


def judged(what: str, left: np.ndarray, right: np.ndarray, who: np.ndarray, kind: np.ndarray) -> dict[str, Any]:
    """Precision, and recall in all and by kind of error. A person is at most twice in the register."""
    true = who[left] == who[right]
    again = kind[left[true]], kind[right[true]]
    of = np.where(again[0] >= 0, again[0], again[1])
    figures: dict[str, Any] = {f"{what}_pairs": len(left), f"{what}_precision": float(true.mean()) if len(left) else 0.0, f"{what}_recall": float(true.sum() / (kind >= 0).sum())}
    for n, name in enumerate(KINDS):
        figures[f"{what}_{name}"] = float((of == n).sum() / max(1, (kind == n).sum()))
    return figures
