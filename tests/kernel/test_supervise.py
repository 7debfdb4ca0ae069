"""The supervisor: what dies comes again, and nothing stays behind, however it ends itself."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sizao.kernel import supervise
from sizao.kernel.errors import Refused
from sizao.kernel.supervise import Child, Supervisor

#: A child with a child of its own, as a web server has; both write down their process ids.
CHILD = """
import os, subprocess, sys, time
own = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open(sys.argv[1], "a").write(f"{os.getpid()} {own.pid}\\n")
time.sleep(60)
"""
MAIN = """
import sys
from pathlib import Path
from sizao.kernel.supervise import Child, Supervisor
children = [Child(name, [sys.executable, "-c", sys.argv[1], sys.argv[2] + name], patience=1) for name in ("web", "worker")]
Supervisor(children, place=Path(sys.argv[2] + "place"), watches=[(0.1, lambda: open(sys.argv[2] + "watched", "a").write("x")), (0.1, lambda: 1 / 0)]).run()
"""


#: The order comes at the worst of moments: the waiting thread has just taken the lock of the event that it waits for.
UNLUCKY = """
import os, signal, sys, threading
if sys.argv[1] == "supervisor":
    from sizao.kernel.supervise import Supervisor
    one = Supervisor([])
    run = one.run
else:
    import django
    from django.conf import settings
    apps = ["django.contrib.contenttypes", "django.contrib.auth", "django_tasks", "django_tasks_db", "sizao.kernel"]
    settings.configure(INSTALLED_APPS=apps, AUTH_USER_MODEL="kernel.User", TASKS={"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}})
    django.setup()
    from sizao.kernel import worker
    class Quiet(worker.Worker):
        def __init__(self, stop):
            super().__init__(stop)
            self._threads = []
        def _lead(self):
            pass
    worker.Worker = Quiet
    class one:
        stop = threading.Event()
    run = lambda: worker.run_worker(one.stop)
lock = one.stop._cond
wait = lock.wait
def unlucky(seconds):  # here the thread holds the lock
    os.kill(os.getpid(), signal.SIGTERM)
    lock.wait = wait
    return wait(seconds)
lock.wait = unlucky
run()
print("ended")
"""


def until(true: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.03)


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in ("Z", "X")
    except FileNotFoundError:
        return False


def pids(folder: Path, name: str) -> list[tuple[int, int]]:
    path = folder / name
    return [tuple(map(int, line.split())) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def served(tmp_path) -> Iterator[tuple[subprocess.Popen, Path]]:
    def as_a_terminal_starts_it() -> None:  # whoever runs the tests under nohup hands down that a hang-up is ignored
        signal.signal(signal.SIGHUP, signal.SIG_DFL)

    main = subprocess.Popen(
        [sys.executable, "-c", MAIN, CHILD, f"{tmp_path}/"], stderr=subprocess.DEVNULL, preexec_fn=as_a_terminal_starts_it
    )
    until(lambda: pids(tmp_path, "web") and pids(tmp_path, "worker"))
    yield main, tmp_path
    main.kill()
    main.wait()
    for name in ("web", "worker"):
        for pid in (one for pair in pids(tmp_path, name) for one in pair):
            if lives(pid):
                os.kill(pid, signal.SIGKILL)


def everyone(folder: Path) -> list[int]:
    return [pid for name in ("web", "worker") for pair in pids(folder, name) for pid in pair]


def test_a_child_that_is_killed_comes_again_and_its_own_children_go(served):
    _, folder = served
    child, grandchild = pids(folder, "web")[0]
    os.kill(child, signal.SIGKILL)
    until(lambda: len(pids(folder, "web")) == 2)
    assert not lives(grandchild)
    assert len(pids(folder, "worker")) == 1


def test_told_to_stop_it_leaves_nobody_behind(served):
    main, folder = served
    assert supervise.serving(folder / "place") == main.pid
    assert supervise.stop(folder / "place", 8)
    main.wait(5)
    assert [pid for pid in everyone(folder) if lives(pid)] == []
    assert supervise.serving(folder / "place") is None
    assert not supervise.stop(folder / "place")


def test_under_nohup_it_outlives_the_terminal_that_started_it(served, tmp_path_factory):
    folder = tmp_path_factory.mktemp("nohup")
    hung_up = subprocess.Popen(
        ["nohup", sys.executable, "-c", MAIN, CHILD, f"{folder}/"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    try:
        until(lambda: pids(folder, "web"))
        for main in (hung_up, served[0]):
            main.send_signal(signal.SIGHUP)
        served[0].wait(5)  # the one that was not told to stay has ended
        assert hung_up.poll() is None and lives(pids(folder, "web")[0][0])
    finally:
        hung_up.terminate()
        hung_up.wait(5)


@pytest.mark.parametrize("who", ["supervisor", "worker"])
def test_told_to_stop_at_the_worst_of_moments_it_stops(who):
    done = subprocess.run([sys.executable, "-c", UNLUCKY, who], capture_output=True, text=True, timeout=20)
    assert done.stdout == "ended\n", done.stderr


def test_killed_outright_it_takes_its_children_along(served):
    main, folder = served
    main.kill()
    main.wait()
    until(lambda: not any(lives(pair[0]) for name in ("web", "worker") for pair in pids(folder, name)))
    assert supervise.serving(folder / "place") is None


def test_a_store_is_served_once(served):
    main, folder = served
    with pytest.raises(Refused, match=str(main.pid)) as caught:
        Supervisor([], place=folder / "place").run()
    assert caught.value.code == "already-serving"


def test_watches_go_on_whatever_they_raise(served):
    _, folder = served
    watched = folder / "watched"
    until(lambda: watched.exists() and len(watched.read_text()) > 3)


def test_a_child_that_cannot_live_is_tried_ever_more_rarely():
    child = Child("broken", [sys.executable, "-c", "raise SystemExit(3)"])
    child.start()
    waits = []
    for _ in range(3):
        child.process.wait()
        child.look(time.monotonic())
        waits.append(child.wait)
        child.look(child.begun + child.wait)
    child.process.wait()
    assert waits == [0.2, 0.4, 0.8]
    assert child.losses == 3


def test_a_process_that_follows_its_parent_ends_with_it(tmp_path):
    inner = "from sizao.kernel.supervise import follow_parent; import os, time, sys; follow_parent(every=0.05); open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(60)"
    outer = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', sys.argv[1], sys.argv[2]]); time.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", outer, inner, str(tmp_path / "pid")])
    until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    parent.kill()
    parent.wait()
    until(lambda: not lives(int((tmp_path / "pid").read_text())))
