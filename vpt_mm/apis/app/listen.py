"""listen(): the app behind uvicorn, which waits for no client longer than it says here."""
from contextlib import suppress

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE = 10  # seconds from a connection, or from an answer, to the end of the next request's headers
READING = 60   # seconds in which a client that stopped to read its answer goes on
MOST_CONNECTIONS = 512
MOST_HEADERS = 16 * 2 ** 10  # bytes
HEADERS = [('X-Content-Type-Options', 'nosniff'), ('Referrer-Policy', 'no-referrer'), ('Cache-Control', 'no-store')]


class Patient(H11Protocol):
    """uvicorn's own, which by itself waits for ever: for headers, for the rest of a refused body, for a reader."""

    def connection_made(self, transport):
        super().connection_made(transport)
        self._await_request(None)

    def on_response_complete(self):
        answered = self.cycle
        super().on_response_complete()
        self._await_request(answered)

    def pause_writing(self):
        super().pause_writing()
        self.stalled = self.loop.call_later(READING, self.transport.abort)

    def resume_writing(self):
        super().resume_writing()
        self.stalled.cancel()

    def _await_request(self, last):
        self.loop.call_later(PATIENCE, self._hang_up, last)

    def _hang_up(self, last):
        if self.cycle is last:  # no request since
            self.transport.close()
            self.loop.call_later(READING, self.transport.abort)


def configure(app: ASGIApp, **options) -> uvicorn.Config:
    """uvicorn's ``Config`` for the app; options as there."""
    return uvicorn.Config(app, http=Patient, ws='none', limit_concurrency=MOST_CONNECTIONS, headers=HEADERS,
                          h11_max_incomplete_event_size=MOST_HEADERS, proxy_headers=False, server_header=False,
                          timeout_graceful_shutdown=PATIENCE, **{'log_level': 'warning', **options})


def listen(app: ASGIApp, **options) -> None:
    """Run the app until it is interrupted; options of uvicorn's ``Config``."""
    with suppress(KeyboardInterrupt):  # raised once more when all is in order
        uvicorn.Server(configure(app, **options)).run()
