"""Asking many machines at once: bounded, with deadlines; one machine's failure is an answer."""

from schoten_ict.collect.fanout import INTERRUPTED, Answer, FanOut, Limits, Request

__all__ = ["INTERRUPTED", "Answer", "FanOut", "Limits", "Request"]
