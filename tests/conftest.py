"""For all tests: Hypothesis judges what a test finds and never how fast a loaded machine is."""

from hypothesis import HealthCheck, settings

settings.register_profile("ict", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ict")
