"""The peer, py-rattler, installing what an envlock.lock names. Runs in a python that has it.

    peer_install.py LOCK PREFIX CACHE CHANNEL-FOLDER...      prints the seconds that its install() took
"""
import asyncio
import json
import os
import sys
import time

from rattler import Channel, Gateway, install


async def main():
    lock, prefix, cache, *channels = sys.argv[1:]
    packages = json.load(open(lock, encoding="utf-8"))["packages"]
    files = {p["file"] for p in packages}
    gateway = Gateway(cache_dir=cache + "/repodata")
    sources = [Channel(c if "://" in c else "file://" + c) for c in channels]
    groups = await gateway.query(sources, ["linux-64", "noarch"], sorted({p["name"] for p in packages}), recursive=False)
    records = {record.file_name: record for group in groups for record in group if record.file_name in files}
    if len(records) != len(files):
        sys.exit(f"the channels hold {len(records)} of {len(files)} files")
    start = time.perf_counter()
    await install(list(records.values()), prefix, cache_dir=cache, show_progress=False)
    print(f"{time.perf_counter() - start:.4f}", flush=True)
    os._exit(0)  # py-rattler 0.28 may crash while the interpreter shuts down


asyncio.run(main())
