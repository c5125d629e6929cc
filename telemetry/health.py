"""Liveness and readiness for the platform that runs the worker: `/livez` and `/readyz` over HTTP.

A thread answers, not the event loop: only so can it say that the loop hangs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import monotonic

BEAT = 1.0
"""Seconds between two signs of life of the event loop."""

HUNG_AFTER = 20.0
"""Seconds without one, until the process counts as dead and had better be started again."""

LOOK_EVERY = 5.0
"""Seconds between two looks at what the worker needs."""

LOOK_AGAIN = 1.0
"""Seconds between two looks while something is amiss."""

LOOK_WITHIN = 5.0
"""Seconds that one look may take before it counts as failed."""

Check = Callable[[], Awaitable[str | None]]
"""What is amiss, as a sentence without credentials; None where nothing is."""


class Health:
    """What the probes are told."""

    def __init__(self, hung_after: float = HUNG_AFTER) -> None:
        self._hung_after = hung_after
        self._beat = monotonic()
        self._amiss: str | None = "The worker is starting."

    def live(self) -> str | None:
        """Why the process should be started again, or None."""
        silent = monotonic() - self._beat
        return None if silent < self._hung_after else f"The event loop has been silent for {silent:.0f} s."

    def ready(self) -> str | None:
        """Why the worker cannot take work now, or None."""
        return self.live() or self._amiss

    def stopping(self) -> None:
        """From now on the worker is not ready, whatever it reaches."""
        self._amiss = "The worker is stopping."

    async def beat(self) -> None:
        """Show that the loop turns, until cancelled."""
        while True:
            self._beat = monotonic()
            await asyncio.sleep(BEAT)

    async def watch(self, *checks: Check) -> None:
        """Look at everything that the worker needs, again and again until cancelled."""
        while True:
            self._amiss = await _first_amiss(checks)
            await asyncio.sleep(LOOK_AGAIN if self._amiss else LOOK_EVERY)


async def _first_amiss(checks: tuple[Check, ...]) -> str | None:
    try:
        async with asyncio.timeout(LOOK_WITHIN):
            for check in checks:
                if amiss := await check():
                    return amiss
    except TimeoutError:
        return "What the worker needs did not answer in time."
    except Exception as defect:  # a look that ends for good would leave its last word standing
        return f"The look itself failed: {type(defect).__name__}."
    return None


@contextmanager
def answering(health: Health, host: str, port: int) -> Iterator[int]:
    """Answer probes for the length of the block: 200, or 503 with the reason. Gives the port; raises OSError."""

    class Probe(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            questions = {"/livez": health.live, "/readyz": health.ready}
            if self.path not in questions:
                self._say(404, "Ask /livez or /readyz.")
                return
            amiss = questions[self.path]()
            self._say(503 if amiss else 200, amiss or "ok")

        def _say(self, status: int, sentence: str) -> None:
            body = f"{sentence}\n".encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """A probe every few seconds is no news."""

    server = ThreadingHTTPServer((host, port), Probe)
    server.daemon_threads = True
    Thread(target=server.serve_forever, name="health", daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
