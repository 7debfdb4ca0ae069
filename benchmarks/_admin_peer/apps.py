"""The one app of the project."""

from django.apps import AppConfig


class Peer(AppConfig):
    name = "benchmarks._admin_peer"
    label = "peer"
