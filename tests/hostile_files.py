"""Odd and hostile files as people and programs send them, each made when asked for.

`FILES` are files that some door must refuse, with a part of what it must say, or read, with cells of the
first sheet that must come out. Nothing here is harmful unless it is unpacked without limits.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import partial
from xml.sax.saxutils import escape

CELL_NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT_NAMESPACE = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_MAIN_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BILLION_LAUGHS = '<!DOCTYPE a [<!ENTITY b "lol"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'


@dataclass(frozen=True)
class Problem:
    """What must come out of a cell that holds no value: a part of its message."""

    message: str


@dataclass(frozen=True)
class OddFile:
    """A file with what must become of it: `refused` is a part of the message, "" when it is read."""

    title: str
    make: Callable[[], bytes]
    refused: str = ""
    name: str = "報告.xlsx"
    cells: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.title


def archive(
    parts: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED, level: int | None = None
) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method, compresslevel=level) as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return stream.getvalue()


def parts_of_book(
    rows: str = '<row r="1"><c r="A1" t="inlineStr"><is><t>見出し</t></is></c></row>',
    *,
    after: str = "",
    before: str = "",
    strings: str = "",
    styles: str = "",
    sheets: str = '<sheet name="表" sheetId="1" r:id="rId1"/>',
    settings: str = "",
    namespace: str = CELL_NAMESPACE,
    main_type: str = _MAIN_TYPE,
    relations: str = "",
    more: Mapping[str, bytes | str] | None = None,
) -> dict[str, bytes | str]:
    """Return the parts of a book of one sheet, to be changed for the worse."""
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    kinds = {"rId1": ("worksheet", "worksheets/sheet1.xml"), "rId2": ("styles", "styles.xml")}
    kinds["rId3"] = ("sharedStrings", "sharedStrings.xml")
    links = "".join(
        f'<Relationship Id="{key}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for key, (kind, target) in kinds.items()
    )
    main = f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
    return {
        "[Content_Types].xml": f'{head}<Types xmlns="{_PACKAGE}/content-types">'
        f'<Override PartName="/xl/workbook.xml" ContentType="{main_type}"/></Types>',
        "_rels/.rels": f'{head}<Relationships xmlns="{_PACKAGE}/relationships">{main}</Relationships>',
        "xl/workbook.xml": f'{head}<workbook xmlns="{namespace}" xmlns:r="{_RELATIONS}">'
        f"{settings}<sheets>{sheets}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'{head}<Relationships xmlns="{_PACKAGE}/relationships">'
        f"{links}{relations}</Relationships>",
        "xl/styles.xml": f'{head}<styleSheet xmlns="{namespace}">{styles}</styleSheet>',
        "xl/sharedStrings.xml": f'{head}<sst xmlns="{namespace}">{strings}</sst>',
        "xl/worksheets/sheet1.xml": f'{head}<worksheet xmlns="{namespace}">{before}'
        f"<sheetData>{rows}</sheetData>{after}</worksheet>",
        **(more or {}),
    }


def book(rows: str | None = None, **options: object) -> bytes:
    """Return a book of one sheet (see `parts_of_book`)."""
    given = {} if rows is None else {"rows": rows}
    return archive(parts_of_book(**given, **options))  # type: ignore[arg-type]


def relation_of(kind: str, target: str, more: str = "") -> str:
    """Return a relation of the workbook, under the id of its kind."""
    return f'<Relationship Id="{kind}" Type="{_RELATIONS}/{kind}" Target="{target}" {more}/>'


def row_of(*cells: str, number: int = 1) -> str:
    """Return a row of cells, each given as the attributes and the inside of its element: 't="b"|<v>1</v>'."""
    made = []
    for index, cell in enumerate(cells):
        attributes, _mark, inside = cell.rpartition("|")
        made.append(f'<c r="{chr(65 + index)}{number}" {attributes}>{inside}</c>')
    return f'<row r="{number}">{"".join(made)}</row>'


def text_cell(text: str) -> str:
    return f't="inlineStr"|<is><t xml:space="preserve">{escape(text)}</t></is>'


def styles_of(*codes: str | int) -> str:
    """Return the styles 0, 1, 2 … of number formats: codes of one's own, or numbers of built-in ones."""
    own: dict[str | int, int] = {
        code: number for number, code in enumerate(codes, start=170) if isinstance(code, str)
    }
    formats = "".join(
        f'<numFmt numFmtId="{number}" formatCode="{escape(str(code), {chr(34): "&quot;"})}"/>'
        for code, number in own.items()
    )
    styles = "".join(
        f'<xf numFmtId="{own[code] if isinstance(code, str) else code}" applyNumberFormat="1"/>'
        for code in codes
    )
    return f"<numFmts>{formats}</numFmts><cellXfs>{styles}</cellXfs>"


