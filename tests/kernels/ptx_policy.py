"""Reads PTX texts as the specification of the probe wants them.

Every addition, subtraction, product, quotient, square root and fused multiply-add of floats carries .rn and nothing
else that changes a result; nothing is approximated, flushed or saturated; nothing is atomic or reduced in an order of
the machine's choosing; shuffles name all 32 lanes; conversions that may round say how.

usage: ptx_policy.py FILE...
"""

import re
import sys

ROUNDED = {"add", "sub", "mul", "fma", "div", "sqrt", "mad", "rcp"}
FORBIDDEN_OPERATIONS = {
    "atom", "red", "ex2", "lg2", "sin", "cos", "tanh", "rsqrt", "min", "max", "mma", "wmma", "dp4a", "dp2a",
    "vote", "match", "activemask", "nanosleep", "call", "brx", "copysign", "testp",
}
FORBIDDEN_MODIFIERS = {"approx", "ftz", "sat", "full", "rz", "rm", "rp", "rna"}
FLOATS = {"f16", "f16x2", "bf16", "bf16x2", "f32", "f32x2", "f64"}
INSTRUCTION = re.compile(r"^\s*(?:@!?%\w+\s+)?([a-z][\w]*(?:\.[\w:]+)*)(?:\s+(.*?))?;\s*$")


def constants_of(function):
    """Registers that are assigned one integer constant and nothing else, and its value."""
    values = {}
    for _, line in function:
        match = re.match(r"\s*mov\.[bus]32\s+(%r\d+), (-?\d+);", line)
        if match:
            values.setdefault(match[1], set()).add(int(match[2]) & 0xFFFFFFFF)
    return {name: min(found) for name, found in values.items() if len(found) == 1}


def faults_of_instruction(opcode, operands, constants):
    operation, *modifiers = opcode.split(".")
    floats = [m for m in modifiers if m in FLOATS]
    for modifier in modifiers:
        # .rz and the like are how a float becomes an integer; no kernel needs even that.
        if modifier in FORBIDDEN_MODIFIERS:
            yield f"`.{modifier}` changes results"
    if operation in FORBIDDEN_OPERATIONS and (floats or operation not in {"min", "max"}):
        yield f"`{operation}` is not allowed"
    if operation in ROUNDED and floats:
        if "rn" not in modifiers:
            yield "a float operation without `.rn` may be fused or approximated"
        if operation in {"rcp", "mad"}:
            yield f"`{operation}` is not an operation of the specification"
    if operation == "cvt" and len(modifiers) >= 2:
        to, source = modifiers[-2:]
        narrows = to in FLOATS and (source not in FLOATS or FLOATS_BITS[source] > FLOATS_BITS[to])
        if narrows and "rn" not in modifiers:
            yield "a conversion that rounds without `.rn`"
        if source in FLOATS and to not in FLOATS:
            yield "a float becomes an integer"
    if operation == "shfl":
        mask = operands.split(",")[-1].strip()
        value = constants.get(mask) if mask.startswith("%") else int(mask, 0) & 0xFFFFFFFF
        if "sync" not in modifiers or value != 0xFFFFFFFF:
            yield "a shuffle that does not name all 32 lanes"
    if operation in {"bar", "barrier"} and operands.strip() not in {"0", ""}:
        yield "a barrier of a part of the block"
    if operation in {"ld", "st"} and "volatile" in modifiers:
        yield "volatile memory"


FLOATS_BITS = {"f16": 16, "f16x2": 16, "bf16": 16, "bf16x2": 16, "f32": 32, "f32x2": 32, "f64": 64}


def faults(text):
    """All places where a PTX text breaks the policy: (line number, line, what is wrong)."""
    function = []
    found = []

    def close():
        constants = constants_of(function)
        for number, line in function:
            match = INSTRUCTION.match(line)
            if match:
                for fault in faults_of_instruction(match[1], match[2] or "", constants):
                    found.append((number, line.strip(), fault))
        function.clear()

    for number, line in enumerate(text.splitlines(), 1):
        line = line.split("//")[0]
        if ".entry" in line or ".func" in line:
            close()
        function.append((number, line))
    close()
    return found


def main(paths):
    bad = 0
    for path in paths:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for number, line, fault in faults(text):
            print(f"{path}:{number}: {fault}: {line}")
            bad += 1
        entries = len(re.findall(r"\.entry\s", text))
        if entries == 0:
            print(f"{path}: no kernel in it")
            bad += 1
        print(f"{path}: {entries} kernels, {len(re.findall(r'fma.rn.f32', text))} float fma")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
