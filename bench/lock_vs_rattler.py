#!/usr/bin/env python3
"""`envlock lock` beside py-rattler: same channel, same request, runs in turns; medians and ratios as a table.

    lock_vs_rattler.py [--envlock PROGRAM] [--rounds N] [--scale FOLDER] [--scale-shards FOLDER] [--only MODE[,MODE]]

Modes: union-cold union-warm scale-cold scale-warm scale-shards platforms check. The union needs the shared data, the scale modes a channel of
conda-forge's size; what is missing is skipped aloud. The peer is a python with py-rattler: $ENVLOCK_PEER_PYTHON. Its start-up (interpreter and
import) is measured apart; ratios are told with it and without it.
"""
import argparse
import os
import pathlib
import shutil
import sys
import tempfile

import measure
from measure import TRAINING, VIRTUAL_PACKAGES, Run, median, paired

HERE = pathlib.Path(__file__).resolve().parent
MODES = ["union-cold", "union-warm", "scale-cold", "scale-warm", "scale-shards", "platforms", "check"]


class Bench:
    def __init__(self, options, scratch):
        self.options, self.scratch = options, pathlib.Path(scratch)
        self.envlock, self.peer = measure.find_envlock(options.envlock), measure.find_peer()
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.scratch / "home"), "PEER_VIRTUAL_PACKAGES": " ".join(VIRTUAL_PACKAGES)}
        (self.scratch / "home").mkdir()
        self.work = self.scratch / "work"
        self.work.mkdir()
        lines = "".join(f"  - {spec}\n" for spec in TRAINING)
        (self.work / "environment.yml").write_text(f"channels: [conda-forge]\ndependencies:\n{lines}")
        self.rows = []
        runs = [measure.run([self.peer, "-c", "import rattler"], env=self.environment) for _ in range(max(3, options.rounds))]
        self.startup = median(runs)

    def lock(self, channel, cache, platforms=("linux-64",), more=()):
        (self.work / "envlock.lock").unlink(missing_ok=True)
        command = [self.envlock, "lock", "--quiet", "--cache", cache, "--channel-map", f"conda-forge={channel}", *more]
        for platform in platforms:
            command += ["-p", platform]
            # By platform: the scale channel's records are one subdir's under four names, so all of them want __glibc.
            for package in VIRTUAL_PACKAGES:
                command += ["--virtual-package", f"{platform}:{package}"]
        return measure.run(command, cwd=self.work, env=self.environment)

    def peer_solve(self, channel, cache):
        # `pip` because envlock adds it where python is asked for, as conda does.
        return measure.run([self.peer, HERE / "peer_rattler.py", "solve", channel, cache, "linux-64", *TRAINING, "pip"], env=self.environment)

    def compare(self, title, channel, warm):
        ours_cache, peer_cache = self.scratch / "cache-ours", self.scratch / "cache-peer"

        def fresh(cache):
            if not warm:
                shutil.rmtree(cache, ignore_errors=True)
            return cache

        for cache in (ours_cache, peer_cache):
            shutil.rmtree(cache, ignore_errors=True)
        self.lock(channel, ours_cache)  # reads the files into memory once, and fills the cache for warm runs
        self.peer_solve(channel, peer_cache)
        ours, theirs = paired(lambda: self.lock(channel, fresh(ours_cache)), lambda: self.peer_solve(channel, fresh(peer_cache)), self.options.rounds)
        mine, peers = median(ours), median(theirs)
        my_memory, peers_memory = median(ours, "peak_mb"), median(theirs, "peak_mb")
        self.rows.append(
            f"| {title} | {mine:.3f} s | {peers:.3f} s | {mine / peers:.3f} | {mine / max(0.001, peers - self.startup):.3f} "
            f"| {my_memory:.0f} MB | {peers_memory:.0f} MB | {my_memory / peers_memory:.3f} |")
        print(self.rows[-1], flush=True)

    def platforms(self, scale):
        """Four platforms in one run against the sum of four single runs."""
        names = ["linux-64", "linux-aarch64", "osx-arm64", "win-64"]
        folder = self.scratch / "four"
        for name in names + ["noarch"]:
            (folder / name).mkdir(parents=True)
            if name in ("linux-64", "noarch"):
                (folder / name / "repodata.json").symlink_to(scale / name / "repodata.json")
                continue
            with (scale / "linux-64" / "repodata.json").open("rb") as source, (folder / name / "repodata.json").open("wb") as out:
                tail = b""
                while chunk := source.read(1 << 24):
                    data = (tail + chunk).replace(b'"subdir":"linux-64"', f'"subdir":"{name}"'.encode())
                    tail = data[-32:]
                    out.write(data[:-32])
                out.write(tail)
        cache = self.scratch / "cache-four"
        for state in ("cold", "warm"):
            def run(some, state=state):
                if state == "cold":
                    shutil.rmtree(cache, ignore_errors=True)
                return self.lock(folder, cache, some)

            run(names)
            together, single = [], []
            for _ in range(self.options.rounds):
                together.append(run(names))
                single.append(Run(sum(run([name]).seconds for name in names), 0))
            print(f"| four platforms, {state} | {median(together):.3f} s together | {median(single):.3f} s one by one | {median(together) / median(single):.3f} |", flush=True)

    def check(self, channel):
        cache = self.scratch / "cache-check"
        self.lock(channel, cache)
        lock = (self.work / "envlock.lock").read_bytes()
        packages = lock.count(b'"sha256"')
        command = [self.envlock, "lock", "--check", "--quiet", "--channel-map", f"conda-forge={channel}"]
        runs = [measure.run(command, cwd=self.work, env=self.environment) for _ in range(20)]
        print(f"| lock --check, {packages} packages | {median(runs) * 1000:.1f} ms | at most {max(r.seconds for r in runs) * 1000:.1f} ms |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--envlock")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=pathlib.Path)
    parser.add_argument("--scale-shards", type=pathlib.Path)
    parser.add_argument("--only", default=",".join(MODES))
    options = parser.parse_args()
    modes = options.only.split(",")
    shared = measure.find_shared()
    with tempfile.TemporaryDirectory(prefix="envlock-bench-") as scratch:
        bench = Bench(options, scratch)
        print(f"py-rattler's start-up (interpreter and import): {bench.startup:.3f} s; medians of {options.rounds} runs in turns\n")
        print("| mode | envlock | py-rattler | ratio | ratio without its start-up | envlock's memory | its memory | ratio |\n|---|---|---|---|---|---|---|---|", flush=True)
        union = measure.decompressed_channel(shared / "data/conda-forge-union", bench.scratch / "union") if shared else None
        for mode in modes:
            if mode.startswith(("union", "check")) and union is None:
                print(f"skipped: {mode}: no shared data (set ENVLOCK_SHARED)")
            elif mode in ("scale-cold", "scale-warm", "platforms") and not options.scale:
                print(f"skipped: {mode}: give --scale")
            elif mode == "scale-shards" and not options.scale_shards:
                print(f"skipped: {mode}: give --scale-shards")
            elif mode == "union-cold":
                bench.compare("union, JSON, no cache", union, warm=False)
            elif mode == "union-warm":
                bench.compare("union, warm cache", union, warm=True)
            elif mode == "scale-cold":
                bench.compare("scale, JSON, no cache", options.scale, warm=False)
            elif mode == "scale-warm":
                bench.compare("scale, warm cache", options.scale, warm=True)
            elif mode == "scale-shards":
                with measure.StaticServer(options.scale_shards.resolve(), str(bench.scratch)) as server:
                    bench.compare(f"scale, shards from {server.name}, no cache", server.url, warm=False)
            elif mode == "platforms":
                bench.platforms(options.scale.resolve())
            elif mode == "check":
                bench.check(union)
            else:
                sys.exit(f"no such mode: {mode}; there are {' '.join(MODES)}")


if __name__ == "__main__":
    main()
