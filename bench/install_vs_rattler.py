#!/usr/bin/env python3
"""`envlock install` and `verify` beside py-rattler and openssl: same lock, same archives, runs in turns; medians and ratios as a table.

    install_vs_rattler.py [--envlock PROGRAM] [--rounds N] [--channel FOLDER --spec NAME...] [--only MODE[,MODE]]

Modes: warm (packages unpacked in each tool's cache; every round makes a new prefix, and the old ones stay), rehash (warm, but a prefix of
the same files was deleted before: that changes the ctime of every cached file, so envlock hashes them all again), archives (nothing unpacked; the archives lie in a folder), verify (bytes hashed each second,
beside `openssl speed -evp sha256`). Without --channel: `libmamba libarchive krb5` of the shared data. A large channel:
make_big_channel.py. The peer is a python with py-rattler: $ENVLOCK_PEER_PYTHON; what it spends on starting, importing and reading the index is
not counted against it, while envlock's whole process counts.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import measure
from measure import Run, median

HERE = pathlib.Path(__file__).resolve().parent
MODES = ["warm", "rehash", "archives", "verify"]


class Bench:
    def __init__(self, options, scratch):
        self.scratch = pathlib.Path(scratch)
        self.envlock = measure.find_envlock(options.envlock)
        self.channel, specs = options.channel, options.spec
        if not self.channel:
            shared = measure.find_shared()
            if not shared:
                sys.exit("skipped: no shared data, and no --channel")
            self.channel, specs = str(shared / "data/conda-forge-packages"), ["libmamba", "libarchive", "krb5"]
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.scratch / "home")}
        (self.scratch / "home").mkdir()
        lines = "".join(f"  - {spec}\n" for spec in specs)
        (self.scratch / "environment.yml").write_text(f"channels: ['{self.channel}']\nplatforms: [linux-64]\ndependencies:\n{lines}")
        measure.run([self.envlock, "lock", "environment.yml", "--cache", "cache"], cwd=self.scratch, env=self.environment)
        self.lock = self.scratch / "envlock.lock"
        self.files = [p["file"] for p in json.loads(self.lock.read_bytes())["packages"]]
        self.rows = []

    def install(self, prefix, cache):
        shutil.rmtree(self.scratch / prefix, ignore_errors=True)
        os.sync()
        return measure.run([self.envlock, "install", self.lock, "-p", self.scratch / prefix, "--cache", self.scratch / cache, "--offline", "--quiet",
                            "--no-compile"], cwd=self.scratch, env=self.environment)

    def peer_install(self, peer, prefix, cache):
        shutil.rmtree(self.scratch / prefix, ignore_errors=True)
        os.sync()
        process = subprocess.run([peer, HERE / "peer_install.py", self.lock, self.scratch / prefix, self.scratch / cache, self.channel],
                                 capture_output=True, text=True, env=self.environment)
        if process.returncode != 0:
            sys.exit(f"the peer: exit {process.returncode}\n{process.stderr[-3000:]}")
        return Run(float(process.stdout), 0)

    def compare(self, title, rounds, warm, keep=False):
        peer = measure.find_peer()

        def fresh(cache):
            if not warm:
                shutil.rmtree(self.scratch / cache, ignore_errors=True)
            return cache

        if warm:
            self.install("ours", "ours-cache")
            self.peer_install(peer, "peers", "peer-cache")
        ours, theirs = [], []
        for i in range(rounds):
            suffix = f"-{i}" if keep else ""
            ours.append(self.install("ours" + suffix, fresh("ours-cache")))
            theirs.append(self.peer_install(peer, "peers" + suffix, fresh("peer-cache")))
        self.rows.append([title, f"{median(ours) * 1000:.0f} ms", f"{median(theirs) * 1000:.0f} ms", f"{median(ours) / median(theirs):.2f}"])

    def verify(self, rounds):
        self.install("ours", "ours-cache")
        command = [self.envlock, "verify", self.lock, "-p", self.scratch / "ours", "--cache", self.scratch / "ours-cache", "--offline", "--json"]
        tallies = []
        for _ in range(rounds + 1):
            process = subprocess.run(list(map(str, command)), capture_output=True, env=self.environment)
            if process.returncode != 0:
                sys.exit(f"verify: exit {process.returncode}\n{process.stdout.decode()[:2000]}")
            tallies.append(json.loads(process.stdout)["tally"])
        tallies = sorted(tallies[1:], key=lambda t: t["microseconds"])
        tally = tallies[len(tallies) // 2]
        bytes_hashed = tally["file_bytes"] + tally["archive_bytes"]
        cores = os.cpu_count()
        speed = subprocess.run(["openssl", "speed", "-multi", str(cores), "-seconds", "2", "-bytes", "1048576", "-evp", "sha256"], capture_output=True, text=True)
        rate = float(re.search(r"sha256\s+([\d.]+)k", speed.stdout, re.I).group(1)) * 1000
        whole = tally["microseconds"] / 1e6
        net = whole - tally["decompression_microseconds"] / 1e6 / cores
        for title, seconds in (("verify, as it is", whole), ("verify, decompression taken off", net)):
            self.rows.append([title, f"{bytes_hashed / seconds / 1e9:.2f} GB/s of {bytes_hashed / 1e6:.0f} MB", f"{rate / 1e9:.2f} GB/s", f"{bytes_hashed / seconds / rate:.2f}"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--envlock")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--channel")
    parser.add_argument("--spec", action="append", default=[])
    parser.add_argument("--only", default=",".join(MODES))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="envlock-bench-") as scratch:
        bench = Bench(options, scratch)
        for mode in options.only.split(","):
            if mode == "warm":
                bench.compare("install, warm cache", options.rounds, True, keep=True)
            elif mode == "rehash":
                bench.compare("install, warm cache, another prefix deleted before", options.rounds, True)
            elif mode == "archives":
                bench.compare("install, from archives", options.rounds, False)
            elif mode == "verify":
                bench.verify(options.rounds)
            else:
                sys.exit(f"no such mode: {mode}")
    print(f"{len(bench.files)} packages\n")
    print("| | envlock | peer | ratio |\n|---|---|---|---|")
    for row in bench.rows:
        print("| " + " | ".join(row) + " |")


main()
