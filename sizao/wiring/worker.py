"""The worker process: seals, duties by the clock, jobs, and the plan's run after changes."""

import os
import sys
from datetime import datetime

from .database import boot


def main() -> int:
    boot()
    from sizao.kernel import clock, jobs, worker
    from sizao.plan import run
    from sizao.plan.mirror import choice

    choice.hold()
    fixed = os.environ.get("SIZAO_AS_OF")

    def run_plan() -> None:
        run.evaluate_all(datetime.fromisoformat(fixed) if fixed else clock.now())

    jobs.every(60, name="plan.run")(run_plan)
    jobs.on_change(name="plan.run-after-changes", quiet=1, latest=10)(run_plan)
    jobs.every(86_400, name="mirror.check")(choice.check)
    worker.run_worker()
    return 0


if __name__ == "__main__":
    sys.exit(main())
