"""The page of the situation of a city with many cases: the first time, when long work is kept, and each panel's file alone."""

import gc
import statistics
import time
from typing import Any

PANELS = ("curve", "rt", "coming", "delays", "outcomes", "clusters")


def run(size: int = 50_000, cases: int = 10_000, repeat: int = 5) -> dict[str, Any]:
    """`first`: seconds of the first request; `seconds`: the median of `repeat` further ones, once the job has reckoned what the page handed over; then each panel's CSV. `equal`: the page and every file answered."""
    from benchmarks._city_fill import city

    with city(size, 3, cases) as figures:
        from django.test import Client

        from sizao.doors.kit import signin, warm
        from sizao.kernel import clock
        from sizao.kernel.areas import root
        from sizao.kernel.models import User
        from sizao.rehearsal import county
        from sizao.situation import jobs

        warm.statistics()
        gc.collect()
        gc.freeze()  # as a web process does, once it is warm (`kit/warm.py`)
        desk = Client(HTTP_HOST="localhost")
        desk.cookies["sizao-language"] = "en"
        desk.post(signin.make_link(User.objects.get(username="commander")))

        def asked(address: str) -> tuple[float, bool]:
            began = time.perf_counter()
            answer = desk.get(address)
            return time.perf_counter() - began, answer.status_code == 200

        page = f"/situation?disease={county.DISEASE}"
        first, good = asked(page)
        began = time.perf_counter()
        jobs.reckon.func(root().code, county.DISEASE, clock.now().isoformat(), "onset", [])
        job = time.perf_counter() - began
        turns = [asked(page) for _ in range(repeat)]
        panels = {panel: asked(f"/situation/{panel}.csv?disease={county.DISEASE}") for panel in PANELS}
        good = good and all(ok for _, ok in (*turns, *panels.values()))
        return figures | {"first": round(first, 2), "job": round(job, 2), "seconds": round(statistics.median(t for t, _ in turns), 2), **{p: round(t, 2) for p, (t, _) in panels.items()}, "equal": good}
