"""The tables of this register, a noun a file."""

from .assignments import CaseAssignment
from .cases import Case, Contact, Investigation, Link
from .exposures import ExposedPlace, Exposure, ExposureSearch
from .sources import SourceHypothesis

__all__ = ["Case", "CaseAssignment", "Contact", "ExposedPlace", "Exposure", "ExposureSearch", "Investigation", "Link", "SourceHypothesis"]
