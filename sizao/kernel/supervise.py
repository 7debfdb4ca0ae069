"""Keeps the processes of one store running: starts them, starts again what dies, and takes them along when it ends.

A child that is lost takes its own children with it (it leads a process group), so that a port or a lock is free for the next one.
When this process is killed outright the children are told by the kernel (Linux) or notice that their parent has changed (`follow_parent`).
"""

import _thread
import contextlib
import ctypes
import fcntl
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from sizao.kernel.errors import Refused
from sizao.kernel.logs import told

log = logging.getLogger("sizao.supervise")

FIRST_WAIT, LONGEST_WAIT = 0.1, 5.0

#: A child that lived this long is healthy: its next loss is answered at once.
HEALTHY = 10.0

_PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Child:
    """A process that is kept running.

    Attributes:
        name: For the log.
        command: The program and its arguments. They show in the list of processes: no secret goes here.
        environment: Added to this process's own.
        patience: Seconds between the order to stop and the end.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    patience: float = 5.0
    process: subprocess.Popen[bytes] | None = None
    begun: float = 0.0
    wait: float = FIRST_WAIT
    losses: int = 0

    def start(self) -> None:
        environment = {**os.environ, **self.environment, "SIZAO_PARENT": str(os.getpid())}
        self.process = subprocess.Popen(
            list(self.command), env=environment, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=_die_with(os.getpid())
        )
        self.begun = time.monotonic()
        log.info("%s started: pid %d", self.name, self.process.pid)

    def look(self, now: float) -> None:
        """Starts it again when it is gone and its time has come; every loss in a row doubles the wait."""
        if self.process is not None:
            code = self.process.poll()
            if code is None:
                return
            _end_group(self.process.pid)
            self.losses += 1
            self.wait = FIRST_WAIT if now - self.begun >= HEALTHY else min(self.wait * 2, LONGEST_WAIT)
            log.warning("%s ended (%s); again in %.1f s", self.name, _how(code), self.wait)
            self.process, self.begun = None, now
        elif now >= self.begun + self.wait:
            self.start()


class Supervisor:
    """Runs children until it is told to stop.

    Attributes:
        children: What is kept running, started in this order.
        watches: (seconds, call): called again and again between, e.g. to start a lost database. What they raise is logged.
        place: A file that is locked while this runs and holds its process id, so that a store is served once and `stop` finds it.
    """

    def __init__(self, children: Sequence[Child], *, watches: Sequence[tuple[float, Callable[[], object]]] = (), place: Path | None = None) -> None:
        self.children = list(children)
        self.stop = threading.Event()
        self._watches = list(watches)
        self._watched = [0.0 for _ in watches]
        self._place = place

    def run(self) -> None:
        """Returns after SIGTERM, SIGINT, SIGHUP (unless it is ignored, as under `nohup`) or `stop.set()`, when all children have ended. Refused: already-serving."""
        held = _hold(self._place) if self._place else None
        # Whoever starts it with `nohup` wants it to outlive his terminal: what is ignored already stays so.
        hang_up = () if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN else (signal.SIGHUP,)
        before = {number: signal.signal(number, sets(self.stop)) for number in (signal.SIGTERM, signal.SIGINT, *hang_up)}
        try:
            for child in self.children:
                child.start()
            while not self.stop.wait(0.1):
                now = time.monotonic()
                for child in self.children:
                    child.look(now)
                self._watch(now)
        finally:
            self._end_all()
            for number, handler in before.items():
                signal.signal(number, handler)
            if held is not None:
                os.ftruncate(held, 0)
                os.close(held)

    def _watch(self, now: float) -> None:
        for number, (seconds, call) in enumerate(self._watches):
            if now >= self._watched[number] + seconds:
                try:
                    call()
                except Exception as fault:
                    log.warning("watch: %s", told(fault))
                self._watched[number] = time.monotonic()

    def _end_all(self) -> None:
        running = [child for child in self.children if child.process is not None and child.process.poll() is None]
        for child in running:
            assert child.process is not None
            child.process.terminate()
        begun = time.monotonic()
        for child in running:
            assert child.process is not None
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.05, begun + child.patience - time.monotonic()))
        for child in self.children:
            if child.process is not None:
                _end_group(child.process.pid)
                child.process.wait()


def sets(event: threading.Event) -> Callable[[int, FrameType | None], None]:
    """A handler of signals that sets an event for which the main thread may be waiting.

    It lets another thread do it: the handler runs in the main thread, which may just have taken the event's own lock, and would wait for itself.
    """

    def handle(_number: int, _frame: FrameType | None) -> None:
        _thread.start_new_thread(event.set, ())

    return handle


def serving(place: Path) -> int | None:
    """The process id of the supervisor that holds this file, or None."""
    try:
        held = os.open(place, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.read(held, 32).strip()
        return int(text) if text.isdigit() else None
    finally:
        os.close(held)
    return None


def stop(place: Path, patience: float = 15.0) -> bool:
    """Asks the supervisor that holds this file to end and waits until it has; False when none ran. Refused: would-not-stop."""
    pid = serving(place)
    if pid is None:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + patience
    while serving(place) is not None:
        if time.monotonic() > until:
            raise Refused("would-not-stop", pid=pid, seconds=patience)
        time.sleep(0.05)
    return True


def follow_parent(signal_number: int = signal.SIGTERM, every: float = 0.5) -> None:
    """Ends this process when its parent is gone. For processes that the supervisor did not start itself, such as a server's workers.

    Asks politely first, and ends the process outright if it is still there two seconds later.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(every)
        os.kill(os.getpid(), signal_number)
        time.sleep(2)
        os._exit(1)

    threading.Thread(target=watch, name="follow-parent", daemon=True).start()


def granian(target: str, *, host: str, port: int, workers: int = 1, threads: int = 4) -> list[str]:
    """The command of a web server for a WSGI application named "module:object"; `threads` a worker."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port), "--workers", str(workers)]
    return [*command, "--blocking-threads", str(threads), "--respawn-failed-workers", "--log-level", "error", target]


def _die_with(parent: int) -> Callable[[], None] | None:
    """For the child before it becomes its program: on Linux the kernel sends it SIGTERM when the parent ends, however that ends."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def prepare() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it ended between the fork and this line
            os._exit(1)

    return prepare


def _end_group(leader: int) -> None:
    """Ends whatever is left of a child's process group; its orphans would keep its port."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"status {code}"


def _hold(place: Path) -> int:
    held = os.open(place, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = os.read(held, 32).decode().strip()
        os.close(held)
        raise Refused("already-serving", pid=pid or "?") from None
    os.ftruncate(held, 0)
    os.write(held, str(os.getpid()).encode())
    return held
