"""Asking many machines at once: bounded, with deadlines; one machine's failure is an answer."""

from schoten_ict.collect.fanout import Answer, FanOut, Limits, Request

__all__ = ["Answer", "FanOut", "Limits", "Request"]
