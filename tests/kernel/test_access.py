"""Who may hold what: rights that must be apart, grants of two people, duties in other hands, broken glass."""

from datetime import timedelta

import pytest

from sizao.kernel import access, clock, glass, granting, handing, organisation
from sizao.kernel.codes import roles
from sizao.kernel.errors import Refused
from sizao.kernel.models import BrokenGlass, Grant, Holding, User
from sizao.kernel.scope import Scope

VILLAGE, OTHER = "990001101201", "990001102201"


@pytest.fixture
def real(db, monkeypatch):
    """The test's store counts as a real one."""
    monkeypatch.setattr(organisation, "is_demo", lambda: False)


@pytest.fixture
def chief(county):
    return county.user("accounts")


def refused(code, call, *args, **more):
    with pytest.raises(Refused) as told:
        call(*args, **more)
    assert told.value.code == code


def newcomer(name="newcomer"):
    return User.objects.create_user(name)


def ask(scope, user, role, area, **more):
    return granting.ask(scope, user, role, area, since=clock.now(), **more)


def test_every_human_role_of_the_catalogue_has_a_role_and_no_role_but_the_whole_one_mixes_what_must_be_apart():
    assert set(access.rules()["human"].values()) <= set(roles())
    mixed = [name for name in roles() if not access.may_stand_together(access.kinds_of(access.permissions_of(name)))]
    assert mixed == [access.whole_role()[0]]


def test_no_administrator_may_read_a_person():
    reading = set(access.rules()["apart"]["persons"]["permissions"])
    for name in ("accounts", "auditor", "operator"):
        assert not access.permissions_of(name) & reading


@pytest.mark.parametrize(("first", "then"), [("accounts", "auditor"), ("auditor", "operator"), ("operator", "accounts"), ("cdc", "accounts"), ("accounts", "grid_worker"), ("auditor", "doctor")])
def test_one_person_does_not_hold_what_must_be_apart(county, chief, first, then):
    somebody = newcomer()
    ask(chief, somebody, first, county.root)
    refused("duties-apart", ask, chief, somebody, then, county.root)
    assert Holding.objects.filter(user=somebody).count() == 1


def test_one_after_the_other_is_no_fault(county, chief):
    somebody, now = newcomer(), clock.now()
    granting.ask(chief, somebody, "cdc", county.root, since=now, until=now + timedelta(days=1))
    granting.ask(chief, somebody, "operator", county.root, since=now + timedelta(days=1))
    refused("duties-apart", granting.ask, chief, somebody, "auditor", county.root, since=now + timedelta(days=2))


def test_nobody_gives_to_himself(county, chief):
    refused("grant-to-oneself", ask, chief, chief.user, "publisher", county.root)


def test_a_strong_right_waits_for_a_second_person_who_is_neither_who_asked_nor_whom_it_is_for(county, chief):
    second, somebody = county.user("accounts"), newcomer()
    asked = ask(chief, somebody, "auditor", county.root)
    assert asked.decided_at is None and Scope.posts_of(somebody) == []
    refused("second-is-first", granting.second, chief, asked.pk, agree=True)
    granting.second(second, asked.pk, agree=True)
    assert [p.role for p in Scope.posts_of(somebody)] == ["auditor"]
    refused("grant-decided", granting.second, second, asked.pk, agree=True)


def test_where_nobody_could_second_it_stands_and_is_marked(county, chief):
    asked = ask(chief, newcomer(), "auditor", county.root)
    assert asked.alone and asked.decided_at


def test_naming_an_accounts_administrator_takes_the_administration_out_of_the_desk(county, real):
    desk = county.user("desk")
    assert desk.can("users.write")
    granting.ask(desk, newcomer(), "accounts", county.root, since=clock.now())
    after = Scope.open(desk.user)
    assert not after.can("users.write") and not after.can("audit.read") and after.can("case.write")
    second = newcomer("second-desk")
    organisation.give(Scope.system("test"), second, "desk", county.areas[VILLAGE], since=clock.now(), until=None)
    assert Grant.objects.get(post=Scope.posts_of(second)[0]).role == "duty_officer"


def test_a_demo_keeps_its_desk_whole(county):
    desk = county.user("desk")
    granting.ask(desk, newcomer(), "accounts", county.root, since=clock.now())
    assert Scope.open(desk.user).can("users.write")


def test_a_post_is_closed_and_the_last_accounts_administrator_stays(county, chief):
    somebody = newcomer()
    ask(chief, somebody, "publisher", county.root)
    granting.close(chief, Holding.objects.get(user=somebody).pk)
    assert Scope.posts_of(somebody) == []
    refused("grant-closed", granting.close, chief, Holding.objects.get(user=somebody).pk)
    refused("last-accounts", granting.close, chief, Holding.objects.get(user=chief.user).pk)


