#!/usr/bin/env python3
"""`envlock lock` of a `pip:` section beside `uv pip compile` and `pip install --dry-run`: same lines, same index, runs in turns.

    lock_pip_vs_uv.py [--envlock PROGRAM] [--uv PROGRAM] [--rounds N] [--index URL] [--mirror FOLDER] [--only LIST[,LIST]] [--states warm,cold]
                      [--picks] [--pip]

Lists: owner (wandb, nltk, scikit-learn) and ml (30 names of people who train Transformers). The index is PyPI unless --index names one; it needs the
network. --mirror puts a loopback mirror that remembers between the programs and the index, which sends the headers that PyPI sends: use it where a
proxy drops them, since uv then asks for everything again. envlock locks a conda part too (python and nothing else): its time is in ours. --picks
tells where the choices differ. --pip measures pip as well, once and warm: it takes long. Every program keeps its own cache; cold is without any.
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
from measure import SOURCE, median, paired

LISTS = {
    "owner": ["wandb", "nltk", "scikit-learn"],
    "ml": ["transformers", "datasets", "accelerate", "jupyter", "tensorboard", "peft", "evaluate", "sentencepiece", "tokenizers", "safetensors", "wandb",
           "nltk", "scikit-learn", "scipy", "pandas", "matplotlib", "seaborn", "tqdm", "pyyaml", "requests", "einops", "rich", "typer", "omegaconf",
           "hydra-core", "pytest", "black", "pillow", "huggingface-hub", "protobuf"],
}
PYTHON = ".".join(map(str, sys.version_info[:2]))  # uv looks for a python of the version that it solves for: it is given this one
DEFAULT_INDEX = "https://pypi.org/simple"


class Bench:
    def __init__(self, options, scratch):
        self.options, self.scratch = options, pathlib.Path(scratch)
        self.envlock = measure.find_envlock(options.envlock)
        self.uv = options.uv or os.environ.get("ENVLOCK_PEER_UV") or shutil.which("uv") or sys.exit("no uv found: pip install uv, then give --uv")
        self.environment = {**os.environ, "HOME": str(self.scratch / "home"), "UV_NO_CONFIG": "1", "UV_PYTHON_DOWNLOADS": "never"}
        (self.scratch / "home").mkdir()

    def channel(self):
        """A channel with python and a pip that needs nothing: what conda brings must not stand in the way of a choice."""
        folder = self.scratch / "channel"
        record = {"build": "0", "build_number": 0, "depends": [], "sha256": "0" * 64, "size": 1}
        packages = {f"{name}-{version}-0.conda": {**record, "name": name, "version": version} for name, version in (("python", ".".join(map(str, sys.version_info[:3]))), ("pip", "99"))}
        for subdir, content in (("linux-64", packages), ("noarch", {})):
            (folder / subdir).mkdir(parents=True, exist_ok=True)
            (folder / subdir / "repodata.json").write_text(json.dumps({"info": {"subdir": subdir}, "packages": {}, "packages.conda": content}))
        return folder

    def prepare(self, name):
        folder = self.scratch / name
        folder.mkdir()
        lines = LISTS[name]
        index = [f"--index-url {self.options.index}"] if self.options.index else []
        pip = "".join(f"      - {line}\n" for line in index + lines)
        (folder / "environment.yml").write_text(
            f"channels: [{self.channel()}]\nplatforms: [linux-64]\ndependencies:\n  - python {PYTHON}.*\n  - pip\n  - pip:\n{pip}")
        (folder / "requirements.in").write_text("\n".join(index + lines) + "\n")
        return folder

    def ours(self, folder):
        (folder / "envlock.lock").unlink(missing_ok=True)
        return measure.run([self.envlock, "lock", "--quiet", "--cache", self.scratch / "cache-ours"], cwd=folder, env=self.environment)

    def theirs(self, folder):
        return measure.run([self.uv, "pip", "compile", "--quiet", "--no-header", "--generate-hashes", "--only-binary", ":all:", "--python", sys.executable,
                            "--python-platform", "x86_64-manylinux_2_28", "--cache-dir", self.scratch / "cache-uv", "-o", "requirements.txt",
                            "requirements.in"], cwd=folder, env=self.environment)

    def compare(self, name, state):
        folder = self.scratch / name

        def fresh(cache, work):
            if state == "cold":
                shutil.rmtree(self.scratch / cache, ignore_errors=True)
            (folder / "requirements.txt").unlink(missing_ok=True)
            return work(folder)

        if state == "warm":
            self.ours(folder)
            self.theirs(folder)
        mine, peers = paired(lambda: fresh("cache-ours", self.ours), lambda: fresh("cache-uv", self.theirs), self.options.rounds)
        print(f"| {name}, {len(LISTS[name])} lines, {state} | {median(mine):.3f} s | {median(peers):.3f} s | {median(mine) / median(peers):.2f} "
              f"| {median(mine, 'peak_mb'):.0f} MB | {median(peers, 'peak_mb'):.0f} MB |", flush=True)
        return median(mine)

    def pip(self, name, mine):
        folder = self.scratch / name
        target = folder / "nowhere"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--only-binary", ":all:", "--python-version", PYTHON,
                   "--platform", "manylinux_2_28_x86_64", "--platform", "manylinux2014_x86_64", "--target", target, "--cache-dir", self.scratch / "cache-pip",
                   "-r", "requirements.in"]
        measure.run(command, cwd=folder, env=self.environment)
        took = measure.run(command, cwd=folder, env=self.environment)
        print(f"| {name}, warm, pip install --dry-run | {mine:.3f} s | {took.seconds:.2f} s | {mine / took.seconds:.3f} | | |", flush=True)

    def picks(self, name):
        folder = self.scratch / name
        lock = json.loads((folder / "envlock.lock").read_text())
        ours = {d["name"]: d["version"] for d in lock["distributions"]}
        theirs = {}
        for line in (folder / "requirements.txt").read_text().splitlines():
            if match := re.match(r"([a-z0-9.-]+)==(\S+)", line):
                theirs[match[1]] = match[2]
        provided = {p["name"] for p in lock["packages"]}
        differ = [f"{n}: {ours.get(n)} / {theirs.get(n)}" for n in sorted(ours | theirs) if ours.get(n) != theirs.get(n) and n not in provided]
        print(f"picks of {name}: {len(ours)} ours, {len(theirs)} uv's, {len(differ)} differ" + "".join(f"\n  {d}" for d in differ), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--envlock")
    parser.add_argument("--uv")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--index")
    parser.add_argument("--mirror", type=pathlib.Path, help="the folder where the mirror remembers")
    parser.add_argument("--only", default=",".join(LISTS))
    parser.add_argument("--states", default="warm,cold")
    parser.add_argument("--picks", action="store_true")
    parser.add_argument("--pip", action="store_true", help="measure pip as well")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="envlock-bench-") as scratch:
        mirror = None
        if options.mirror:
            mirror = subprocess.Popen([sys.executable, SOURCE / "bench" / "pypi_mirror.py", options.mirror, options.index or DEFAULT_INDEX],
                                      stdout=subprocess.PIPE, text=True)
            options.index = mirror.stdout.readline().strip() + "/simple"
        bench = Bench(options, scratch)
        version = subprocess.run([bench.uv, "--version"], capture_output=True, text=True).stdout.split()[1]
        print(f"| list | envlock | uv {version} | ratio | envlock's memory | its memory |\n|---|---|---|---|---|---|", flush=True)
        for name in options.only.split(","):
            bench.prepare(name)
            for state in options.states.split(","):
                mine = bench.compare(name, state)
                if state == "warm" and options.pip:
                    bench.pip(name, mine)
            if options.picks:
                bench.picks(name)
        if mirror:
            mirror.terminate()


if __name__ == "__main__":
    main()
