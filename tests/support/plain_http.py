"""HTTP on loopback, where nothing is encrypted."""

import ssl
from typing import Final

NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For ``verify=`` of httpx, whose clients else read all authorities' certificates: 36 ms each."""
