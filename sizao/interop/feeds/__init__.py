"""Feeds: what is heard from senders, and what is expected of them."""
