"""A child that talks garbage: `python -m tests.garbage_child`."""

import os
import time

os.write(1, b"\x03\x00\x00\x00\xc1\xc1\xc1")
time.sleep(600)
