"""Papers from one template, in two forms and two languages; no field left empty, no empty box for a rare character."""

import io
import re
import zipfile
from dataclasses import replace

import pytest

from sizao.kernel import clock
from sizao.kernel.errors import Refused
from sizao.papers import glyphs, orders, paper, pdf, word
from sizao.passes import codes, status
from sizao.registers.isolation import orders as read


def words_of(docx: bytes) -> list[str]:
    """Every line of a Word file, its tables row by row, in order."""
    from docx import Document
    from docx.table import Table

    made = Document(io.BytesIO(docx))
    return [t for part in made.iter_inner_content() for t in ([c.text for row in part.rows for c in row.cells] if isinstance(part, Table) else [part.text]) if t]


def text_of(docx: bytes) -> str:
    return zipfile.ZipFile(io.BytesIO(docx)).read("word/document.xml").decode()


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["zh", "en"])
def test_order_notice_and_release_note_in_pdf_and_word(rights, language):
    [made] = rights.issue(1)
    evidence = read.evidence_of(rights.cdc, made.record)
    [now] = status.one(rights.cdc, rights.people[1]).orders
    [later] = status.one(rights.cdc, rights.people[1], now.order.ends_at).orders
    for kind, standing in (("order", now), ("door", now), ("release", later)):
        sheet = orders.of_order(kind, language, standing, evidence, name="甲1", last="002X", address="http://localhost/my/AAAA" if kind == "order" else "")
        held = "".join((sheet.title, *(b.text for b in sheet.blocks), *(v for b in sheet.blocks for row in b.rows for v in row)))
        assert now.order.number in held and "{" not in held
        assert [b.kind for b in sheet.blocks].count("code") == (kind == "order")
        assert pdf.pdf(sheet).startswith(b"%PDF-")
        same = [sheet.title, *(t for b in sheet.blocks for t in ([v for row in b.rows for v in row] if b.rows else [b.text]))]
        assert words_of(word.word(sheet)) == same  # word for word what the PDF is set from
        assert language == "zh" or not any("，" in t for t in same)
    if language == "zh":
        assert "第三十九条" in "".join(v for b in orders.of_order("order", "zh", now, evidence, name="甲", last="").blocks for row in b.rows for v in row)
    with pytest.raises(Refused, match="paper-not-now"):
        orders.of_order("release", language, now, evidence, name="甲1", last="")
    with pytest.raises(Refused, match="paper-field"):
        orders.of_order("order", language, replace(now, over_at=clock.now()), [], name="甲1", last="")


@pytest.mark.parametrize("kind", paper.KINDS)
def test_the_longest_names_and_reasons_stay_on_one_page(kind):
    """A name of twenty characters, reasons twice as long as any shipped: nothing is cut, and the paper has one sheet."""
    values = dict.fromkeys(paper.fields(kind), "2026年11月23日 04:46") | dict.fromkeys(("reason", "evidence", "basis", "issuer", "why"), "密切接触者医学观察（新型冠状病毒感染），" * 3) | {"name": "阿卜杜热依木·买买提艾力·吾斯曼", "last": "002X", "number": "2026-000004", "appeal": "可凭本页随时提出异议，" * 9}
    sheet = paper.fill(kind, "zh", values, picture=codes.png("https://a-long-name-of-a-server.example.gov.cn/my/ABCD-EFGH-JKLM-NPQR") if kind == "order" else b"", mark="演示")
    assert re.findall(rb"/Type\s*/Pages.{0,200}?/Count (\d+)", pdf.pdf(sheet), re.DOTALL) == [b"1"]


def test_a_value_is_never_read_as_a_field_nor_as_markup():
    values = dict.fromkeys(paper.fields("door"), "#panic() $x$ *b* {number} <w:p/> \u0007")
    sheet = paper.fill("door", "zh", values)
    assert "{number}" in sheet.blocks[0].text and "\u0007" not in sheet.blocks[0].text
    assert pdf.pdf(sheet).startswith(b"%PDF-") and "&lt;w:p/&gt;" in text_of(word.word(sheet))


def test_rare_characters_are_told_by_number_instead_of_an_empty_box():
    common = "的一是了我不人在他有这上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多然于心学么之都好看起发当没成只如事把还用第样道想作种开美总从无情己面最女但现前些所同日手又行意动方期它头经长儿回位分爱老因很给名法间斯知世什两次使身者被高已亲其进此话常与活正感"
    assert all(glyphs.has(c) for c in common + "㐀龘彧旻昇珺堃")
    assert glyphs.with_numbers("王\U00031234") == "王[U+31234]"
