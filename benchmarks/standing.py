"""Turns ratios into the standing table: Markdown on the console and in a file, JSON beside it.

Usage: standing.py <ratios.tsv> <missing.tsv> <rounds> <threads> <folder>   (see standing.sh)
"""
import csv
import datetime
import json
import os
import platform
import subprocess
import sys


def lines(path):
    with open(path, newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None  # the machine has no such program: the description leaves the fact out


def machine(threads):
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    facts = {
        "date": datetime.date.today().isoformat(), "cpu": cpu, "cores": os.cpu_count(), "threads": int(threads), "load": os.getloadavg()[0], "system": platform.platform(),
        "dotnet": output("dotnet", "--version"), "commit": output("git", "rev-parse", "--short=12", "HEAD"), "gpu": output("nvidia-smi", "--query-gpu=name", "--format=csv,noheader"),
    }
    return {name: fact for name, fact in facts.items() if fact is not None}


def main(ratios, missing, rounds, threads, folder):
    table = {}
    for area, what, peer, device, ratio in lines(ratios):
        table.setdefault((area, what, peer), {})[device] = float(ratio)
    facts, devices = machine(threads), sorted({device for row in table.values() for device in row})
    markdown = [
        f"Lab's time over its peer's, below 1 Lab is faster; by turns, {rounds} rounds.", "",
        "; ".join(f"{name} {fact}" for name, fact in facts.items()), "",
        "| | case | peer | " + " | ".join(devices) + " |", "|---|---|---|" + "---:|" * len(devices),
        *(f"| {area} | {what} | {peer} | " + " | ".join(f"{row[device]:.2f}" if device in row else "" for device in devices) + " |" for (area, what, peer), row in table.items()),
        *(f"\nNot measured: {name} ({reason})." for name, reason in lines(missing)),
    ]
    text = "\n".join(markdown) + "\n"
    print(text)
    with open(os.path.join(folder, "standing.md"), "w") as file:
        file.write(text)
    with open(os.path.join(folder, "standing.json"), "w") as file:
        json.dump({"machine": facts, "rounds": int(rounds), "ratios": [dict(area=a, case=w, peer=p, **row) for (a, w, p), row in table.items()], "missing": dict(lines(missing))}, file, indent=2)


if __name__ == "__main__":
    main(*sys.argv[1:])
