"""Decide what an uploaded file is, by its content, and refuse what must not reach a parser.

Nothing is parsed here. Limits: 10 MB packed, 60 MB unpacked (counted while reading, as a zip's own
figures may lie), 400 entries.
"""

from __future__ import annotations

import io
import lzma
import re
import zipfile
import zlib
from pathlib import PurePosixPath

MAX_PACKED_BYTES = 10 * 1024 * 1024
MAX_UNPACKED_BYTES = 60 * 1024 * 1024
MAX_ENTRIES = 400
CHUNK_BYTES = 1024 * 1024

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
XLSX_MAIN = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
# In any of the encodings XML may be in; a doctype is how entities that expand or fetch come in.
DOCTYPE = re.compile(rb"<!\x00*D\x00*O\x00*C\x00*T\x00*Y\x00*P\x00*E", re.IGNORECASE)
DOCTYPE_MAX_BYTES = 32

RESAVE = "Excelで開き、「Excelブック（.xlsx）」として保存し直してください。"


class UploadRefused(ValueError):
    """The file is not taken; the message is for the person who uploaded it."""


def check_upload(name: str, content: bytes) -> str:
    """Return "xlsx" or "csv"; the name's ending and the content must agree.

    Raises:
        UploadRefused: for anything else, with what to do about it.
    """
    _check_size(content)
    suffix = PurePosixPath(name).suffix.lower()
    _refuse_other_documents(suffix, content)
    if content.startswith(b"PK"):
        _check_workbook(content)
        if suffix != ".xlsx":
            raise UploadRefused("中身はExcelブックですが、ファイル名の末尾が .xlsx ではありません。" + RESAVE)
        return "xlsx"
    if suffix == ".xlsx":
        raise UploadRefused("ファイル名の末尾は .xlsx ですが、中身はExcelブックではありません。" + RESAVE)
    if suffix != ".csv":
        raise UploadRefused("取り込めるのは Excelブック（.xlsx）又は CSV（.csv）だけです。")
    return "csv"


def _check_size(content: bytes) -> None:
    if not content:
        raise UploadRefused("ファイルが空です。")
    if len(content) > MAX_PACKED_BYTES:
        raise UploadRefused("ファイルが大きすぎます。10MB以下に分けてください。")


def _refuse_other_documents(suffix: str, content: bytes) -> None:
    if content.startswith(OLE_MAGIC):
        if ENCRYPTED_STREAM in content:
            raise UploadRefused(
                "パスワードで保護されたブックは取り込めません。パスワードを外して保存し直してください。"
            )
        raise UploadRefused("古い形式（.xls）のブックは取り込めません。" + RESAVE)
    if content.startswith(b"%PDF"):
        raise UploadRefused("PDFは取り込めません。元のExcelブックを選んでください。")
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        raise UploadRefused("HTML又はXMLのファイルは取り込めません。" + RESAVE)
    if suffix in {".xls", ".xlsb", ".xlsm"}:
        raise UploadRefused(f"{suffix} は取り込めません。" + RESAVE)


def _check_workbook(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_entries(archive.infolist())
            _check_kind(archive)
            _read_through(archive)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, OSError, EOFError) as error:
        raise UploadRefused("ファイルが壊れていて開けません。" + RESAVE) from error
    except RuntimeError as error:  # zipfile's answer to an encrypted entry
        raise UploadRefused("パスワードで保護されたファイルは取り込めません。") from error


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    if len(entries) > MAX_ENTRIES or len(set(names)) != len(names):
        raise UploadRefused("ブックの構造が通常と異なるため取り込めません。" + RESAVE)
    for name in names:
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts:
            raise UploadRefused("ブックの構造が通常と異なるため取り込めません。" + RESAVE)
        if path.name.lower() == "vbaproject.bin":
            raise UploadRefused("マクロを含むブックは受け付けません。" + RESAVE)


def _check_kind(archive: zipfile.ZipFile) -> None:
    names = set(archive.namelist())
    if "[Content_Types].xml" not in names:
        raise UploadRefused("Excelブックではありません。" + RESAVE)
    with archive.open("[Content_Types].xml") as part:
        types = part.read(CHUNK_BYTES)
    if b"macroEnabled" in types:
        raise UploadRefused("マクロを含むブックは受け付けません。" + RESAVE)
    if XLSX_MAIN not in types:
        raise UploadRefused("Excelブック（.xlsx）ではありません。" + RESAVE)


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
                if DOCTYPE.search(tail + chunk):
                    raise UploadRefused("安全でない記述を含むため取り込めません。" + RESAVE)
                tail = chunk[-DOCTYPE_MAX_BYTES:]
