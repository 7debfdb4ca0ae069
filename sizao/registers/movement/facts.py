"""What a plan may ask of movement."""

from sizao.kernel.facts import ActKind, FactsColumn, FactsLink, FactsTable

C = FactsColumn
TABLES = (
    FactsTable(
        name="handover",
        relation="movement_handover",
        zh="移交协查",
        en="hand-over",
        columns=(
            C("kind", "text", "kind", "类别", "kind", codes="handover-kind"),
            C("sent_at", "instant", "sent_at", "发出时间", "time sent"),
            C("answer", "text", "answer", "答复", "answer", codes="handover-answer"),
            C("answered_at", "instant", "answered_at", "答复时间", "time of the answer"),
        ),
        links=(FactsLink("from_area", "area", "from_area_id", "发出地", "area that sent it"),),
    ),
)
ACTS = (
    ActKind("handover.sent", "subject", "发出移交", "handed over"),
    ActKind("handover.answered", "subject", "答复移交", "hand-over answered"),
)
