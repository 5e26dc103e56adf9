"""Cells in .NET Interactive with Lab.Extensions, and what each must show. Run by run.sh: cells.py <program> <package folder> <version>."""
import json
import queue
import subprocess
import sys
import threading
import time

PATIENCE = 300
program, packages, version = sys.argv[1:]
CELLS = [  # code, forms of its outputs, a piece of one of them
    (f'#i "nuget:{packages}"\n#r "nuget: Lab.Extensions, {version}"', set(), ""),
    ("#!lab", {"text/html", "text/plain"}, "TorchSharp"),
    ("#!params\nint k = 3; // 1..5: neighbours", {"text/html", "text/plain"}, "neighbours"),
    ("k + 1", {"text/html"}, "<pre>4</pre>"),
    ("zeros(2, 3)", {"text/html", "text/plain", "application/vnd.lab.tensor+json"}, "Tensor float32 [2, 3] on cpu"),
    ('display(Charts.Lines([new Series("a", [0.0, 1], [1.0, 2])], "x", "y", "title"));', {"text/html", "text/plain", "application/vnd.plotly.v1+json"}, "Chart 'title'"),
    ("#!paper zett", {"text/html", "text/plain"}, "Zero-Shot Tokenizer Transfer"),
]

engine = subprocess.Popen([program, "stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
events = queue.Queue()


def read():
    for line in engine.stdout:
        if line.startswith("{"):
            events.put(json.loads(line))
    events.put(None)


def run(token, code):
    engine.stdin.write(json.dumps({"token": token, "commandType": "SubmitCode", "command": {"code": code, "targetKernelName": "csharp"}}) + "\n")
    engine.stdin.flush()
    shown = {}
    deadline = time.monotonic() + PATIENCE
    while True:
        event = events.get(timeout=max(0.1, deadline - time.monotonic()))
        if event is None:
            raise RuntimeError(f"The engine ended in {code!r}.")
        kind, content = event["eventType"], event["event"]
        if kind in ("DisplayedValueProduced", "ReturnValueProduced"):
            shown.update((form["mimeType"], form["value"]) for form in content["formattedValues"])
        if (event.get("command") or {}).get("token") != token:
            continue
        if kind == "CommandFailed":
            raise RuntimeError(f"{code!r} failed: {content['message']}")
        if kind == "CommandSucceeded":
            return shown


try:
    threading.Thread(target=read, daemon=True).start()
    for number, (code, forms, text) in enumerate(CELLS):
        shown = run(f"cell{number}", code)
        if not forms <= shown.keys() or text not in "".join(shown.values()):
            raise RuntimeError(f"{code!r} showed {shown}.")
        print(f"{code.splitlines()[0]}: ok")
finally:
    engine.kill()
