"""Colleagues: who they are, from when until when. Leaving deletes nothing."""