def test_purposes_and_times_of_a_grant_hold(county, chief):
    somebody, now = newcomer(), clock.now()
    granting.ask(chief, somebody, "analyst", county.root, since=now, until=now + timedelta(days=2), purposes=["exercise"])
    [post] = Scope.posts_of(somebody)
    assert not Scope.open(somebody, post).can("ledger.read")
    assert Scope.open(somebody, post, "exercise").can("ledger.read")
    with clock.frozen(now + timedelta(days=2)):
        assert Scope.posts_of(somebody) == []


def test_an_administrator_of_one_village_gives_nothing_elsewhere(county):
    local = county.user("accounts", VILLAGE)
    refused("not-found-or-out-of-area", ask, local, newcomer(), "publisher", county.areas[OTHER])
    above = county.user("cdc")
    refused("not-found-or-out-of-area", granting.check_may_admit, local, above.user)
    refused("not-found-or-out-of-area", granting.switch, local, above.user, active=False)


def test_a_duty_in_other_hands_ends_by_itself_and_is_not_handed_on(county):
    mine, now = county.user("cdc", VILLAGE), clock.now()
    other = newcomer()
    refused("duty-too-long", handing.hand, mine, other, since=now, until=now + timedelta(days=31))
    refused("duty-to-oneself", handing.hand, mine, mine.user, since=now, until=now + timedelta(days=3))
    handing.hand(mine, other, since=now, until=now + timedelta(days=3))
    assert Scope.open(other).can("case.write")
    refused("duty-not-mine", handing.hand, Scope.open(other), newcomer("third"), since=now, until=now + timedelta(days=1))
    with clock.frozen(now + timedelta(days=3)):
        refused("no-post", Scope.open, other)
        assert Scope.open(mine.user).can("case.write")


def test_a_duty_is_taken_back(county):
    mine, now = county.user("cdc", VILLAGE), clock.now()
    other = newcomer()
    made = handing.hand(mine, other, since=now, until=now + timedelta(days=3))
    with clock.frozen(now + timedelta(hours=1)):
        refused("not-found-or-out-of-area", handing.take_back, county.user("cdc", OTHER), made.pk)
        handing.take_back(mine, made.pk)
        assert Scope.posts_of(other) == []


def test_the_auditor_stands_in_for_no_doctor(county):
    mine, auditor, now = county.user("doctor"), county.user("auditor"), clock.now()
    refused("duties-apart", handing.hand, mine, auditor.user, since=now, until=now + timedelta(days=1))


def test_broken_glass_opens_for_hours_and_its_supervisor_is_told(county):
    doctor, commander = county.user("doctor", VILLAGE), county.user("commander")
    elsewhere = county.areas[OTHER]
    refused("glass-reason-missing", glass.break_, doctor, elsewhere, "emergency", "急", 1)
    refused("glass-too-long", glass.break_, doctor, elsewhere, "emergency", "昏迷病人，查既往隔离记录", 99)
    made = glass.break_(doctor, elsewhere, "emergency", "昏迷病人，查既往隔离记录", 1)
    refused("glass-open", glass.break_, doctor, elsewhere, "emergency", "昏迷病人，查既往隔离记录", 1)
    opened = glass.through(doctor, made)
    assert opened.can("person.names", elsewhere) and not doctor.can("person.read", elsewhere)
    assert not opened.can("care.write", elsewhere) and not opened.can("case.write", elsewhere)
    assert glass.glass_of(f"{opened.purpose}: {opened.reason}") == made.pk
    assert made.supervisor == commander.post and glass.unseen(commander) == 1
    assert glass.open_to(commander, clock.now()) == [made] and glass.open_to(doctor, clock.now()) == []
    assert glass.open_to(commander, made.ends_at) == []
    glass.look(commander, made.pk, justified=True)
    assert glass.unseen(commander) == 0 and glass.open_to(commander, clock.now()) == [made], "looked at, and open still"
    with clock.frozen(made.ends_at):
        assert glass.open_now(doctor.user, clock.now()) is None


def test_nobody_looks_into_his_own_glass(county):
    desk = county.user("desk")
    made = glass.break_(desk, county.root, "danger", "走失老人，须立即找到", 1)
    refused("glass-own", glass.look, desk, made.pk, justified=True)
    assert BrokenGlass.objects.get().seen_at is None


def test_an_administrator_breaks_no_glass(county):
    for role in ("accounts", "auditor", "operator"):
        refused("not-allowed", glass.break_, county.user(role), county.root, "fault", "授权系统故障测试", 1)


def test_a_narrowed_scope_is_within_what_it_was(county):
    cdc, village = county.user("cdc"), county.areas[VILLAGE]
    less = cdc.narrowed(["case.read"], village.path)
    assert less.can("case.read", village) and not less.can("case.write") and not less.can("case.read", county.areas[OTHER])
    wider = county.user("cdc", VILLAGE).narrowed((), county.root.path)
    assert wider.can("case.read", village) and not wider.can("case.read", county.root)
