"""The key ring: closed to others, never shown, whole or refused, and old values stay readable after a rotation."""

import json
import os
from pathlib import Path

import pytest

from sizao.kernel import keys
from sizao.kernel.errors import Refused
from sizao.kernel.keys import KeyRing


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("SIZAO_STORE", str(tmp_path / "store"))
    monkeypatch.delenv("SIZAO_KEYS", raising=False)
    return tmp_path / "store.keys"


def refusal(act, *args) -> str:
    with pytest.raises(Refused) as caught:
        act(*args)
    return caught.value.code


def test_without_keys_the_store_is_read_only_and_says_why(place):
    assert not keys.available()
    assert refusal(keys.check_writable) == "keys-missing"
    assert str(place) in keys.why_read_only().text("zh")
    KeyRing.new(place)
    assert keys.available()
    assert keys.why_read_only() is None


def test_new_keys_are_closed_to_others_whatever_the_umask(place):
    before = os.umask(0)
    try:
        KeyRing.new(place)
    finally:
        os.umask(before)
    assert (place.stat().st_mode & 0o777, (place / "ring.json").stat().st_mode & 0o777) == (0o700, 0o600)


def test_new_keys_never_replace_old_ones(place):
    ring = KeyRing.new(place)
    assert refusal(KeyRing.new, place) == "keys-exist"
    assert KeyRing.load(place).keys == ring.keys


@pytest.mark.parametrize("which, mode", [("", 0o750), ("", 0o701), ("ring.json", 0o640), ("ring.json", 0o604), ("ring.json", 0o700)])
def test_a_looser_mode_is_refused_with_the_command_that_mends_it(place, which, mode):
    KeyRing.new(place)
    (place / which).chmod(mode)
    with pytest.raises(Refused, match="chmod") as caught:
        keys.ring()
    assert caught.value.code == "keys-too-open"
    assert f"{mode:04o}" in caught.value.text("zh")


def test_keys_inside_the_store_are_refused(place, monkeypatch):
    monkeypatch.setenv("SIZAO_KEYS", str(place.parent / "store" / "secrets" / ".." / "keys"))
    assert refusal(keys.folder) == "keys-inside-store"


def test_a_rotation_reaches_a_process_that_had_the_old_ring(place):
    KeyRing.new(place)
    old = keys.ring()
    old.rotate()
    new = keys.ring()
    assert new.newest("seal").id != old.newest("seal").id
    assert new.find("seal", old.newest("seal").id) == old.newest("seal")
    assert [len(new.all(kind)) for kind in keys.KINDS] == [2, 2]


def test_two_rotations_at_once_lose_no_key(place):
    one = KeyRing.new(place)
    one.rotate()
    one.rotate()  # knows nothing of the first
    assert len(KeyRing.load(place).all("seal")) == 3


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "[]",
        lambda text: text.replace('"version": 1', '"version": 2'),
        lambda text: json.dumps({"version": 1, "keys": []}),
        lambda text: json.dumps({"version": 1, "keys": [{**row, "key": row["key"][::-1]} for row in json.loads(text)["keys"]]}),
        lambda text: json.dumps({"version": 1, "keys": json.loads(text)["keys"][:1]}),
    ],
)
def test_a_damaged_ring_is_refused_and_not_used_in_part(place, damage):
    KeyRing.new(place)
    path = place / "ring.json"
    path.write_text(damage(path.read_text()))
    assert refusal(KeyRing.load, place) == "keys-damaged"


def test_an_export_comes_back_only_with_its_passphrase(place, tmp_path):
    ring = KeyRing.new(place).rotate()
    exported = ring.export("一句只有我们知道的长长的话")
    assert refusal(KeyRing.import_, tmp_path / "other", exported, "another sentence") == "keys-passphrase"
    assert KeyRing.import_(tmp_path / "other", exported, "一句只有我们知道的长长的话").keys == tuple(
        sorted(ring.keys, key=lambda key: key.created, reverse=True)
    )
    assert refusal(KeyRing.import_, tmp_path / "third", exported[:-9], "一句只有我们知道的长长的话") == "keys-passphrase"
    assert refusal(ring.export, "short") == "passphrase-short"


def test_an_export_with_a_changed_head_is_refused(place, tmp_path):
    head = json.loads(KeyRing.new(place).export("a sentence to keep"))
    for change in ({"n": 2**30}, {"n": 2}, {"salt": "00"}, {"sizao-keys": 2}, {"box": "!"}):
        assert refusal(KeyRing.import_, tmp_path / "x", json.dumps({**head, **change}).encode(), "a sentence to keep") == "keys-passphrase"


def test_importing_beside_other_keys_keeps_both(place, tmp_path):
    mine, theirs = KeyRing.new(place), KeyRing.new(tmp_path / "theirs")
    both = KeyRing.import_(place, theirs.export("a sentence to keep"), "a sentence to keep")
    assert {key.id for key in both.keys} == {key.id for key in (*mine.keys, *theirs.keys)}


def test_no_secret_is_shown_by_print_or_in_a_refusal(place):
    ring = KeyRing.new(place)
    shown = repr(ring) + str(ring) + repr(keys.why_read_only())
    for row in json.loads((place / "ring.json").read_text())["keys"]:
        assert row["key"] not in shown
    assert not any(repr(key.secret) in shown for key in ring.keys)


def test_a_key_file_is_never_left_half_written(place, monkeypatch):
    ring = KeyRing.new(place)
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        ring.rotate()
    assert KeyRing.load(place).keys == ring.keys
