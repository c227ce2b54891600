"""A hundred clients in a process of their own, for test_gil.py.

usage: gil_clients.py PORT NUMBER. Links NUMBER clients to one room and says so in a line; then reads nothing until a
byte comes on standard input. Then it reads everything, pings, opens a new socket, and prints when each was done.
"""

import json
import selectors
import socket
import sys
import time

from websockets.client import ClientProtocol
from websockets.frames import Opcode
from websockets.http11 import Response
from websockets.protocol import OPEN
from websockets.uri import parse_uri

PORT, NUMBER = int(sys.argv[1]), int(sys.argv[2])


class Peer:
    """One socket; `times` has when each thing arrived: open, pong, and each message by its number."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
        self.socket.connect(("127.0.0.1", PORT))
        self.protocol = ClientProtocol(
            parse_uri(f"ws://127.0.0.1:{PORT}/_statelink/ws"), max_size=None
        )
        self.protocol.send_request(self.protocol.connect())
        self.flush()
        self.messages = []
        self.times = {}

    def flush(self):
        for data in self.protocol.data_to_send():
            self.socket.sendall(data)

    def say(self, frame):
        self.protocol.send_text(json.dumps(frame).encode())
        self.flush()

    def ping(self):
        self.protocol.send_ping(b"?")
        self.flush()

    def read(self):
        data = self.socket.recv(1 << 20)
        if not data:
            raise SystemExit(f"the server closed a socket: {self.protocol.close_code}")
        self.protocol.receive_data(data)
        for event in self.protocol.events_received():
            if isinstance(event, Response):
                assert self.protocol.state is OPEN, event
                self.times["open"] = time.monotonic()
            elif event.opcode is Opcode.PONG:
                self.times["pong"] = time.monotonic()
            elif event.opcode is Opcode.TEXT:
                self.messages.append(json.loads(event.data))
                if "p" in self.messages[-1]:
                    self.times["patch"] = time.monotonic()


def read_until(peers, done):
    with selectors.DefaultSelector() as selector:
        waiting = [peer for peer in peers if not done(peer)]
        for peer in waiting:
            selector.register(peer.socket, selectors.EVENT_READ, peer)
        while waiting:
            ready = selector.select(20)
            assert ready, "nothing arrived for 20 s"
            for key, _ in ready:
                key.data.read()
                if done(key.data):
                    selector.unregister(key.fileobj)
                    waiting.remove(key.data)


peers = [Peer() for _ in range(NUMBER)]
read_until(peers, lambda peer: "open" in peer.times)
for peer in peers:
    peer.say({"hello": {"path": "/", "caps": []}})
read_until(peers, lambda peer: {"hydrated": True} in peer.messages)
for peer in peers:
    peer.say({"e": 1, "h": "Pile.join"})
read_until(peers, lambda peer: any("a" in message for message in peer.messages))
for peer in peers:
    peer.times.clear()
print("linked", flush=True)

sys.stdin.buffer.read(1)
fresh = Peer()
for peer in peers:
    peer.ping()
read_until([fresh], lambda peer: "open" in peer.times)
fresh.ping()
read_until([fresh], lambda peer: "pong" in peer.times)
read_until(peers, lambda peer: "patch" in peer.times and "pong" in peer.times)
sizes = [
    len(message["p"][0]["value"]) for peer in peers for message in peer.messages if "p" in message
]
print(
    json.dumps({"fresh": fresh.times, "peers": [peer.times for peer in peers], "sizes": sizes}),
    flush=True,
)
