"""Workbooks and CSV files, read behind limits and written without live formulas."""
