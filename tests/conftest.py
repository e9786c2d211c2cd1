"""What all tests share."""

from hypothesis import settings

# Examples have no deadline: a busy machine is no reason to fail.
settings.register_profile("meridian", deadline=None)
settings.load_profile("meridian")
