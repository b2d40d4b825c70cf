"""The arithmetic of docs/probe-spec.md in NumPy: fma, sums, GEMM, exp, log, tanh and Philox.

Tensors are float32 arrays. `+ - * /` and `sqrt` of float32 arrays are the operations of the page already; this module adds what NumPy lacks. It uses no fma
instruction: a fused multiply-add is computed in binary64, rounded to odd, and then rounded to binary32.
"""
from decimal import Context, Decimal

import numpy as np

F32, F64, I64, U32, U64 = np.float32, np.float64, np.int64, np.uint32, np.uint64

BLOCK = 16384  # outputs a GEMM works on at once, so that the temporaries stay in a core's cache


def const(text):
    """A hexadecimal constant of the page as binary32; it must be exact."""
    value = float.fromhex(text)
    result = F32(value)
    if float(result) != value:
        raise ValueError(f"{text} is no binary32 number")
    return result


# ---- fma ---------------------------------------------------------------------------------------------------------------------------------------


class Workspace:
    """Temporaries for `add_product`, of one shape."""

    def __init__(self, shape):
        self.s, self.t, self.e = (np.empty(shape, F64) for _ in range(3))
        self.step = np.empty(shape, I64)
        self.inexact = np.empty(shape, bool)
        self.rounded = np.empty(shape, F32)


def add_product(p, c, w):
    """Replace c by p + c rounded once to binary32.

    p holds exact products and c binary32 numbers, both as binary64. w is a Workspace of their shape; the result is left in w.rounded too.
    """
    s, t, e, step = w.s, w.t, w.e, w.step
    s_bits, e_bits = s.view(I64), e.view(I64)
    np.add(p, c, out=s)
    np.subtract(s, p, out=t)
    np.subtract(s, t, out=e)
    np.subtract(p, e, out=e)
    np.subtract(c, t, out=t)
    np.add(e, t, out=e)  # e = (p - (s - t)) + (c - t), the exact rounding error of s
    # Round to odd. Where e is not zero and points towards zero, s less one unit is the sum cut off (the bits of a float count its magnitude); else s is.
    # Setting the lowest bit of the cut sum is then the page's rule: an even s moves by one unit towards e, an odd s stays.
    np.bitwise_xor(s_bits, e_bits, out=step)
    np.right_shift(step, 63, out=step)  # -1 where the signs of s and e differ, else 0
    np.abs(e, out=e)
    np.greater(e, 0.0, out=w.inexact)  # false for a NaN, which is what e becomes where s is not finite
    np.copyto(e_bits, w.inexact)
    np.multiply(step, e_bits, out=step)
    np.add(s_bits, step, out=s_bits)
    np.bitwise_or(s_bits, e_bits, out=s_bits)
    np.copyto(w.rounded, s, casting="same_kind")  # NumPy's conversion rounds to nearest even, subnormal results included
    np.copyto(c, w.rounded)


def fma(a, b, c):
    """a*b + c of float32 arrays or scalars, element by element, rounded once."""
    p = np.multiply(a, b, dtype=F64)
    shape = np.broadcast_shapes(np.shape(p), np.shape(c))
    p = np.broadcast_to(p, shape)
    acc = np.array(np.broadcast_to(c, shape), F64)
    w = Workspace(shape)
    with np.errstate(all="ignore"):
        add_product(p, acc, w)
    return w.rounded


# ---- sums --------------------------------------------------------------------------------------------------------------------------------------


def halve(lanes, join):
    """The five halvings of 32 lanes (last axis)."""
    for s in (16, 8, 4, 2, 1):
        lanes = join(lanes[..., :s], lanes[..., s:2 * s])
    return lanes[..., 0]


def fold32(x, start, join):
    """32 lanes from `start` over the last axis of x, element i joined to lane i mod 32, then the halvings."""
    lanes = np.full(x.shape[:-1] + (32,), start, F32)
    for i in range(0, x.shape[-1], 32):
        part = x[..., i:i + 32]
        lanes[..., :part.shape[-1]] = join(lanes[..., :part.shape[-1]], part)
    return halve(lanes, join)


def sum32(x):
    """sum32 over the last axis."""
    return fold32(x, 0.0, np.add)


def max32(x):
    """max32 over the last axis. An element of -infinity at the end of a row changes nothing."""
    return fold32(x, -np.inf, lambda lane, new: np.where(new > lane, new, lane))


def dot32(a, b):
    """dot32 over the last axis."""
    lanes = np.zeros(a.shape[:-1] + (32,), F32)
    for i in range(0, a.shape[-1], 32):
        x, y = a[..., i:i + 32], b[..., i:i + 32]
        lanes[..., :x.shape[-1]] = fma(x, y, lanes[..., :x.shape[-1]])
    return halve(lanes, np.add)


def pairwise(p):
    """Pairwise sum of a vector; an odd last element is carried over."""
    while len(p) > 1:
        even = len(p) // 2 * 2
        p = np.concatenate([p[0:even:2] + p[1:even:2], p[even:]])
    return p[0]


