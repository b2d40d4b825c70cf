#!/usr/bin/env python3
"""Times `envlock diff` of two locks of many packages, whole process, in each format that it reads; a table of medians.

    diff_locks.py [--envlock PROGRAM] [--packages N] [--rounds N] [--keep FOLDER]

The locks are made here: packages in layers that need each other, a python in the middle. Between the two, python goes
from 3.10 to 3.12, so that a third of the packages is rebuilt, and a tenth goes up by itself. The aim is 50 ms.
"""
import argparse
import hashlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import measure

CHANNEL = "https://conda.anaconda.org/conda-forge"
AIM_MILLISECONDS = 50


def packages_of(count, is_new):
    """Records by name: the same list for both sides but for what changed between them."""
    python = "3.12.3" if is_new else "3.10.14"
    short = "".join(python.split(".")[:2])
    minor = int(python.split(".")[1])
    records = [("python", python, "h1_0_cpython", ["openssl >=3.0"]), ("openssl", "3.3.0", "h4_0", [])]
    for i in range(count - len(records)):
        name = f"package-{i:04d}"
        version = f"1.{i % 40}.{1 if is_new and i % 10 == 0 else 0}"
        depends = [f"package-{j:04d} >=1.0,<2.0a0" for j in range(i // 2, i // 2 + 6) if j < i]
        build = "h5_0"
        if i % 3 == 0:
            build = f"py{short}h{i % 7}_0"
            depends += [f"python >=3.{minor},<3.{minor + 1}.0a0", f"python_abi 3.{minor}.* *_cp{short}"]
        records.append((name, version, build, depends))
    records.append(("python_abi", f"3.{minor}", f"4_cp{short}", []))
    return sorted(records)


def hashes_of(file_name):
    return hashlib.sha256(file_name.encode()).hexdigest(), hashlib.md5(file_name.encode()).hexdigest()


def envlock_lock(records):
    packages = []
    for name, version, build, depends in records:
        file_name = f"{name}-{version}-{build}.conda"
        sha256, md5 = hashes_of(file_name)
        packages.append({"name": name, "version": version, "build": build, "build_number": 0, "channel": CHANNEL, "subdir": "linux-64",
                         "file": file_name, "sha256": sha256, "md5": md5, "size": 123456, "timestamp": 1700000000000, "license": "MIT",
                         "depends": depends, "platforms": {"linux-64": ["main"]}})
    return json.dumps({"format": "envlock.lock", "version": 1, "needs_envlock": "0.1.0", "channels": [{"base": CHANNEL, "name": "conda-forge"}],
                       "options": {"channel_priority": "strict"}, "variables": {}, "platforms": [{"name": "linux-64", "subdir": "linux-64",
                       "virtual_packages": ["__glibc=2.28=0", "__unix=0=0"]}], "requests": [{"spec": "python", "category": "main"}],
                       "packages": packages}, indent=2) + "\n"


def conda_lock(records):
    lines = ["version: 1", "metadata:", "  content_hash:", f"    linux-64: {'0' * 64}", "  channels:", "  - url: conda-forge",
             "    used_env_vars: []", "  platforms:", "  - linux-64", "  sources:", "  - environment.yml", "package:"]
    for name, version, build, depends in records:
        file_name = f"{name}-{version}-{build}.conda"
        sha256, md5 = hashes_of(file_name)
        lines += [f"- name: {name}", f"  version: {version}", "  manager: conda", "  platform: linux-64"]
        lines += ["  dependencies:"] + [f"    {each.split()[0]}: '{' '.join(each.split()[1:])}'" for each in depends] if depends else ["  dependencies: {}"]
        lines += [f"  url: {CHANNEL}/linux-64/{file_name}", "  hash:", f"    md5: {md5}", f"    sha256: {sha256}", "  category: main", "  optional: false"]
    return "\n".join(lines) + "\n"


def pixi_lock(records):
    urls = [f"{CHANNEL}/linux-64/{name}-{version}-{build}.conda" for name, version, build, _ in records]
    lines = ["version: 6", "environments:", "  default:", "    channels:", f"    - url: {CHANNEL}/", "    packages:", "      linux-64:"]
    lines += [f"      - conda: {url}" for url in urls] + ["packages:"]
    for url, (_, _, _, depends) in zip(urls, records):
        sha256, md5 = hashes_of(url.rsplit("/", 1)[1])
        lines += [f"- conda: {url}", f"  sha256: {sha256}", f"  md5: {md5}"]
        lines += (["  depends:"] + [f"  - {each}" for each in depends]) if depends else []
        lines += ["  license: MIT", "  size: 123456", "  timestamp: 1700000000000"]
    return "\n".join(lines) + "\n"


def explicit(records):
    lines = ["# platform: linux-64", "@EXPLICIT"]
    for name, version, build, _ in records:
        file_name = f"{name}-{version}-{build}.conda"
        lines.append(f"{CHANNEL}/linux-64/{file_name}#{hashes_of(file_name)[1]}")
    return "\n".join(lines) + "\n"


FORMATS = {"envlock.lock": envlock_lock, "conda-lock.yml": conda_lock, "pixi.lock": pixi_lock, "explicit.txt": explicit}


def milliseconds(command):
    """Wall time and processor time of one run. On a busy machine only the second tells anything."""
    with tempfile.TemporaryFile() as errors:
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        elapsed = (time.perf_counter() - begin) * 1000
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 1:
            errors.seek(0)
            sys.exit(f"exit code {process.returncode}, where 1 was expected: {' '.join(command)}\n{errors.read().decode(errors='replace')}")
    return elapsed, (usage.ru_utime + usage.ru_stime) * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--envlock")
    parser.add_argument("--packages", type=int, default=800)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--keep", help="write the locks here and leave them")
    options = parser.parse_args()
    envlock = str(measure.find_envlock(options.envlock))
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(options.keep or scratch)
        folder.mkdir(parents=True, exist_ok=True)
        print(f"{options.packages} packages on each side, {options.rounds} rounds, whole process; the aim is {AIM_MILLISECONDS} ms\n")
        print("| format | KB, both | median ms | least ms | median of processor time, ms | |\n|---|---|---|---|---|---|")
        for name, write in FORMATS.items():
            files = []
            for side in ("old", "new"):
                files.append(folder / f"{side}-{name}")
                files[-1].write_text(write(packages_of(options.packages, side == "new")))
            command = [envlock, "diff", *map(str, files)]
            milliseconds(command)
            times = [milliseconds(command) for _ in range(options.rounds)]
            size = sum(file.stat().st_size for file in files) // 1000
            median = statistics.median(wall for wall, _ in times)
            print(f"| {name} | {size:,} | {median:.1f} | {min(times)[0]:.1f} | {statistics.median(cpu for _, cpu in times):.1f} | "
                  f"{'met' if median < AIM_MILLISECONDS else 'missed'} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
