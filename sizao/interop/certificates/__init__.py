"""Certificates that others issued: EU Digital COVID Certificates and SMART Health Cards, checked against given lists of trusted keys."""
