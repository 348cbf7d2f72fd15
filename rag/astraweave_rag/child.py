"""A child process for native libraries: a crash or a hang in it costs a request, not the program.

Parent and child exchange MessagePack frames (length in 4 bytes, little-endian, then the message)
over the child's stdin and stdout. The child ends with its parent, however that ends, because its
stdin closes. A thread of the parent's watches it and starts it again after it ended: at once the
first time, later and later if it keeps ending soon.
"""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from queue import Empty, SimpleQueue
from typing import IO, Any

import msgspec

from .errors import ChildError

LARGEST = 64 << 20  # bytes of a frame; a longer one is taken for garbage
_LENGTH = struct.Struct("<I")
_LAST_WORDS = 2000  # bytes of stderr that are kept
_STEADY = 10.0  # seconds: who lives longer starts again without delay
_GRACE = 1.0  # seconds to end by itself before it is killed
_WATCH = 0.5  # seconds between two looks of the child at its parent


class Ended(msgspec.Struct, frozen=True):
    """The process is over, and what was sent to this generation of it may be lost.

    `code`: exit status, or minus the number of the signal that ended it; `words`: its last on
    stderr.
    """

    generation: int
    code: int
    words: str


def frame(message: Any) -> bytes:
    """A message as it travels.

    Raises:
        ChildError: it is longer than `LARGEST`.
    """
    body = msgspec.msgpack.encode(message)
    if len(body) > LARGEST:
        raise ChildError(f"a message has {len(body):,} bytes; at most {LARGEST:,} can be sent")
    return _LENGTH.pack(len(body)) + body


def read_frame(stream: IO[bytes]) -> Any:
    """The next message.

    Raises:
        EOFError: the stream ended, between two messages or within one.
        ChildError: what came is no frame.
    """
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    if length > LARGEST:
        raise ChildError(f"a frame claims {length:,} bytes; expected at most {LARGEST:,}")
    try:
        return msgspec.msgpack.decode(_exactly(stream, length))
    except msgspec.DecodeError as error:
        raise ChildError(f"a frame of {length:,} bytes is not MessagePack: {error}") from error


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


