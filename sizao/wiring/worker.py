"""The worker process: seals, duties by the clock, jobs, and the plan's run after changes."""

import os
import sys
from datetime import datetime

from .database import boot


def main() -> int:
    boot()
    from datetime import timedelta

    from sizao.doors.relay import inside
    from sizao.flows import case_by_definition, grade_by_criteria, handovers_overdue, orders_weighed, plan_in_force, signals_raised
    from sizao.kernel import areas, clock, courtesy, jobs, worker
    from sizao.kernel.scope import Scope
    from sizao.plan import run
    from sizao.plan.mirror import choice
    from sizao.registers.laboratory import quality
    from sizao.registers.movement import visiting
    from sizao.registers.population import looking
    from sizao.situation import keeping

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

    def judge_cases() -> None:
        case_by_definition.judge_again(Scope.system("cases judged again"), now() - timedelta(minutes=30))

    def watch_laboratories() -> None:
        top = areas.root()
        quality.watch_now(now(), top.zone if top else "UTC")

    def watch_streams() -> None:
        signals_raised.watch(Scope.system("streams watched"), now())

    jobs.every(1800, name="surveillance.streams")(watch_streams)
    jobs.every(300, name="cases.judged-again")(judge_cases)
    jobs.every(3600, name="laboratory.quality")(watch_laboratories)
    jobs.every(60, name="plan.run")(run_plan)
    jobs.on_change(name="plan.run-after-changes", quiet=1, latest=10)(run_plan)
    jobs.every(300, name="command.responsibilities")(lay_out)
    jobs.every(600, name="command.grades-by-criteria")(grade)

    def overdue() -> None:
        handovers_overdue.tell(now())

    jobs.every(600, name="movement.handovers-overdue")(overdue)

    def weigh_orders() -> None:
        orders_weighed.raise_tickets(now())

    jobs.every(600, name="command.orders-weighed")(weigh_orders)

    def turn_days() -> None:
        visiting.drop_old(now())
        visiting.prepare_days(now())

    jobs.every(3600, name="movement.visits")(turn_days)
    jobs.on_change(name="population.duplicates", quiet=10, latest=300)(looking.look)
    jobs.every(86_400, name="population.duplicates-whole")(lambda: looking.look(whole=True))
    jobs.every(86_400, name="mirror.check")(choice.check)
    jobs.every(3600, name="situation.forget")(keeping.forget)
    inside.start()  # somebody waits for these answers
    courtesy.step_back()
    worker.run_worker()
    return 0


if __name__ == "__main__":
    sys.exit(main())
