"""The tables of care: hospitals and courses of illness, referrals and admissions, what people need."""

from .admissions import Admission, Referral
from .hospitals import Course, Hospital
from .needs import Need

__all__ = ["Admission", "Course", "Hospital", "Need", "Referral"]
