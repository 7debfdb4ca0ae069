"""The five editions of the source texts: each sentence that executes once more, in plain Python, with its edition's figures."""

from __future__ import annotations

from .february import Centre, Recovery
from .january import City, Province
from .june import Normal

EDITIONS = {
    "2020-01-26-province": Province, "2020-01-27-city": City, "2020-02-03-centre": Centre, "2020-02-23-centre-recovery": Recovery, "2020-06-city-normal": Normal,
}  # fmt: skip
