"""Checks numpy_arith.py against exact rational arithmetic and long decimals, on random and on hard inputs."""
import sys
from decimal import Context, Decimal
from fractions import Fraction

import numpy as np

import numpy_arith as arith

F32, U32 = np.float32, np.uint32
LONG = Context(prec=120, Emax=999999, Emin=-999999)


def round_exact(value):
    """The binary32 nearest to a Fraction, ties to even; a zero result has the sign of the value."""
    size, sign = abs(value), -1.0 if value < 0 else 1.0
    power = max(size.numerator.bit_length() - size.denominator.bit_length(), -126)
    while power > -126 and size < Fraction(2) ** power:
        power -= 1
    units = round(size / Fraction(2) ** (power - 23))  # Python rounds halves to even
    return F32(np.inf * sign) if units >= 2 ** 24 and power >= 127 else F32(np.ldexp(float(units) * sign, power - 23))


def bits(x):
    return np.asarray(x, F32).view(U32)


def fma_inputs(rng, n):
    """Triples of many kinds: any bits, results near ties, cancellation, subnormal results."""
    a, b, c = (rng.integers(0, 2 ** 32, n, dtype=U32).view(F32) for _ in range(3))
    yield a, b, c

    def near_one(shift):
        return np.ldexp(1 + rng.integers(0, 2 ** 23, n) / 2.0 ** 23, shift).astype(F32) * rng.choice(np.array([-1, 1], F32), n)

    for down in (0, 12, 24, 25, 48, 70):
        yield near_one(0), near_one(-down), near_one(0)
    yield near_one(-63), near_one(-64), near_one(-126)
    yield near_one(-70), near_one(-75), F32(1e-45) * rng.integers(-9, 9, n).astype(F32)
    a, b = near_one(0), near_one(0)
    yield a, b, -(a * b)
    few = (1 + rng.integers(0, 4, n) * 2.0 ** -23).astype(F32)  # c even or odd, the product half a unit and a trace more or less
    yield few, (2.0 ** -24 * (1 + rng.integers(-2, 3, n) * 2.0 ** -23)).astype(F32), near_one(0)
    yield np.full(n, 0.0, F32), -near_one(0), rng.choice(np.array([0.0, -0.0], F32), n)


def check_fma(n):
    """Number of fma results compared; raises on the first wrong one."""
    count = 0
    for a, b, c in fma_inputs(np.random.default_rng(1), n):
        finite = np.isfinite(a) & np.isfinite(b) & np.isfinite(c)
        a, b, c = a[finite], b[finite], c[finite]
        got = arith.fma(a, b, c)
        for x, y, z, r in zip(a, b, c, got):
            value = Fraction(float(x)) * Fraction(float(y)) + Fraction(float(z))
            with np.errstate(all="ignore"):
                # An exact zero: the sign is that of the binary64 sum of an exact product.
                right = round_exact(value) if value else F32(float(x) * float(y) + float(z))
            if bits(r) != bits(right):
                raise SystemExit("fma({}, {}, {}) gave {}, not {}".format(*(float(value).hex() for value in (x, y, z, r, right))))
            count += 1
    return count


def check_function(name, exact, inputs):
    """Compare a function on inputs with 120 digits."""
    for x, got in zip(inputs, getattr(arith, name)(inputs)):
        value = exact(Decimal(float(x)))
        right = round_exact(Fraction(value)) if value else F32(0)
        if abs(got) != abs(right) or (value and bits(got) != bits(right)):
            raise SystemExit(f"{name}({float(x).hex()}) gave {float(got).hex()}, not {float(right).hex()}")
    return len(inputs)


def check_guard(name, exact, inputs):
    """The result must not depend on the last bits of the binary64 function: spoil them on either side; returns how many inputs that would change."""
    plain = getattr(np, name)
    right, hurt = getattr(arith, name)(inputs), 0
    for spoil in (1 - 2.0 ** -41, 1 + 2.0 ** -41):
        got = arith.nearest(lambda x: plain(x) * spoil, exact, inputs)
        if not np.array_equal(bits(got), bits(right)):
            raise SystemExit(f"{name} takes an inexact binary64 value at its word")
        hurt += np.count_nonzero((plain(inputs.astype(np.float64)) * spoil).astype(F32) != right)
    if not hurt:
        raise SystemExit(f"{name}: no input is near a boundary, the check is empty")
    return int(hurt)


def exact_tanh(x):
    e = LONG.exp(x * 2)
    return LONG.divide(LONG.subtract(e, Decimal(1)), LONG.add(e, Decimal(1)))


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1500
    rng = np.random.default_rng(2)
    spread = np.ldexp(rng.uniform(-1, 1, n), rng.integers(-30, 7, n)).astype(F32)
    print("fma:", check_fma(n), "results equal")
    low = -rng.uniform(87, 104.5, n).astype(F32)  # subnormal results and those that vanish
    tiny = np.ldexp(rng.uniform(-1, 1, n), -24).astype(F32)  # exp is next to a boundary at 1
    special = np.array([2.0 ** -24, -2.0 ** -25, -2.0 ** -24, 0.0], F32)
    print("exp:", check_function("exp", LONG.exp, np.concatenate([spread, low, tiny, special])), "results equal")
    positive = np.abs(rng.integers(1, 0x7F800000, n, dtype=U32).view(F32))
    subnormal = rng.integers(1, 0x800000, n, dtype=U32).view(F32)
    close = (1 + rng.integers(-2000, 2000, n) / 2.0 ** 24).astype(F32)
    print("log:", check_function("log", LONG.ln, np.concatenate([positive, subnormal, close])), "results equal")
    print("tanh:", check_function("tanh", exact_tanh, np.concatenate([spread, rng.uniform(-10, 10, n).astype(F32)])), "results equal")
    many = rng.uniform(0.1, 8, 500000).astype(F32)
    print("near a boundary:", {name: check_guard(name, exact, many) for name, exact in (("exp", LONG.exp), ("log", LONG.ln), ("tanh", exact_tanh))})
    return 0


if __name__ == "__main__":
    sys.exit(main())
