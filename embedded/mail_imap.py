"""The IMAP side of the mail server: pymap's protocol over our store.

pymap's own maildir backend was no choice: it writes messages anew through `email`, which changes their bytes, and
numbers what arrives in the order of a directory listing.
"""

import hmac
import sqlite3
from argparse import Namespace
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from pymap.backend.dict import Config, Identity, Login, Session
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import LoadedMessage, MailboxData, Message, _ContentCache, _ThreadCache
from pymap.backend.mailbox import MailboxSetInterface
from pymap.exceptions import InvalidAuth, NotSupportedError
from pymap.flags import FlagOp
from pymap.imap import IMAPServer
from pymap.interfaces.message import CachedMessage
from pymap.listtree import ListTree
from pymap.mime import MessageContent
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials import FetchRequirement, ObjectId
from pymap.parsing.specials.flag import Flag
from pymap.selected import SelectedMailbox
from pysasl.creds.plain import PlainCredentials
from pysasl.creds.server import ServerCredentials

from embedded.mail_smtp import mailbox_of
from embedded.mail_store import INBOX, SENT, Folder, MailStore, StoredMessage

_DELIMITER = "/"


class ImapMessage(Message):
    """A message whose content is read from the store when a command asks for it."""

    __slots__ = ("_store", "stored")

    def __init__(self, store: MailStore, stored: StoredMessage, *, expunged: bool = False) -> None:
        flags = [Flag(flag.encode()) for flag in stored.flags]
        email_id = ObjectId(b"M%x" % stored.body_id)
        super().__init__(stored.uid, stored.stored_at, flags, expunged=expunged, email_id=email_id)
        self._store = store
        self.stored = stored

    async def load_content(self, requirement: FetchRequirement) -> LoadedMessage:
        if requirement.has_none(FetchRequirement.CONTENT):
            return LoadedMessage(self, requirement, None)
        content = self._store.content(self.stored.body_id)
        parsed = None if content is None else MessageContent.parse(content)
        return LoadedMessage(self, requirement, parsed)


class ImapFolder(MailboxData):
    """One folder, shared by all connections: places and flags in memory, every change first in the store."""

    def __init__(self, store: MailStore, folder: Folder, clock: Callable[[], datetime]) -> None:
        # Its caches of parsed messages stay empty: contents are read from the store.
        super().__init__(_ContentCache(), _ThreadCache())
        self._store = store
        self._clock = clock
        self.folder = folder
        self._mailbox_id = ObjectId(b"F%x" % folder.id)
        self._uid_validity = folder.uid_validity
        self._max_uid = store.next_uid(folder.id) - 1
        self._messages: dict[int, Message] = {
            stored.uid: ImapMessage(store, stored) for stored in store.messages(folder.id)
        }
        self._mod_sequences.update(list(self._messages))

    def gain(self, stored: StoredMessage) -> None:
        """Show a message that the store has gained to everybody who has the folder selected."""
        self._max_uid = max(self._max_uid, stored.uid)
        self._messages[stored.uid] = ImapMessage(self._store, stored)
        self._mod_sequences.update([stored.uid])
        self._updated.set()

    async def append(self, append_msg: AppendMessage, *, recent: bool = False) -> Message:
        when = append_msg.when or self._clock()
        flags = [bytes(flag).decode() for flag in append_msg.flag_set]
        stored = self._store.append(self.folder.id, bytes(append_msg.literal), when.astimezone(UTC), flags)
        return self._messages[stored.uid]

    async def copy(self, uid: int, destination: MailboxData, *, recent: bool = False) -> int | None:
        assert isinstance(destination, ImapFolder)
        stored = self._store.copy(self.folder.id, uid, destination.folder.id)
        return stored.uid if stored else None

    async def move(self, uid: int, destination: MailboxData, *, recent: bool = False) -> int | None:
        assert isinstance(destination, ImapFolder)
        stored = self._store.copy(self.folder.id, uid, destination.folder.id, move=True)
        self._lose([uid])
        return stored.uid if stored else None

    async def get(self, uid: int, cached_msg: CachedMessage) -> Message:
        message = self._messages.get(uid)
        if message is not None:
            return message
        assert isinstance(cached_msg, ImapMessage)
        return ImapMessage(self._store, cached_msg.stored, expunged=True)

    async def update(self, uid: int, cached_msg: CachedMessage, flag_set: frozenset[Flag], mode: FlagOp) -> Message:
        message = await super().update(uid, cached_msg, flag_set, mode)
        self._store.set_flags(self.folder.id, uid, [bytes(flag).decode() for flag in message.permanent_flags])
        return message

    async def delete(self, uids: Iterable[int]) -> None:
        gone = list(uids)
        self._store.delete(self.folder.id, gone)
        self._lose(gone)

    async def claim_recent(self, selected: SelectedMailbox) -> None:
        """Nothing: RFC 9051 has done away with \\Recent, and it would have to be kept over restarts."""

    async def messages(self) -> AsyncIterable[Message]:
        # A copy: the folder may gain a message while the reader of this one waits for its socket.
        for message in list(self._messages.values()):
            yield message

    def _lose(self, uids: Iterable[int]) -> None:
        gone = [uid for uid in uids if self._messages.pop(uid, None) is not None]
        if gone:
            self._mod_sequences.expunge(gone)
            self._updated.set()


