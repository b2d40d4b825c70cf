class Operands:
    """The numbers that the ops are given; the same for torch and numpy. They are made of the words of one stream."""

    def __init__(self):
        words = philox(32768, 0, OPERANDS)
        self.any = array.array("f", [((w >> 8) - 0x800000) * 2.0**-23 for w in words])  # [-1, 1)
        self.large = array.array("f", [((w >> 8) - 0x800000) * 2.0**-20 for w in words[:16384]])  # [-8, 8)
        self.positive = array.array("f", [((w >> 9) + 0x20000) * 2.0**-23 for w in words[:16384]])  # [1/64, 1 + 1/64)
        self.wide = array.array("d", [((a >> 8) - 0x800000) * 2.0**-23 + (b >> 8) * 2.0**-47 for a, b in zip(words[:8192], words[8192:16384])])
        self.subnormal = array.array("I", [w & 0x7FFFFF for w in words[:1024]])  # bits of floats
        self.small = array.array("f", [(w >> 29) - 4 for w in words[:16384]])  # integers, -4 ... 3
        self.index = array.array("q", [w >> 26 for w in words[:512]])  # 0 ... 63

    def product(self):
        """Of the integers as (16,512) and, those after them, as (512,16)."""
        a, b = [int(v) for v in self.small[:8192]], [int(v) for v in self.small[8192:]]
        columns = [b[j::16] for j in range(16)]
        return [sum(x * y for x, y in zip(a[512 * i:512 * i + 512], column)) for i in range(16) for column in columns]


