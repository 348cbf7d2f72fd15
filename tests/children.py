"""What children do in the tests of `Child`: `python -m tests.children`."""

import ctypes
import os
import sys
import time
from typing import Any

from astraweave_rag.child import Parent


def main() -> None:
    parent = Parent()
    while True:
        message: Any = parent.receive()
        match message:
            case "print":
                print("to stdout", flush=True)
                os.write(1, b"natively to stdout\n")
            case "die":
                sys.stderr.write("my last words\n")
                sys.stderr.flush()
                os.abort()
            case "leave":
                os._exit(7)
            case "busy":  # in native code, as llama.cpp is
                parent.send("busy")
                ctypes.CDLL(None).sleep(600)
            case [number, "sleep"]:
                time.sleep(600)
                parent.send([number, "late"])
            case [number, "leave"]:
                os._exit(7)
            case _:
                parent.send(message)


if __name__ == "__main__":
    main()
