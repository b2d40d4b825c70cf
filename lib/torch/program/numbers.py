# ---- random numbers and what is made of them -----------------------------------------------------------------------------------------------------


def philox(count, c1, stream):
    """The words of Philox4x32-10 for the counters (0 ... count-1, c1, stream, 0), in order. All counters are computed at once: they lie side by side in
    integers of 64 bits a counter, of which a product of 32 by 32 bits never leaves its place."""
    pack = lambda values: int.from_bytes(array.array("Q", values).tobytes(), "little")
    ones = pack([1] * count)
    low_half = ones * 0xFFFFFFFF
    c = [pack(range(count)), ones * c1, ones * stream, 0]
    k0, k1 = KEY
    for _ in range(10):
        p0, p1 = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [(p1 >> 32 & low_half) ^ c[1] ^ ones * k0, p1 & low_half, (p0 >> 32 & low_half) ^ c[3] ^ ones * k1, p0 & low_half]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    words = array.array("Q", bytes(16 * 2 * count))
    for j in range(4):
        words[j::4] = array.array("Q", c[j].to_bytes(8 * count, "little"))
    return words


def uniform(count, c1, stream, bound):
    """Floats in [-bound, bound), a power of two; all steps are exact."""
    scale = bound * 2.0**-23
    return array.array("f", [((w >> 8) - 0x800000) * scale for w in philox((count + 3) // 4, c1, stream)[:count]])


def parameters():
    """Name, shape and initial floats of every parameter, in order."""
    layers = [("ln1.weight", [C], 1), ("ln1.bias", [C], 0), ("attn.qkv", [3 * C, C], -3), ("attn.proj", [C, C], -4), ("ln2.weight", [C], 1),
              ("ln2.bias", [C], 0), ("mlp.up", [F, C], -3), ("mlp.down", [C, F], -4)]
    table = [("wte", [V, C], -5), ("wpe", [T, C], -5)]
    for layer in range(L):
        table += [("%d.%s" % (layer, name), shape, initial) for name, shape, initial in layers]
    table += [("lnf.weight", [C], 1), ("lnf.bias", [C], 0)]
    made = []
    for number, (name, shape, initial) in enumerate(table):  # a negative number is the exponent of a bound
        count = shape[0] * (shape[1] if len(shape) == 2 else 1)
        values = uniform(count, number, PARAMETERS, 2.0**initial) if initial < 0 else array.array("f", [initial]) * count
        made.append((name, shape, values))
    return made


def read_corpus(path):
    """The training text; raises ValueError when it is another."""
    if path:
        with open(path, "rb") as file:
            text = file.read()
    else:
        text = sys.stdin.buffer.read(1 << 20)
    if hashlib.sha256(text).hexdigest() != CORPUS_SHA256:
        raise ValueError("the training text is not the one of docs/probe-spec.md")
    return text


def batch(text, step):
    """Tokens and targets of a step, each B x T numbers."""
    offsets = [word * (len(text) - T) >> 32 for word in philox(B, step, OFFSETS)[::4]]
    return [list(text[o:o + T]) for o in offsets], [list(text[o + 1:o + T + 1]) for o in offsets]


def rounded(value):
    """To binary32."""
    return struct.unpack("<f", struct.pack("<f", value))[0]


