# ---- the processor's settings --------------------------------------------------------------------------------------------------------------------


def double(bits):
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


def bits_of(value):
    return struct.unpack("<Q", struct.pack("<d", value))[0]


def single_bits(value):
    return struct.unpack("<I", struct.pack("<f", value))[0]


def keeps_subnormal_results():
    return bits_of(double(0x0010000000000000) * 0.5) == 0x0008000000000000 and single_bits(double(0x37D0000000000000)) == 0x00080000


def keeps_subnormal_inputs():
    widened = struct.unpack("<f", struct.pack("<I", 1))[0]
    return bits_of(double(1) * double(0x7E70000000000000)) == 0x3B50000000000000 and bits_of(widened) == 0x36A0000000000000


def sums():
    """1 + 2^-54, -1 - 2^-54, 1 + 1.5 * 2^-53 and -1 - 1.5 * 2^-53, as bits: each rounding mode has its own four."""
    one, little, much = double(0x3FF0000000000000), double(0x3C90000000000000), double(0x3CA8000000000000)
    return [bits_of(one + little), bits_of(-one - little), bits_of(one + much), bits_of(-one - much)]


NEAREST = [0x3FF0000000000000, 0xBFF0000000000000, 0x3FF0000000000001, 0xBFF0000000000001]
DIRECTED = {
    "rounding upward": [0x3FF0000000000001, 0xBFF0000000000000, 0x3FF0000000000001, 0xBFF0000000000000],
    "rounding downward": [0x3FF0000000000000, 0xBFF0000000000001, 0x3FF0000000000000, 0xBFF0000000000001],
    "rounding toward zero": [0x3FF0000000000000, 0xBFF0000000000000, 0x3FF0000000000000, 0xBFF0000000000000],
}


def divides_and_roots_correctly():
    two, three = double(0x4000000000000000), double(0x4008000000000000)
    return bits_of(1 / three) == 0x3FD5555555555555 and bits_of(two / three) == 0x3FE5555555555555 and bits_of(two**0.5) == 0x3FF6A09E667F3BCD


def converts_correctly():
    return [single_bits(double(bits)) for bits in (0x3FF0000010000001, 0x3FF0000010000000, 0x3FF0000030000000)] == [0x3F800001, 0x3F800000, 0x3F800002]


CHECKS = [("subnormal results", keeps_subnormal_results), ("subnormal inputs", keeps_subnormal_inputs),
          ("rounding to nearest", lambda: sums() == NEAREST), ("division and square root", divides_and_roots_correctly), ("conversions", converts_correctly)]


def thread_state():
    """What is not IEEE 754's default in this thread, and the names of the checks that fail in it."""
    settings = [name for name, check in (("flush-to-zero", keeps_subnormal_results), ("denormals-are-zero", keeps_subnormal_inputs)) if not check()]
    settings += [name for name, pattern in DIRECTED.items() if pattern == sums()]
    return settings, [name for name, check in CHECKS if not check()]


def thread_states():
    """Of this thread and of a new one."""
    states = [thread_state()]
    other = threading.Thread(target=lambda: states.append(thread_state()))
    other.start()
    other.join()
    return states


def canaries(states):
    return [{"name": name, "threads": [i for i, (_, failed) in enumerate(states) if name in failed]} for name, _ in CHECKS]


