"""`python -m benchmarks [NAME] [SIZE | --size SIZE] [--option | option=value …] [--repeat N]`: without a name, lists what can be measured."""

import importlib
import json
import statistics
import sys
from pathlib import Path
from typing import Any

from benchmarks.measure import machine, measured, peak_gb

OURS = {"measure"}


def names() -> list[str]:
    """Every measurement there is."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in OURS and not path.stem.startswith("_"))


def main(arguments: list[str]) -> int:
    """Runs one measurement and prints its figures; 1 when an answer was wrong, 2 when there is no such measurement."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__.splitlines()[0])
        for name in names():
            text = (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")
            print(f"  {name:<16} {text.strip().strip(chr(34)).splitlines()[0].strip(chr(34))}")
        return 0
    name, *rest = arguments
    if name not in names():
        print(f"没有名为 {name} 的测量。There is no measurement {name}; there are: {', '.join(names()) or '—'}", file=sys.stderr)
        return 2
    repeat, size, options = _options(rest)
    run = importlib.import_module(f"benchmarks.{name}").run
    turns = []
    for turn in range(repeat):
        turns.append(_one(run, size, options))
        print(f"{name} {turn + 1}/{repeat}: " + ", ".join(f"{key} {_shown(value)}" for key, value in turns[-1].items()), flush=True)
    figures = {key: _middle([turn[key] for turn in turns]) for key in turns[0]}
    print(json.dumps({"name": name, "figures": figures, "machine": machine()}, ensure_ascii=False))
    return 0 if figures.get("equal", True) else 1


def _one(run: Any, size: int | None, options: dict[str, Any]) -> dict[str, Any]:
    with measured() as whole:
        figures = dict(run(**({"size": size} if size is not None else {}), **options) or {})
    return {"seconds": whole["seconds"], "peak_gb": max(peak_gb(), whole["peak_gb"]), **figures}


def _options(rest: list[str]) -> tuple[int, int | None, dict[str, Any]]:
    repeat, options = 1, {}
    size: int | None = None
    words = iter(rest)
    for word in words:
        if word == "--repeat":
            repeat = max(1, int(next(words, "1")))
        elif word == "--size":
            size = _size(next(words, ""))
        elif "=" in word:
            key, value = word.lstrip("-").split("=", 1)
            options[key] = int(value) if value.lstrip("-").isdigit() else value
        elif word.startswith("--"):
            options[word.lstrip("-")] = 1
        elif word[:1].isdigit() and word.lower().rstrip("km").replace("_", "").isdigit():
            size = _size(word)
        else:
            raise SystemExit(f"无法理解的参数 {word}。Cannot read the argument {word}: a size, option=value, --option, or --repeat N")
    return repeat, size, options


def _size(word: str) -> int:
    """
    >>> _size("20k"), _size("1m"), _size("5_000")
    (20000, 1000000, 5000)
    """
    number = word.lower().replace("_", "").rstrip("km")
    if not number.isdigit():
        raise SystemExit(f"无法理解的大小 {word}。Cannot read the size {word}: 5000, 20k, 1m")
    return int(number) * {"k": 1000, "m": 1_000_000}.get(word[-1:].lower(), 1)


def _middle(values: list[Any]) -> Any:
    """The median of numbers; truth only if it was true each time; else the last."""
    if all(isinstance(value, bool) for value in values):
        return all(values)
    if all(isinstance(value, int | float) for value in values):
        return round(statistics.median(values), 4)
    return values[-1]


def _shown(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
