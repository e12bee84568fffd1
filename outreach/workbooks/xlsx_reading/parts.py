"""The parts of an .xlsx workbook, read element by element; sheets are in a module of their own."""

import io
import posixpath
import zipfile
from typing import IO
from xml.parsers import expat

from .cells import TooLargeError, kind_of_format, kind_of_number, unescaped

CHUNK_BYTES = 1024 * 1024  # the expat of older Pythons starts a long token again at every chunk
MAX_STRINGS = 700_000
MAX_DEPTH = 100

SPREADSHEET = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_RELATIONSHIPS = ("http://schemas.openxmlformats.org/package/2006/relationships",)
_PROPERTIES = (
    "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties",
    "http://purl.oclc.org/ooxml/officeDocument/customProperties",
)


class BrokenError(ValueError):
    """The book is not built as the format says."""


class Part:
    """One XML part, told element by element; elements of other vocabularies are passed over."""

    def __init__(self, namespaces: tuple[str, ...], tags: set[str]) -> None:
        self._tags = {f"{namespace} {tag}": tag for namespace in namespaces for tag in tags}
        self._depth = 0
        self._text: list[str] | None = None

    def read(self, stream: IO[bytes]) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._add
        while chunk := stream.read(CHUNK_BYTES):
            parser.Parse(chunk, False)  # noqa: FBT003 - positional only
        parser.Parse(b"", True)  # noqa: FBT003

    def started(self, tag: str, attributes: dict[str, str]) -> None:
        """Take the start of an element."""

    def ended(self, tag: str) -> None:
        """Take the end of an element."""

    def collect(self) -> None:
        """Keep the text from here on, until `collected` asks for it."""
        self._text = []

    def collected(self) -> str:
        text = "".join(self._text or ())
        self._text = None
        return text

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise BrokenError("depth")
        if name in self._tags:
            self.started(self._tags[name], attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        if name in self._tags:
            self.ended(self._tags[name])

    def _add(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)


def _refuse_doctype(*_declaration: object) -> None:
    raise BrokenError("doctype")


class Archive:
    """The parts of a book by name; upper and lower case are one, as the format says."""

    def __init__(self, content: bytes) -> None:
        self._zip = zipfile.ZipFile(io.BytesIO(content))
        self._names = {name.replace("\\", "/").lower(): name for name in self._zip.namelist()}

    def read(self, part: Part, name: str) -> None:
        """Let a part read what is stored under its name; one that the book does not have is left as it is."""
        stored = self._names.get(name.lower())
        if stored is not None:
            with self._zip.open(stored) as stream:
                part.read(stream)

    def has(self, name: str) -> bool:
        return name.lower() in self._names


class Relationships(Part):
    """Where a part's relations lead: (last word of the type, part name) by id; none leads outside."""

    def __init__(self, archive: Archive, source: str) -> None:
        super().__init__(_RELATIONSHIPS, {"Relationship"})
        self._folder = posixpath.dirname(source)
        self.targets: dict[str, tuple[str, str]] = {}
        archive.read(self, posixpath.join(self._folder, "_rels", f"{posixpath.basename(source)}.rels"))

    def started(self, _tag: str, attributes: dict[str, str]) -> None:
        if attributes.get("TargetMode") != "External":
            path = posixpath.normpath(posixpath.join("/", self._folder, attributes["Target"])).lstrip("/")
            self.targets[attributes["Id"]] = (attributes["Type"].rpartition("/")[2], path)

    def first(self, kind: str) -> str:
        """Return the part of a kind, or "" where there is none."""
        return next((path for found, path in self.targets.values() if found == kind), "")


class WorkbookPart(Part):
    """The sheets in their order, and on which of the two calendars the days are counted."""

    def __init__(self) -> None:
        super().__init__(SPREADSHEET, {"workbookPr", "sheet"})
        self.counts_from_1904 = False
        self.sheets: list[tuple[str, bool, str]] = []

    def started(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "workbookPr":
            self.counts_from_1904 = attributes.get("date1904", "0") in {"1", "true", "on"}
            return
        relation = next((value for key, value in attributes.items() if key.endswith(" id")), "")
        visible = attributes.get("state", "visible") == "visible"
        self.sheets.append((unescaped(attributes["name"]), visible, relation))


class StylesPart(Part):
    """What the number format of each style shows: a day, a time, a percentage or just a number."""

    def __init__(self) -> None:
        super().__init__(SPREADSHEET, {"numFmts", "numFmt", "cellXfs", "xf"})
        self._inside = ""
        self._codes: dict[int, str] = {}
        self.kinds: list[str] = []

    def started(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in {"numFmts", "cellXfs"}:
            self._inside = tag
        elif tag == "numFmt" and self._inside == "numFmts":
            self._codes[int(attributes["numFmtId"])] = attributes["formatCode"]
        elif tag == "xf" and self._inside == "cellXfs":
            self.kinds.append(self._kind(int(attributes.get("numFmtId", "0"))))

    def ended(self, tag: str) -> None:
        if tag in {"numFmts", "cellXfs"}:
            self._inside = ""

    def _kind(self, number: int) -> str:
        code = self._codes.get(number)
        return kind_of_number(number) if code is None else kind_of_format(code)


class StringsPart(Part):
    """The shared strings: rich text joined, readings (ふりがな) left out."""

    def __init__(self) -> None:
        super().__init__(SPREADSHEET, {"si", "t", "rPh"})
        self._pieces: list[str] = []
        self._is_reading = False
        self.strings: list[str] = []

    def started(self, tag: str, _attributes: dict[str, str]) -> None:
        if tag == "rPh":
            self._is_reading = True
        elif tag == "t" and not self._is_reading:
            self.collect()

    def ended(self, tag: str) -> None:
        if tag == "rPh":
            self._is_reading = False
        elif tag == "t" and not self._is_reading:
            self._pieces.append(self.collected())
        elif tag == "si":
            if len(self.strings) >= MAX_STRINGS:
                raise TooLargeError(
                    "文字の入ったセルが多すぎます。回答の行だけを残して保存し直してください。"
                )
            self.strings.append(unescaped("".join(self._pieces)))
            self._pieces.clear()


class PropertiesPart(Part):
    """The custom properties of the document that are text."""

    def __init__(self) -> None:
        super().__init__(_PROPERTIES, {"property"})
        self._name = ""
        self.texts: dict[str, str] = {}

    def started(self, _tag: str, attributes: dict[str, str]) -> None:
        self._name = attributes.get("name", "")
        self.collect()

    def ended(self, _tag: str) -> None:
        self.texts[self._name] = self.collected().strip()
