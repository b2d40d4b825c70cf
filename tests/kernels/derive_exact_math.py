#!/usr/bin/env python3
"""Prints the constants of kernels/include/envlock/kernels/exact_math.h as hexadecimal floats.

Given files, it also fails where one of them lacks a constant.

The polynomials interpolate at the Chebyshev nodes of their interval, in 80 decimal digits, and are rounded to float64
afterwards, coefficient by coefficient. Needs nothing but Python.
"""

import sys
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 80

PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803")
LN2 = Decimal(2).ln()


def cos(angle):
    term = total = Decimal(1)
    n = 0
    while abs(term) > Decimal(10) ** -79:
        n += 2
        term *= -angle * angle / (n * (n - 1))
        total += term
    return total


def to_double(value):
    """The float64 nearest to a Decimal or a Fraction (float() of a Fraction rounds once)."""
    return float(Fraction(value))


def interpolate(function, low, high, count):
    """Coefficients, constant term first, of the polynomial through `count` Chebyshev nodes of [low, high]."""
    nodes = [
        (low + high) / 2 + (high - low) / 2 * cos(PI * (2 * i + 1) / (2 * count))
        for i in range(count)
    ]
    divided = [function(x) for x in nodes]
    for step in range(1, count):
        for i in range(count - 1, step - 1, -1):
            divided[i] = (divided[i] - divided[i - 1]) / (nodes[i] - nodes[i - step])
    polynomial = [Decimal(0)]
    for i in range(count - 1, -1, -1):  # Newton's form, multiplied out
        shifted = [Decimal(0)] + polynomial
        polynomial = [a - nodes[i] * b for a, b in zip(shifted, polynomial + [Decimal(0)])]
        polynomial[0] += divided[i]
    return polynomial[:count]


def exp_tail(r):
    """(exp(r) - 1 - r) / r**2"""
    term = total = Decimal(1) / 2
    n = 2
    while abs(term) > Decimal(10) ** -79:
        n += 1
        term *= r / n
        total += term
    return total


def log_tail(z):
    """(2 atanh(s) / s - 2) / z, where z = s**2"""
    power, total, n = Decimal(1), Decimal(2) / 3, 3
    while power > Decimal(10) ** -79:
        n += 2
        power *= z
        total += 2 * power / n
    return total


def worst(function, coefficients, low, high, weight):
    """The largest |weight(x) * (polynomial(x) - function(x))| on a fine grid, as a power of two."""
    largest = Decimal(0)
    for i in range(2001):
        x = low + (high - low) * i / 2000
        value = Decimal(0)
        for c in reversed(coefficients):
            value = value * x + Decimal(c)
        largest = max(largest, abs(weight(x) * (value - function(x))))
    return largest.ln() / LN2


def main():
    """Prints each constant; with files as arguments, fails where one of them lacks one."""
    constants, notes = [], []
    ln2_long, ln2_short = to_double(LN2), round(Fraction(LN2) * 2**44) / 2**44
    constants += [("log2(e)", to_double(1 / LN2)), ("shift", 1.5 * 2**52 + 1023)]
    constants += [("ln2, 53 bits", ln2_long), ("the rest", to_double(LN2 - Decimal(ln2_long)))]
    half = Decimal("0.34660")  # a little more than ln(2) / 2
    q = [to_double(c) for c in interpolate(exp_tail, -half, half, 10)]
    constants += [(f"Q{i}", c) for i, c in enumerate(q)]
    notes.append(f"exp: truncation 2^{worst(exp_tail, q, -half, half, lambda r: r * r / r.exp()):.2f} of the value")
    root = Decimal(2).sqrt()
    top = ((root - 1) / (root + 1)) ** 2 * Decimal("1.0001")
    p = [to_double(c) for c in interpolate(log_tail, Decimal(0), top, 7)]
    constants += [(f"P{i}", c) for i, c in enumerate(p)]
    notes.append(f"log: truncation 2^{worst(log_tail, p, Decimal(0), top, lambda z: z / 2):.2f} of the value")
    constants += [("ln2, 44 bits", ln2_short), ("the rest", to_double(LN2 - Decimal(ln2_short)))]
    for name, value in constants:
        print(f"{name:12} {value.hex()}")
    print(*notes, sep="\n")
    missing = 0
    for path in sys.argv[1:]:
        with open(path) as file:
            text = file.read()
        for name, value in constants:
            if value.hex() not in text:
                print(f"{path} lacks {name} = {value.hex()}")
                missing += 1
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
