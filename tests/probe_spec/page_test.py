#!/usr/bin/env python3
"""Holds the list of expected digests in docs/probe-spec.md against the golden files; --update writes it anew.

usage: page_test.py SOURCE_DIR [--update]
"""
import hashlib
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
PAGE = ROOT / "docs/probe-spec.md"
HEADING = "## Expected digests\n"


def golden(size):
    """The lines of a golden file as (step, name, digest)."""
    lines = (ROOT / f"fixtures/golden/probe/{size}.txt").read_text().splitlines()
    return [tuple(line.split(" ")) for line in lines if line and not line.startswith("#")]


def block(lines):
    return "```\n" + "".join(f"{name:<24} {digest}\n" for name, digest in lines) + "```\n"


def expected():
    quick = golden("quick")
    text = HEADING
    text += "\nThe op digests of `quick`, those of the initial state first. The golden files in `fixtures/golden/probe` list\n"
    text += "every step of every size.\n\n"
    text += block([(name, digest) for step, name, digest in quick if step == "init"])
    text += "\nStep 0:\n\n"
    text += block([(name, digest) for step, name, digest in quick if step == "0"])
    text += "\nThe roots of whole runs of 20 steps:\n\n"
    sizes = ("quick", "standard", "gpu")
    return text + block([(f"{size} {step} {name}", digest) for size in sizes for step, name, digest in golden(size)
                         if step in ("reference", "document")])


def main():
    page = PAGE.read_text()
    start = page.index(HEADING)
    failures = []
    if "--update" in sys.argv[2:]:
        if os.environ.get("CI"):
            sys.exit("--update refuses to run in CI")
        PAGE.write_text(page[:start] + expected())
    elif page[start:] != expected():
        failures.append("the list of expected digests is not that of the golden files; `tests/probe_spec/page_test.py . --update` writes it")
    corpus = (ROOT / "docs/probe-corpus.txt").read_bytes()
    stated = re.search(r"probe-corpus\.txt: ([\d,]+) bytes, SHA-256 `([0-9a-f]{64})`", page)
    if not stated or int(stated[1].replace(",", "")) != len(corpus) or stated[2] != hashlib.sha256(corpus).hexdigest():
        failures.append("the page names another corpus than docs/probe-corpus.txt")
    if re.search(r"@[A-Z_]+@", page):
        failures.append("the page has a marker that was never filled in")
    for failure in failures:
        print(failure)
    sys.exit(1 if failures else 0)


main()
