"""Other kinds of files, known by how they begin: each is refused with its own sentence and a way out."""

from __future__ import annotations

RESAVE = "Excelで開き、「Excelブック（.xlsx）」として保存し直してください。"

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_OLD_BOOKS = tuple(f"{name}\0".encode("utf-16-le") for name in ("Workbook", "Book"))
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")

_ARCHIVE = "圧縮ファイルは取り込めません。中のExcelブック（.xlsx）を取り出して選んでください。"
_IMAGE = "画像は取り込めません。元のExcelブック（.xlsx）を選んでください。"
_BEGINNINGS = {
    b"%PDF": "PDFは取り込めません。元のExcelブック（.xlsx）を選んでください。",
    b"{\\rtf": "Word等の文書は取り込めません。Excelブック（.xlsx）を選んでください。",
    b"\x1f\x8b": _ARCHIVE,
    b"7z\xbc\xaf\x27\x1c": _ARCHIVE,
    b"Rar!": _ARCHIVE,
    b"\x89PNG": _IMAGE,
    b"\xff\xd8\xff": _IMAGE,
    b"GIF8": _IMAGE,
    b"II*\0": _IMAGE,
    b"MM\0*": _IMAGE,
    b"MZ": "プログラムは取り込めません。Excelブック（.xlsx）を選んでください。",
}
_MARKUP = "HTML又はXMLのファイルは取り込めません。" + RESAVE


def why_not_table(content: bytes) -> str:
    """Return why a file that is no zip archive is refused; "" when it may be text."""
    if content.startswith(_OLE):
        return _why_not_ole(content)
    for beginning, message in _BEGINNINGS.items():
        if content.startswith(beginning):
            return message
    return _MARKUP if _first_sign(content) == b"<" else ""


def is_text(content: bytes) -> bool:
    """Say whether a file is text, in whatever encoding."""
    return content.startswith(_BYTE_ORDER_MARKS) or b"\0" not in content


def _why_not_ole(content: bytes) -> str:
    if _ENCRYPTED_STREAM in content:
        return "パスワードで保護されたブックは取り込めません。パスワードを外して保存し直してください。"
    if any(name in content for name in _OLD_BOOKS):
        return "古い形式（.xls）のブックは取り込めません。" + RESAVE
    return "古い形式（.xls）や、Excel以外の古い形式の文書は取り込めません。" + RESAVE


def _first_sign(content: bytes) -> bytes:
    return content[:200].lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1]
