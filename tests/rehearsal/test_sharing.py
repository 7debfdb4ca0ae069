"""Two processes share what waits for nobody: every job is done once, answers come in order, and a fault of the other one is told."""

import os
import select

import pytest

from sizao.rehearsal.sharing import shared

pytestmark = pytest.mark.skipif(not hasattr(os, "fork") or (os.cpu_count() or 1) < 2, reason="one process does it all here")


def test_each_job_is_done_once_and_answered_in_its_place():
    assert [n for n, _ in shared(range(40), lambda n: (n, os.getpid()))] == list(range(40))


def test_what_fails_in_the_other_process_is_told_here():
    here, (begun, begin) = os.getpid(), os.pipe()

    def do(n):
        if os.getpid() != here:
            os.write(begin, b"!")
            raise ValueError("a grid has no area")
        assert select.select([begun], [], [], 60)[0], "the other one never got a job"
        return n

    with pytest.raises(RuntimeError, match="a grid has no area"):
        shared(range(4), do)
    os.close(begun)
    os.close(begin)


@pytest.mark.django_db
def test_inside_a_transaction_one_process_does_it_all():
    assert set(shared(range(5), lambda n: os.getpid())) == {os.getpid()}
