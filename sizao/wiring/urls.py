"""Every address, by door."""

from sizao.doors.urls import urlpatterns

__all__ = ["handler404", "urlpatterns"]

handler404 = "sizao.doors.kit.middleware.not_found"
