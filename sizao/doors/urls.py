"""The addresses of the doors, made from the policy table."""

from sizao.doors.kit import policy

urlpatterns = policy.urlpatterns()
