"""Letters from the public's process: only the inside opens them, only the asker opens the answer, and only the public's own routes are answered."""

from datetime import timedelta

import pytest

from sizao.doors.models import Relayed, RelayKey
from sizao.doors.relay import inside, sealing
from sizao.kernel import clock, keys
from sizao.kernel.errors import Refused
from sizao.passes import issuing
from sizao.registers.movement.models import TravelDeclaration

pytestmark = pytest.mark.django_db


def lay_down(path, method="GET", body=b"", at=None):
    """As the outside does it; the key that opens the answer."""
    inside.open_box()
    letter = {"method": method, "path": path, "type": "application/x-www-form-urlencoded", "from": "203.0.113.7", "language": "en", "csrf": "", "accept": "text/html", "host": "x"}
    sealed, back = sealing.write(letter, body, bytes(RelayKey.objects.get().public))
    Relayed.objects.create(asked_at=at or clock.now(), asked=sealed)
    return back


def answered(back):
    assert inside.Answering().one()
    return sealing.opened(back, bytes(Relayed.objects.latest("asked_at").answer))


def test_a_persons_own_page_comes_from_inside_and_opens_only_for_who_asked(outside_holder):
    _person, code = outside_holder
    back = lay_down(f"/my/{code}")
    head, body = answered(back)
    assert head["status"] == 200 and "张".encode() in body and b"<svg" in body
    row = Relayed.objects.get()
    assert bytes(row.asked) == b"" and code.encode() not in bytes(row.answer)
    with pytest.raises(Refused, match="sealed-unreadable"):
        sealing.opened(bytes(32), bytes(row.answer))


def test_no_other_address_is_answered_from_inside(outside_holder):
    for path in ("/", "/registers", "/person/019a0000-0000-7000-8000-000000000000", "/api/v1/openapi.json", "/nowhere"):
        head, _ = answered(lay_down(path))
        assert head["status"] == 404, path


def test_a_wrong_code_is_answered_like_a_page_that_does_not_exist_and_counted(outside_holder):
    head, _ = answered(lay_down("/my/AAAA-BBBB-CCCC-DDDD"))
    assert head["status"] == 404


def test_what_was_sent_waits_for_days_and_what_was_asked_does_not(outside_holder):
    old = clock.now() - timedelta(days=2)
    lay_down("/my/AAAA-BBBB-CCCC-DDDD", at=old)
    back = lay_down("/declare/find", "POST", b"code=ABCDEFGHJK", at=old + timedelta(seconds=1))
    answering = inside.Answering()
    assert answering.one() and Relayed.objects.count() == 1  # the reading is gone: nobody waits for it
    assert answering.one()
    head, _ = sealing.opened(back, bytes(Relayed.objects.get().answer))
    assert head["status"] == 303 and head["headers"]["Location"].startswith("/declare/")
    assert not answering.one()


def test_a_letter_under_a_lost_key_ends_without_an_answer(outside_holder):
    lay_down("/my/x")
    RelayKey.objects.all().delete()
    ring = keys.ring()
    sealed, _ = sealing.write({"method": "GET", "path": "/"}, b"", sealing.public_of(bytes(range(32))))
    Relayed.objects.all().delete()
    Relayed.objects.create(asked_at=clock.now(), asked=sealed)
    assert ring and inside.Answering().one() and bytes(Relayed.objects.get().answer) == b""


def test_a_declaration_told_twice_is_one(outside_holder):
    import re

    _, form = answered(lay_down("/declare"))
    token = re.search(rb'name="token" value="([^"]+)"', form)[1].decode()
    assert token and TravelDeclaration.objects.count() == 0


@pytest.fixture
def outside_holder(county):
    from sizao.kernel.scope import Scope
    from sizao.registers.population import actions as population

    grid = county.areas["990001101201-1"]
    [person] = population.add_persons(Scope.system("test"), [population.PersonData(area_id=grid.pk, name="张小明", sex="male")], known=[clock.now()], sender="test")
    return person, issuing.open_holder(county.user("desk"), person)
