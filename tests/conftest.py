"""For all tests: Hypothesis judges what a test finds and never how fast a loaded machine is.

Ctrl-C means something, also where a shell that started the run in the background had it ignored.
"""

import signal

from hypothesis import HealthCheck, settings

settings.register_profile("ict", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ict")
signal.signal(signal.SIGINT, signal.default_int_handler)
