"""Every address, by door."""

from django.urls import include, path

urlpatterns = [path("", include("sizao.doors.urls"))]