def in_blocks_of_1024(fold, *vectors):
    """`fold` (sum32 or dot32) of every 1,024 elements, the last block as short as it is, then pairwise: sum1024 and dot1024."""
    full = len(vectors[0]) // 1024 * 1024
    parts = []
    if full:
        parts.append(fold(*(v[:full].reshape(-1, 1024) for v in vectors)))
    if full < len(vectors[0]):
        parts.append(fold(*(v[None, full:] for v in vectors)))
    return pairwise(np.concatenate(parts))


def sum1024(x):
    """sum1024 of a vector."""
    return in_blocks_of_1024(sum32, x)


def dot1024(a, b):
    """dot1024 of two vectors."""
    return in_blocks_of_1024(dot32, a, b)


def gemm(form, a, b):
    """GEMM of the last two axes, in the form NN, NT or TN: every output is its own chain over k; leading axes are independent products."""
    lead = a.shape[:-2]
    a, b = (x.reshape((-1,) + x.shape[-2:]).astype(F64) for x in (a, b))
    a = a.transpose((2, 0, 1) if form[0] == "N" else (1, 0, 2)).copy()  # (K, G, M)
    b = b.transpose((2, 0, 1) if form[1] == "T" else (1, 0, 2)).copy()  # (K, G, N)
    (_, groups, m), n = a.shape, b.shape[2]
    out = np.empty((groups, m, n), F32)
    rows = max(1, min(m, BLOCK // n))
    step = max(1, BLOCK // (m * n))

    for g in range(0, groups, step):
        for i in range(0, m, rows):
            ak, bk = a[:, g:g + step, i:i + rows, None], b[:, g:g + step, None, :]
            acc = np.zeros(ak.shape[1:3] + (n,), F64)
            p, w = np.empty_like(acc), Workspace(acc.shape)
            with np.errstate(all="ignore"):
                for k in range(len(ak)):
                    np.multiply(ak[k], bk[k], out=p)
                    add_product(p, acc, w)
            out[g:g + step, i:i + rows] = acc
    return out.reshape(lead + (m, n))


# ---- exp, log, tanh ----------------------------------------------------------------------------------------------------------------------------

GUARD = 2.0 ** -40  # NumPy's binary64 functions err by a few units of 2^-53; the guard allows for thousands
EXACT = Context(prec=80, Emax=999999, Emin=-999999)


def exact_tanh(x):
    """tanh to about 70 digits; it is only asked where |x| is above 2^-20, so little cancels."""
    e = EXACT.exp(x * 2)
    return EXACT.divide(EXACT.subtract(e, Decimal(1)), EXACT.add(e, Decimal(1)))


def nearest(approximate, exact, x):
    """The binary32 nearest to a function of each x.

    The binary64 value decides unless the interval of GUARD around it holds a rounding boundary; there 80 decimal digits decide.
    """
    x = np.asarray(x, F32)
    with np.errstate(all="ignore"):
        y = np.asarray(approximate(x.astype(F64)))
        ends = (y * (1 - GUARD)).astype(F32), (y * (1 + GUARD)).astype(F32)
        result = y.astype(F32)
    unsure = (ends[0] != ends[1]) & ~np.isnan(y)
    for index in zip(*np.nonzero(unsure)):
        low, high = sorted(float(end[index]) for end in ends)
        largest = float(np.finfo(F32).max)
        middle = (max(low, -2.0 ** 128) + min(high, 2.0 ** 128)) / 2  # exact in binary64; infinity stands for 2^128
        if abs(low) <= largest and abs(high) <= largest and np.nextafter(F32(low), F32(np.inf)) != F32(high):
            raise ArithmeticError("the guard is wider than a unit in the last place")
        value = exact(Decimal(float(x[index])))
        if abs(value - Decimal(middle)) <= abs(value) * Decimal("1e-60"):
            raise ArithmeticError("80 digits do not decide")
        result[index] = high if value > Decimal(middle) else low
    return result


def exp(x):
    """exp, correctly rounded."""
    return nearest(np.exp, EXACT.exp, x)


def log(x):
    """Natural logarithm, correctly rounded."""
    return nearest(np.log, EXACT.ln, x)


def tanh(x):
    """tanh, correctly rounded."""
    return nearest(np.tanh, exact_tanh, x)


# ---- random numbers ----------------------------------------------------------------------------------------------------------------------------


def philox_rounds(counter, key):
    """Philox4x32-10 of four arrays of counter words; returns the four arrays of output words."""
    c0, c1, c2, c3 = (np.asarray(c, U64) for c in counter)
    k0, k1 = key
    low, shift = U64(0xFFFFFFFF), U64(32)
    for _ in range(10):
        p0, p1 = U64(0xD2511F53) * c0, U64(0xCD9E8D57) * c2
        c0, c1, c2, c3 = (p1 >> shift) ^ c1 ^ U64(k0), p1 & low, (p0 >> shift) ^ c3 ^ U64(k1), p0 & low
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c0, c1, c2, c3


def philox(c0, c1, stream):
    """The probe's random words w0 … w3 for an array c0."""
    c0 = np.asarray(c0, U64)
    return philox_rounds((c0, np.full_like(c0, c1), np.full_like(c0, stream), np.zeros_like(c0)), (0x656E766C, 0x6F636B31))
