"""Workbooks of what comes back."""
