"""Identifiers are version 7, and those made one after the other are in order."""

import time

from sizao.kernel.ids import uuid7


def test_an_identifier_is_a_version_7_uuid_of_this_millisecond():
    before = time.time_ns() // 1_000_000
    made = uuid7()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000


def test_identifiers_made_one_after_the_other_are_in_order_and_differ():
    made = []
    for _ in range(200):
        made.append(uuid7())
        time.sleep(0.00001)
    assert made == sorted(made)
    assert len(set(made)) == len(made)
