"""The read-only JSON API of figures and frozen results, for programs of the staff."""
