"""What a cell of an uploaded table holds. No value is said per cell, as the rest is still checked."""

from dataclasses import dataclass
from datetime import date, datetime, time


@dataclass(frozen=True)
class CellProblem:
    """A cell that cannot be taken as a value; the message is for the person who uploaded the file."""

    shown: str
    message: str

    def __str__(self) -> str:
        return self.shown


CellValue = None | str | int | float | bool | date | datetime | time | CellProblem


def formula_problem(formula: str) -> CellProblem:
    return CellProblem(formula, "数式は取り込めません。値に直してください（コピーして「値の貼り付け」）。")


def unsaved_problem(formula: str) -> CellProblem:
    return CellProblem(formula, "数式の結果が保存されていません。Excelで開いて保存し直してください。")


def error_problem(code: str) -> CellProblem:
    return CellProblem(code, f"Excelのエラー値（{code}）が入っています。正しい値に直してください。")