class Child:
    """A Python module that runs in a process of its own; see `Parent` for its side.

    Args:
        module: run as `python -m module`.
        opening: messages that every new process gets first, such as which file to load.
        restart: start it again after it ended.
        backoff: seconds before the second restart; doubled for each further one that was needed
            soon, up to `longest`.
    """

    def __init__(
        self,
        module: str,
        opening: Iterable[Any] = (),
        *,
        restart: bool = True,
        backoff: float = 0.1,
        longest: float = 5.0,
    ) -> None:
        self.module = module
        self._opening = b"".join(map(frame, opening))
        self._restart, self._backoff, self._longest = restart, backoff, longest
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._generation = 1
        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()
        self._inbox: SimpleQueue[Any] = SimpleQueue()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._calls = 0

    @property
    def pid(self) -> int | None:
        """Of the process, while one runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Start the process unless that was done before; does not wait for it.

        Raises:
            ChildError: it was closed.
        """
        with self._lock:
            if self._closing.is_set():
                raise ChildError(f"process {self.module}: it was closed; make a new one")
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._supervise, name=f"{self.module} child", daemon=True
                )
                self._thread.start()

    def send(self, message: Any) -> int:
        """Send a message, to the next process if none runs; never waits.

        Returns the generation of the process that gets it: if `Ended` comes for that one, the
        message may be lost.

        Raises:
            ChildError: it was closed, or the message is too long.
        """
        data = frame(message)
        self.start()
        with self._lock:
            self._outbox.put(data)
            return self._generation

    def poll(self) -> list[Any]:
        """What came since the last call: messages, and `Ended` between them; never waits."""
        found = []
        with contextlib.suppress(Empty):
            while True:
                found.append(self._inbox.get_nowait())
        return found

    def receive(self, timeout: float) -> Any | None:
        """The next message or `Ended`; None if nothing comes within `timeout` seconds."""
        try:
            return self._inbox.get(timeout=max(0.0, timeout))
        except Empty:
            return None

    def call(self, message: Any, timeout: float) -> Any:
        """Send `[number, message]` and wait for `[number, answer]`; other messages are dropped.

        Raises:
            ChildError: the process ended, or did not answer in time and was killed for it.
        """
        self._calls += 1
        generation, until = self.send([self._calls, message]), time.monotonic() + timeout
        while True:
            came = self.receive(until - time.monotonic())
            if isinstance(came, Ended):
                if came.generation >= generation:
                    raise ChildError(
                        f"process {self.module} ended ({describe(came)}) before it answered"
                    )
            elif came is None:
                self._end_of(generation)
                raise ChildError(f"process {self.module} did not answer within {timeout:g} s")
            elif isinstance(came, list) and len(came) == 2 and came[0] == self._calls:
                return came[1]

    def _end_of(self, generation: int) -> None:
        """Kill a process, and see that the next message goes to another one."""
        self.kill()
        while (came := self.receive(_GRACE)) is not None:
            if isinstance(came, Ended) and came.generation >= generation:
                return

    def kill(self) -> None:
        """End the present process the hard way; `Ended` will tell, and a new one starts."""
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """End the process for good."""
        with self._lock:
            self._closing.set()
            self._outbox.put(None)
            thread = self._thread
        if thread is None:
            return
        thread.join(_GRACE)
        if thread.is_alive():
            self.kill()
            thread.join()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _supervise(self) -> None:
        soon = 0  # how often in a row it ended soon
        while not self._closing.is_set():
            born = time.monotonic()
            code, words = self._live()
            with self._lock:
                ended = Ended(self._generation, code, words)
                self._generation += 1
                self._outbox = SimpleQueue()
            self._inbox.put(ended)
            if not self._restart:
                self._closing.set()
            soon = soon + 1 if time.monotonic() - born < _STEADY else 0
            delay = self._backoff * 2.0 ** (soon - 2) if soon > 1 else 0.0
            self._closing.wait(min(self._longest, delay))

    def _live(self) -> tuple[int, str]:
        """One life of the process, from start to end: exit code and last words."""
        try:
            process = self._spawn()
        except OSError as error:
            return -1, f"{sys.executable} cannot be started: {error}"
        words = bytearray()
        threads = [
            threading.Thread(target=self._write, args=(process.stdin, self._outbox), daemon=True),
            threading.Thread(target=_keep_last, args=(process.stderr, words), daemon=True),
        ]
        for thread in threads:
            thread.start()
        self._process = process
        self._read(process)
        code = process.wait()
        self._outbox.put(None)
        for thread in threads:
            thread.join()
        return code, words.decode("utf-8", "replace").strip()

    def _spawn(self) -> subprocess.Popen[bytes]:
        search = [os.path.abspath(folder or ".") for folder in sys.path]  # noqa: PTH100
        return subprocess.Popen(
            [sys.executable, "-P", "-m", self.module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(search)},
            **_apart(),
        )

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdout is None:  # it was asked for
            return
        with process.stdout as stream:
            try:
                while True:
                    self._inbox.put(read_frame(stream))
            except EOFError:
                pass  # the process ended, or is about to
            except ChildError:
                process.kill()  # it talks garbage; `Ended` tells so

    def _write(self, stream: IO[bytes], outbox: SimpleQueue[bytes | None]) -> None:
        with contextlib.suppress(OSError), stream:  # a broken pipe: the reader sees the end too
            data: bytes | None = self._opening
            while data is not None:
                stream.write(data)
                stream.flush()
                data = outbox.get()


def _apart() -> dict[str, Any]:
    """Keeps Ctrl-C in a terminal from the child: it ends when its parent does."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}


def _keep_last(stream: IO[bytes], words: bytearray) -> None:
    with stream:
        for line in stream:
            words += line[:_LAST_WORDS]
            del words[:-_LAST_WORDS]


def describe(ended: Ended) -> str:
    """How a process ended, for a message: its signal or exit status, and its last line."""
    try:
        how = signal.Signals(-ended.code).name if ended.code < 0 else f"exit status {ended.code}"
    except ValueError:
        how = f"status {ended.code}"
    lines = [line.strip() for line in ended.words.splitlines() if line.strip()]
    return f"{how}: {lines[-1]}" if lines else how


class Parent:
    """The child's end: make it first thing. What is printed to stdout then goes to stderr."""

    def __init__(self) -> None:
        self._inbox: SimpleQueue[Any] = SimpleQueue()
        self._lock = threading.Lock()
        self._reader = os.fdopen(os.dup(0), "rb")
        self._writer = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        for target in (self._read, _end_with_parent):
            threading.Thread(target=target, daemon=True).start()

    def receive(self, timeout: float | None = None) -> Any | None:
        """The next message; None if none comes within `timeout` seconds."""
        try:
            return self._inbox.get(timeout=timeout)
        except Empty:
            return None

    def send(self, message: Any) -> None:
        """Send a message."""
        data = frame(message)
        with self._lock:
            self._writer.write(data)
            self._writer.flush()

    def _read(self) -> None:
        try:
            while True:
                self._inbox.put(read_frame(self._reader))
        except (EOFError, OSError, ChildError):
            os._exit(0)  # whatever the main thread is at: nobody waits for it any more


def _end_with_parent() -> None:
    """A fork of the parent's may hold the pipe open after the parent ended: look for that too."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(_WATCH)
    os._exit(0)
