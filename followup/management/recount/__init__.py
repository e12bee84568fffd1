"""Count the figures of a round a second time, on another path, to check those that were frozen.

Nothing here is shared with services.figures: rows come by plain SQL, or from the cells of the data
workbook and its CSV, and are added up by `tally`. What was stored and what was printed are read as
plain values. Texts and rulings are read from the rows (`words`) and looked for one by one.
"""
