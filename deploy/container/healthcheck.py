"""Ask the web server of this container whether it can be given requests; end with 1 when it cannot."""

import os
import sys
import urllib.error
import urllib.request

host = os.environ["ALLOWED_HOSTS"].split(",")[0]
request = urllib.request.Request("http://127.0.0.1:8000/readyz", headers={"Host": host})
try:
    urllib.request.urlopen(request, timeout=15).close()  # noqa: S310 - a fixed address
except OSError as error:
    sys.exit(f"readyz: {error}")
