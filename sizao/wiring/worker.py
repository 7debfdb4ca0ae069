"""The worker process: seals, duties by the clock, jobs, and the plan's run after changes."""

import os
import sys
from datetime import datetime

from .database import boot


def main() -> int:
    boot()
    from sizao.flows import grade_by_criteria, plan_in_force
    from sizao.kernel import clock, jobs, worker
    from sizao.kernel.scope import Scope
    from sizao.plan import run
    from sizao.plan.mirror import choice
    from sizao.registers.movement import visiting

    choice.hold()
    fixed = os.environ.get("SIZAO_AS_OF")

    def now() -> datetime:
        return datetime.fromisoformat(fixed) if fixed else clock.now()

    def run_plan() -> None:
        run.evaluate_all(now())

    def lay_out() -> None:
        plan_in_force.lay_out(Scope.system("responsibilities"), now())

    def grade() -> None:
        grade_by_criteria.grade(Scope.system("grades by criteria"), now())

    jobs.every(60, name="plan.run")(run_plan)
    jobs.on_change(name="plan.run-after-changes", quiet=1, latest=10)(run_plan)
    jobs.every(300, name="command.responsibilities")(lay_out)
    jobs.every(600, name="command.grades-by-criteria")(grade)
    def turn_days() -> None:
        visiting.drop_old(now())
        visiting.prepare_days(now())

    jobs.every(3600, name="movement.visits")(turn_days)
    jobs.every(86_400, name="mirror.check")(choice.check)
    worker.run_worker()
    return 0


if __name__ == "__main__":
    sys.exit(main())
