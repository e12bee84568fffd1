"""Documents about results that leave the system for people, one kind a module."""
