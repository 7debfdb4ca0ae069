"""Two real stores with a real server each: a hand-over made in one is accepted in the other and closes what was owed; nothing is lost while one is dead, nothing is done twice."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytestmark = pytest.mark.full
ROOT = Path(__file__).resolve().parents[2]
#: A zone in which it is ten in the morning: what is owed today is open, and stays so while the drill lasts.
_AHEAD = (10 - datetime.now(UTC).hour + 12) % 24 - 12
ZONE = f"Etc/GMT{-_AHEAD:+d}"
PRELUDE = """
from pathlib import Path
from sizao.doors.cli import context
from sizao.wiring import main
context.boot, context.migrate = main.boot, main.migrate
context.open_store(Path({store!r}))
import json
"""
MAKE = """
from datetime import timedelta
from sizao.kernel import areas, clock
from sizao.kernel.areas import NewArea
from sizao.kernel.scope import Scope
from sizao.registers.cases import actions as cases
from sizao.registers.population import actions as population
grown = areas.grow([NewArea({code!r}, {name!r}, "county", time_zone={zone!r})])
context.first_desk(areas.root())
system, now, area = Scope.system("test"), clock.now(), areas.root().pk
people = population.add_persons(system, [population.PersonData(area, name, sex="female", phone=phone) for name, phone in (("李丽", "13900000001"), ("赵敏", "13900000002"))], known=[now] * 2, sender="t")
told = dict(area_id=area, disease="covid-19", classification="close", named_at=now, last_exposure_on=clock.local_day(now, {zone!r}) - timedelta(days=1))
cases.add_contacts(system, [cases.New(one, "t", f"J{{n}}", now, told) for n, one in enumerate(people, 1)])
from sizao.doors.cli.intake import _trial
from sizao.kernel import content
from sizao.plan.acts import acts_of
content.load(context.first_desk(areas.root()))
content.keep(acts_of(content.newest("plan", "contact-tracing-basic").text), areas.root(), now - timedelta(days=30), "drill")
_trial(context.first_desk(areas.root()), "contact-tracing-basic", "covid-19", {zone!r})
print(json.dumps(1))
"""


class Installation:
    """A store of one county with two contacts, its command line, and its server."""

    def __init__(self, code: str, county: str) -> None:
        self.place = Path(tempfile.mkdtemp(prefix="sizao-peer-"))
        self.place.chmod(0o755)
        self.store = str(self.place / "store")
        kept = {k: v for k, v in os.environ.items() if not k.startswith("SIZAO_") and k not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "PYTEST_VERSION", "PYTEST_CURRENT_TEST")}
        self.environment = kept | {"SIZAO_USER": "duty", "SIZAO_LANG": "en", "PYTHONPATH": str(ROOT)}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.run(MAKE.format(code=code, name=county, zone=ZONE))
        self.server: subprocess.Popen | None = None

    def sizao(self, *words: str) -> str:
        done = subprocess.run([sys.executable, "-m", "sizao", *words, "--store", self.store], env=self.environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def run(self, code: str):
        done = subprocess.run([sys.executable, "-c", PRELUDE.format(store=self.store) + code], env=self.environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout.strip().splitlines()[-1])

    def start(self) -> None:
        log = (self.place / "serve.log").open("a")
        self.server = subprocess.Popen([sys.executable, "-m", "sizao", "serve", "--store", self.store, "--port", str(self.port)], env=self.environment, stdout=log, stderr=log)
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2):
                    return
            except OSError:
                time.sleep(0.2)
        raise AssertionError("it does not answer")

    def stop(self) -> None:
        if self.server is not None:
            self.server.terminate()
            self.server.wait(90)
            self.server = None

    def gone(self) -> None:
        self.stop()
        subprocess.run([sys.executable, "-m", "sizao", "stop", "--store", self.store], env=self.environment, capture_output=True, timeout=60, check=False)
        shutil.rmtree(self.place, ignore_errors=True)


@pytest.fixture
def pair():
    made: list[Installation] = []
    try:
        for code, county in (("980001", "甲县"), ("980002", "乙县")):
            made.append(Installation(code, county))
        yield made
    finally:
        for one in made:
            one.gone()


COUNTY = "from sizao.kernel.models import Area; print(json.dumps(list(Area.objects.filter(level='county', outside=False).values_list('code', 'name_zh').first())))"
HAND_OVER = """
from sizao.interop.peers import outbox
from sizao.kernel import clock
from sizao.kernel.models import Area
from sizao.registers.cases.models import Contact
from sizao.registers.movement import actions
scope, contact = context.scope(), Contact.objects.get(source_id={contact!r})
there = Area.objects.get(code={code!r}, outside=True)
new = actions.NewHandover({contact!r}, there.pk, 'covid-19', clock.now(), person=contact.person_id, from_area_id=Area.objects.get(code={own!r}).pk, kind='area', purpose='observation')
[pk] = actions.send(scope, [new], sender='t').values()
outbox.handed_over(scope, pk)
print(json.dumps(str(pk)))
"""
STATE = """
from sizao.interop.peers.models import Incoming, Outgoing
from sizao.registers.movement.models import Handover
print(json.dumps({"handovers": [[h.person.name if h.person else "", h.answer, h.recalled_at is not None, h.answered_by] for h in Handover.objects.order_by("sent_at")],
  "waiting": Outgoing.objects.filter(received_at=None, refused="").count(), "refused": list(Outgoing.objects.exclude(refused="").values_list("refused", flat=True)), "taken": Incoming.objects.count()}))
