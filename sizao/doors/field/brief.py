"""How somebody stands on a phone's list until the task is opened: the given name, and the door."""

import re
import unicodedata

from sizao.kernel.codes import code_list

#: The end of an address that says which door it is: 12号, 3栋2单元501室, 5-2-301, Flat 4.
_DOOR = re.compile(r"((?:[0-9]+[A-Za-z]?|[一二三四五六七八九十]+|[A-Za-z])\s*(?:号楼?|栋|幢|座|单元|楼|层|户|室|组|队|门)[-－]?)+(?:[0-9]+[A-Za-z]?)?$|[0-9]+(?:[-－][0-9]+)+$|(?:flat|unit|room|no\.?)\s*\w+$", re.IGNORECASE)


def given_name(name: str) -> str:
    """The name without its family name; one that is masked, or of one character, stays as it is.

    >>> given_name("张小明"), given_name("欧阳修"), given_name("李"), given_name("Anna Li"), given_name("张＊＊")
    ('小明', '修', '李', 'Anna', '张＊＊')
    """
    if "＊" in name or len(name) < 2:
        return name
    if unicodedata.name(name[0], "").startswith("CJK UNIFIED"):
        before = 2 if len(name) > 2 and name[:2] in code_list("compound-surname") else 1
        return name[before:]
    return name.split()[0]


def door_of(address: str | None) -> str:
    """The door at the end of an address; "" where none can be told.

    >>> door_of("示例市青禾县城关镇前进村12号"), door_of("和平路8号院3栋2单元501室"), door_of("幸福小区5-2-301"), door_of("前进村")
    ('12号', '3栋2单元501室', '5-2-301', '')
    """
    found = _DOOR.search((address or "").strip())
    return found.group(0) if found else ""
