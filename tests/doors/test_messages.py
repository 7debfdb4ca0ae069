"""Every word on a page has its Chinese, and nobody doubts it."""

import re
import string

from sizao.doors.kit import messages


def test_every_message_has_chinese_and_none_is_fuzzy():
    known = messages.read()
    assert [text for text in messages.used() if not known.get(text, messages.Message()).zh] == []
    assert [text for text, m in known.items() if m.fuzzy] == []


def test_the_catalogue_holds_nothing_that_no_page_uses():
    assert set(messages.read()) == set(messages.used())


def test_a_translation_has_the_fields_of_its_message():
    def fields(text):
        return sorted(re.findall(r"%\((\w+)\)[sd]", text))

    assert [text for text, m in messages.read().items() if fields(text) != fields(m.zh)] == []


def test_the_compiled_catalogue_is_the_written_one(tmp_path):
    """Read back from the .mo that ships."""
    import gettext

    with messages.CATALOGUE.with_suffix(".mo").open("rb") as compiled:
        shipped = gettext.GNUTranslations(compiled)
    assert {text: shipped.gettext(text) for text in messages.read()} == {text: m.zh for text, m in messages.read().items()}


def test_chinese_uses_chinese_marks():
    """No half-width comma or full stop between Chinese characters."""
    wrong = re.compile(r"[\u4e00-\u9fff][,;:!?.](?=[\u4e00-\u9fff])")
    assert [m.zh for m in messages.read().values() if wrong.search(m.zh)] == []


def test_templates_hold_no_words_outside_the_catalogue():
    """What stands between tags in a template is an expression, a sign or a number; words come through gettext."""
    loose = []
    for path in sorted((messages.DOORS / "jinja2").rglob("*.html")):
        text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", path.read_text(), flags=re.DOTALL)
        text = re.sub(r"<(script|style|code|kbd|title)\b.*?</\1>|<[^>]*>", "\n", text, flags=re.DOTALL)
        words = [
            w for w in re.findall(r"[A-Za-z]{3,}|[\u4e00-\u9fff]+", text) if w not in ("Sizao", "English", "CSV", "XLSX", "SVG", "PNG", "PDF", "JSON", "Atom", "RSS", "RFC", "CAP", "EARS", "四早", "中文", "简体中文")
        ]
        loose += [f"{path.name}: {w}" for w in words if w.strip(string.punctuation)]
    assert loose == []


def test_a_page_says_its_words_in_its_language_and_escapes_what_is_put_into_them():
    from django.utils.translation import override
    from markupsafe import Markup

    from sizao.doors.kit.templates import said, said_in

    zh, en = said_in("zh-hans"), said_in("en")
    assert (zh("More"), en("More")) == (messages.read()["More"].zh, "More")
    for language, word in (("en", "More"), ("zh-hans", zh("More")), ("en", "More")):
        with override(language):
            assert said("More") == word == said_in(language)("More")
    with override("zh-hans"):  # the page's language, not that of the moment in which a word is said for the first time
        assert en("overdue %(span)s", span="<2 d>") == Markup("overdue &lt;2 d&gt;")
    assert isinstance(en("More"), Markup)
