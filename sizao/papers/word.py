"""The same paper as a Word file, to be filled on or changed where a unit has its own form."""

import io
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from sizao.kernel.typed import printable

from .paper import Paper

FACE = {"zh": "宋体", "en": "Times New Roman"}


def word(paper: Paper) -> bytes:
    """The file."""
    made = Document()
    page = made.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(25)
    page.top_margin, page.bottom_margin = Mm(28), Mm(22)
    style: Any = made.styles["Normal"]
    style.font.name, style.font.size = FACE["en"], Pt(12)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FACE["zh"])
    made.core_properties.title, made.core_properties.author, made.core_properties.language = printable(paper.title), "", "zh-CN" if paper.language == "zh" else "en"
    if paper.mark:
        run = page.header.paragraphs[0].add_run(printable(paper.mark))
        run.font.size, run.font.color.rgb = Pt(9), RGBColor(0xA6, 0x3D, 0x00)
        page.header.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
    head = made.add_paragraph()
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = head.add_run(printable(paper.title))
    run.font.size, run.bold = Pt(20), True
    for block in paper.blocks:
        if block.kind == "pairs":
            table = made.add_table(rows=0, cols=2, style="Table Grid")
            for label, value in block.rows:
                cells = table.add_row().cells
                cells[0].text, cells[1].text = printable(label), printable(value)
                cells[0].width, cells[1].width = Mm(38), Mm(122)
        elif block.kind == "code":
            made.add_picture(io.BytesIO(block.picture), width=Mm(32))
            made.add_paragraph(printable(block.text))
        else:
            par = made.add_paragraph(printable(block.text))
            if block.kind == "head":
                par.runs[0].bold, par.runs[0].font.size, par.paragraph_format.keep_with_next = True, Pt(14), True
            if block.kind == "large":
                par.paragraph_format.space_after = Pt(14)
                par.runs[0].font.size = Pt(22)
            if block.kind == "sign":
                par.paragraph_format.space_before = Mm(14)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()
