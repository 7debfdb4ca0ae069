"""A link lets one person in once."""

from datetime import timedelta

import pytest

from sizao.doors import policy
from sizao.doors.account import signing
from sizao.doors.kit import signin
from sizao.doors.models import SignInLink
from sizao.kernel import clock
from sizao.kernel.codes import roles
from sizao.kernel.errors import Refused


@pytest.fixture
def worker(county):
    return county.user("grid_worker", "990001101201-1").user


def test_looking_at_a_link_does_not_use_it_up(client, worker):
    link = signin.make_link(worker)
    assert client.get(link).status_code == 200
    assert client.get(link).status_code == 200
    assert client.post(link).status_code == 302
    assert client.session["_auth_user_id"] == str(worker.pk)


def test_a_link_opens_one_session_and_no_second(client, worker):
    link = signin.make_link(worker)
    client.post(link)
    client.post("/sign-out")
    answer = client.post(link)
    assert answer.status_code == 410
    assert "_auth_user_id" not in client.session


def test_a_link_is_dead_after_its_time(client, worker):
    link = signin.make_link(worker, minutes=30)
    with clock.frozen(clock.now() + timedelta(minutes=31)):
        assert client.get(link).status_code == 410
        assert client.post(link).status_code == 410


def test_no_link_lives_longer_than_a_day(worker):
    signin.make_link(worker, minutes=10**6)
    row = SignInLink.objects.get()
    assert row.expires_at - row.created_at == timedelta(days=1)


def test_the_store_does_not_hold_the_token(worker):
    token = signin.make_link(worker).rsplit("/", 1)[1]
    assert token not in str(SignInLink.objects.values_list().get())


def test_a_user_who_was_switched_off_stays_out(client, worker):
    link = signin.make_link(worker)
    worker.is_active = False
    worker.save()
    assert client.post(link).status_code == 410
    with pytest.raises(Refused):
        signin.use(link.rsplit("/", 1)[1])


def test_the_session_cookie_is_for_the_server_only(client, worker):
    cookie = client.post(signin.make_link(worker)).cookies["sizao_session" if "sizao_session" in client.cookies else "sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_a_back_address_leads_nowhere_else(client, db):
    assert client.post("/language", {"language": "en", "next": "//elsewhere.example/x"})["Location"] == "/"
    assert client.post("/language", {"language": "en", "next": "/today"})["Location"] == "/today"


FIRST = {
    "grid_worker": "/field", "community": "/field", "site_manager": "/field", "gateway": "/gate", "sampler": "/sample", "school_health": "/desk", "pharmacist": "/desk", "doctor": "/desk",
    "laboratory": "/desk", "enterprise_officer": "/desk", "cdc": "/desk", "commander": "/", "operator": "/plan", "accounts": "/users", "auditor": "/audit",
}  # fmt: skip


@pytest.mark.parametrize(("role", "page"), FIRST.items())
def test_each_role_lands_on_the_page_of_its_own_door(client, county, role, page):
    answer = client.post(signin.make_link(county.user(role, "990001").user))
    assert answer["Location"] == page
    assert client.get(page).status_code == 200


@pytest.mark.parametrize("role", sorted(roles()))
def test_nobody_lands_on_a_page_that_his_role_may_not_open(role):
    address = signing.first_page_of(type("Post", (), {"role": role})())
    route = next(r for r in policy.ROUTES if f"/{r.address}" == address)
    assert {p for p in (route.permission, *route.also) if p} <= set(roles()[role]["permissions"])


def test_signing_in_asks_nothing_of_passes_and_goes_on_without_them(client, worker, monkeypatch):
    """Whoever works here comes in whatever a pass says, and when nobody can make or judge one."""
    import ast
    import inspect
    from importlib import import_module

    from sizao.passes import issuing, status

    def broken(*_args, **_more):
        raise AssertionError("asked for a pass")

    for module in (issuing, status):
        for name, made in inspect.getmembers(module, inspect.isfunction):
            if made.__module__ == module.__name__:
                monkeypatch.setattr(module, name, broken)
    assert client.post(signin.make_link(worker)).status_code == 302
    assert client.get("/field").status_code == 200 and client.get("/device/key.json").status_code == 200
    for room in ("account.signing", "account.second", "account.factors", "account.passkey", "kit.signin", "kit.second", "kit.sessions", "kit.tries"):
        tree = ast.parse(inspect.getsource(import_module(f"sizao.doors.{room}")))
        named = {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)} | {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        assert not {n for n in named if n.startswith("sizao.passes")}, room
