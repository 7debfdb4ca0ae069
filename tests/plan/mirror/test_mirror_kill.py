"""kill -9 in the middle of a refresh: the copy and the mark up to where it reaches are one, so the next refresh finds everything."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from mirror_equal import at, differences

from sizao.kernel.acts import NewAct, record
from sizao.kernel.errors import Refused
from sizao.plan.mirror.mirror import Mirror
from sizao.registers.cases.models import Contact
from sizao.registers.population.models import Person

ROOT = Path(__file__).resolve().parents[3]
REFRESH = """
import sys
from sizao.wiring.database import boot
boot(sys.argv[1], dbname=sys.argv[2])
from sizao.plan.mirror import source
from sizao.plan.mirror.mirror import Mirror
source.CHUNK = 2000
with Mirror.open(sys.argv[3]) as mirror:
    print("open", flush=True)
    while True:
        mirror.refresh(whole="whole" in sys.argv)
        print("done", flush=True)
"""


def write(county, system, n):
    """Somebody is named, changes and is checked."""
    grids = [a for a in county.areas.values() if a.level == "grid"]
    people = Person.objects.bulk_create([Person(area=grids[i % len(grids)], known_from=at(1), stands_from=at(1)) for i in range(n)])
    fields = {"disease": "covid-19", "classification": "close", "known_from": at(2), "stands_from": at(2)}
    contacts = Contact.objects.bulk_create([Contact(person=p, area=p.area, **fields) for p in people])
    Contact.objects.filter(pk__in=[c.pk for c in contacts[::3]]).update(classification="general", stands_from=at(5))
    acts = record(system, [NewAct("isolation.daily_check", c.pk, at(3), c.person_id, outcome="ok") for c in contacts])
    record(
        system,
        [
            NewAct("isolation.daily_check", c.pk, at(3), c.person_id, outcome="void", replaces=a)
            for c, a in zip(contacts[::5], acts[::5], strict=True)
        ],
    )
    Contact.objects.filter(pk__in=[c.pk for c in contacts[::10]]).delete()


def killed(store, own_database, folder, *more, work):
    """A process that refreshes without end, killed while somebody works."""
    command = [sys.executable, "-c", REFRESH, str(store.path), own_database, str(folder), *more]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env=dict(os.environ)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        work()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        return process.stdout.read().count(b"done")


def opened(folder):
    """The mirror, as soon as the server has seen that the killed process is gone."""
    until = time.monotonic() + 10
    while True:
        try:
            return Mirror.open(folder)
        except Refused:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def test_killed_at_any_moment_it_misses_nothing_and_doubles_nothing(county, system, store, own_database, tmp_path):
    r, folder, done = random.Random(7), tmp_path / "mirror", 0
    write(county, system, 300)
    for turn in range(8):

        def work():
            write(county, system, 60)
            time.sleep(r.random() / 2)

        done += killed(store, own_database, folder, *(["whole"] if turn % 3 == 0 else []), work=work)
        if turn % 2:
            continue
        with opened(folder) as mirror:
            mirror.refresh()
            assert differences(mirror) == {}
            assert mirror.refresh(check=True).differ == []
            assert list((folder / "tmp").iterdir()) == []
    assert done, "some refreshes came to their end"
