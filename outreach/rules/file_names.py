"""Names of files as people get them: Japanese, and safe on every system."""

import re

LONGEST = 80
_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]+')


def safe_file_name(stem: str, suffix: str) -> str:
    """Return a file name of a title and a suffix (".docx"): no path, no control, not too long."""
    cleaned = _UNSAFE.sub("_", stem).strip(" .　")[:LONGEST].rstrip(" .　")
    return f"{cleaned or 'ファイル'}{_UNSAFE.sub('', suffix)}"
