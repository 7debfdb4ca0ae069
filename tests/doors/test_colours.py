"""Text can be read in both themes: 4.5:1 at least (WCAG 2.2 AA), computed from the colours that ship."""

import re

import pytest

from sizao.doors.kit.shades import NAMES, shade
from sizao.doors.kit.static import ROOT

TOKENS = (ROOT / "sizao" / "tokens.css").read_text()
LIGHT = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", TOKENS.split(':root[data-bs-theme="dark"]')[0]))
THEMES = {"light": LIGHT, "dark": LIGHT | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", TOKENS.split(':root[data-bs-theme="dark"]')[1]))}
TEXT = [
    *((ink, ground) for ink in ("ink", "muted", "accent", "alarm") for ground in ("surface", "ground", "raised")),
    ("accent-ink", "accent"), ("accent", "accent-soft"), ("warn-ink", "warn-soft"), ("ink", "alarm-soft"), ("ink", "ok-soft"), ("alarm", "alarm-soft"),
    ("c0-ink", "c0"), ("c2-ink", "c2"), ("c2-ink", "c3"), ("c2-ink", "c4"), ("c5-ink", "c5"),
]  # fmt: skip


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: str, b: str) -> float:
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_every_text_stands_out_from_its_ground(theme):
    colours = THEMES[theme]
    assert {f"{a} on {b}": round(contrast(colours[a], colours[b]), 2) for a, b in TEXT if contrast(colours[a], colours[b]) < 4.5} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_the_scale_is_read_without_telling_hues_apart(theme):
    """From the worst step to the middle it only gets lighter, from there to complete only darker: grey prints keep the order on each side."""
    steps = [luminance(THEMES[theme][name]) for name in NAMES]
    assert steps[:4] == sorted(steps[:4])
    assert steps[3:] == sorted(steps[3:], reverse=True)


@pytest.mark.parametrize(
    "done,owed,untold,step",
    [(0, 0, 0, "cn"), (0, 0, 3, "cx"), (0, 5, 0, "c0"), (499, 1000, 0, "c0"), (5, 10, 0, "c1"), (9999, 10000, 0, "c4"), (10, 10, 0, "c5")],
)
def test_one_missing_in_ten_thousand_is_not_complete(done, owed, untold, step):
    assert shade(done, owed, untold) == step
