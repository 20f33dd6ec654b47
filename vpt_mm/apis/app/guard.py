"""Guard: whoever asks comes from the app's own page, or from no page, and knows the password."""
import base64
import secrets

from starlette.authentication import AuthCredentials, AuthenticationBackend, AuthenticationError, SimpleUser
from starlette.requests import HTTPConnection


class Guard(AuthenticationBackend):
    """Lets nobody pass who comes from another site's page, or without the password.

    Args:
        auth: (user, password), or None for everybody.
    """

    def __init__(self, auth: tuple[str, str] | None):
        self.expected = base64.b64encode(':'.join(auth).encode()) if auth else None

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, SimpleUser]:
        """Of each request, before its body is read.

        Raises:
            Refused: who asks may not.
        """
        origin = conn.headers.get('origin')
        if origin and origin.lower().partition('://')[2] != conn.headers.get('host', '').lower():
            raise Refused(403, 'requests from pages of other sites are not answered.')
        kind, _, given = conn.headers.get('authorization', '').partition(' ')
        if self.expected and not (kind.lower() == 'basic' and
                                  secrets.compare_digest(given.strip().encode(), self.expected)):
            raise Refused(401, 'user and password are needed.')
        return AuthCredentials(), SimpleUser('')


class Refused(AuthenticationError):
    """With the status of the answer."""

    def __init__(self, status: int, reason: str):
        super().__init__(reason)
        self.status = status
