"""Python's search for circles of objects, put off while millions are made that stay and hardly any makes a circle."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def seldom_swept() -> Iterator[None]:
    """What is there stays, and is not searched again; what is made inside is searched seldom."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