def _without(name: str) -> bytes:
    parts = parts_of_book()
    del parts[name]
    return archive(parts)


def _changed(name: str, content: bytes | str) -> bytes:
    return archive(parts_of_book(more={name: content}))


def _sheet_in(encoding: str, prolog: str) -> bytes:
    text = f'<?xml version="1.0" encoding="{encoding}"?>{prolog}<worksheet xmlns="{CELL_NAMESPACE}"/>'
    return _changed("xl/worksheets/sheet1.xml", text.encode(encoding))


def _doubled_entry() -> bytes:
    stream = io.BytesIO(book())
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as target:
        target.writestr("XL/Worksheets/Sheet1.xml", b"<worksheet/>")
    return stream.getvalue()


def _overlapping_entries() -> bytes:
    """Return a book whose central directory leads 50 names to one and the same bytes."""
    content = archive({**parts_of_book(), "xl/a.xml": b" " * 1_000_000})
    end = content.rindex(b"PK\x05\x06")
    start = struct.unpack_from("<I", content, end + 16)[0]
    record = content[content.rindex(b"PK\x01\x02") : end]
    more = b"".join(record.replace(b"xl/a.xml", f"xl/{number:01x}.xml".encode()) for number in range(1, 9))
    count = struct.unpack_from("<H", content, end + 10)[0] + 8
    size = end - start + len(more)
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, size, start, 0)
    return content[:end] + more + tail


def _lying_size() -> bytes:
    """Return a book whose directory says of 61 MB that they are one byte."""
    content = bytearray(archive({**parts_of_book(), "xl/big.xml": b" " * (61 * 1024 * 1024)}))
    record = content.rindex(b"PK\x01\x02")
    struct.pack_into("<I", content, record + 24, 1)
    return bytes(content)


def _locked_entry() -> bytes:
    content = bytearray(book())
    position = content.index(b"PK\x01\x02")
    struct.pack_into("<H", content, position + 8, 1)
    return bytes(content)


def _broken_crc() -> bytes:
    content = bytearray(book())
    struct.pack_into("<I", content, content.index(b"PK\x01\x02") + 16, 1)
    return bytes(content)


def _many_rows(count: int, cell: str) -> bytes:
    rows = "".join(f'<row r="{number}"><c r="A{number}" {cell}</row>' for number in range(1, count + 1))
    return book(rows)


def _rows_without_cells(count: int) -> bytes:
    blank = "".join(f'<row r="{number}" s="1" customFormat="1" ht="15"/>' for number in range(3, count + 1))
    return book(row_of("|<v>1</v>") + row_of("|<v>2</v>", number=2) + blank)


def _wide_row(columns: int) -> bytes:
    return book(f'<row r="1">{"<c><v>1</v></c>" * columns}</row>')


def _ods() -> bytes:
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return archive({"mimetype": kind, "content.xml": "<office/>"}, zipfile.ZIP_STORED)


def _of_type(kind: str) -> bytes:
    return archive(parts_of_book(main_type=kind))


