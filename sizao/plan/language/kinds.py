"""What the types of expressions are called."""

from . import nodes as n
from .parameters import CLOCKS, LIST


def type_name(kind: str) -> dict[str, str]:
    """What a type is called."""
    zh, en = {
        n.BOOL: ("是/否", "yes/no"),
        n.INT: ("整数", "whole number"),
        n.NUMBER: ("数", "number"),
        n.TEXT: ("代码", "code"),
        n.DATE: ("日期", "date"),
        n.INSTANT: ("时间", "time"),
        n.DURATION: ("时长", "duration"),
        LIST: ("天数列表", "list of days"),
        n.ID: ("行的编号", "identity of a row"),
        CLOCKS: ("一天中的时刻", "times of a day"),
    }[kind]
    return {"zh": zh, "en": en}
