"""What the worker drills run in a process of their own. Not a test: a program and its jobs.

`python drilled.py <databases as JSON>` runs the worker; jobs write what they did to files in the folder `DRILL`.
"""

import json
import os
import sys
import time
from pathlib import Path

import django
from django.conf import settings

if __name__ == "__main__":
    settings.configure(
        DATABASES=json.loads(sys.argv[1]),
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django_tasks", "django_tasks_db", "sizao.kernel"],
        AUTH_USER_MODEL="kernel.User",
        TASKS={"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}},
        USE_TZ=True,
        LOGGING_CONFIG=None,
    )
    django.setup()

from django_tasks import task

from sizao.kernel import jobs


def leave(name: str, text: str = "") -> None:
    with (Path(os.environ["DRILL"]) / name).open("a") as file:
        file.write(f"{text or os.getpid()}\n")


@task()
def sign(name: str) -> str:
    leave(name)
    return name


@task()
def sleep_long(name: str) -> None:
    leave(name)
    time.sleep(60)


@task()
def fail_over(value: str) -> None:
    raise ValueError(f"cannot use {value}")


@task()
def answer_oddly() -> object:
    return object()


if __name__ == "__main__":
    import drilled  # the jobs' own module: their path must not be __main__

    @jobs.every(1, name="drill.second")
    def second() -> None:
        drilled.leave("seconds")

    @jobs.on_change(name="drill.answer", quiet=0.3, latest=1)
    def answer() -> None:
        drilled.leave("answers")

    from sizao.kernel.worker import run_worker

    drilled.leave("started")
    run_worker()
