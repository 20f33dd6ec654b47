"""The app's page: one file, which asks no other host and is allowed to run nothing but its own script."""
import base64
import hashlib
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse


def make_page(*, adding: bool, most_upload: int) -> Callable[[Request], Awaitable[HTMLResponse]]:
    """The endpoint of the page.

    Args:
        adding: whether it offers to add tasks.
        most_upload: bytes of an image or task file.
    """
    html = Path(__file__).with_name('page.html').read_text(encoding='utf-8')
    html = html.replace('data-adding=""', f'data-adding="{int(adding)}"')
    html = html.replace('data-most-upload=""', f'data-most-upload="{most_upload}"')
    policy = (f"default-src 'none'; script-src {_digest(html, 'script')}; style-src {_digest(html, 'style')}; "
              "img-src blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")

    async def page(request):
        return HTMLResponse(html, headers={'Content-Security-Policy': policy})

    return page


def _digest(html, tag):
    """What a policy calls the one element of this kind."""
    text, = re.findall(f'<{tag}>(.*?)</{tag}>', html, re.DOTALL)
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
