"""A real SMTP server on 127.0.0.1 that misbehaves on request: aiosmtpd with STARTTLS and AUTH.

The system chooses its port. The server keeps the port while it is down.
"""

import asyncio
import email
import email.policy
import socket
import threading
import time
from dataclasses import dataclass

from aiosmtpd.smtp import SMTP, AuthResult


@dataclass
class Taken:
    """A mail that the server has accepted."""

    message_id: str
    recipients: list
    raw: bytes
    protected: bool
    user: str

    def parsed(self):
        return email.message_from_bytes(self.raw, policy=email.policy.default)


class Conversation(SMTP):
    """One connection."""

    def __init__(self, server):
        self.server_told = server
        super().__init__(
            server,
            hostname="mail.test",
            data_size_limit=server.size_limit,
            tls_context=server.context,
            require_starttls=server.context is not None,
            auth_required=True,
            auth_require_tls=server.context is not None,
            authenticator=server.authenticate,
            loop=server.loop,
        )

    def connection_made(self, transport):
        super().connection_made(transport)
        self.server_told.connections.append(transport)

    async def _handle_client(self):
        if not self.server_told.greeting:
            return await super()._handle_client()
        await self.push(self.server_told.greeting)
        self.transport.close()

    async def push(self, status):
        wait = self.server_told.delay()
        if wait:
            await asyncio.sleep(wait)
        await super().push(status)

    async def smtp_EHLO(self, arg):
        self.server_told.note("EHLO")
        await super().smtp_EHLO(arg)

    async def smtp_STARTTLS(self, arg):
        self.server_told.note("STARTTLS")
        await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg):
        self.server_told.note("AUTH")
        await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg):
        self.server_told.note("MAIL")
        await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg):
        self.server_told.note("RCPT")
        await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg):
        self.server_told.note("DATA")
        if self.server_told.cut not in ("at DATA", "in the message"):
            return await super().smtp_DATA(arg)
        if self.server_told.cut == "in the message":
            await self.push("354 go on")
            await self._reader.readexactly(600)
        self.transport.abort()

    async def smtp_QUIT(self, arg):
        self.server_told.note("QUIT")
        await super().smtp_QUIT(arg)


class Server:
    """The server. These settings change its behaviour from then on:

    greeting: sent instead of 220. replies: address -> answer to RCPT. once: the same, for the first time only. cut: where the
    connection ends, "at DATA", "in the message" or "before the answer". delay: seconds before an answer. at: called with every
    step; "taken" is a whole message.
    """

    def __init__(self, authority, user, password, size_limit=32 << 20, tls=True):
        self.user, self.password, self.size_limit = user, password, size_limit
        self.context = authority.own if tls else None
        self.behave()
        self.taken, self.steps, self.connections = [], [], []
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda loop, context: None)
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.socket = self._bound(0)
        self.port = self.socket.getsockname()[1]
        self.listening = None

    def behave(self):
        """Resets the behaviour."""
        self.greeting = self.cut = None
        self.replies, self.once = {}, {}
        self.delay = lambda: 0
        self.at = lambda step: None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        self.socket.close()
        self.loop.call_soon_threadsafe(self.loop.stop)

    def start(self):
        make = self.loop.create_server(lambda: Conversation(self), sock=self.socket)
        self.listening = asyncio.run_coroutine_threadsafe(make, self.loop).result(10)
        return self

    def stop(self):
        """Stops listening, but keeps the port."""
        if self.listening is None:
            return

        async def close():
            self.listening.close()
            for transport in self.connections:
                transport.abort()
            await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(close(), self.loop).result(10)
        self.listening = None
        self.connections.clear()
        self.socket.close()
        self.socket = self._bound(self.port)

    @staticmethod
    def _bound(port):
        kept = socket.socket()
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", port))
        return kept

    def note(self, step):
        self.steps.append(step)
        self.at(step)

    def ids(self):
        return [taken.message_id for taken in self.taken]

    def wait_for(self, step, seconds):
        """Returns whether a step has been seen within the given seconds."""
        end = time.monotonic() + seconds
        while step not in self.steps and time.monotonic() < end:
            time.sleep(0.02)
        return step in self.steps

    def authenticate(self, server, session, envelope, mechanism, given):
        if (given.login.decode(), given.password.decode()) == (self.user, self.password):
            return AuthResult(success=True, auth_data=given)
        # No server should do this, but some do.
        words = f"535 5.7.8 no {given.password.decode()}".encode("ascii", "replace").decode()
        return AuthResult(success=False, handled=False, message=words)

    async def handle_RCPT(self, server, session, envelope, address, options):
        reply = self.once.pop(address, None) or self.replies.get(address)
        if reply:
            return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        raw = envelope.original_content
        message_id = str(email.message_from_bytes(raw)["Message-ID"]).strip("<> ")
        user = session.auth_data.login.decode() if session.auth_data else None
        self.taken.append(Taken(message_id, list(envelope.rcpt_tos), raw, session.ssl is not None, user))
        self.note("taken")
        if self.cut == "before the answer":
            server.transport.abort()
        return "250 2.0.0 taken"
