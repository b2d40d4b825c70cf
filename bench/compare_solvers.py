#!/usr/bin/env python3
"""Solves real environment files with envlock and with py-rattler and writes how they compare, file by file.

    compare_solvers.py [--envlock PROGRAM] [--environments FOLDER] [--channel FOLDER] [--out docs/comparison.md]

Both get the same channel for every channel name, the same virtual packages, and the requests that hold on linux-64; the `pip:` sections are left
out. The peer is a python with py-rattler and PyYAML: $ENVLOCK_PEER_PYTHON. Where one solves what the other refuses, the file is flagged; a
refusal of ours that the peer does not share is a bug, whatever else the table says.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import measure
from measure import VIRTUAL_PACKAGES

HERE = pathlib.Path(__file__).resolve().parent
TRUE_ON_LINUX_64 = {"linux", "unix", "linux64", "x86", "x86_64"}
READ_YAML = "import json,sys,yaml; print(json.dumps(yaml.load(open(sys.argv[1], encoding='utf-8'), Loader=yaml.BaseLoader)))"


def holds(selector):
    """A selector on linux-64, for the peer, read independently of envlock."""
    words = re.findall(r"[()]|[a-z0-9_]+", selector.lower())
    return eval(" ".join(w if w in ("and", "or", "not", "(", ")") else str(w in TRUE_ON_LINUX_64) for w in words), {"__builtins__": {}})


def requests_of(path, peer):
    """(specs for linux-64, channel names) of an environment file."""
    document = json.loads(subprocess.run([peer, "-c", READ_YAML, path], check=True, capture_output=True).stdout)
    lines = path.read_text(encoding="utf-8").splitlines()
    specs, has_pip = [], False
    for item in document.get("dependencies") or []:
        if isinstance(item, dict):
            key, value = next(iter(item.items()))
            if key == "pip":
                has_pip = has_pip or bool(value)
            elif match := re.fullmatch(r"sel\((.*)\)", key):
                if holds(match.group(1)):
                    specs.append(value)
            continue
        written = next((line for line in lines if re.match(rf"\s*-\s*['\"]?{re.escape(item)}['\"]?\s*(#|$)", line)), "")
        selector = re.search(r"#\s*\(?\[([^\]]+)\]", written)
        if selector is None or holds(selector.group(1)):
            specs.append(item)
    names = {name_of(s) for s in specs}
    if "pip" not in names and ("python" in names or has_pip):
        specs.append("pip")
    channels = [c for c in document.get("channels") or [] if c != "nodefaults"]
    return specs, channels


def name_of(spec):
    spec = spec.rpartition("::")[2]
    return re.match(r"[A-Za-z0-9_.-]*", spec.strip()).group(0).lower()


def for_peer(spec):
    """The spec without its channel, since every channel is the same one here."""
    return spec.rpartition("::")[2].strip()


def envlock_picks(envlock, path, channel, channels, scratch):
    out = pathlib.Path(scratch) / "envlock.lock"
    out.unlink(missing_ok=True)
    command = [envlock, "lock", path.name, "-o", out, "--conda-only", "--cache", f"{scratch}/cache", "-p", "linux-64"]
    prefixes = re.findall(r"^\s*-\s*['\"]?([^\s'\"#]+)::", path.read_text(encoding="utf-8"), re.M)
    for name in dict.fromkeys(channels + prefixes or ["conda-forge"]):
        command += ["--channel-map", f"{name}={channel}"]
    if not channels:
        command += ["-c", "conda-forge", "--channel-map", f"conda-forge={channel}"]
    for package in VIRTUAL_PACKAGES:
        command += ["--virtual-package", package]
    result = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=300, cwd=path.parent, env={"PATH": os.environ["PATH"], "HOME": str(scratch)})
    if result.returncode == 0:
        lock = json.loads(out.read_text())
        return {p["name"]: [p["version"], p["build"]] for p in lock["packages"]}, ""
    return None, f"exit {result.returncode}: " + first_error(result.stderr)


def first_error(text):
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith(("note", "warning"))]
    start = next((i for i, line in enumerate(lines) if line.startswith("error")), 0)
    why = [line for line in lines[start + 1:start + 12] if line.startswith(("why", "└", "├"))]
    return " ".join(lines[start:start + 1] + why[:2])


class Peer:
    def __init__(self, python, channel, scratch):
        self.process = subprocess.Popen([python, HERE / "peer_rattler.py", "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.job = {"channel": str(channel), "cache": f"{scratch}/peer-cache", "subdirs": ["linux-64", "noarch"], "virtual_packages": VIRTUAL_PACKAGES}

    def picks(self, specs):
        self.process.stdin.write(json.dumps(self.job | {"specs": specs}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return answer.get("packages"), answer.get("error", "")


def compare(path, peer_python, envlock, channel, peer, scratch):
    row = collections.defaultdict(str, file=path.name)
    specs, channels = requests_of(path, peer_python)
    ours, our_reason = envlock_picks(envlock, path, channel, channels, scratch)
    theirs, their_reason = peer.picks([for_peer(s) for s in specs])
    row["requests"] = len(specs)
    row["ours"], row["theirs"] = ours is not None, theirs is not None
    row["our_reason"], row["their_reason"] = our_reason, " ".join(their_reason.split())
    if ours is not None and theirs is not None:
        names = sorted({name_of(s) for s in specs})
        row["asked"] = len(names)
        row["same"] = [n for n in names if n in ours and n in theirs and ours[n][0] == theirs[n][0]]
        row["builds"] = [n for n in row["same"] if ours[n][1] == theirs[n][1]]
        row["other"] = {n: (ours.get(n, ["-"])[0], theirs.get(n, ["-"])[0]) for n in names if n not in row["same"]}
        row["explained"] = explain(row["other"], names, ours, [for_peer(s) for s in specs], peer)
        common = ours.keys() & theirs.keys()
        row["all_same"] = sum(ours[n][0] == theirs[n][0] for n in common), len(ours), len(theirs)
    return row


def explain(other, names, ours, specs, peer):
    """Which of our picks, taken first, make the peer pick as we do: [(name, version), ...]; None where none do."""
    pins, left = [], dict(other)
    while left:
        first = min(left)
        if first in dict(pins) or len(pins) == 5:
            return None
        pins.append((first, left[first][0]))
        picks, _ = peer.picks(specs + [f"{name} =={version}" for name, version in pins])
        if picks is None:
            return None
        left = {n: (ours.get(n, ["-"])[0], picks.get(n, ["-"])[0]) for n in names if ours.get(n, ["-"])[0] != picks.get(n, ["-"])[0]}
    return pins


def explanations(rows):
    """One line for each file in which a requested package differs."""
    lines = []
    for row in rows:
        if not row["other"]:
            continue
        pins = row["explained"]
        if pins is None:
            lines.append(f"- {row['file']}: **not explained**")
            continue
        words = ", ".join(f"`{name} {version}` (py-rattler: {row['other'].get(name, ['', '-'])[1]})" for name, version in pins)
        newer = "" if len(row["other"]) == len(pins) else f" The other {len(row['other']) - len(pins)} follow from it."
        lines.append(f"- {row['file']}: envlock lets requests decide in the order of their names and so takes {words}.{newer} With that asked "
                     "for, py-rattler picks every requested package as envlock does.")
    return lines


def text_of(rows, versions):
    both = [r for r in rows if r["ours"] and r["theirs"]]
    neither = [r for r in rows if not r["ours"] and not r["theirs"]]
    flagged = [r for r in rows if r["ours"] != r["theirs"]]
    asked, same, builds = sum(r["asked"] for r in both), sum(len(r["same"]) for r in both), sum(len(r["builds"]) for r in both)
    out = [
        "# envlock and py-rattler on real environment files", "",
        "Written by `bench/compare_solvers.py`; do not edit. " + versions, "",
        "Channel map, for both: every channel name and URL that a file names means one and the same channel of 32,113 real conda-forge records "
        "(linux-64 and noarch). Virtual packages, for both: " + ", ".join(f"`{v}`" for v in VIRTUAL_PACKAGES) + ". Platform linux-64. `pip` is asked "
        "for where python is. The `pip:` sections are left out. Many files ask for names or versions that this subset of conda-forge lacks; those "
        "must be refused by both.", "",
        "| | files |", "|---|---|", f"| read | {len(rows)} |", f"| solved by both | {len(both)} |", f"| refused by both | {len(neither)} |",
        f"| solved by envlock alone | {sum(r['ours'] for r in flagged)} |", f"| **solved by py-rattler alone** | {sum(r['theirs'] for r in flagged)} |", "",
        f"Requested packages in the files that both solve: {asked}. Same version: {same} ({100 * same / max(1, asked):.2f} %); same build too: {builds}.", "",
        "## Solved by both", "", "| file | requested | same version | others: envlock / py-rattler | all packages: same version, envlock, py-rattler |", "|---|---|---|---|---|"]
    for r in both:
        others = ", ".join(f"`{n}` {a} / {b}" for n, (a, b) in r["other"].items())
        out.append(f"| {r['file']} | {r['asked']} | {len(r['same'])} | {others} | {r['all_same'][0]}, {r['all_same'][1]}, {r['all_same'][2]} |")
    out += ["", "Why the others differ:", "", *(explanations(both) or ["- none does"])]
    out += ["", "## Solved by one alone", ""]
    if not flagged:
        out.append("None.")
    for r in flagged:
        who = "envlock" if r["ours"] else "py-rattler"
        out += [f"- **{r['file']}**: {who} alone. The other says: {clean(r['their_reason'] if r['ours'] else r['our_reason'], 900)}"]
    out += ["", "## Refused by both", "", "| file | envlock says | py-rattler says |", "|---|---|---|"]
    out += [f"| {r['file']} | {clean(r['our_reason'], 260)} | {clean(r['their_reason'], 260)} |" for r in neither]
    return "\n".join(out) + "\n"


def clean(text, limit):
    text = text.replace("|", "\\|").replace("<", "&lt;")
    return text if len(text) <= limit else text[:limit] + " ..."


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--envlock")
    parser.add_argument("--environments", type=pathlib.Path)
    parser.add_argument("--channel", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default=measure.SOURCE / "docs" / "comparison.md")
    options = parser.parse_args()
    shared = measure.find_shared()
    if shared is None and not (options.environments and options.channel):
        sys.exit("no shared data: set ENVLOCK_SHARED, or give --environments and --channel")
    environments = options.environments or shared / "data" / "environment-yml"
    envlock, peer_python = measure.find_envlock(options.envlock), measure.find_peer()
    version = subprocess.run([peer_python, "-c", "import importlib.metadata as m; print(m.version('py-rattler'))"], capture_output=True, text=True).stdout.strip()
    with tempfile.TemporaryDirectory(prefix="envlock-compare-") as scratch:
        channel = measure.decompressed_channel(options.channel or shared / "data" / "conda-forge-union", pathlib.Path(scratch) / "union")
        peer = Peer(peer_python, channel, scratch)
        rows = []
        for path in sorted(p for p in environments.iterdir() if p.suffix in (".yml", ".yaml")):
            rows.append(compare(path, peer_python, envlock, channel, peer, scratch))
            r = rows[-1]
            print(f"{'both' if r['ours'] and r['theirs'] else 'neither' if not r['ours'] and not r['theirs'] else 'FLAG'} {path.name} "
                  f"{r['other'] or ''}{'' if r['ours'] == r['theirs'] else ' ours: ' + r['our_reason'] + ' theirs: ' + r['their_reason'][:600]}", flush=True)
        peer.process.stdin.close()
        peer.process.wait()
    options.out.write_text(text_of(rows, f"py-rattler {version}."), encoding="utf-8")
    print(f"wrote {options.out}")


if __name__ == "__main__":
    main()
