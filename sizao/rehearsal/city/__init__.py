"""An invented city: its ground, its people, an outbreak among them, and staff who forget, come late, misfile, fall silent, file twice, and claim.

    folder = make(Path("there"), size="20k", days=30, seed=7, first=date(2020, 6, 16))

leaves three folders of Parquet files: `town` (the ground and who lives there), `records` (what staff filed, as it goes into the registers) and
`truth` (what each did and left undone). Nothing here reads a plan; everything follows from the seed. Times are civil times of the city's zone.
"""

from .make import ZONE, make
from .sizes import SIZES, Size

__all__ = ["SIZES", "ZONE", "Size", "make"]
