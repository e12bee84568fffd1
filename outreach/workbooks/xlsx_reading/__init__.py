"""Read the cells of an .xlsx workbook, as a program of its own (`program`), so that limits can hold it.

Why not a library: openpyxl needs two passes to tell a formula from its value, and for 20,000 rows of
30 cells more time than an upload may take; calamine turns error cells into blanks. Both are asked in
the tests whether they read the same. Nothing of the project and nothing but the standard library is
imported, siblings by their place, so that the program starts without Django.
"""
