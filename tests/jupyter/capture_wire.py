"""Writes messages as jupyter_client puts them on the wire, for WireFixtureTests: one file each, a frame per line in hexadecimal.

Run by hand when the protocol changes: /usr/bin/python3 tests/jupyter/capture_wire.py
"""
import datetime
import pathlib

import zmq
from jupyter_client.session import Session

FOLDER = pathlib.Path(__file__).parent.parent / "Kernel.Tests" / "Jupyter" / "wire"
KEY = b"a0436f6c-1916-498b-8eb9-e81ab9368e84"

context = zmq.Context()
router = context.socket(zmq.ROUTER)
port = router.bind_to_random_port("tcp://127.0.0.1")
dealer = context.socket(zmq.DEALER)
dealer.identity = b"4f1e2d3c-front-end"
dealer.connect(f"tcp://127.0.0.1:{port}")
session = Session(key=KEY, username="reader", session="11111111-2222-3333-4444-555555555555")


def capture(name, number, message_type, content, parent=None, metadata=None, buffers=None):
    header = session.msg_header(message_type)
    header.update(msg_id=f"{session.session}_{number}", date=datetime.datetime(2026, 11, 25, 12, 0, number, tzinfo=datetime.timezone.utc))
    session.send(dealer, session.msg(message_type, content, parent=parent, header=header, metadata=metadata), buffers=buffers)
    frames = router.recv_multipart()
    (FOLDER / f"{name}.txt").write_text("".join(frame.hex() + "\n" for frame in frames))
    return header


run = {"silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": True, "stop_on_error": True}
FOLDER.mkdir(exist_ok=True)
capture("kernel_info_request", 1, "kernel_info_request", {})
asked = capture("execute_request", 2, "execute_request", {"code": 'Console.WriteLine("é 😀 \u2028 <a> & \\" \\\\");\n1 + 1', **run}, metadata={"cellId": "c-1"})
capture("input_reply", 3, "input_reply", {"value": "ja 😀", "status": "ok"}, parent={"header": asked})
capture("comm_msg_with_buffers", 4, "comm_msg", {"comm_id": "w", "data": {"method": "update", "state": {"value": 0.1, "big": 12345678901234567890}, "buffer_paths": [["a"], ["b", 0]]}},
        buffers=[bytes(range(256)), b"<IDS|MSG>"])
