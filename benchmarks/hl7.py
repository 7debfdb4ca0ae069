"""HL7 v2: messages read, read by python-hl7 and hl7apy, and stored with their answers, a second of processor time."""

import importlib.util
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

SEGMENTS = 12


def message(n: int, *, again: int = 0) -> str:
    """A laboratory report as one reaches an exchange: a person, an order, the answer, eight questions asked at order entry, the sample. One in twenty is positive."""
    person, at = n // 2, datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=37 * n)
    stamp, answer = f"{at:%Y%m%d%H%M%S}+0000", "260373001^Detected^SCT" if n % 20 == 0 else "260415000^Not detected^SCT"
    asked = "".join(f"OBX|{q + 2}|CWE|9541{q}-2^question {q}^LN||N^No^HL70136||||||F|||{stamp}|||||||||||||||QST\r" for q in range(8))
    return (
        rf"MSH|^~\&|LIS^2.16.840.1.1^ISO|LAB^99D0000001^CLIA|SZ|CDC|{stamp}||ORU^R01^ORU_R01|B{n}.{again}|P|2.5.1||||||UNICODE UTF-8" + "\r"
        f"PID|1||P{person}^^^LIS&2.16.840.1.1&ISO^MR||张^{person}||{1940 + person % 70}{person % 12 + 1:02}15|{'MF'[person % 2]}|||{person % 90}号^^某镇^某省||^PRN^PH^^^139^{person:08}\r"
        f"ORC|RE|O{n}^LIS|F{n}^LIS\rOBR|1|O{n}^LIS|F{n}^LIS|94500-6^SARS-CoV-2 RNA^LN|||{stamp}|||||||||||||||{stamp}|||F\r"
        f"OBX|1|CWE|94500-6^SARS-CoV-2 RNA^LN||{answer}||||||F|||{stamp}|||||{stamp}||||LAB^^^^^CLIA\r{asked}SPM|1|^S{n}&LIS||258529004^Throat swab^SCT|||||||||||||{stamp}|{stamp}\r"
    )


def rate(work: Callable[[], int]) -> float:
    """Pieces a second of this process's own time."""
    began = time.process_time()
    done = work()
    return done / (time.process_time() - began)


def run(size: int = 5000, batch: int = 500) -> dict[str, Any]:
    """`size` messages of twelve segments, two a person. `batch`: how many come together; 1 is a message a request.

    `stored_a_second` is by the clock on the wall, database included; the others are by the processor time of this process.
    """
    texts = [message(n) for n in range(size)]
    some = texts[:1000]
    figures: dict[str, Any] = {"messages": size}
    if importlib.util.find_spec("hl7"):
        import hl7

        figures["python_hl7_a_second"] = round(rate(lambda: len([hl7.parse(t).segment("OBX")[5] for t in some])))
    if importlib.util.find_spec("hl7apy"):
        from hl7apy.parser import parse_message

        figures["hl7apy_a_second"] = round(rate(lambda: len([parse_message(t, find_groups=False) for t in some[:60]])))
    place = Path(tempfile.mkdtemp(prefix="sizao-bench-"))
    place.chmod(0o755)
    os.environ |= {"SIZAO_STORE": str(place / "store"), "SIZAO_KEYS": str(place / "keys"), "DJANGO_SETTINGS_MODULE": "sizao.wiring.settings"}
    try:
        return figures | _ours(place, texts, batch)
    finally:
        _stop()
        shutil.rmtree(place, ignore_errors=True)


def _ours(place: Path, texts: list[str], batch: int) -> dict[str, Any]:
    import django

    from sizao.kernel import keys
    from sizao.wiring import database

    database.boot(place / "store", kind="demo", setup=False)
    keys.KeyRing.new(place / "keys")
    django.setup()
    from sizao.wiring.migrate import migrate

    migrate("demo")
    from sizao.interop.hl7 import er7, inbox, oru
    from sizao.interop.places import ensure_root
    from sizao.kernel.scope import Scope
    from sizao.registers.laboratory.models import Specimen

    ensure_root("Asia/Shanghai")
    scope = Scope.system("bench hl7")
    reading = oru.Reading("Asia/Shanghai", datetime.now(UTC), production=True)
    whole = "".join(texts).encode()
    cut = rate(lambda: sum(1 for m in er7.messages(whole) if m.segments))
    read = rate(lambda: sum(1 for m in er7.messages(whole) if not reading.item(m).faults))
    parts = ["".join(texts[n : n + batch]).encode() for n in range(0, len(texts), batch)]
    began, spent = time.perf_counter(), time.process_time()
    taken = [inbox.receive(scope, part, sender="lab:bench").taken for part in parts]
    stored, own = time.perf_counter() - began, time.process_time() - spent
    began = time.perf_counter()
    again = [inbox.receive(scope, part, sender="lab:bench").taken for part in parts]
    repeated = time.perf_counter() - began
    equal = (
        sum(t.count("accepted") for t in taken) == len(texts) == Specimen.objects.count() == sum(t.count("duplicate") for t in again)
        and Specimen.objects.filter(result="positive").count() == sum(n % 20 == 0 for n in range(len(texts)))
    )  # fmt: skip
    return {
        "cut_a_second": round(cut), "read_a_second": round(read), "stored_a_second": round(len(texts) / stored), "stored_own_seconds": own, "again_a_second": round(len(texts) / repeated), "equal": equal,
    }  # fmt: skip


def _stop() -> None:
    import subprocess
    import sys

    subprocess.run([sys.executable, "-m", "sizao", "stop"], capture_output=True, check=False)
