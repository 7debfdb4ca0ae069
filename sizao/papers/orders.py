"""What the papers about an isolation order say: one set of fields, from the order as it stands."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sizao.kernel.codes import diseases, label
from sizao.kernel.errors import Refused
from sizao.passes import codes
from sizao.passes.status import Standing

from . import paper

MARK = {"zh": "演示：虚构的城市，本文书无效", "en": "Demonstration: an invented city. This paper is not valid."}


def of_order(kind: str, language: str, standing: Standing, evidence: Sequence[Any], *, name: str, last: str, address: str = "", demo: bool = False) -> paper.Paper:
    """The paper of that kind about an order. `address`: the person's own page with his code, for the picture; "" leaves the picture out.

    Refused: paper-not-now (a release note of an order that is in force, an order or a door notice of one that is not).
    """
    order, rule, over = standing.order, standing.rule, standing.code in ("lifted", "expired")
    if (kind == "release") != over or standing.code in ("waiting", "refused"):
        raise Refused("paper-not-now", paper=paper.template(kind)["title"])

    def at(moment: datetime) -> str:
        local = moment.astimezone(ZoneInfo(order.area.zone))
        return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}" if language == "zh" else f"{local.day} {local:%B %Y, %H:%M}"

    why = label("lift-reason", standing.why, language) if standing.code == "lifted" else label("order-standing", "expired", language)
    disease = diseases().get(order.disease, {}).get(language, order.disease)
    values = {
        "number": order.number, "name": name, "last": last or "—", "reason": f"{rule.body['title'][language]}（{disease}）" if language == "zh" else f"{rule.body['title'][language]} ({disease})",
        "evidence": ("；" if language == "zh" else "; ").join(label("restriction-evidence", e.kind, language) for e in evidence), "basis": rule.body["basis"][order.basis][language],
        "kind": label("stay-kind", order.kind, language), "starts_at": at(order.starts_at), "ends_at": at(order.ends_at), "over_at": at(standing.over_at), "why": why,
        "issuer": order.issuer.title("zh-hans" if language == "zh" else "en"), "issued_at": at(order.issued_at), "rule": rule.ref, "appeal": rule.body["appeal"][language],
    }  # fmt: skip
    return paper.fill(kind, language, values, picture=codes.png(address) if address else b"", mark=MARK[language] if demo else "")
