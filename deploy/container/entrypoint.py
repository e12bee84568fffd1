"""Start a process of the image, its secrets read from files: NAME_FILE names the file that holds NAME."""

import os
import sys
from pathlib import Path


def main(command: list[str]) -> None:
    for name in [name for name in os.environ if name.endswith("_FILE")]:
        os.environ[name.removesuffix("_FILE")] = (
            Path(os.environ.pop(name)).read_text(encoding="utf-8").strip()
        )
    os.execvp(command[0], command)  # noqa: S606 - the image's own command


if __name__ == "__main__":
    main(sys.argv[1:])
