"""The ledgers of this installation, by their ids."""

from sizao.kernel.content import folders
from sizao.kernel.errors import Refused

from .checking import checked
from .items import Ledger


def ledgers() -> dict[str, Ledger]:
    """Every ledger of this installation without a fault, by id. A faulty one is absent; loading tells of it."""
    return checked(tuple(folders()))[0]


def ledger(id_: str) -> Ledger:
    """One of them. Refused ledger-unknown."""
    found = ledgers().get(id_)
    if found is None:
        raise Refused("ledger-unknown", ledger=id_)
    return found