class ImapFolders:
    """The folders that some connection has opened, each in memory once."""

    def __init__(self, store: MailStore, clock: Callable[[], datetime]) -> None:
        self.store = store
        self.clock = clock
        self._open: dict[int, ImapFolder] = {}
        store.on_stored(self._gain)

    def open(self, folder: Folder) -> ImapFolder:
        """The one object of `folder`."""
        if folder.id not in self._open:
            self._open[folder.id] = ImapFolder(self.store, folder, self.clock)
        return self._open[folder.id]

    def close(self, folder_id: int) -> None:
        """Forget a folder that was deleted or renamed."""
        self._open.pop(folder_id, None)

    def _gain(self, stored: StoredMessage) -> None:
        if stored.folder_id in self._open:
            self._open[stored.folder_id].gain(stored)


class OwnersFolders(MailboxSetInterface[ImapFolder]):
    """The folders of one owner, who has INBOX and Sent from the first login on."""

    def __init__(self, folders: ImapFolders, owner: str) -> None:
        super().__init__()
        self._folders = folders
        self._store = folders.store
        self._owner = owner
        for name in (INBOX, SENT):
            if self._store.folder(owner, name) is None:
                self._store.make_folder(owner, name, folders.clock())

    @property
    def delimiter(self) -> str:
        return _DELIMITER

    async def set_subscribed(self, name: str, subscribed: bool) -> None:
        """Nothing: all folders are subscribed."""

    async def list_subscribed(self) -> ListTree:
        return await self.list_mailboxes()

    async def list_mailboxes(self) -> ListTree:
        names = [folder.name for folder in self._store.folders(self._owner)]
        return ListTree(_DELIMITER).update(*names)

    async def get_mailbox(self, name: str) -> ImapFolder:
        return self._folders.open(self._find(name))

    async def add_mailbox(self, name: str) -> ObjectId:
        try:
            folder = self._store.make_folder(self._owner, name, self._folders.clock())
        except sqlite3.IntegrityError as error:
            raise ValueError(name) from error
        return self._folders.open(folder).mailbox_id

    async def delete_mailbox(self, name: str) -> None:
        folder = self._find(name)
        self._store.delete_folder(folder.id)
        self._folders.close(folder.id)

    async def rename_mailbox(self, before: str, after: str) -> None:
        folder = self._find(before)
        if folder.name == INBOX:
            raise NotSupportedError
        if self._store.folder(self._owner, after):
            raise ValueError(after)
        self._store.rename_folder(folder.id, after)
        self._folders.close(folder.id)

    def _find(self, name: str) -> Folder:
        folder = self._store.folder(self._owner, INBOX if name.upper() == INBOX else name)
        if folder is None:
            raise KeyError(name)
        return folder


class OwnersIdentity(Identity):
    """Somebody who has logged in."""

    def __init__(self, name: str, login: "EverybodysLogin", folders: ImapFolders) -> None:
        super().__init__(name, login, None, frozenset())
        self._folders = folders

    @asynccontextmanager
    async def new_session(self) -> AsyncIterator[Session]:
        owned = OwnersFolders(self._folders, mailbox_of(self.name))
        yield Session(self.name, self.config, owned, FilterSet())  # type: ignore[arg-type]


class EverybodysLogin(Login):
    """Any address logs in with the one password of the server."""

    def __init__(self, config: Config, folders: ImapFolders, password: str) -> None:
        super().__init__(config)
        self._folders = folders
        self._password = password.encode()

    async def authenticate(self, credentials: ServerCredentials) -> OwnersIdentity:
        given = credentials._secret if isinstance(credentials, PlainCredentials) else ""
        if not hmac.compare_digest(given.encode(), self._password):
            raise InvalidAuth
        return OwnersIdentity(credentials.authcid, self, self._folders)

    async def authorize(self, authenticated: Any, authzid: str) -> OwnersIdentity:
        if authenticated.name != authzid:
            raise InvalidAuth
        return OwnersIdentity(authzid, self, self._folders)


def imap_server(store: MailStore, password: str, clock: Callable[[], datetime]) -> IMAPServer:
    """pymap's server over `store`, as the callback of `asyncio.start_server` behind a PROXY protocol reader."""
    arguments = Namespace(
        demo_data=False,
        demo_user="",
        demo_password="",
        host=None,
        port=0,
        debug=False,
        cert=None,
        key=None,
        passlib_cfg=None,
        tls=False,
        proxy_protocol=None,
        inherited_sockets=None,
    )
    config = Config.from_args(arguments, secure_auth=False)
    # Its folders need pymap's event loop subsystem at hand before the first connection.
    config.apply_context()
    return IMAPServer(EverybodysLogin(config, ImapFolders(store, clock), password), config)
