"""Clients in a process of their own, that send events as fast as the server takes them: what they need of memory is not
the server's.

usage: event_source.py PORT NUMBER. Connects NUMBER clients and says "ready". Then it obeys lines of JSON on standard
input, each answered by a line {"answered": events, "errors": of them}:
- {"events": N, "calls": [[handler, arguments], ...], "seed": S} sends N events in all, of these calls in random order;
- {"visitors": N, "calls": [...]} lets N more clients come, call these, and go; every other one drops its connection,
  comes back with its identity, calls them again and goes.
"""

import json
import random
import re
import socket
import struct
import sys

PORT, NUMBER = int(sys.argv[1]), int(sys.argv[2])
WINDOW = 100  # events of a client that are under way

UPGRADE = (
    b"GET /_statelink/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: statelink.v1.json\r\n\r\n"
)
# An answer with its last event id. No value that is sent here has text that looks like one.
ANSWER = re.compile(rb'\{"(?:a":(?:\[\d+,)?|x":)(\d+)[],}]')
HELLO = re.compile(rb'\{"hello":\{.*?\}\}')
HYDRATED = b'{"hydrated":true}'


def message(text: bytes, opcode: int = 1) -> bytes:
    """A client's frame; its mask is zero, which masks nothing."""
    size = len(text)
    length = bytes([0x80 | size]) if size < 126 else struct.pack("!BH", 0xFE, size)
    return bytes([0x80 | opcode]) + length + bytes(4) + text


class Peer:
    """One client and its socket."""

    def __init__(self) -> None:
        self.last = self.answered = 0  # event ids
        self.errors = 0
        self.identity = None
        self.connect()

    def connect(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", PORT), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        hello = {"path": "/", "caps": ["append"]}
        if self.identity:
            hello["resume"] = {**self.identity, "have": [], "acked": self.last}
        self.socket.sendall(UPGRADE + message(json.dumps({"hello": hello}).encode()))
        while HYDRATED not in self.received:
            self.read()
        said = json.loads(HELLO.search(self.received).group())["hello"]
        assert said["resumed"] == (self.identity is not None), said
        self.identity = {name: said[name] for name in ("token", "secret", "boot")}
        self.received = b""

    def read(self) -> None:
        data = self.socket.recv(1 << 20)
        if not data:
            raise SystemExit(f"the server closed a connection: {self.received[-200:]!r}")
        self.received += data

    def send(self, calls: list[bytes]) -> None:
        begin = self.last + 1
        self.last += len(calls)
        ids = range(begin, self.last + 1)
        self.socket.sendall(
            b"".join([message(b'{"e":%d,%s' % pair) for pair in zip(ids, calls, strict=True)])
        )

    def wait(self) -> None:
        """Reads until all that it sent is answered: answers come in order."""
        while self.answered < self.last:
            self.read()
            end = 0
            for found in ANSWER.finditer(self.received):
                self.answered, end = int(found.group(1)), found.end()
                self.errors += found.group().startswith(b'{"x')
            self.received = self.received[end:]

    def leave(self) -> None:
        """Cuts the connection, as a network does, and waits until the server has noticed."""
        self.socket.shutdown(socket.SHUT_WR)
        while self.socket.recv(1 << 16):
            pass
        self.socket.close()


def encoded(calls: list) -> list[bytes]:
    """What follows an event's id."""
    return [json.dumps({"h": handler, "a": arguments})[1:].encode() for handler, arguments in calls]


def send_events(peers: list[Peer], events: int, calls: list[bytes], seed: int) -> int:
    chance = random.Random(seed)
    for peer in peers:
        peer.errors = 0
    left = events
    while left:
        for number, peer in enumerate(peers):
            size = min(WINDOW, -(-left // (len(peers) - number)))
            left -= size
            peer.send(chance.choices(calls, k=size))
        for peer in peers:
            peer.wait()
    return sum(peer.errors for peer in peers)


def let_visit(visitors: int, calls: list[bytes]) -> tuple[int, int]:
    answered = errors = 0
    for number in range(visitors):
        peer = Peer()
        for stays in range(1 + number % 2):
            if stays:
                peer.leave()
                peer.connect()
            peer.send(calls)
            peer.wait()
        peer.leave()
        answered += peer.last
        errors += peer.errors
    return answered, errors


def main() -> None:
    peers = [Peer() for _ in range(NUMBER)]
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        calls = encoded(order["calls"])
        if "visitors" in order:
            answered, errors = let_visit(order["visitors"], calls)
        else:
            answered = order["events"]
            errors = send_events(peers, answered, calls, order["seed"])
        print(json.dumps({"answered": answered, "errors": errors}), flush=True)


main()
