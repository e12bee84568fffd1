"""The environment of a test run, set before Django reads its settings (loaded with pytest's -p)."""

import os
import tempfile

os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("OUTREACH_VAR", tempfile.mkdtemp(prefix="outreach-tests-"))
os.environ.pop("OUTREACH_TODAY", None)