_EXCEL = "application/vnd.ms-excel"
_OFFICE = "application/vnd.openxmlformats-officedocument"
_xlsm = partial(_of_type, f"{_EXCEL}.sheet.macroEnabled.main+xml")
_xlsb = partial(_of_type, f"{_EXCEL}.sheet.binary.macroEnabled.main")
_docx = partial(_of_type, f"{_OFFICE}.wordprocessingml.document.main+xml")
_pptx = partial(_of_type, f"{_OFFICE}.presentationml.presentation.main+xml")
_xltx = partial(_of_type, f"{_OFFICE}.spreadsheetml.template.main+xml")


def _old(stream: str) -> bytes:
    return OLE + f"{stream}\0".encode("utf-16-le")


NOT_BOOKS = (
    OddFile("nothing", lambda: b"", "ファイルが空です"),
    OddFile("too many bytes", lambda: b"PK" + bytes(10 * 1024 * 1024), "ファイルが大きすぎます"),
    OddFile("pdf", lambda: b"%PDF-1.7\n", "PDFは取り込めません", "報告.pdf"),
    OddFile("pdf as xlsx", lambda: b"%PDF-1.7\n", "PDFは取り込めません"),
    OddFile("html as xls", lambda: b"<html><table><tr><td>1", "HTML又はXML", "報告.xls"),
    OddFile("html with a mark", lambda: b"\xef\xbb\xbf \r\n<table>", "HTML又はXML"),
    OddFile("html in UTF-16", lambda: "<html>".encode("utf-16"), "HTML又はXML"),
    OddFile("xml of 2003", lambda: b'<?xml version="1.0"?><Workbook/>', "HTML又はXML", "報告.xml"),
    OddFile("old xls", partial(_old, "Workbook"), "古い形式（.xls）のブック", "報告.xls"),
    OddFile("old xls as xlsx", partial(_old, "Book"), "古い形式（.xls）のブック"),
    OddFile("old doc", lambda: OLE + bytes(500), "Excel以外の古い形式の文書", "報告.doc"),
    OddFile("encrypted", partial(_old, "EncryptedPackage"), "パスワードを外して"),
    OddFile("ods", _ods, "OpenDocument形式（.ods）は取り込めません", "報告.ods"),
    OddFile("ods as xlsx", _ods, "OpenDocument形式（.ods）は取り込めません"),
    OddFile("docx", _docx, "Wordの文書", "報告.docx"),
    OddFile(
        "pptx",
        _pptx,
        "PowerPoint",
    ),
    OddFile("template", _xltx, "テンプレート", "報告.xltx"),
    OddFile("png", lambda: b"\x89PNG\r\n\x1a\n", "画像は取り込めません"),
    OddFile("jpeg", lambda: b"\xff\xd8\xff\xe0", "画像は取り込めません", "報告.jpg"),
    OddFile("gzip", lambda: b"\x1f\x8b\x08", "圧縮ファイルは取り込めません"),
    OddFile("7z", lambda: b"7z\xbc\xaf\x27\x1c", "圧縮ファイルは取り込めません", "報告.7z"),
    OddFile("rtf", lambda: b"{\\rtf1", "Word等の文書"),
    OddFile("program", lambda: b"MZ\x90", "プログラムは取り込めません", "報告.xlsx.exe"),
    OddFile("csv as xlsx", lambda: "名称,数\r\n".encode("cp932"), "文字だけのファイル"),
    OddFile("csv in UTF-16 as xlsx", lambda: "名称\t数\r\n".encode("utf-16"), "文字だけのファイル"),
    OddFile("noise as xlsx", lambda: bytes(range(7)) * 9, "別の形式のファイル"),
    OddFile("empty zip", lambda: archive({}), "ZIPファイルで"),
    OddFile("zip of a book", lambda: archive({"報告.xlsx": book()}), "取り出して選んでください", "報告.zip"),
    OddFile("book as csv", book, "末尾が .xlsx ではありません", "報告.csv"),
    OddFile("book without ending", book, "末尾が .xlsx ではありません", "報告"),
)

