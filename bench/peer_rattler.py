"""The peer, py-rattler, doing the same job. Runs in a python that has it.

    peer_rattler.py solve CHANNEL CACHE SUBDIR SPEC...      one solve; prints how many packages
    peer_rattler.py serve                                   JSON jobs on stdin, one a line; answers likewise
A job: {"channel", "cache", "subdirs", "specs", "virtual_packages"}; an answer: {"packages": {name: [version, build]}} or {"error"}.
"""
import asyncio
import json
import os
import sys

from rattler import Channel, ChannelPriority, Gateway, GenericVirtualPackage, MatchSpec, PackageName, SourceConfig, Version, solve
from rattler.package import BuildString


def virtual_package(text):
    name, version, build = (text.split("=") + ["0"])[:3]
    return GenericVirtualPackage(PackageName(name), Version(version), BuildString(build))


async def solve_job(gateway, job):
    channels = [Channel(c if "://" in c else "file://" + c) for c in [job["channel"]]]
    records = await solve(
        channels, [MatchSpec(s, strict=False) for s in job["specs"]], gateway=gateway, platforms=job["subdirs"],
        virtual_packages=[virtual_package(v) for v in job["virtual_packages"]], channel_priority=ChannelPriority.Strict)
    return {r.name.normalized: [str(r.version), str(r.build)] for r in records}


def gateway(cache):
    return Gateway(cache_dir=cache, default_config=SourceConfig(sharded_enabled=True))


async def serve():
    gateways = {}
    for line in sys.stdin:
        job = json.loads(line)
        try:
            answer = {"packages": await solve_job(gateways.setdefault(job["cache"], gateway(job["cache"])), job)}
        except Exception as error:  # whatever it raises is its answer
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


async def main():
    if sys.argv[1] == "serve":
        return await serve()
    channel, cache, subdir, *specs = sys.argv[2:]
    job = {"channel": channel, "subdirs": [subdir, "noarch"], "specs": specs, "virtual_packages": os.environ["PEER_VIRTUAL_PACKAGES"].split()}
    print(len(await solve_job(gateway(cache), job)))


asyncio.run(main())
