"""Which bodies may have some words in their names, asked of the pieces that the database keeps."""

from __future__ import annotations

from django.db import connection

FEW = 1000
"""Up to so many bodies are worth naming in a query; words of more are found soon in any order of rows."""

LAST_CHARACTER = "\U0010ffff"


def few_named(key: str) -> set[int] | None:
    """Return the ids of the bodies among which all are whose name holds `key` (a matching_key).

    None when there are more than FEW of them: then a list that reads on from its first row has its page
    full early, and would only lose by being handed them. Each question reads at most FEW entries of an
    index, so the cost does not depend on how many bodies there are.
    """
    pieces = dict.fromkeys(key[place : place + 2] for place in range(max(len(key) - 1, 1)))
    for piece in pieces:
        found = _bodies_with(piece)
        if len(found) <= FEW:
            return set(found)
    return None


def _bodies_with(piece: str) -> list[int]:
    """Return up to FEW + 1 bodies; a single character is found as the beginning of a piece."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT body_id FROM outreach_bodypiece WHERE piece >= %s AND piece <= %s LIMIT {FEW + 1}",  # noqa: S608 - a number
            [piece, piece if len(piece) > 1 else piece + LAST_CHARACTER],
        )
        return [row[0] for row in cursor.fetchall()]
