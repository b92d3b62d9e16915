"""The line to the node worker: JSON lines over one private socket, never over stdout."""

import json
import queue
import socket
import threading
import time
from typing import Any

PROTOCOL_VERSION = 1
"""Goes with every message; the other side refuses another one."""

Message = dict[str, Any]


class CancelledError(Exception):
    """The request that is being worked on is not wanted any more."""


class Channel:
    """Reads requests in a thread of its own, so that a cancellation is seen between two batches."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._requests: queue.Queue[Message | None] = queue.Queue()
        self._cancelled: set[int] = set()
        self._current: int | None = None
        self._sent_at = 0.0
        self._lock = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()

    def next_request(self) -> Message | None:
        """Return the next request, or None when the node worker is gone."""
        request = self._requests.get()
        self._current = None if request is None else request["id"]
        return request

    def succeed(self, result: Message) -> None:
        """Answer the request that is being worked on."""
        self._send({"id": self._current, "ok": True, "result": result})

    def fail(self, error: BaseException) -> None:
        """Answer it with the error's type and text."""
        name = "Cancelled" if isinstance(error, CancelledError) else type(error).__name__
        self._send({"id": self._current, "ok": False, "error": name, "message": str(error)[:4000]})

    def tick(self, activity: str, done: int, total: int) -> None:
        """Say that work went on, at most five times a second.

        Raises:
            CancelledError: when the request was cancelled.
        """
        if self._current in self._cancelled:
            raise CancelledError(f"cancelled while {activity}")
        now = time.monotonic()
        if now - self._sent_at < 0.2:
            return
        self._sent_at = now
        self._send(
            {"id": self._current, "progress": {"activity": activity, "done": done, "total": total}}
        )

    def _send(self, message: Message) -> None:
        line = json.dumps({"v": PROTOCOL_VERSION, **message}) + "\n"
        with self._lock:
            self._connection.sendall(line.encode())

    def _read(self) -> None:
        with self._connection.makefile("r", encoding="utf-8") as lines:
            for line in lines:
                message = json.loads(line)
                if message.get("v") != PROTOCOL_VERSION:
                    self._send(
                        {
                            "id": message.get("id"),
                            "ok": False,
                            "error": "ProtocolError",
                            "message": f"expected version {PROTOCOL_VERSION} of the protocol, "
                            f"got {message.get('v')}",
                        }
                    )
                elif message["op"] == "cancel":
                    self._cancelled.add(message["id"])
                else:
                    self._requests.put(message)
        self._requests.put(None)
