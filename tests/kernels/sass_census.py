"""Counts kinds of machine instructions in a cubin, without a disassembler.

Since Volta an instruction has 128 bits, the lowest nine of which are its kind; the function of the multi-function unit
stands in bits 74 to 79, the flush-to-zero bit of the float operations is bit 80 (as Mesa's NAK compiler documents them).
"""

import collections
import struct

FMUL, FADD, FFMA, MUFU = 0x020, 0x021, 0x023, 0x108
RECIPROCALS_AND_ROOTS = {4, 5, 6, 7}  # RCP, RSQ, RCP64H, RSQ64H: where quotients and roots start from
FORBIDDEN = {0x03C: "HMMA", 0x18A: "ATOM", 0x18C: "ATOMS", 0x18E: "RED", 0x1A8: "ATOMG"}


def functions(cubin):
    """(kernel, code) of every function of an ELF file."""
    (start,) = struct.unpack_from("<Q", cubin, 0x28)
    count, names_at = struct.unpack_from("<HH", cubin, 0x3C)
    headers = [struct.unpack_from("<IIQQQQIIQQ", cubin, start + 64 * i) for i in range(count)]
    names = headers[names_at][4]
    for header in headers:
        begin = names + header[0]
        name = cubin[begin : cubin.index(b"\0", begin)].decode()
        if name.startswith(".text."):
            yield name[len(".text.") :], cubin[header[4] : header[4] + header[5]]


Census = collections.namedtuple("Census", "kinds mufu flushing")


def census(code):
    kinds = collections.Counter()
    mufu = collections.Counter()
    flushing = 0
    for low, high in struct.iter_unpack("<QQ", code):
        kind = low & 0x1FF
        kinds[kind] += 1
        if kind == MUFU:
            mufu[high >> 10 & 0x3F] += 1
        if kind in (FMUL, FADD, FFMA):
            flushing += high >> 16 & 1
    return Census(kinds, mufu, flushing)


def faults(cubin, fma_in_ptx):
    """What is wrong with a cubin. `fma_in_ptx`: kernel -> number of float fma in the PTX it was made from."""
    seen = 0
    for kernel, code in functions(cubin):
        found = census(code)
        seen += 1
        for function in sorted(set(found.mufu) - RECIPROCALS_AND_ROOTS):
            yield f"{kernel}: MUFU function {function}, which approximates"
        for kind, name in FORBIDDEN.items():
            if found.kinds[kind]:
                yield f"{kernel}: {found.kinds[kind]} {name}"
        if "_gemm_" in kernel:
            if found.kinds[FFMA] != fma_in_ptx[kernel]:
                yield f"{kernel}: {found.kinds[FFMA]} FFMA for {fma_in_ptx[kernel]} fma.rn.f32"
            if found.kinds[FADD] or found.kinds[FMUL] or found.flushing:
                yield f"{kernel}: float operations that the source has not"
    if seen != len(fma_in_ptx):
        yield f"{seen} functions for {len(fma_in_ptx)} kernels"
