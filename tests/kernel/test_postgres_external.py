"""A server that somebody else runs: the same roles and the same face, on Debian's PostgreSQL 15."""


import psycopg
import pytest
from postgres_help import DEBIAN, debian_server, open_place

from sizao.kernel import postgres
from sizao.kernel.errors import Refused
from sizao.kernel.postgres import Store

pytestmark = pytest.mark.skipif(not (DEBIAN / "initdb").exists(), reason="Debian's PostgreSQL 15 is not installed")


@pytest.fixture(scope="module")
def debian():
    with open_place() as place, debian_server(place) as url:
        yield url


@pytest.fixture
def place():
    with open_place() as path:
        yield path


@pytest.fixture
def store(place, debian, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", debian)
    monkeypatch.setenv("SIZAO_DATABASE_TAKE", "1")
    return Store.open(place / "store")


def test_role_that_is_no_superuser_makes_the_three_roles_and_the_database(store):
    server = postgres.connect(store)
    assert server.dbname == "sizao"
    assert server.stop() is False
    for role, user in (("owner", "sizao_owner"), ("app", "sizao_app"), ("public", "sizao_public")):
        with server.connect(role) as connection:
            assert connection.execute("SELECT current_user::text, current_database()::text").fetchone() == (user, "sizao")
            assert connection.info.server_version // 10000 == 15
    with server.connect("app") as connection:
        assert connection.execute("SELECT string_agg(x, ',' ORDER BY x) FROM unnest(ARRAY['b','A','a','中']) x").fetchone()[0] == "A,a,b,中"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE t (x int)")
    assert postgres.connect(Store.open(store.path)).dsn("app") == server.dsn("app")
    assert not (store.path / "pg").exists()


def test_database_named_in_the_url_is_made_and_used(store, debian, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", debian.replace("/postgres?", "/xian_2026?"))
    assert postgres.connect(store).dbname == "xian_2026"


def test_roles_of_another_store_are_refused_until_they_are_taken(store, place, monkeypatch):
    postgres.connect(store)
    monkeypatch.delenv("SIZAO_DATABASE_TAKE")
    second = Store.open(place / "second")
    with pytest.raises(Refused, match="postgres-roles-taken"):
        postgres.connect(second)
    assert postgres.connect(store).dsn("app")["password"]
    monkeypatch.setenv("SIZAO_DATABASE_TAKE", "1")
    postgres.connect(second)
    monkeypatch.delenv("SIZAO_DATABASE_TAKE")
    with pytest.raises(Refused, match="postgres-roles-taken"):
        postgres.connect(Store.open(store.path))


def test_forgotten_url_never_shows_an_empty_database(store, monkeypatch):
    postgres.connect(store)
    monkeypatch.delenv("DATABASE_URL")
    with pytest.raises(Refused, match="store-database-elsewhere"):
        postgres.connect(Store.open(store.path))


def test_further_databases_are_made_and_dropped(store):
    server = postgres.connect(store)
    server.create_database("test_sizao")
    with server.connect("app", dbname="test_sizao"):
        pass
    server.drop_database("test_sizao")
    with pytest.raises(psycopg.OperationalError):
        server.connect("app", dbname="test_sizao")


@pytest.mark.parametrize(
    "url, code",
    [
        ("nonsense://", "postgres-url-unreadable"),
        ("postgresql://office:wrong@/postgres?host={host}", "postgres-unreachable"),
        ("postgresql://office:x@/postgres?host=/nowhere", "postgres-unreachable"),
    ],
)
def test_wrong_url_is_refused_in_words_without_the_password(place, debian, monkeypatch, url, code):
    monkeypatch.setenv("DATABASE_URL", url.format(host=debian.split("host=")[1]))
    with pytest.raises(Refused, match=code) as refusal:
        postgres.connect(Store.open(place / "store"))
    assert "wrong" not in refusal.value.text("en")


def test_role_without_the_right_to_create_is_refused(store, debian, monkeypatch, place):
    server = postgres.connect(store)
    app = server.dsn("app")
    monkeypatch.setenv("DATABASE_URL", psycopg.conninfo.make_conninfo(**app))
    with pytest.raises(Refused, match="postgres-may-not-create"):
        postgres.connect(Store.open(place / "third"))


def test_backup_of_an_external_server_comes_back_into_an_embedded_one(store, place, monkeypatch):
    server = postgres.connect(store)
    with server.connect("owner") as owner:
        owner.execute("DROP TABLE IF EXISTS t")
        owner.execute("CREATE TABLE t (x text)")
        owner.execute("INSERT INTO t SELECT '密接' || n FROM generate_series(1, 1000) n")
        owner.execute("GRANT SELECT ON t TO sizao_app")
    manifest = postgres.backup(store, place / "saved.zip")
    assert manifest["rows"] == {"public.t": 1000}
    assert manifest["postgresql"] == 15
    monkeypatch.delenv("DATABASE_URL")
    fresh = Store.open(place / "fresh")
    postgres.restore(place / "saved.zip", fresh)
    with postgres.connect(fresh).connect("app") as connection:
        assert connection.execute("SELECT count(*), min(x) FROM t").fetchone() == (1000, "密接1")
    assert postgres.backup(fresh, place / "newer.zip")["postgresql"] == 18
    monkeypatch.setenv("DATABASE_URL", psycopg.conninfo.make_conninfo(**(server.base | server.admin | {"dbname": "other"})))
    with pytest.raises(Refused, match="backup-newer-postgres"):
        postgres.restore(place / "newer.zip", Store.open(place / "external"))
