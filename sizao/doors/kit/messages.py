"""The catalogue of words on pages: which messages the code uses, and which still lack their Chinese.

English is the message itself. `python -m sizao.doors.kit.messages` adds what is missing to the Chinese catalogue (empty, to be written),
drops what nobody uses, and compiles it; a test fails while one is missing.
"""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment

PACKAGE = Path(__file__).resolve().parents[2]
DOORS = PACKAGE / "doors"
CATALOGUE = PACKAGE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
FUNCTIONS = ("_", "gettext", "gettext_lazy", "gettext_noop")


@dataclass(slots=True)
class Message:
    """One message of the catalogue: its Chinese, where it stands, whether a translator doubts it."""

    zh: str = ""
    places: list[str] = field(default_factory=list)
    fuzzy: bool = False


def used() -> dict[str, list[str]]:
    """Message → the files that use it."""
    found: dict[str, list[str]] = {}
    for path, text in (*_in_templates(), *_in_code()):
        found.setdefault(text, []).append(str(path.relative_to(PACKAGE)))
    return {text: sorted(set(places)) for text, places in sorted(found.items())}


def _in_templates() -> Iterator[tuple[Path, str]]:
    env = Environment(extensions=["jinja2.ext.i18n"], autoescape=True, trim_blocks=True, lstrip_blocks=True)
    for path in sorted((DOORS / "jinja2").rglob("*.html")):
        for _line, _function, message in env.extract_translations(path.read_text(encoding="utf-8"), FUNCTIONS):  # type: ignore[attr-defined]
            for one in message if isinstance(message, tuple) else (message,):
                if one:
                    yield path, one


def _in_code() -> Iterator[tuple[Path, str]]:
    for path in sorted(DOORS.rglob("*.py")):
        if "cli" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS
            if called and node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):  # type: ignore[attr-defined]
                yield path, node.args[0].value  # type: ignore[attr-defined]


def read(path: Path = CATALOGUE) -> dict[str, Message]:
    """The messages of a catalogue, its head left out."""
    found: dict[str, Message] = {}
    for block in path.read_text(encoding="utf-8").split("\n\n") if path.exists() else []:
        lines = block.splitlines()
        texts: dict[str, list[str]] = {"msgid": [], "msgstr": []}
        key = ""
        for line in lines:
            word, _, rest = line.partition(" ")
            if word in texts:
                key, line = word, rest
            if key and line.startswith('"'):
                texts[key].append(ast.literal_eval(line))
        message = "".join(texts["msgid"])
        if message:
            found[message] = Message(
                "".join(texts["msgstr"]),
                [x[3:] for x in lines if x.startswith("#: ")],
                any("fuzzy" in x for x in lines if x.startswith("#,")),
            )
    return found


HEAD = """# Simplified Chinese for the doors of Sizao. The English is the message itself.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Language: zh_Hans\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"""


def write(messages: dict[str, Message], path: Path = CATALOGUE) -> None:
    """Writes the catalogue in the order of its messages, so that two people's changes seldom meet."""
    blocks = [HEAD]
    for text, message in sorted(messages.items()):
        lines = [f"#: {place}" for place in message.places]
        if "%(" in text:
            lines.append("#, python-format")
        blocks.append("\n".join([*lines, f"msgid {_quoted(text)}", f"msgstr {_quoted(message.zh)}", ""]))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(blocks), encoding="utf-8")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def compile_catalogue(path: Path = CATALOGUE) -> None:
    """Makes the .mo that is read at run time; needs gettext's msgfmt."""
    subprocess.run(["msgfmt", "--check-format", "-o", str(path.with_suffix(".mo")), str(path)], check=True)


def main() -> None:
    """Brings the catalogue up to date and says what is still to be written."""
    known, wanted = read(), used()
    write({text: Message(known[text].zh if text in known else "", places) for text, places in wanted.items()})
    compile_catalogue()
    missing = [text for text in wanted if text not in known or not known[text].zh]
    print(f"{len(wanted)} messages, {len(missing)} without Chinese")
    for text in missing:
        print(f"  {text}")


if __name__ == "__main__":
    main()
