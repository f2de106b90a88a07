"""A reader that says nothing and does not end."""

from threading import Event

Event().wait()
