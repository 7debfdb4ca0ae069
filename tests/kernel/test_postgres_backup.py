"""A store in one file, and back."""

import os
import threading
import zipfile

import psycopg
import pytest
from postgres_help import open_place

from sizao.kernel import postgres
from sizao.kernel.errors import Refused
from sizao.kernel.postgres import Store
from sizao.kernel.postgres.backup import read_manifest


@pytest.fixture
def place(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with open_place() as path:
        yield path


@pytest.fixture
def store(place):
    store = Store.open(place / "store", time_zone="Asia/Urumqi")
    with postgres.start(store).connect("owner") as owner:
        owner.execute("CREATE TABLE act (id int, happened_at timestamptz) PARTITION BY RANGE (happened_at)")
        owner.execute("CREATE TABLE act_2020_01 PARTITION OF act FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')")
        owner.execute("INSERT INTO act SELECT n, '2020-01-15' FROM generate_series(1, 5000) n")
        owner.execute("CREATE TABLE seen (n int GENERATED ALWAYS AS IDENTITY, x text)")
        owner.execute("INSERT INTO seen (x) VALUES ('甲'), ('乙')")
        owner.execute("GRANT SELECT, INSERT ON seen, act TO sizao_app")
    return store


def test_store_comes_back_whole_with_its_identity_and_rights(store, place):
    manifest = postgres.backup(store, place / "saved.zip")
    assert manifest["rows"] == {"public.act_2020_01": 5000, "public.seen": 2}
    fresh = Store.open(place / "fresh")
    postgres.restore(place / "saved.zip", fresh)
    again = Store.open(place / "fresh")
    assert (again.id, again.time_zone) == (store.id, "Asia/Urumqi")
    with postgres.start(again).connect("app") as connection:
        assert connection.execute("SELECT count(*) FROM act").fetchone() == (5000,)
        assert connection.execute("INSERT INTO seen (x) VALUES ('丙') RETURNING n").fetchone() == (3,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM seen")


def test_backup_taken_while_rows_arrive_is_of_one_moment(store, place):
    done = threading.Event()

    def work():
        with postgres.start(store).connect("app") as connection:
            while not done.is_set():
                connection.execute("INSERT INTO seen (x) VALUES ('丁')")

    writer = threading.Thread(target=work)
    writer.start()
    try:
        manifest = postgres.backup(store, place / "saved.zip")
    finally:
        done.set()
        writer.join()
    fresh = Store.open(place / "fresh")
    assert postgres.restore(place / "saved.zip", fresh)["rows"] == manifest["rows"]


def test_no_password_and_nobody_else_may_read_it(store, place):
    postgres.backup(store, place / "saved.zip")
    assert (place / "saved.zip").stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(place / "saved.zip") as archive:
        assert archive.namelist() == ["database.dump", "manifest.json"]
        whole = b"".join(archive.read(name) for name in archive.namelist())
    for path in (store.path / "secrets").iterdir():
        assert path.read_bytes().strip() not in whole
    assert b"SCRAM-SHA-256" not in whole


@pytest.mark.parametrize("harm", ["cut", "flip", "other"])
def test_damaged_file_is_refused_before_anything_is_changed(store, place, harm):
    path = place / "saved.zip"
    postgres.backup(store, path)
    content = bytearray(path.read_bytes())
    if harm == "cut":
        content = content[: len(content) // 2]
    elif harm == "flip":
        content[len(content) // 3] ^= 1
    else:
        content = bytearray(b"name,age\n")
    path.write_bytes(content)
    with pytest.raises(Refused, match="backup-damaged"):
        read_manifest(path)


def test_refusals_say_what_is_in_the_way(store, place):
    postgres.backup(store, place / "saved.zip")
    with pytest.raises(Refused, match="backup-exists"):
        postgres.backup(store, place / "saved.zip")
    with pytest.raises(Refused, match="backup-bad-place"):
        postgres.backup(store, store.path / "inside.zip")
    with pytest.raises(Refused, match="restore-not-empty"):
        postgres.restore(place / "saved.zip", store)
    with pytest.raises(Refused, match="backup-absent"):
        postgres.restore(place / "none.zip", store)
    with pytest.raises(Refused, match="store-other-kind"):
        postgres.restore(place / "saved.zip", Store.open(place / "demo", kind="demo"))
    assert sorted(os.listdir(place)) == ["demo", "saved.zip", "store"]
