"""Storms: the product's own processes, killed and frozen while they send, and an account of every mail."""
