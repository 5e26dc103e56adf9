"""Start-up and cells of the C# kernel and of ipykernel, by turns, through jupyter_client.

Usage: kernel-startup.sh [rounds]
"""
import os
import statistics
import sys
import time

import ipykernel
from jupyter_client.manager import KernelManager

KERNELS = {"Lab": ("lab-csharp", "for (var i = 0; i < 100_000; i++) Console.WriteLine(i);"), "ipykernel": ("python3", "for i in range(100_000): print(i)")}
PATIENCE = 120


def measure(name, prints):
    km = KernelManager(kernel_name=name)
    begin = time.perf_counter()
    km.start_kernel()
    kc = km.client()
    kc.start_channels()
    try:
        kc.wait_for_ready(timeout=PATIENCE)
        ready = time.perf_counter() - begin
        run(kc, "1+1")
        first = time.perf_counter() - begin
        cells = [run(kc, f"{i}+1")[0] for i in range(40)]
        elapsed, text, messages = run(kc, prints)
        if text != "".join(f"{i}\n" for i in range(100_000)):
            raise RuntimeError(f"{name} lost prints: {len(text)} characters came")
        return {"ready s": ready, "first 1+1 s": first, "warm cell ms": 1000 * statistics.median(cells), "100,000 prints s": elapsed, "stream messages": messages}
    finally:
        kc.stop_channels()
        km.shutdown_kernel(now=True)


def run(kc, code):
    text = []
    begin = time.perf_counter()
    reply = kc.execute_interactive(code, timeout=PATIENCE, output_hook=lambda m: m["msg_type"] == "stream" and text.append(m["content"]["text"]))
    elapsed = time.perf_counter() - begin
    if reply["content"]["status"] != "ok":
        raise RuntimeError(f"{code} failed: {reply['content']}")
    return elapsed, "".join(text), len(text)


def main(rounds):
    results = {kernel: [] for kernel in KERNELS}
    for _ in range(rounds):
        for kernel, (name, prints) in KERNELS.items():
            results[kernel].append(measure(name, prints))

    print(f"{'median of ' + str(rounds):20}" + "".join(f"{kernel:>12}" for kernel in KERNELS) + f"{'ratio':>8}")
    for what in next(iter(results.values()))[0]:
        medians = [statistics.median(result[what] for result in results[kernel]) for kernel in KERNELS]
        print(f"{what:20}" + "".join(f"{value:12.2f}" for value in medians) + f"{medians[0] / medians[-1]:8.2f}")
        if "RATIOS" in os.environ and what != "stream messages":
            with open(os.environ["RATIOS"], "a") as ratios:
                ratios.write(f"kernel\t{what.rsplit(' ', 1)[0]}\tipykernel {ipykernel.__version__}\tcpu\t{medians[0] / medians[-1]:.4g}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
