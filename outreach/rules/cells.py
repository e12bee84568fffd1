"""Cells of an uploaded table that hold no value: said per cell, as the rest of the row is still checked."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CellProblem:
    """A cell that cannot be taken as a value; the message is for the person who uploaded the file."""

    shown: str
    message: str

    def __str__(self) -> str:
        return self.shown


def formula_problem(formula: str) -> CellProblem:
    return CellProblem(formula, "数式は取り込めません。値に直してください（コピーして「値の貼り付け」）。")


def error_problem(code: str) -> CellProblem:
    return CellProblem(code, f"Excelのエラー値（{code}）が入っています。正しい値に直してください。")