HOSTILE = (
    OddFile("xlsm", _xlsm, "マクロを含む", "報告.xlsm"),
    OddFile("xlsm as xlsx", _xlsm, "マクロ"),
    OddFile("stray macros", partial(_changed, "xl/vbaProject.bin", OLE), "マクロを含む"),
    OddFile("macros elsewhere", partial(_changed, "XL/x/VBAPROJECT.BIN", OLE), "マクロを含む"),
    OddFile("macros of 1992", partial(_changed, "xl/macrosheets/s.xml", "<x/>"), "マクロを含む"),
    OddFile("xlsb", _xlsb, ".xlsb", "報告.xlsb"),
    OddFile("xlsb as xlsx", _xlsb, ".xlsb"),
    OddFile("path upwards", partial(_changed, "../../etc/cron.d/x", "x"), "構造が通常と異なる"),
    OddFile("path with backslashes", partial(_changed, "xl\\..\\..\\x", "x"), "構造が通常と異なる"),
    OddFile("path from the root", partial(_changed, "/etc/passwd", "x"), "構造が通常と異なる"),
    OddFile("path with a drive", partial(_changed, "C:/x", "x"), "構造が通常と異なる"),
    OddFile("doubled entry", _doubled_entry, "構造が通常と異なる"),
    OddFile("overlapping entries", _overlapping_entries, "構造が通常と異なる"),
    OddFile(
        "60,000 entries",
        lambda: archive({f"xl/{number}": b"" for number in range(60_000)}, zipfile.ZIP_STORED),
        "構造が通常と異なる",
    ),
    OddFile(
        "other compression",
        lambda: archive(parts_of_book(), zipfile.ZIP_BZIP2),
        "構造が通常と異なる",
    ),
    OddFile("locked entry", _locked_entry, "パスワードを外して"),
    OddFile("lying size", _lying_size, "壊れていて開けません"),
    OddFile("wrong checksum", _broken_crc, "壊れていて開けません"),
    OddFile("truncated", lambda: book()[:-200], "壊れていて開けません"),
    OddFile("only a beginning", lambda: b"PK\x03\x04", "壊れていて開けません"),
    OddFile(
        "61 MB of blanks",
        partial(_changed, "xl/x.xml", b" " * 61 * 1024**2),
        "中身が大きすぎます",
    ),
    OddFile("billion laughs", partial(_sheet_in, "utf-8", BILLION_LAUGHS), "DOCTYPE"),
    OddFile("doctype in UTF-16", partial(_sheet_in, "utf-16", BILLION_LAUGHS), "DOCTYPE"),
    OddFile(
        "file as an entity",
        partial(_changed, "xl/x.xml", '<!doctype a [<!ENTITY % b SYSTEM "file:///etc/passwd">]>'),
        "DOCTYPE",
    ),
    OddFile("no sheet part", partial(_without, "xl/worksheets/sheet1.xml"), "読み取れません"),
    OddFile("no sheets", partial(book, sheets=""), "シートがありません"),
    OddFile("no workbook", partial(_without, "xl/workbook.xml"), "シートがありません"),
    OddFile("no content types", partial(_without, "[Content_Types].xml"), "ZIPファイルで"),
    OddFile(
        "broken sheet",
        partial(_changed, "xl/worksheets/sheet1.xml", "<worksheet"),
        "読み取れません",
    ),
    OddFile("broken strings", partial(_changed, "xl/sharedStrings.xml", "<sst>&b;"), "読み取れません"),
    OddFile("NUL in a cell", partial(book, "<row><c><v>&#0;</v></c></row>"), "読み取れません"),
    OddFile("string of no number", partial(book, row_of('t="s"|<v>7</v>')), "読み取れません"),
    OddFile("string before the first", partial(book, row_of('t="s"|<v>-1</v>')), "読み取れません"),
    OddFile("deep nesting", partial(book, before="<a>" * 10**6), "読み取れません"),
    OddFile("10 MB attribute", partial(book, before=f'<a b="{"x" * 10**7}">'), "読み取れません"),
    OddFile(
        "cell in a foreign row",
        partial(book, '<row r="1"><c r="A9"><v>1</v></c></row>'),
        "読み取れ",
    ),
    OddFile("row twice", partial(book, row_of("|<v>1</v>") + row_of("|<v>2</v>")), "読み取れません"),
    OddFile(
        "cell twice",
        partial(book, '<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>'),
        "読み取れません",
    ),
    OddFile(
        "far corner",
        partial(book, '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        "行以内",
    ),
    OddFile("16,384 columns", partial(_wide_row, 16_384), "500列を超える値"),
    OddFile("100,000 rows", partial(_many_rows, 100_000, "><v>1</v></c>"), "21,000行以内の表"),
    OddFile(
        "8 million strings",
        partial(book, strings="<si><t/></si>" * 4_000_000),
        "文字の入ったセルが多すぎます",
    ),
    OddFile(
        "one text a thousand times",
        lambda: book(
            "".join(row_of('t="s"|<v>0</v>', number=number) for number in range(1, 1101)),
            strings=f"<si><t>{'あ' * 30_000}</t></si>",
        ),
        "ブックの値が多すぎます",
    ),
    OddFile(
        "merged without end",
        partial(book, after="<mergeCells>" + '<mergeCell ref="A1:B2"/>' * 30_000 + "</mergeCells>"),
        "結合セルが多すぎます",
    ),
)


def _moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at)


