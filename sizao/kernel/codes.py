"""Code lists, roles and diseases as they ship: small, dated data under `content/`, read once."""

from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from .marked import plain


def content_files(folder: str) -> dict[str, str]:
    """Every YAML file of a folder of the shipped content: name without ending → text."""
    root = files("sizao").joinpath("content", folder)
    return {f.name.removesuffix(".yaml"): f.read_text(encoding="utf-8") for f in root.iterdir() if f.name.endswith(".yaml")} if root.is_dir() else {}


@cache
def code_list(name: str) -> dict[str, dict[str, str]]:
    """code → {zh, en} of a code list. KeyError if there is no such list."""
    return dict(plain(content_files("codelists")[name])["codes"])


@cache
def code_groups(name: str) -> dict[str, dict[str, Any]]:
    """group → {zh, en, codes} of a code list, where some of its codes are told of together; empty where none are."""
    return dict(plain(content_files("codelists")[name]).get("groups", {}))


@cache
def code_lists() -> frozenset[str]:
    """The names of all code lists."""
    return frozenset(content_files("codelists"))


def label(name: str, code: str | None, language: str) -> str:
    """The label of a code in the reader's language; the code itself when the list does not know it."""
    if code is None:
        return ""
    found = code_list(name).get(code, {})
    return found.get("zh" if language.startswith("zh") else "en", code)


@cache
def roles() -> dict[str, dict[str, Any]]:
    """role → {zh, en, permissions}."""
    return dict(plain(files("sizao").joinpath("content", "roles.yaml").read_text(encoding="utf-8")))


@cache
def diseases() -> dict[str, dict[str, Any]]:
    """disease code → {zh, en, icd10, notifiable, incubation, infectious …}, in the order in which they are offered: by `order` where a file has one, then by code."""
    found = {name: plain(text) for name, text in content_files("diseases").items()}
    return dict(sorted(found.items(), key=lambda d: (d[1].get("order", 500), d[0])))


def disease_line(disease: str, what: str, on: date) -> dict[str, Any] | None:
    """What of a disease ("notifiable", "incubation", "infectious") was in force that day; None where its file says nothing of it, or nothing so early."""
    lines = sorted(diseases().get(disease, {}).get(what, ()), key=lambda line: line["from"])
    return next((dict(line) for line in reversed(lines) if line["from"] <= on), None)


@cache
def threshold(name: str, on: date) -> Decimal:
    """The value in force that day of `content/thresholds/<name>.yaml`; before the first one, the first. Its unit and source stand in the file."""
    lines = sorted(plain(content_files("thresholds")[name])["values"], key=lambda line: line["from"])
    return Decimal(str(next((line["value"] for line in reversed(lines) if line["from"] <= on), lines[0]["value"])))
