"""Every sample of the exchange that others wrote is taken, or refused with a code that is known and said to be right; the reference page says the same."""

from pathlib import Path

import yaml
from interop.answering import TAKEN, by_set

from sizao.kernel.errors import texts

TOLD = yaml.safe_load((Path(__file__).parent / "answered.yaml").read_text(encoding="utf-8"))


def test_every_sample_of_others_is_answered_as_the_reference_page_says(shared):
    assert by_set(shared) == {name: dict(sorted((({TAKEN: one["taken"]} if one["taken"] else {}) | {code: count for code, (count, _) in one["refused"].items()}).items())) for name, one in TOLD.items()}


def test_each_refusal_has_words_a_cure_and_a_reason_why_it_is_right():
    for one in TOLD.values():
        for code, (count, why) in one["refused"].items():
            assert count > 0 and why and texts()[code].cure_en and texts()[code].cure_zh, code
