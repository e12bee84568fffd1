"""Decide what an uploaded file is, by its content, and refuse what must not reach a parser.

Nothing is parsed here, and nothing that a file points to is fetched. Limits: 10 MB packed, 60 MB
unpacked (counted while reading, as a zip's own figures may lie), 400 entries.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from pathlib import PurePosixPath

from outreach.workbooks.file_kinds import RESAVE, is_text, why_not_table

MAX_PACKED_BYTES = 10 * 1024 * 1024
MAX_UNPACKED_BYTES = 60 * 1024 * 1024
MAX_ENTRIES = 400
CHUNK_BYTES = 1024 * 1024

_ZIP = b"PK"
_LOCAL_HEADER_BYTES = 30
_ENCRYPTED_FLAG = 0x1
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # all that the format knows, and that can be counted

_CONTENT_TYPES = "[Content_Types].xml"
_XLSX_MAIN = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.spreadsheet"
_MACRO_NAMES = re.compile(r"(?:^|/)(?:vbaproject\.bin$|vbadata\.xml$|macrosheets/)")
# In any of the encodings XML may be in; a doctype is how entities that expand or fetch come in.
_DOCTYPE = re.compile(rb"<\x00*!\x00*D\x00*O\x00*C\x00*T\x00*Y\x00*P\x00*E", re.IGNORECASE)
_DOCTYPE_MAX_BYTES = 32

_MACRO = (
    "マクロを含むブックは受け付けません。マクロを含まない「Excelブック（.xlsx）」として保存し直してください。"
)
_UNUSUAL = "ブックの構造が通常と異なるため取り込めません。" + RESAVE
_OTHER_TYPES = (
    (b"ms-excel.sheet.binary", "バイナリ形式（.xlsb）やマクロを含むブックは受け付けません。" + RESAVE),
    (b"macroEnabled", _MACRO),
    (b"ms-excel.macrosheet", _MACRO),
    (b"wordprocessingml.document.main", "Wordの文書は取り込めません。Excelブック（.xlsx）を選んでください。"),
    (
        b"presentationml.presentation.main",
        "PowerPointの文書は取り込めません。Excelブック（.xlsx）を選んでください。",
    ),
    (b"spreadsheetml.template.main", "テンプレート（.xltx）は取り込めません。" + RESAVE),
)


class UploadRefused(ValueError):
    """The file is not taken; the message is for the person who uploaded it."""


def check_upload(name: str, content: bytes) -> str:
    """Return "xlsx" or "csv"; the name's ending and the content must agree.

    Raises:
        UploadRefused: for anything else, with what to do about it.
    """
    suffix = PurePosixPath(name.strip().lower()).suffix
    if _is_workbook(suffix, content):
        return "xlsx"
    if suffix != ".csv":
        raise UploadRefused("取り込めるのは Excelブック（.xlsx）又は CSV（.csv）だけです。")
    return "csv"


def check_workbook(name: str, content: bytes) -> None:
    """Let an .xlsx workbook pass, as `check_upload` does, and no table of another kind.

    Raises:
        UploadRefused: for anything else, with what to do about it.
    """
    suffix = PurePosixPath(name.strip().lower()).suffix
    if _is_workbook(suffix, content):
        return
    if suffix == ".csv" or is_text(content):
        raise UploadRefused(
            "CSVなどの文字だけのファイルでは回答を取り込めません。"
            "ダウンロードした回答用ブック（.xlsx）に記入して、そのブックを選んでください。"
        )
    raise UploadRefused("取り込めるのは、ダウンロードした回答用ブック（.xlsx）だけです。")


def _is_workbook(suffix: str, content: bytes) -> bool:
    """Return True for a workbook that is named as one, False for what may be text.

    Raises:
        UploadRefused: for anything that is neither.
    """
    _check_size(content)
    if content.startswith(_ZIP):
        _check_archive(content)
        if suffix != ".xlsx":
            raise UploadRefused(
                "中身はExcelブックですが、ファイル名の末尾が .xlsx ではありません。"
                "末尾を .xlsx に直して選び直してください。"
            )
        return True
    if reason := why_not_table(content):
        raise UploadRefused(reason)
    if suffix == ".xlsx":
        kind = "CSVなどの文字だけのファイル" if is_text(content) else "別の形式のファイル"
        raise UploadRefused(
            f"ファイル名の末尾は .xlsx ですが、中身はExcelブックではありません（{kind}です）。" + RESAVE
        )
    return False


def _check_size(content: bytes) -> None:
    if not content:
        raise UploadRefused("ファイルが空です。Excelで保存し直してから、もう一度選んでください。")
    if len(content) > MAX_PACKED_BYTES:
        raise UploadRefused(
            "ファイルが大きすぎます。画像や不要なシートを削除するか、10MB以下に分けてください。"
        )


def _check_archive(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check_entries(entries)
            _check_places(entries)
            _check_kind(archive)
            _read_through(archive)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, OSError, EOFError, ValueError) as error:
        if isinstance(error, UploadRefused):
            raise
        raise UploadRefused("ファイルが壊れていて開けません。" + RESAVE) from error


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename.replace("\\", "/").lower() for entry in entries]
    if len(entries) > MAX_ENTRIES or len(set(names)) != len(names):
        raise UploadRefused(_UNUSUAL)
    if any(entry.flag_bits & _ENCRYPTED_FLAG for entry in entries):
        raise UploadRefused(
            "パスワードで保護されたファイルは取り込めません。パスワードを外して保存し直してください。"
        )
    if any(entry.compress_type not in _METHODS for entry in entries):
        raise UploadRefused(_UNUSUAL)
    if any(name.startswith("/") or ".." in name.split("/") or ":" in name for name in names):
        raise UploadRefused(_UNUSUAL)
    if any(_MACRO_NAMES.search(name) for name in names):
        raise UploadRefused(_MACRO)


def _check_places(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse entries that lie upon one another: so a few bytes can stand for many files."""
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise UploadRefused(_UNUSUAL)
        end = entry.header_offset + _LOCAL_HEADER_BYTES + entry.compress_size


def _check_kind(archive: zipfile.ZipFile) -> None:
    names = set(archive.namelist())
    if "mimetype" in names and _beginning(archive, "mimetype").startswith(_OPEN_DOCUMENT):
        raise UploadRefused("OpenDocument形式（.ods）は取り込めません。" + RESAVE)
    if _CONTENT_TYPES not in names:
        raise UploadRefused(
            "ZIPファイルで、Excelブックではありません。中のExcelブック（.xlsx）を取り出して選んでください。"
        )
    types = _beginning(archive, _CONTENT_TYPES)
    for sign, message in _OTHER_TYPES:
        if sign in types:
            raise UploadRefused(message)
    if _XLSX_MAIN not in types:
        raise UploadRefused("Excelブック（.xlsx）ではありません。" + RESAVE)


def _beginning(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        return part.read(CHUNK_BYTES)


def _read_through(archive: zipfile.ZipFile) -> None:
    """Unpack everything once, counting, and look for a doctype in every part."""
    total = 0
    for entry in archive.infolist():
        tail = b""
        with archive.open(entry) as part:
            while chunk := part.read(CHUNK_BYTES):
                total += len(chunk)
                if total > MAX_UNPACKED_BYTES:
                    raise UploadRefused(
                        "ブックの中身が大きすぎます。不要なシートや行を削除するか、分けてください。"
                    )
                if _DOCTYPE.search(tail + chunk):
                    raise UploadRefused("安全でない記述（DOCTYPE）を含むため取り込めません。" + RESAVE)
                tail = chunk[-_DOCTYPE_MAX_BYTES:]
