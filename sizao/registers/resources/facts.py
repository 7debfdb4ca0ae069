"""What a plan may ask of resources: stock, needs, consignments, shifts, projects."""

from sizao.kernel.facts import ActKind, FactsColumn, FactsLink, FactsTable

C = FactsColumn
UNIT = FactsLink("unit", "reporting_unit", "unit_id", "单位", "unit")
ITEM = "item's unit"


def _table(name: str, zh: str, en: str, columns: tuple[FactsColumn, ...], links: tuple[FactsLink, ...] = (UNIT,), person: str | None = None, made_by: str | None = None) -> FactsTable:
    return FactsTable(name=name, relation=f"resources_{name}", zh=zh, en=en, columns=columns, person=person, disease=None, links=links, made_by=made_by)


TABLES = (
    _table(
        "stock", "库存", "stock",
        (C("item", "text", "item", "物品", "item", codes="item"), C("reserve", "bool", "reserve", "储备物资", "held as a reserve"),
         C("front_line", "bool", "front_line", "一线单位", "of a front-line unit"), C("target", "number", "target", "储备目标", "target", unit=ITEM),
         C("on_hand", "number", "on_hand", "现有量", "on hand", unit=ITEM), C("expiring", "number", "expiring", "即将过期", "expiring", unit=ITEM),
         C("idle", "number", "idle", "闲置", "idle", unit=ITEM), C("use_per_day", "number", "use_per_day", "日用量", "use a day", unit=ITEM)),
    ),
    _table(
        "need", "需求", "need",
        (C("kind", "text", "kind", "类别", "kind", codes="need-kind"), C("item", "text", "item", "物品", "item", codes="item"), C("scarce", "bool", "scarce", "紧缺", "scarce"),
         C("bulk", "bool", "bulk", "大宗", "bulk"), C("partner", "bool", "partner", "由对口单位承担", "asked of the partner"), C("tier", "int", "tier", "优先级", "tier", unit="tier"),
         C("amount", "number", "amount", "需要量", "amount asked", unit=ITEM), C("amount_ordered", "number", "amount_ordered", "已订量", "amount ordered", unit=ITEM),
         C("arrived", "number", "arrived", "已到量", "arrived", unit=ITEM), C("accepted", "number", "accepted", "验收合格量", "accepted", unit=ITEM),
         C("raised_at", "instant", "raised_at", "提出时间", "time raised"), C("needed_by", "instant", "needed_by", "需要时间", "needed by")),
        made_by="need.raised",
    ),
    _table(
        "consignment", "货运", "consignment",
        (C("item", "text", "item", "物品", "item", codes="item"), C("amount", "number", "amount", "数量", "amount", unit=ITEM), C("donated", "bool", "donated", "捐赠", "donated"),
         C("epidemic_goods", "bool", "epidemic_goods", "防疫物资", "epidemic goods"), C("left_at", "instant", "left_at", "发出时间", "left"),
         C("due_at", "instant", "due_at", "应到时间", "due"), C("received_at", "instant", "received_at", "接收时间", "received")),
        (UNIT, FactsLink("for_need", "need", "for_need_id", "对应需求", "need")),
    ),
    _table(
        "shift", "班次", "shift",
        (C("starts_at", "instant", "starts_at", "应到岗时间", "begins"), C("checked_in_at", "instant", "checked_in_at", "到岗签到时间", "checked in"),
         C("went_off_at", "instant", "over_at", "离岗时间", "went off"), C("hours", "number", "hours", "工时", "hours", unit="h")),
        (UNIT, FactsLink("guard_post", "post", "guard_post_id", "岗位", "post")), person="person_id",
    ),
    _table(
        "project", "项目", "project",
        (C("kind", "text", "kind", "类别", "kind", codes="project-kind"), C("starts_on", "date", "starts_on", "开始日期", "starts on"),
         C("milestone_due", "date", "milestone_due", "节点日期", "next milestone due"), C("due_on", "date", "due_on", "完成日期", "due on"),
         C("enrolled", "int", "enrolled", "已入组", "enrolled", unit="persons"), C("target", "int", "target", "目标", "target", unit="persons"),
         C("result_at", "instant", "result_at", "结果时间", "time of the result")),
    ),
)  # fmt: skip
ACTS = (
    ActKind("stock.counted", "subject", "盘点", "stock counted"),
    ActKind("need.raised", "subject", "提出需求", "need raised"),
    ActKind("need.decided", "subject", "需求决定", "need decided", outcomes="need-decision"),
    ActKind("consignment.pass_issued", "subject", "发放通行证", "pass issued"),
    ActKind("consignment.held", "subject", "途中受阻", "held up on the way"),
    ActKind("consignment.matched", "subject", "捐赠对接需求", "matched to a need"),
    ActKind("consignment.sent", "subject", "发货", "sent"),
    ActKind("consignment.received", "subject", "收货", "received"),
    ActKind("consignment.accepted", "subject", "验收", "accepted"),
    ActKind("consignment.published", "subject", "捐赠去向公示", "published"),
    ActKind("shift.checked_in", "subject", "到岗签到", "checked in for the shift"),
    ActKind("shift.worked", "person", "当班工时", "hours worked"),
    ActKind("project.milestone", "subject", "项目节点", "milestone reached", outcomes="project-step"),
    ActKind("project.published", "subject", "项目结果公开", "result published"),
)
