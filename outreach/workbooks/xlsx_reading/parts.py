"""The parts of an .xlsx workbook, read element by element; sheets are in a module of their own."""

import io
import posixpath
import zipfile
from collections.abc import Callable, Mapping
from typing import IO, Protocol
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


Start = Callable[[dict[str, str]], None]
End = Callable[[], None]


class Reader(Protocol):
    """Takes in the content of a part."""

    def read(self, stream: IO[bytes]) -> None: ...


class BrokenError(ValueError):
    """The book is not built as the format says."""


class Part:
    """One XML part, told element by element; what has no taker, and other vocabularies, is passed over."""

    def __init__(
        self,
        namespaces: tuple[str, ...],
        *,
        starts: Mapping[str, Start],
        ends: Mapping[str, End] | None = None,
    ) -> None:
        self._starts = {f"{space} {tag}": take for space in namespaces for tag, take in starts.items()}
        self._ends = {f"{space} {tag}": take for space in namespaces for tag, take in (ends or {}).items()}
        self._depth = 0
        self._text: list[str] | None = None

    def parser(self) -> expat.XMLParserType:
        """Return a parser that tells this part of what it is fed with."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._add
        return parser

    def read(self, stream: IO[bytes]) -> None:
        parser = self.parser()
        while chunk := stream.read(CHUNK_BYTES):
            parser.Parse(chunk, False)  # noqa: FBT003 - positional only
        parser.Parse(b"", True)  # noqa: FBT003

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
        take = self._starts.get(name)
        if take is not None:
            take(attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        take = self._ends.get(name)
        if take is not None:
            take()

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

    def read(self, part: Reader, name: str) -> None:
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
        super().__init__(_RELATIONSHIPS, starts={"Relationship": self._relate})
        self._folder = posixpath.dirname(source)
        self.targets: dict[str, tuple[str, str]] = {}
        archive.read(self, posixpath.join(self._folder, "_rels", f"{posixpath.basename(source)}.rels"))

    def _relate(self, attributes: dict[str, str]) -> None:
        if attributes.get("TargetMode") != "External":
            path = posixpath.normpath(posixpath.join("/", self._folder, attributes["Target"])).lstrip("/")
            self.targets[attributes["Id"]] = (attributes["Type"].rpartition("/")[2], path)

    def first(self, kind: str) -> str:
        """Return the part of a kind, or "" where there is none."""
        return next((path for found, path in self.targets.values() if found == kind), "")


class WorkbookPart(Part):
    """The sheets in their order, and on which of the two calendars the days are counted."""

    def __init__(self) -> None:
        super().__init__(SPREADSHEET, starts={"workbookPr": self._set_calendar, "sheet": self._add_sheet})
        self.counts_from_1904 = False
        self.sheets: list[tuple[str, bool, str]] = []

    def _set_calendar(self, attributes: dict[str, str]) -> None:
        self.counts_from_1904 = attributes.get("date1904", "0") in {"1", "true", "on"}

    def _add_sheet(self, attributes: dict[str, str]) -> None:
        relation = next((value for key, value in attributes.items() if key.endswith(" id")), "")
        visible = attributes.get("state", "visible") == "visible"
        self.sheets.append((unescaped(attributes["name"]), visible, relation))


class StylesPart(Part):
    """What the number format of each style shows: a day, a time, a percentage or just a number."""

    def __init__(self) -> None:
        super().__init__(
            SPREADSHEET,
            starts={"numFmt": self._add_code, "cellXfs": self._open_styles, "xf": self._add_style},
            ends={"cellXfs": self._close_styles},
        )
        self._is_inside = False
        self._codes: dict[int, str] = {}
        self.kinds: list[str] = []

    def _add_code(self, attributes: dict[str, str]) -> None:
        self._codes.setdefault(int(attributes["numFmtId"]), attributes["formatCode"])

    def _open_styles(self, _attributes: dict[str, str]) -> None:
        self._is_inside = True

    def _close_styles(self) -> None:
        self._is_inside = False

    def _add_style(self, attributes: dict[str, str]) -> None:
        if self._is_inside:  # and not among the styles that have names
            self.kinds.append(self._kind(int(attributes.get("numFmtId", "0"))))

    def _kind(self, number: int) -> str:
        code = self._codes.get(number)
        return kind_of_number(number) if code is None else kind_of_format(code)


class StringsPart(Part):
    """The shared strings: rich text joined, readings (ふりがな) left out."""

    def __init__(self) -> None:
        super().__init__(
            SPREADSHEET,
            starts={"t": self._open_text, "rPh": self._open_reading},
            ends={"t": self._close_text, "rPh": self._close_reading, "si": self._close_string},
        )
        self._pieces: list[str] = []
        self._is_reading = False
        self.strings: list[str] = []

    def _open_text(self, _attributes: dict[str, str]) -> None:
        if not self._is_reading:
            self.collect()

    def _close_text(self) -> None:
        if not self._is_reading:
            self._pieces.append(self.collected())

    def _open_reading(self, _attributes: dict[str, str]) -> None:
        self._is_reading = True

    def _close_reading(self) -> None:
        self._is_reading = False

    def _close_string(self) -> None:
        if len(self.strings) >= MAX_STRINGS:
            raise TooLargeError("文字の入ったセルが多すぎます。不要なシートや行を削除してください。")
        self.strings.append(unescaped("".join(self._pieces)))
        self._pieces.clear()


class PropertiesPart(Part):
    """The custom properties of the document that are text."""

    def __init__(self) -> None:
        super().__init__(_PROPERTIES, starts={"property": self._open}, ends={"property": self._close})
        self._name = ""
        self.texts: dict[str, str] = {}

    def _open(self, attributes: dict[str, str]) -> None:
        self._name = attributes.get("name", "")
        self.collect()

    def _close(self) -> None:
        self.texts[self._name] = self.collected().strip()
