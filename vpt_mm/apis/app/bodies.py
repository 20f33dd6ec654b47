"""Bodies of requests: they arrive in time, share one limit, and are read to the end where they are refused."""
import anyio
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

SECONDS = 30   # in which a body comes
LINGERING = 5  # seconds in which the rest of a refused one is thrown away


class BodiesInTime:
    """ASGI middleware; starlette's ``RequestBodyLimitMiddleware`` bounds each single body.

    Args:
        app: that is called.
        most_bytes: of all bodies that are held together, each until its request is answered.
        seconds: that a body may take to come.
    """

    def __init__(self, app: ASGIApp, *, most_bytes: int, seconds: float = SECONDS):
        self.app, self.most_bytes, self.seconds, self.held = app, most_bytes, seconds, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        until, own, whole = anyio.current_time() + self.seconds, 0, False

        async def receive_in_time():
            nonlocal own, whole
            if whole:  # what comes now is that the client has gone
                return await receive()
            try:
                with anyio.fail_after(until - anyio.current_time()):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, f'a body comes within {self.seconds:g} s, this one did not.',
                                    {'Connection': 'close'}) from None
            size = len(message.get('body', b''))
            if self.held + size > self.most_bytes:
                raise HTTPException(503, f'{self.held / 1e6:.0f} MB of uploads are open already: try again later.',
                                    {'Connection': 'close'})
            own, self.held, whole = own + size, self.held + size, not message.get('more_body', False)
            return message

        try:
            await self.app(scope, receive_in_time, send)
        finally:
            self.held -= own


class HearsOut:
    """ASGI middleware: behind an answer that came early, what the client still sends is thrown away for a while.

    A connection that is closed while its client sends takes the answer with it, and the client never learns why.
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        whole = scope['type'] != 'http'

        async def listen():
            nonlocal whole
            message = await receive()
            whole = not message.get('more_body', False)
            return message

        async def answer(message):
            if whole or message['type'] != 'http.response.body' or message.get('more_body'):
                await send(message)
                return
            await send({**message, 'more_body': True})
            with anyio.move_on_after(LINGERING):
                while not whole:
                    await listen()
            await send(dict(type='http.response.body', body=b''))

        await self.app(scope, listen, answer)
