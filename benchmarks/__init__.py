"""Measurements. Each file is one: `run(size=None, **options)` does the work and returns its figures.

    def run(size=None):
        people = invent(size or 100_000)                # not measured
        with measured() as figures:                      # seconds and peak memory of this block
            answer = evaluate(people)
        figures["equal"] = answer == expected(people)    # that the quick answer is the right one
        return figures

`python3 run bench NAME [SIZE] [option=value …] [--repeat N]` repeats it, prints the median, and ends with one line of JSON.
"""

from benchmarks.measure import measured

__all__ = ["measured"]
