"""Documents that leave the system as files for people, one kind a module."""
