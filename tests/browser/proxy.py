"""A proxy before a server, which can cut its connections."""

import selectors
import socket
import threading


class Proxy:
    """Passes TCP connections on to a server, until it is told to cut them."""

    def __init__(self, server):
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._peers = {}
        self._lock = threading.Lock()
        self._refuses = self._ends = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def cut(self):
        """Resets every connection, and new ones as soon as they come, until `mend`."""
        with self._lock:
            self._refuses = True
        self._wake.send(b"!")

    def mend(self):
        """Lets connections through again."""
        with self._lock:
            self._refuses = False

    def close(self):
        self._ends = True
        self._wake.send(b"!")
        self._thread.join(5)
        for end in (*self._peers, self._listener, self._wake, self._woken):
            end.close()
        self._selector.close()

    def _run(self):
        while not self._ends:
            for key, _ in self._selector.select():
                with self._lock:
                    self._serve(key.fileobj)

    def _serve(self, ready):
        if ready is self._woken:
            ready.recv(1)
            while self._refuses and self._peers:
                self._drop(next(iter(self._peers)))
        elif ready is self._listener:
            self._accept()
        elif ready in self._peers:
            self._pass_on(ready)

    def _accept(self):
        client, _ = self._listener.accept()
        try:
            if self._refuses:
                raise ConnectionRefusedError
            server = socket.create_connection(("127.0.0.1", self._server.port))
        except OSError:
            _reset(client)
            return
        for end, other in ((client, server), (server, client)):
            self._peers[end] = other
            self._selector.register(end, selectors.EVENT_READ)

    def _pass_on(self, end):
        try:
            data = end.recv(65536)
            self._peers[end].sendall(data)
        except OSError:
            data = b""
        if not data:
            self._drop(end)

    def _drop(self, end):
        other = self._peers.pop(end)
        del self._peers[other]
        for gone in (end, other):
            self._selector.unregister(gone)
            _reset(gone)


def _reset(end):
    """Closes with a reset: no goodbye."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    end.close()