LAST_SECOND = _moment(date(2023, 8, 31), time(23, 59, 59))
_DAY_FORMATS = styles_of("General", 14, 57, '[$-411]ggge"年"m"月"d"日"', "yyyy/m/d h:mm", "m月d日", '0"年"')
_SEEN_FORMATS = styles_of("General", 9, "0.0%", "h:mm", "[h]:mm", "0.00E+00", "#,##0_);[Red]\\(#,##0\\)", "@")
_LETTERS = ("辻󠄀𠮷", "が", "ﾆﾎﾝ", "甲\u202e乙", "\ue000", "=1+1", " 前後 ")
_RICH = "<si><r><t>厚生</t></r><r><t>労働省</t></r><rPh sb='0' eb='2'><t>コウセイ</t></rPh><phoneticPr/></si>"

ODD = (
    OddFile(
        "days of 1900",
        partial(
            book,
            row_of(*(f's="{style}"|<v>45169</v>' for style in range(7))),
            styles=_DAY_FORMATS,
        ),
        cells={"A1": 45169, **{f"{column}1": date(2023, 8, 31) for column in "BCDEF"}, "G1": 45169},
    ),
    OddFile(
        "days of 1904",
        partial(
            book,
            row_of('s="1"|<v>43707</v>', 's="1"|<v>0</v>', "|<v>43707</v>"),
            styles=_DAY_FORMATS,
            settings='<workbookPr date1904="1"/>',
        ),
        cells={"A1": date(2023, 8, 31), "B1": date(1904, 1, 1), "C1": 43707},
    ),
    OddFile(
        "days at the edge",
        partial(
            book,
            row_of(*(f's="1"|<v>{serial}</v>' for serial in (1, 59, 60, 61, -1, 0, 2958465, 2958466, "1E9"))),
            styles=_DAY_FORMATS,
        ),
        cells={
            "A1": date(1900, 1, 1),
            "B1": date(1900, 2, 28),
            "C1": Problem("日付として表せない"),
            "D1": date(1900, 3, 1),
            "E1": Problem("日付として表せない"),
            "F1": Problem("日付として表せない"),
            "G1": date(9999, 12, 31),
            "H1": Problem("日付として表せない"),
            "I1": Problem("日付として表せない"),
        },
    ),
    OddFile(
        "last second of a day",
        partial(
            book,
            row_of(
                's="1"|<v>45169.999988425926</v>', 's="1"|<v>45168.99999999999</v>', 't="d"|<v>2023-08-31</v>'
            ),
            styles=_DAY_FORMATS,
        ),
        cells={"A1": LAST_SECOND, "B1": date(2023, 8, 31), "C1": date(2023, 8, 31)},
    ),
    OddFile(
        "numbers as they are shown",
        partial(
            book,
            row_of(
                *(
                    's="1"|<v>0.45</v>',
                    's="2"|<v>7.0000000000001E-2</v>',
                    's="3"|<v>0.395833333333333</v>',
                ),
                *('s="4"|<v>1.5</v>', 's="5"|<v>1E5</v>', 's="6"|<v>1200</v>', 's="7"|<v>1200</v>'),
            ),
            styles=_SEEN_FORMATS,
        ),
        cells={
            "A1": "45%",
            "B1": "7%",
            "C1": time(9, 30),
            "D1": "36:00:00",
            "E1": 100_000,
            "F1": 1200,
            "G1": 1200,
        },
    ),
    OddFile(
        "numbers at the edge",
        partial(
            book,
            row_of(
                *("|<v>1.0</v>", "|<v>1E+20</v>", "|<v>NaN</v>", "|<v>1E+400</v>", "|<v>１２</v>"),
                *("|<v>-0.5</v>", "|<v></v>", "|<v>6000012070001</v>", 's="99"|<v>1</v>'),
            ),
        ),
        cells={
            "A1": 1,
            "B1": 10**20,
            "C1": Problem("数として"),
            "D1": Problem("数として"),
            "E1": Problem("数として"),
            "F1": -0.5,
            "G1": None,
            "H1": 6_000_012_070_001,
            "I1": 1,
        },
    ),
    OddFile(
        "truths and errors",
        partial(
            book,
            row_of(
                *('t="b"|<v>1</v>', 't="b"|<v>0</v>', 't="e"|<v>#N/A</v>', 't="e"|<v>#DIV/0!</v>'),
                't="e"|<f>A9/0</f><v>#DIV/0!</v>',
            ),
        ),
        cells={
            "A1": True,
            "B1": False,
            "C1": Problem("#N/A"),
            "D1": Problem("#DIV/0!"),
            "E1": Problem("#DIV/0!"),
        },
    ),
    OddFile(
        "formulas",
        partial(
            book,
            row_of(
                *("|<f>1+1</f><v>2</v>", 't="str"|<f>"甲"</f><v>甲</v>', "|<f>1+1</f>", "|<f>1+1</f><v></v>"),
                *('t="str"|<f>""</f><v></v>', '|<f t="shared" si="0"/><v>3</v>', "|<f>WEBSERVICE(1)</f>"),
            ),
        ),
        cells={
            "A1": 2,
            "B1": "甲",
            "C1": Problem("数式の結果が保存されていません"),
            "E1": None,
            "F1": 3,
            "D1": Problem("数式の結果が保存されていません"),
            "G1": Problem("数式の結果が保存されていません"),
        },
    ),
    OddFile(
        "shared strings with readings",
        partial(book, row_of('t="s"|<v>0</v>', 't="s"|<v>1</v>'), strings=f"{_RICH}<si/>"),
        cells={"A1": "厚生労働省", "B1": None},
    ),
    OddFile(
        "rich text in the cell",
        partial(book, row_of(f't="inlineStr"|{_RICH.replace("si>", "is>")}')),
        cells={"A1": "厚生労働省"},
    ),
    OddFile(
        "escapes of Excel",
        partial(
            book,
            row_of(
                *(text_cell("甲_x000D_\n乙"), text_cell("_x0000_"), text_cell("_x005F_x0041_")),
                *(text_cell("_xD83D__xDE00_"), text_cell("_xD800_"), text_cell("_x00zz_")),
            ),
        ),
        cells={"A1": "甲\r\n乙", "B1": "\0", "C1": "_x0041_", "D1": "😀", "E1": "\ud800", "F1": "_x00zz_"},
    ),
    OddFile(
        "letters of every kind",
        partial(
            book, row_of(*map(text_cell, ("辻󠄀𠮷", "が", "ﾆﾎﾝ", "甲\u202e乙", "\ue000", "=1+1", " 前後 ")))
        ),
        cells=dict(zip(("A1", "B1", "C1", "D1", "E1", "F1", "G1"), _LETTERS, strict=True)),
    ),
    OddFile(
        "100,000 characters",
        partial(book, row_of(text_cell("あ" * 100_000), text_cell("い" * 32_767))),
        cells={"A1": Problem("文字数が多すぎます"), "B1": "い" * 32_767},
    ),
    OddFile(
        "dimension too small",
        partial(book, row_of("|<v>1</v>", "|<v>2</v>", number=9), before='<dimension ref="A1"/>'),
        cells={"A9": 1, "B9": 2},
    ),
    OddFile(
        "dimension too large",
        partial(book, row_of("|<v>1</v>"), before='<dimension ref="A1:XFD1048576"/>'),
        cells={"A1": 1},
    ),
    OddFile("a million blank rows", partial(_rows_without_cells, 1_048_576), cells={"A1": 1, "A2": 2}),
    OddFile("styled blank cells", partial(_many_rows, 200_000, 's="1"/>'), cells={"A1": None}),
    OddFile(
        "no addresses",
        partial(book, "<row><c><v>1</v></c><c/><c><v>3</v></c></row><row/><row><c><v>5</v></c></row>"),
        cells={"A1": 1, "B1": None, "C1": 3, "A3": 5},
    ),
    OddFile(
        "hidden and filtered rows",
        partial(
            book,
            '<row r="1" hidden="1"><c r="A1"><v>1</v></c></row><row r="3"><c r="A3"><v>3</v></c></row>',
            after='<autoFilter ref="A1:A3"/>',
        ),
        cells={"A1": 1, "A2": None, "A3": 3},
    ),
    OddFile(
        "merged cells",
        partial(
            book,
            row_of("|<v>1</v>", "|", "|<v>3</v>"),
            after='<mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells>',
        ),
        cells={"A1": 1, "B1": None, "C1": 3},
    ),
    OddFile(
        "hidden sheet first",
        partial(
            book,
            row_of("|<v>1</v>"),
            sheets='<sheet name="裏" sheetId="2" state="veryHidden" r:id="worksheet"/>'
            '<sheet name="表" sheetId="1" r:id="rId1"/>',
            relations=relation_of("worksheet", "/xl/worksheets/back.xml"),
            more={"xl/worksheets/back.xml": f'<worksheet xmlns="{CELL_NAMESPACE}"/>'},
        ),
        cells={"A1": 1},
    ),
    OddFile(
        "links and pictures from outside",
        partial(
            book,
            row_of("|<v>1</v>"),
            relations=relation_of("externalLink", "externalLinks/a.xml")
            + relation_of("image", "http://canary.test/", 'TargetMode="External"'),
            more={"xl/externalLinks/a.xml": "<externalLink/>"},
        ),
        cells={"A1": 1},
    ),
    OddFile(
        "strict format",
        partial(book, row_of("|<v>1</v>"), namespace=STRICT_NAMESPACE),
        cells={"A1": 1},
    ),
    OddFile(
        "cells of another vocabulary",
        partial(
            book,
            '<row r="1"><c r="A1"><v>1</v><x:v xmlns:x="urn:other">9</x:v></c></row>',
            after='<extLst><ext><x:f xmlns:x="urn:x">A1</x:f></ext></extLst>',
        ),
        cells={"A1": 1},
    ),
    OddFile(
        "parts in capitals",
        lambda: book(row_of('t="s"|<v>0</v>'), strings="<si><t>甲</t></si>").replace(
            b"xl/sharedStrings.xml", b"xl/SHAREDSTRINGS.xml"
        ),
        cells={"A1": "甲"},
    ),
    OddFile(
        "sheet in UTF-16",
        partial(
            _changed,
            "xl/worksheets/sheet1.xml",
            f'<?xml version="1.0" encoding="UTF-16"?><worksheet xmlns="{CELL_NAMESPACE}"><sheetData>'
            f"{row_of('|<v>1</v>')}</sheetData></worksheet>".encode("utf-16"),
        ),
        cells={"A1": 1},
    ),
    OddFile("name in capitals", book, name="報告.XLSX", cells={"A1": "見出し"}),
    OddFile("name with path and marks", book, name="..\\..\\\u202e報告.xlsx ", cells={"A1": "見出し"}),
)

FILES = (*NOT_BOOKS, *HOSTILE, *ODD)