"""
ACCEPT = """
from sizao.flows import handover_answered
from sizao.interop.peers import outbox
from sizao.kernel import clock
from sizao.registers.movement.models import Handover
row = Handover.objects.get(recalled_at=None)
handover_answered.answer(context.scope(), row.pk, 'accepted', clock.now(), by='乙县疾控')
outbox.answered(row.pk)
print(json.dumps(str(row.pk)))
"""


MEASURE = "contact-tested"
OWED = """
from sizao.plan import read, run
from sizao.registers.cases.models import Contact
made, who = run.evaluate_all(), Contact.objects.get(source_id={contact!r}).pk
found = [o for state in ("open", "closed") for o in read.missing(context.scope(), {measure!r}, state=state, limit=None, run=made).rows if o.subject == who]
print(json.dumps([{{"state": o.state, "why": o.why["en"]}} for o in found]))
"""
LATE = HAND_OVER.replace("NewHandover({contact!r}", "NewHandover('late'").replace("clock.now(), person", "clock.now() - timedelta(hours=30), person").replace("from sizao.interop", "from datetime import timedelta\nfrom sizao.interop", 1)
ANSWERS = """
from sizao.plan import read, run
made = run.evaluate_all()
print(json.dumps([[o.state, o.why["en"]] for o in read.missing(context.scope(), "handover-answered", limit=None, run=made).rows]))
"""


def test_a_hand_over_between_two_installations_survives_a_dead_one_a_doubled_message_and_a_recall(pair):
    first, second = pair
    own, theirs = first.run(COUNTY), second.run(COUNTY)
    cards = [json.loads(one.sizao("peers", "me", "--json")) for one in pair]
    for one, name, card, other, area in ((first, "乙县系统", cards[1], second, theirs), (second, "甲县系统", cards[0], first, own)):
        one.sizao("peers", "add", name, "--address", f"http://127.0.0.1:{other.port}", "--id", card["installation"], "--key", card["key"], "--until", card["until"], "--area", "=".join(area))
    first.start()
    kept = first.run(HAND_OVER.format(contact="J1", code=theirs[0], own=own[0]))  # nobody answers over there
    gone = first.run(HAND_OVER.format(contact="J2", code=theirs[0], own=own[0]))
    first.run(f"from sizao.interop.peers import outbox; from sizao.registers.movement import actions; actions.recall(context.scope(), {gone!r}, '弄错了'); outbox.recalled({gone!r}); print('1')")
    first.sizao("peers", "send")
    assert first.run(STATE)["waiting"] == 3  # nothing is lost
    second.start()
    first.sizao("peers", "send")
    state = second.run(STATE)
    assert [(name, answer, recalled) for name, answer, recalled, _ in state["handovers"]] == [("李丽", None, False), ("赵敏", None, True)] and first.run(STATE)["waiting"] == 0
    # as far as the first knows every receipt was lost: all of it is written anew from what it kept, and comes a second time
    body = first.run(
        "from sizao.interop.peers import outbox; from sizao.interop.peers.models import Outgoing\n"
        "from sizao.registers.movement.models import Handover\n"
        f"row = Outgoing.objects.get(kind='handover', about={kept!r}); again = outbox.handed_over(context.scope(), row.about); print(json.dumps(outbox.send_due(now_all=True)))"
    )
    assert body == 1 and len(second.run(STATE)["handovers"]) == 2  # the same hand-over under another message is the same hand-over
    second.run(ACCEPT)
    second.stop()
    first.stop()  # the answer is written while nobody is there to take it
    first.start()
    second.start()
    second.sizao("peers", "send")
    state = first.run(STATE)
    assert state["handovers"][0] == ["李丽", "accepted", False, "乙县疾控（乙县系统）"] and state["handovers"][1][2] is True and state["refused"] == []
    # what was owed there until then is closed, and says by whom and when; here it is owed by nobody else
    handed = OWED.format(measure=MEASURE, contact="J1")
    closed = first.run(handed)
    assert [(one["state"], one["why"].rpartition(" at ")[0]) for one in closed if one["why"].startswith("handed over")] == [("closed", "handed over: accepted by 乙县")], closed
    assert first.run(OWED.format(measure=MEASURE, contact="J2"))[0]["state"] == "open"  # recalled: still this county's own
    # a recall that comes when the time to answer is over leaves nobody overdue
    late = first.run(LATE.format(contact="J2", code=theirs[0], own=own[0]))
    first.sizao("peers", "send")
    assert [s for s, _ in second.run(ANSWERS)] == ["overdue"]
    first.run(f"from sizao.interop.peers import outbox; from sizao.registers.movement import actions; actions.recall(context.scope(), {late!r}, '弄错了'); outbox.recalled({late!r}); print('1')")
    first.sizao("peers", "send")
    assert second.run(ANSWERS) == [] and first.run(STATE)["refused"] == []
    moved = first.run("from sizao.registers.cases.models import Contact; print(json.dumps({c.source_id: c.area.code for c in Contact.objects.select_related('area')}))")
    assert moved["J1"] == theirs[0] and moved["J2"] != theirs[0]
