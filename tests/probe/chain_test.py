"""Holds the digests that a build of the chain program computes against a golden file, or sees that they leave it where they must.

    chain_test.py --golden FILE PROGRAM ISA:THREADS:STEPS...        every digest is the golden one
    chain_test.py --golden FILE --leaves STEP:OP PROGRAM CASE...    the first that is not is this one

ISA may be "fastest". An instruction set that this machine lacks is named and passed over; the test is skipped where that leaves nothing."""
import argparse
import pathlib
import subprocess
import sys


def digests(text):
    """(step, name) -> digest, in order; the roots of whole runs are not of a step."""
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return {(step, name): digest for step, name, digest in lines if step not in ("reference", "document")}


def first_difference(golden, have):
    """The first (step, name) of `have` that differs, the root and the chain of a step being no tensors; how many differ; of how many."""
    tensors = [place for place in have if place[1] not in ("root", "chain")]
    unknown = [place for place in have if place not in golden]
    if unknown:
        raise SystemExit(f"the golden file has no {unknown[0]}")
    differing = [place for place in tensors if have[place] != golden[place]]
    return (differing[0] if differing else None), len(differing), len(tensors)


def run(program, size, case):
    isa, threads, steps = case.split(":")
    done = subprocess.run([program, size, steps, isa, threads], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise SystemExit(f"{case}: exit {done.returncode}: {done.stderr}")
    have = digests(done.stdout)
    steps_seen = {step for step, _ in have} - {"init"}
    if len(steps_seen) != int(steps):
        raise SystemExit(f"{case}: it ran {len(steps_seen)} steps")
    return have


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--golden", type=pathlib.Path, required=True)
    parser.add_argument("--leaves", help="STEP:OP at which the digests must leave the golden ones")
    parser.add_argument("program")
    parser.add_argument("cases", nargs="+")
    arguments = parser.parse_args()
    if not pathlib.Path(arguments.program).exists():
        print(f"skipped: {arguments.program}")  # its place is taken by the reason why it was not built
        return 0
    size = arguments.golden.stem
    golden = digests(arguments.golden.read_text())
    usable = subprocess.run([arguments.program], capture_output=True, text=True, check=True).stdout.split()
    failed, ran = False, 0
    for case in arguments.cases:
        case = case.replace("fastest", usable[-1])
        if case.split(":")[0] not in usable:
            print(f"{case}: this machine has only {', '.join(usable)}")
            continue
        ran += 1
        have = run(arguments.program, size, case)
        place, differing, compared = first_difference(golden, have)
        last_chain = [place for place in have if place[1] == "chain"][-1]
        found = "no digest differs" if place is None else f"{differing} of {compared} digests differ, the first at step {place[0]} in {place[1]}"
        print(f"{case}: {found}; chain {have[last_chain]}")
        if arguments.leaves:
            good = place == tuple(arguments.leaves.split(":"))
        else:
            good = place is None and all(have[p] == golden[p] for p in have)
        if not good:
            print(f"  wanted: {'a first difference at step ' + arguments.leaves if arguments.leaves else 'the golden digests'}")
            failed = True
    if ran == 0:
        print("skipped: no instruction set of this test is here")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
