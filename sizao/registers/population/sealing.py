"""The sealed columns of a person: what is kept, how it is normalised, and how it is found."""

from sizao.kernel.identifiers import normalise_national_id, normalise_phone
from sizao.kernel.sealed import Sealed

NATIONAL_ID = Sealed("population_person", "national_id", normalise_national_id)
PHONE = Sealed("population_person", "phone", normalise_phone)
ADDRESS = Sealed("population_person", "address")
