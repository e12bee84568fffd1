"""Which answers every operation of the API may give."""

from __future__ import annotations

from typing import Any

from followup.api.shapes import Problem

REFUSALS = (400, 401, 403, 404, 409, 422, 429)


def answers(shape: Any) -> dict[int, Any]:
    """Return the answers of an operation by status: its shape, and problems."""
    return {200: shape, **dict.fromkeys(REFUSALS, Problem)}


FILE = {
    "responses": {
        200: {
            "description": "OK",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}
"""The answer of an operation that hands out a file."""
