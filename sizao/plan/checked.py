"""Check three of a measure in figures: what was said, what was seen, and the gap with its interval."""

from __future__ import annotations

from dataclasses import dataclass

from sizao.epi.intervals import wilson


@dataclass(frozen=True, slots=True)
class Checked:
    """Of all that was owed, how much was said done; of that, how much somebody looked at, and how much of it was not so.

    The interval is of a simple draw: it takes those who were looked at for a random part of what was said done, and knows of no clusters.
    """

    owed: int
    done: int
    looked: int
    untrue: int

    @property
    def said(self) -> float | None:
        """Coverage as it was said."""
        return self.done / self.owed if self.owed else None

    @property
    def gap(self) -> float | None:
        """Of what was said done, the share that was not so; None when nobody looked."""
        return self.untrue / self.looked if self.looked else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The gap from … to, at 95 %."""
        return wilson(self.untrue, self.looked) if self.looked else None

    @property
    def seen(self) -> float | None:
        """Coverage as those who looked would have it: what was said, less the gap."""
        return self.said * (1 - self.gap) if self.said is not None and self.gap is not None else None

    @property
    def seen_interval(self) -> tuple[float, float] | None:
        return (self.said * (1 - self.interval[1]), self.said * (1 - self.interval[0])) if self.said is not None and self.interval else None

    def as_json(self) -> dict[str, float | int | None]:
        low, high = self.interval or (None, None)
        return {"said": self.said, "looked": self.looked, "untrue": self.untrue, "seen": self.seen, "gap": self.gap, "low": low, "high": high}
