"""What the torch or the numpy of a prefix computes, as digests. The text of this file lies within envlock, which runs it with the prefix's own
python: python -s -B -c TEXT OPTIONS. Every name, shape and datum: docs/probe-tiers.md, "Torch"; how digests are made: docs/probe-spec.md.

OPTIONS is a JSON object:
    fd        the file descriptor that takes the results; libraries print to the others
    tier      "torch", "numpy", or "auto": torch where there is one, else numpy
    variants  of torch: ["as-found"], ["deterministic"], or both in this order
    steps     of the training; 0: none
    device    "cpu", "cuda:0"
    threads   0: as found
    corpus    the file of the training text; absent: it comes on standard input

The results are lines: `@run TIER SUBJECT` begins a run and `@stage NAME` says what comes next, so that whoever reads them knows where this program ended
when it ends early; every other line is the JSON object of one run.

It has to work from Python 3.7 on, and imports nothing but the standard library, torch and numpy.
"""
import sys

if __name__ == "__main__":  # Of a text that is an argument, the working directory is the first place where modules are looked for.
    sys.path[:] = [folder for folder in sys.path if folder]

import array
import ctypes
import hashlib
import importlib
import importlib.util
import json
import os
import platform
import struct
import threading
import time
import traceback
import warnings

SPEC = "probe-tiers/1"
KEY = (0x656E766C, 0x6F636B31)
PARAMETERS, OFFSETS, OPERANDS = 0, 1, 16  # streams of random numbers
CORPUS_SHA256 = "ef4206dc9d9ade01f0e7ccb1047b0d921967a7085dccf7ffe56ac8f0c1a25d64"
# The model: size `quick` of docs/probe-spec.md.
B, T, C, H, L, F, V = 4, 64, 64, 4, 2, 256, 256
SCALE, EPSILON = 0.25, float.fromhex("0x1.4f8b58p-17")
RATES = """0x1.99999ap-11 0x1.99999ap-10 0x1.333334p-9 0x1.99999ap-9 0x1p-8 0x1p-8 0x1.faf718p-9 0x1.ec14b4p-9 0x1.d3ff5ep-9 0x1.b3c488p-9
    0x1.8cccccp-9 0x1.60cc2ap-9 0x1.31aefp-9 0x1.018442p-9 0x1.a4ce12p-10 0x1.4cccccp-10 0x1.fdbabp-11 0x1.7ccf58p-11 0x1.1c79fcp-11
    0x1.c1e0dcp-12""".split()


# ---- digests -----------------------------------------------------------------------------------------------------------------------------------

CHUNK = 4096
LEAF_TAG = b"envlock probe-spec/1 leaf".ljust(64, b"\0")
NODE_TAG = b"envlock probe-spec/1 node".ljust(64, b"\0")


def tree_root(digests):
    """Pairs neighbours until one is left; an odd last one is carried up."""
    sha256, tag = hashlib.sha256, NODE_TAG
    while len(digests) > 1:
        pairs = [sha256(tag + digests[i] + digests[i + 1]).digest() for i in range(0, len(digests) - 1, 2)]
        if len(digests) % 2:
            pairs.append(digests[-1])
        digests = pairs
    return digests[0]


def tensor_root(data):
    """The root over the chunks of a tensor's bytes."""
    sha256, tag, view = hashlib.sha256, LEAF_TAG, memoryview(data)
    return tree_root([sha256(tag + view[i:i + CHUNK]).digest() for i in range(0, len(view) or 1, CHUNK)])


#   dtype: bytes of an element, type and further dimensions of the words that are digested, all bits of an infinity, and the one NaN
KINDS = {
    "float32": (4, "f32", [], 0x7F800000, 0x7FC00000),
    "float64": (8, "u32", [2], 0x7FF0000000000000, 0x7FF8000000000000),
    "float16": (2, "u32", [], 0x7C00, 0x7E00),
    "bfloat16": (2, "u32", [], 0x7F80, 0x7FC0),
    "complex64": (8, "f32", [2], 0x7F800000, 0x7FC00000),
    "complex128": (16, "u32", [2, 2], 0x7FF0000000000000, 0x7FF8000000000000),
    "int64": (8, "u32", [2], None, None),
    "int32": (4, "u32", [], None, None),
    "uint8": (1, "u32", [], None, None),
    "bool": (1, "u32", [], None, None),
    "none": (4, "u32", [], None, None),
}
UNSIGNED = {1: "B", 2: "H", 4: "I", 8: "Q"}


def with_one_nan(data, width, infinity, nan):
    """The bytes with every NaN made the same one, and how many there were."""
    values, magnitude = array.array(UNSIGNED[width], bytes(data)), (1 << (8 * width - 1)) - 1
    places = [i for i, value in enumerate(values) if value & magnitude > infinity]
    for i in places:
        values[i] = nan
    return values.tobytes(), len(places)


class Digest:
    """Type, shape and root of one tensor, as they enter its op digest."""

    def __init__(self, dtype, shape, data, may_have_nans=True):
        size, self.type, further, infinity, nan = KINDS[dtype]
        self.dtype, self.shape, self.nans = dtype, (list(shape) or [1]) + further, 0
        if infinity is not None and may_have_nans:
            width = size // 2 if dtype.startswith("complex") else size
            data, self.nans = with_one_nan(data, width, infinity, nan)
        if size < 4:  # each element becomes a word
            data = array.array("I", array.array(UNSIGNED[size], bytes(data))).tobytes()
        self.root = tensor_root(data)

    @staticmethod
    def absent():
        """Keeps the place of an op that could not be computed: no tensor has this shape and this root."""
        return Digest("none", [1], b"")


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


# ---- results -------------------------------------------------------------------------------------------------------------------------------------


class Output:
    def __init__(self, fd):
        self.fd = fd

    def line(self, text):
        data = (text + "\n").encode("ascii", "backslashreplace")
        while data:
            data = data[os.write(self.fd, data):]

    def begin(self, run):
        self.line("@run %s %s" % (run.tier, run.subject))

    def stage(self, name):
        self.line("@stage " + name)


def described(error):
    """An exception in one line, of bounded length."""
    return printable(" ".join(("%s: %s" % (type(error).__name__, error)).split())[:300])


def printable(text):
    """The text without what is no Unicode, such as the undecodable bytes of a path."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


class Run:
    """One result: what is filled in while the run goes on."""

    def __init__(self, tier, subject):
        self.tier, self.subject = tier, subject
        self.outcome, self.trouble, self.threads = "ran", "", 1
        self.details, self.sections, self.failures, self.nans, self.wrong = [], [], [], [], []
        self.before, self.after = [], []
        self.start, self.import_seconds = time.perf_counter(), 0.0

    def imported(self, name):
        """The module, or None when it cannot be imported. The run's own time begins thereafter."""
        start = time.perf_counter()
        try:
            return importlib.import_module(name)
        except BaseException as error:  # a module may also try to leave
            self.give_up(error)
            return None
        finally:
            self.start = time.perf_counter()
            self.import_seconds = self.start - start
            self.after = thread_states()

    def give_up(self, error):
        self.outcome, self.trouble = "unusable", described(error)

    def detail(self, name, read):
        """Records what `read` gives, or that this version has no such thing."""
        try:
            value = read()
        except Exception as error:
            value = "absent (%s)" % type(error).__name__
        self.details.append([name, printable(str(value)[:8000])])

    def fail(self, section, op, error):
        self.failures.append({"section": section, "op": op, "error": described(error)})

    def note_nans(self, section, step, op, digest):
        if digest.nans:
            self.nans.append({"section": section, "step": step, "op": op, "count": digest.nans})

    def format(self):
        return json.dumps({
            "format": "envlock-torch-result", "version": 1, "spec": SPEC, "tier": self.tier, "subject": self.subject, "outcome": self.outcome,
            "trouble": self.trouble, "threads": self.threads, "import_seconds": round(self.import_seconds, 6),
            "seconds": round(time.perf_counter() - self.start, 6), "sections": self.sections, "failures": self.failures,
            "nans": self.nans, "wrong": self.wrong, "canaries_before": canaries(self.before), "canaries_after": canaries(self.after),
            "fp_settings": [settings for settings, _ in self.after], "details": self.details, "mapped": mapped_files()})


def mapped_files():
    """The files that are mapped as code."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="backslashreplace") as maps:
            fields = [line.rstrip("\n").split(None, 5) for line in maps]
    except OSError:
        return []
    return sorted({f[5] for f in fields if len(f) == 6 and "x" in f[1] and f[5].startswith("/")})


def op_info(name, digest):
    return {"name": name, "type": digest.type, "dtype": digest.dtype, "shape": digest.shape}


def run_ops(run, output, table, digest_of):
    """Section `ops`: every entry of the table, (name, names of its results, function)."""
    infos, roots = [], []
    for name, results, compute in table:
        output.stage("ops " + name)
        names = [name + "." + result for result in results] or [name]
        try:
            values = compute()
            digests = [digest_of(value) for value in (values if results else [values])]
        except Exception as error:
            digests = [Digest.absent()] * len(names)
            for each in names:
                run.fail("ops", each, error)
        for each, digest in zip(names, digests):
            infos.append(op_info(each, digest))
            roots.append(digest.root.hex())
            run.note_nans("ops", -1, each, digest)
    run.sections.append({"name": "ops", "initial_ops": infos, "initial": roots, "step_ops": [], "steps": []})


def check_integers(run, name, shape, have, want):
    """Integers small enough to be exact in any order of summation."""
    wrong = [i for i in range(len(want)) if have[i] != want[i]]
    if wrong:
        first, index = wrong[0], []
        for size in reversed(shape):
            index.insert(0, first % size)
            first //= size
        bits = [single_bits(float(values[wrong[0]])) for values in (want, have)]
        run.wrong.append({"section": "ops", "op": name, "index": index, "want": "%08x" % bits[0], "have": "%08x" % bits[1], "wrong": len(wrong),
                          "total": len(want)})


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


# ---- torch ---------------------------------------------------------------------------------------------------------------------------------------


class Torch:
    """Torch as one variant uses it."""

    def __init__(self, torch, device):
        self.torch, self.device = torch, torch.device(device)
        self.functional = torch.nn.functional

    def tensor(self, values, shape, dtype="float32"):
        """A tensor of the numbers of an array, on the device."""
        kind = getattr(self.torch, dtype)
        made = self.torch.empty(shape, dtype=kind)
        if made.numel() * made.element_size() != len(values) * values.itemsize:
            raise ValueError("%d numbers are not a tensor of shape %s" % (len(values), shape))
        ctypes.memmove(made.data_ptr(), values.buffer_info()[0], len(values) * values.itemsize)
        return made.to(self.device)

    def generator(self, seed):
        return self.torch.Generator(self.device).manual_seed(seed)

    def bytes_of(self, tensor):
        """A view of the tensor's bytes, and what has to live as long."""
        tensor = tensor.detach()
        if tensor.is_complex():
            tensor = self.torch.view_as_real(tensor.resolve_conj() if hasattr(tensor, "resolve_conj") else tensor)
        tensor = tensor.to("cpu").contiguous()
        size = tensor.numel() * tensor.element_size()
        data = (ctypes.c_char * size).from_address(tensor.data_ptr()) if size else b""
        return memoryview(data).cast("B"), tensor

    def digest(self, tensor, shape=None):
        view, owner = self.bytes_of(tensor)
        dtype = str(tensor.dtype).replace("torch.", "")
        may_have_nans = False
        if owner.is_floating_point():  # a NaN makes the sum one
            total = float(owner.sum(dtype=self.torch.float32 if owner.element_size() < 4 else owner.dtype))
            may_have_nans = total != total
        return Digest(dtype, tensor.shape if shape is None else shape, view, may_have_nans)


def torch_thread_states(torch):
    """Of the threads that torch's own parallel loops run in: arithmetic of long vectors, of which each thread has an equal share."""
    threads, share = torch.get_num_threads(), 1 << 16
    count = threads * share
    view = lambda bits: torch.full((count,), bits, dtype=torch.int32).view(torch.float32)
    bits = lambda tensor: tensor.view(torch.int32).view(threads, share)
    good = lambda tensor, want: (bits(tensor) == want).all(1).tolist()
    negative = lambda pattern: pattern - (1 << 31)
    half, huge, least, smallest = view(0x3F000000), view(0x71800000), view(1), view(0x00800000)
    results, inputs = good(smallest * half, 0x00400000), good(least * huge, 0x27000000)
    one, minus_one, little, much = view(0x3F800000), view(negative(0x3F800000)), view(0x33000000), view(0x33C00000)
    sums = zip(good(one + little, 0x3F800000), good(minus_one - little, negative(0x3F800000)), good(one + much, 0x3F800001),
               good(minus_one - much, negative(0x3F800001)))
    modes = {(False, True, True, False): "rounding upward", (True, False, False, True): "rounding downward",
             (True, True, False, False): "rounding toward zero"}
    quotients = good(one / view(0x40400000), 0x3EAAAAAB)
    states = []
    for result, given, sum_, quotient in zip(results, inputs, sums, quotients):
        settings = [] if result else ["flush-to-zero"]
        settings += [] if given else ["denormals-are-zero"]
        settings += [modes[sum_]] if sum_ in modes else []
        failed = [name for name, ok in (("subnormal results", result), ("subnormal inputs", given), ("rounding to nearest", all(sum_)),
                                        ("division and square root", quotient)) if not ok]
        states.append((settings, failed))
    return states


def torch_ops(t, operands):
    """The op vector. The part of a name before the first dot is the component that computes it."""
    torch, f, device = t.torch, t.functional, t.device
    any_ = t.tensor(operands.any, (256, 512))
    large = t.tensor(operands.large, (128, 128))
    positive = t.tensor(operands.positive, (128, 128))
    wide = t.tensor(operands.wide, (64, 128), "float64")
    small = t.tensor(operands.small, (16384,))
    index = t.tensor(operands.index, (512,), "int64")
    subnormal = t.tensor(operands.subnormal, (1024,), "int32").view(torch.float32)
    flat = any_.reshape(-1)
    part = lambda start, *shape: flat[start:start + torch.Size(shape).numel()].reshape(shape)
    half = {name: any_[:64].to(getattr(torch, name)) for name in ("bfloat16", "float16")}
    rows = [any_, any_[:224], any_[32:], any_[:192], any_[:, :384]]
    each = lambda function: torch.stack([function(row) for row in rows])
    diagonal = lambda n: torch.eye(n, device=device) * 8
    matrix = part(0, 48, 48) + diagonal(48)
    symmetric = (matrix + matrix.t()) / 2
    definite = symmetric + diagonal(48)
    images, kernels = part(100, 4, 16, 16, 16), part(40000, 32, 16, 3, 3)
    signals, filters = part(300, 4, 16, 128), part(50000, 32, 16, 5)
    query, key, value = part(0, 2, 4, 64, 32), part(20000, 2, 4, 64, 32), part(40000, 2, 4, 64, 32)
    seeded = lambda make: make(t.generator(20))

    def gradient(function, *inputs):
        inputs = [each.clone().requires_grad_() for each in inputs]
        out = function(*inputs)
        return torch.autograd.grad(out, inputs, out.detach() * 0.5)

    def dropout():
        torch.manual_seed(21)
        return f.dropout(part(0, 64, 512), 0.25, training=True)

    def attention(**arguments):
        return f.scaled_dot_product_attention(query, key, value, **arguments)

    def integers():
        return small[:8192].reshape(16, 512).mm(small[8192:].reshape(512, 16))

    return [
        ("exact.mm", (), integers),
        ("exact.sum", (), lambda: small.sum()),
        ("exact.add", (), lambda: part(0, 128, 128) + positive),
        ("exact.div", (), lambda: part(0, 128, 128) / positive),
        ("exact.subnormal", (), lambda: subnormal * 0.5 + subnormal),
        ("reduce.sum", (), lambda: each(torch.sum)),
        ("reduce.sum0", (), lambda: any_.sum(0)),
        ("reduce.sum1", (), lambda: any_.sum(1)),
        ("reduce.mean", (), lambda: each(torch.mean)),
        ("reduce.var", (), lambda: each(torch.var)),
        ("reduce.norm", (), lambda: each(torch.norm)),
        ("reduce.prod", (), lambda: (positive + 0.5).prod(1)),
        ("reduce.logsumexp", (), lambda: large.logsumexp(1)),
        ("reduce.sum-f64", (), lambda: torch.stack([wide.sum(), wide[:40].sum(), wide[7:].sum()])),
        ("scan.cumsum", (), lambda: any_[:64].cumsum(1)),
        ("scan.cumprod", (), lambda: (positive + 0.5).cumprod(1)),
        ("softmax.softmax", (), lambda: large.softmax(-1)),
        ("softmax.log", (), lambda: large.log_softmax(-1)),
        ("softmax.columns", (), lambda: large.softmax(0)),
        ("math.exp", (), lambda: large.exp()),
        ("math.expm1", (), lambda: large.expm1()),
        ("math.log", (), lambda: positive.log()),
        ("math.log1p", (), lambda: positive.log1p()),
        ("math.tanh", (), lambda: large.tanh()),
        ("math.sigmoid", (), lambda: large.sigmoid()),
        ("math.erf", (), lambda: large.erf()),
        ("math.sin", (), lambda: large.sin()),
        ("math.cos", (), lambda: large.cos()),
        ("math.sqrt", (), lambda: positive.sqrt()),
        ("math.rsqrt", (), lambda: positive.rsqrt()),
        ("math.pow", (), lambda: positive.pow(1.7)),
        ("math.exp-f64", (), lambda: wide.exp()),
        ("math.tanh-f64", (), lambda: wide.tanh()),
        ("activation.gelu", (), lambda: f.gelu(large)),
        ("activation.gelu-tanh", (), lambda: f.gelu(large, approximate="tanh")),
        ("activation.silu", (), lambda: f.silu(large)),
        ("activation.softplus", (), lambda: f.softplus(large)),
        ("norm.layer", (), lambda: f.layer_norm(any_, (512,), any_[0], any_[1])),
        ("norm.layer-backward", ("input", "weight", "bias"), lambda: gradient(lambda x, w, b: f.layer_norm(x, (512,), w, b), any_[:64], any_[0], any_[1])),
        ("norm.batch", (), lambda: f.batch_norm(images, None, None, training=True)),
        ("norm.group", (), lambda: f.group_norm(images, 4)),
        ("gemm.mm", (), lambda: part(0, 128, 96).mm(part(20000, 96, 160))),
        ("gemm.mm-t", (), lambda: part(0, 256, 64).mm(part(20000, 192, 64).t())),
        ("gemm.mm-long", (), lambda: part(0, 48, 1024).mm(part(50000, 1024, 64))),
        ("gemm.mm-f64", (), lambda: wide.mm(wide.t())),
        ("gemm.mv", (), lambda: part(0, 128, 1000).mv(part(129000, 1000))),
        ("gemm.addmm", (), lambda: torch.addmm(part(9, 64, 64), part(0, 64, 200), part(20000, 200, 64), beta=0.5, alpha=0.75)),
        ("gemm.bmm", (), lambda: part(0, 8, 48, 64).bmm(part(30000, 8, 64, 32))),
        ("gemm.einsum", (), lambda: torch.einsum("bij,bkj->bik", part(0, 4, 33, 65), part(30000, 4, 17, 65))),
        ("half.mm-bf16", (), lambda: half["bfloat16"].mm(half["bfloat16"].t())),
        ("half.mm-f16", (), lambda: half["float16"].mm(half["float16"].t())),
        ("half.sum-bf16", (), lambda: half["bfloat16"].sum(1)),
        ("half.sum-f16", (), lambda: half["float16"].sum(1)),
        ("conv.1d", (), lambda: f.conv1d(signals, filters, padding=2)),
        ("conv.2d", (), lambda: f.conv2d(images, kernels, padding=1)),
        ("conv.2d-stride", (), lambda: f.conv2d(images, kernels, stride=2)),
        ("conv.2d-backward", ("input", "weight"), lambda: gradient(lambda x, w: f.conv2d(x, w, padding=1), images, kernels)),
        ("index.embedding-backward", (), lambda: gradient(lambda w: f.embedding(index, w), part(0, 64, 32))[0]),
        ("index.add", (), lambda: part(0, 64, 32).clone().index_add_(0, index, part(4096, 512, 32))),
        ("index.scatter-add", (), lambda: part(0, 64, 32).clone().scatter_add_(0, index[:, None].expand(512, 32), part(4096, 512, 32))),
        ("sort.sort", ("values", "indices"), lambda: part(0, 32, 512).sort(1)),
        ("sort.ties", (), lambda: small.sort()[1]),
        ("sort.topk", ("values", "indices"), lambda: part(0, 32, 512).topk(9, 1)),
        ("random.rand", (), lambda: seeded(lambda g: torch.rand((100, 100), generator=g, device=device))),
        ("random.randn", (), lambda: seeded(lambda g: torch.randn((100, 100), generator=g, device=device))),
        ("random.normal", (), lambda: seeded(lambda g: torch.empty((999,), device=device).normal_(1, 3, generator=g))),
        ("random.randint", (), lambda: seeded(lambda g: torch.randint(0, 1000, (1000,), generator=g, device=device))),
        ("random.randperm", (), lambda: seeded(lambda g: torch.randperm(1000, generator=g, device=device))),
        ("random.bernoulli", (), lambda: seeded(lambda g: torch.empty((1000,), device=device).bernoulli_(0.3, generator=g))),
        ("random.multinomial", (), lambda: seeded(lambda g: torch.multinomial(positive, 5, generator=g))),
        ("random.dropout", (), dropout),
        ("attention.plain", (), attention),
        ("attention.causal", (), lambda: attention(is_causal=True)),
        ("linalg.solve", (), lambda: torch.linalg.solve(matrix, part(7000, 48, 8))),
        ("linalg.cholesky", (), lambda: torch.linalg.cholesky(definite)),
        ("linalg.inv", (), lambda: torch.linalg.inv(matrix)),
        ("linalg.eigvalsh", (), lambda: torch.linalg.eigvalsh(symmetric)),
        ("linalg.svdvals", (), lambda: torch.linalg.svdvals(matrix)),
        ("fft.rfft", (), lambda: torch.fft.rfft(part(0, 16, 500))),
        ("fft.fft2", (), lambda: torch.fft.fft2(part(0, 4, 32, 48))),
    ]


class Model:
    """The tiny GPT of docs/probe-spec.md, as one would write it in torch. Tensors have that page's names."""

    def __init__(self, t, made):
        self.t, torch = t, t.torch
        self.names = [name for name, _, _ in made]
        self.weights = {name: t.tensor(values, shape).requires_grad_() for name, shape, values in made}
        self.m = {name: torch.zeros_like(weight) for name, weight in self.weights.items()}
        self.v = {name: torch.zeros_like(weight) for name, weight in self.weights.items()}
        self.future = torch.ones((T, T), dtype=torch.bool, device=t.device).triu(1)
        self.product1, self.product2 = 1.0, 1.0

    def layer_norm(self, made, name, x):
        out, mean, rstd = self.t.torch.native_layer_norm(x, [C], self.weights[name + ".weight"], self.weights[name + ".bias"], EPSILON)
        made.update({"fwd." + name + ".mean": mean.reshape(B, T), "fwd." + name + ".rstd": rstd.reshape(B, T), "fwd." + name + ".out": out})
        return out

    def layer(self, made, number, x):
        torch, f, w, at = self.t.torch, self.t.functional, self.weights, "%d." % number
        names = "fwd." + at
        qkv = made[names + "attn.qkv"] = f.linear(self.layer_norm(made, at + "ln1", x), w[at + "attn.qkv"])
        q, k, v = [third.reshape(B, T, H, C // H).transpose(1, 2) for third in qkv.split(C, 2)]
        scores = made[names + "attn.scores"] = torch.matmul(q, k.transpose(2, 3))
        probs = made[names + "attn.probs"] = f.softmax((scores * SCALE).masked_fill(self.future, -float("inf")), -1)
        mix = made[names + "attn.mix"] = torch.matmul(probs, v).transpose(1, 2).reshape(B, T, C)
        proj = made[names + "attn.proj"] = f.linear(mix, w[at + "attn.proj"])
        res1 = made[names + "res1"] = x + proj
        up = made[names + "mlp.up"] = f.linear(self.layer_norm(made, at + "ln2", res1), w[at + "mlp.up"])
        gelu = made[names + "mlp.gelu"] = f.gelu(up, approximate="tanh")
        down = made[names + "mlp.down"] = f.linear(gelu, w[at + "mlp.down"])
        res2 = made[names + "res2"] = res1 + down
        return res2

    def forward(self, tokens, targets):
        """Every tensor of the forward pass, in order, and the loss."""
        torch, f, w = self.t.torch, self.t.functional, self.weights
        made = {"fwd.embed": f.embedding(tokens, w["wte"]) + w["wpe"]}
        x = made["fwd.embed"]
        for number in range(L):
            x = self.layer(made, number, x)
        logits = made["fwd.logits"] = f.linear(self.layer_norm(made, "lnf", x), w["wte"])
        rows = f.cross_entropy(logits.reshape(B * T, V), targets.reshape(B * T), reduction="none")
        made["loss.rows"] = rows.reshape(B, T)
        made["loss"] = rows.mean()
        return made

    def gradients(self, made):
        """Every tensor of the backward pass that autograd has, in the page's order; a gradient of a tensor has the tensor's name."""
        for name, tensor in made.items():
            if name.startswith("fwd.") and tensor.requires_grad and tensor.grad_fn is not None:
                tensor.retain_grad()
        for weight in self.weights.values():
            weight.grad = None
        made["loss"].backward()
        found = {}

        def take(names, prefix="", source=None):
            for name in names.split():
                found["bwd." + prefix + name] = made["fwd." + (source or prefix + name)].grad

        def weights(names, prefix):
            for name in names.split():
                found["grad." + prefix + name] = self.weights[prefix + name].grad

        take("logits lnf.out")
        weights("lnf.weight lnf.bias", "")
        take("lnf.in", "", "%d.res2" % (L - 1))
        for number in reversed(range(L)):
            at = "%d." % number
            weights("mlp.down", at)
            take("mlp.gelu mlp.up", at)
            weights("mlp.up", at)
            take("ln2.out", at)
            weights("ln2.weight ln2.bias", at)
            take("res1", at)
            weights("attn.proj", at)
            take("attn.mix attn.probs attn.scores attn.qkv", at)
            weights("attn.qkv", at)
            take("ln1.out", at)
            weights("ln1.weight ln1.bias", at)
            take("in", at, "%d.res2" % (number - 1) if number else "embed")
        weights("wte wpe", "")
        return found

    def update(self, step):
        """Clips by the norm of all gradients and applies AdamW, with the operations that torch's own optimisers use."""
        torch, made = self.t.torch, {}
        gradients = [self.weights[name].grad for name in self.names]
        norm = made["opt.norm"] = torch.norm(torch.stack([torch.norm(gradient) for gradient in gradients]))
        scale = made["opt.scale"] = (1 / norm).clamp(max=1.0)
        beta1, beta2, decay = [float.fromhex(text) for text in ("0x1.ccccccp-1", "0x1.e66666p-1", "0x1.99999ap-4")]
        rest1, rest2 = float.fromhex("0x1.99999ap-4"), float.fromhex("0x1.99999ap-5")
        self.product1, self.product2 = rounded(self.product1 * beta1), rounded(self.product2 * beta2)
        unbias1, unbias2 = [rounded(1 / rounded(1 - product)) for product in (self.product1, self.product2)]
        rate = float.fromhex(RATES[step])
        with torch.no_grad():
            for name, gradient in zip(self.names, gradients):
                weight, m, v = self.weights[name], self.m[name], self.v[name]
                g = gradient * scale
                m.mul_(beta1).add_(g, alpha=rest1)
                v.mul_(beta2).addcmul_(g, g, value=rest2)
                change = (m * unbias1) / ((v * unbias2).sqrt() + float.fromhex("0x1.5798eep-27"))
                if weight.dim() == 2:
                    change.add_(weight, alpha=decay)
                weight.add_(change, alpha=-rate)
                made.update({"opt.m." + name: m, "opt.v." + name: v, "param." + name: weight})
        return made


def random_state(t):
    """A draw of the device's own generator, and the state it leaves."""
    torch = t.torch
    draw = torch.rand((64,), device=t.device)
    return {"rng.draw": draw, "rng.state": torch.cuda.get_rng_state(t.device) if t.device.type == "cuda" else torch.get_rng_state()}


def run_training(run, output, t, text, made, steps):
    torch = t.torch
    output.stage("training start")
    torch.manual_seed(22)
    model = Model(t, made)
    initial = [(name, t.digest(model.weights[name])) for name in model.names]
    section = {"name": "training", "initial_ops": [op_info("init." + name, digest) for name, digest in initial],
               "initial": [digest.root.hex() for _, digest in initial], "step_ops": [], "steps": []}
    for step in range(steps):
        output.stage("training step %d" % step)
        tokens, targets = [torch.tensor(rows, dtype=torch.int64, device=t.device) for rows in batch(text, step)]
        tensors = {"data.tokens": tokens.to(torch.int32), "data.targets": targets.to(torch.int32)}
        tensors.update(model.forward(tokens, targets))
        tensors.update(model.gradients(tensors))
        tensors.update(model.update(step))
        tensors.update(random_state(t))
        digests = {name: t.digest(tensor) for name, tensor in tensors.items()}
        if not step:
            section["step_ops"] = [op_info(name, digest) for name, digest in digests.items()]
        for name, digest in digests.items():
            run.note_nans("training", step, name, digest)
        loss = float(tensors["loss"].detach())
        section["steps"].append({"loss": "%08x" % (single_bits(loss) if loss == loss else 0x7FC00000), "roots": [d.root.hex() for d in digests.values()]})
    run.sections.append(section)


def be_deterministic(run, torch):
    """Sets all that this version of torch has for the purpose, and records what it lacks."""
    def tell(name, change):
        try:
            change()
            run.details.append(["set " + name, "yes"])
        except Exception as error:
            run.details.append(["set " + name, "refused (%s)" % described(error)])

    def assign(path, value):
        *parents, name = path.split(".")
        target = torch
        for parent in parents:
            target = getattr(target, parent)
        if not hasattr(target, name):
            raise AttributeError(path)
        setattr(target, name, value)

    tell("use_deterministic_algorithms", lambda: torch.use_deterministic_algorithms(True))
    for path, value in (("backends.cudnn.deterministic", True), ("backends.cudnn.benchmark", False), ("backends.cudnn.allow_tf32", False),
                        ("backends.cuda.matmul.allow_tf32", False), ("backends.cuda.matmul.allow_fp16_reduced_precision_reduction", False),
                        ("backends.cuda.matmul.allow_bf16_reduced_precision_reduction", False)):
        tell(path, lambda: assign(path, value))
    tell("set_float32_matmul_precision", lambda: torch.set_float32_matmul_precision("highest"))


def in_one_line(text):
    return "; ".join(line.strip(" \t-") for line in text.splitlines() if line.strip(" \t-"))


def capability(torch):
    """The instruction set that ATen's own code uses."""
    if hasattr(torch.backends, "cpu"):
        return torch.backends.cpu.get_cpu_capability()
    mark = "CPU capability usage:"  # before torch 2.1
    return [line.split(mark)[1].strip() for line in torch.__config__.show().splitlines() if mark in line][0]


def torch_details(run, torch, device):
    tell = run.detail
    tell("version", lambda: torch.__version__)
    tell("torch.git", lambda: torch.version.git_version)
    tell("torch.cuda", lambda: torch.version.cuda)
    tell("build", lambda: in_one_line(torch.__config__.show()))
    tell("parallel", lambda: in_one_line(torch.__config__.parallel_info()))
    tell("kernel", lambda: capability(torch))
    tell("mkl", lambda: torch.backends.mkl.is_available())
    tell("mkldnn", lambda: torch.backends.mkldnn.is_available())
    tell("threads.interop", lambda: torch.get_num_interop_threads())
    tell("numpy", lambda: sys.modules["numpy"].__version__)
    for path in ("backends.cudnn.enabled", "backends.cudnn.benchmark", "backends.cudnn.deterministic", "backends.cudnn.allow_tf32",
                 "backends.cuda.matmul.allow_tf32", "backends.cuda.matmul.allow_fp16_reduced_precision_reduction",
                 "backends.cuda.matmul.allow_bf16_reduced_precision_reduction", "backends.mkldnn.enabled"):
        def read():
            value = torch
            for name in path.split("."):
                value = getattr(value, name)
            return value
        tell(path, read)
    tell("float32_matmul_precision", lambda: torch.get_float32_matmul_precision())
    tell("deterministic", lambda: torch.are_deterministic_algorithms_enabled())
    if device != "cpu":
        tell("cuda.name", lambda: torch.cuda.get_device_name(device))
        tell("cuda.capability", lambda: "%d.%d" % torch.cuda.get_device_capability(device))
        tell("cuda.processors", lambda: torch.cuda.get_device_properties(device).multi_processor_count)
        tell("cuda.driver", lambda: torch._C._cuda_getDriverVersion())
        tell("cudnn", lambda: torch.backends.cudnn.version())


def python_details(run):
    run.detail("python", lambda: "%s %s" % (platform.python_implementation(), platform.python_version()))


def run_torch(output, options, subject, before):
    run = Run("torch", subject)
    run.before = run.after = before
    output.begin(run)
    python_details(run)
    output.stage("import torch")
    torch = run.imported("torch")
    if torch is None:
        return run
    try:
        compute_torch(run, output, torch, options)
    except Exception as error:
        run.give_up(error)
    return run


def compute_torch(run, output, torch, options):
    output.stage("settings")
    if options["threads"]:
        torch.set_num_threads(options["threads"])
    if run.subject == "deterministic":
        be_deterministic(run, torch)
    run.threads = torch.get_num_threads()
    torch_details(run, torch, options["device"])
    output.stage("canaries")
    run.after = thread_states()[:1] + torch_thread_states(torch)[1:]
    output.stage("device")
    t, operands = Torch(torch, options["device"]), Operands()
    run_ops(run, output, torch_ops(t, operands), t.digest)
    check_torch_integers(run, t, operands)
    if options["steps"]:
        try:
            run_training(run, output, t, options["text"], parameters(), options["steps"])
        except Exception as error:
            run.fail("training", "", error)
    output.stage("canaries")  # an op may change the settings when it is first called
    run.after = thread_states()[:1] + torch_thread_states(torch)[1:]


def check_torch_integers(run, t, operands):
    small = t.tensor(operands.small, (16384,))
    have = small[:8192].reshape(16, 512).mm(small[8192:].reshape(512, 16)).reshape(-1).tolist()
    check_integers(run, "exact.mm", [16, 16], have, operands.product())
    check_integers(run, "exact.sum", [1], [float(small.sum())], [sum(operands.small)])


# ---- numpy ---------------------------------------------------------------------------------------------------------------------------------------


def numpy_digest(value):
    import numpy
    value = numpy.ascontiguousarray(value)
    return Digest(str(value.dtype), value.shape, value.tobytes(), value.dtype.kind in "fc" and bool(numpy.isnan(value).any()))


def numpy_ops(operands):
    """The op vector of numpy. The part of a name before the first dot is the component that computes it."""
    import numpy as np
    made = lambda values, kind: np.frombuffer(values.tobytes(), kind)
    flat = made(operands.any, np.float32)
    any_ = flat.reshape(256, 512)
    large, positive = made(operands.large, np.float32), made(operands.positive, np.float32)
    wide, small = made(operands.wide, np.float64), made(operands.small, np.float32)
    wide_positive = np.abs(wide) + 0.0625
    subnormal = made(operands.subnormal, np.float32)
    part = lambda start, *shape: flat[start:start + int(np.prod(shape))].reshape(shape)
    wide_part = lambda start, *shape: wide[start:start + int(np.prod(shape))].reshape(shape)
    rows = [any_, any_[:224], any_[32:], any_[:192], any_[:, :384]]
    each = lambda function: np.stack([function(row) for row in rows])
    matrix = wide_part(0, 48, 48) + np.eye(48) * 8
    symmetric = (matrix + matrix.T) / 2
    table = [
        ("exact.mm", (), lambda: small[:8192].reshape(16, 512) @ small[8192:].reshape(512, 16)),
        ("exact.sum", (), lambda: small.sum()),
        ("exact.add", (), lambda: part(0, 16384) + positive),
        ("exact.div", (), lambda: part(0, 16384) / positive),
        ("exact.sqrt", (), lambda: np.sqrt(positive)),
        ("exact.subnormal", (), lambda: subnormal * np.float32(0.5) + subnormal),
    ]
    for kind, x, p in (("f32", large, positive), ("f64", wide * 8, wide_positive)):
        table += [("math.%s-%s" % (name, kind), (), lambda function=function, x=x: function(x)) for name, function in (
            ("exp", np.exp), ("expm1", np.expm1), ("tanh", np.tanh), ("sin", np.sin), ("cos", np.cos), ("arctan", np.arctan))]
        table += [("math.%s-%s" % (name, kind), (), lambda function=function, p=p: function(p)) for name, function in (
            ("log", np.log), ("log1p", np.log1p), ("log2", np.log2), ("cbrt", np.cbrt))]
        table += [("math.power-%s" % kind, (), lambda p=p: np.power(p, p.dtype.type(1.7)))]
    table += [
        ("reduce.sum", (), lambda: each(np.sum)),
        ("reduce.sum0", (), lambda: any_.sum(0)),
        ("reduce.mean", (), lambda: each(np.mean)),
        ("reduce.var", (), lambda: each(np.var)),
        ("reduce.sum-f64", (), lambda: np.stack([wide.sum(), wide[:5000].sum(), wide[7:].sum()])),
        ("reduce.sum-f16", (), lambda: any_[:64].astype(np.float16).sum(1)),
        ("reduce.prod", (), lambda: (positive.reshape(128, 128) + np.float32(0.5)).prod(1)),
        ("reduce.cumsum", (), lambda: any_[:64].cumsum(1)),
        ("gemm.dot", (), lambda: np.stack([part(i, 1000).dot(part(60000 + i, 1000)) for i in range(4)])),
        ("gemm.dot-f64", (), lambda: np.stack([wide_part(i, 1000).dot(wide_part(6000 + i, 1000)) for i in range(4)])),
        ("gemm.mm", (), lambda: part(0, 128, 96) @ part(20000, 96, 160)),
        ("gemm.mm-t", (), lambda: part(0, 256, 64) @ part(20000, 192, 64).T),
        ("gemm.mm-long", (), lambda: part(0, 48, 1024) @ part(50000, 1024, 64)),
        ("gemm.mm-f64", (), lambda: wide_part(0, 64, 100) @ wide_part(1000, 100, 48)),
        ("gemm.mv", (), lambda: part(0, 128, 1000) @ part(129000, 1000)),
        ("gemm.bmm", (), lambda: part(0, 8, 48, 64) @ part(30000, 8, 64, 32)),
        ("einsum.sum", (), lambda: np.einsum("ij,ij->i", part(0, 64, 333), part(40000, 64, 333))),
        ("einsum.chain", (), lambda: np.einsum("bij,bkj->bik", part(0, 4, 33, 65), part(30000, 4, 17, 65))),
        ("linalg.solve", (), lambda: np.linalg.solve(matrix, wide_part(3000, 48, 8))),
        ("linalg.cholesky", (), lambda: np.linalg.cholesky(symmetric + np.eye(48) * 8)),
        ("linalg.inv", (), lambda: np.linalg.inv(matrix)),
        ("linalg.svdvals", (), lambda: np.linalg.svd(matrix, compute_uv=False)),
        ("linalg.eigvalsh", (), lambda: np.linalg.eigvalsh(symmetric)),
        ("linalg.qr", (), lambda: np.linalg.qr(matrix)[1]),
        ("sort.sort", (), lambda: np.sort(part(0, 32, 512))),
        ("sort.ties", (), lambda: np.argsort(small)),
        ("sort.partition", (), lambda: np.partition(part(0, 4096), 1000)[1000]),
        ("fft.rfft", (), lambda: np.fft.rfft(wide_part(0, 16, 500))),
        ("fft.fft2", (), lambda: np.fft.fft2(wide_part(0, 4, 32, 48))),
        ("random.random", (), lambda: np.random.default_rng(20).random(1000)),
        ("random.normal", (), lambda: np.random.default_rng(20).standard_normal(1000)),
        ("random.normal-f32", (), lambda: np.random.default_rng(20).standard_normal(1000, dtype=np.float32)),
        ("random.gamma", (), lambda: np.random.default_rng(20).gamma(2.5, size=1000)),
        ("random.integers", (), lambda: np.random.default_rng(20).integers(0, 1000, 1000, dtype=np.int64)),
        ("random.permutation", (), lambda: np.random.default_rng(20).permutation(1000).astype(np.int64)),
        ("legacy.random_sample", (), lambda: np.random.RandomState(20).random_sample(1000)),
        ("legacy.randn", (), lambda: np.random.RandomState(20).randn(1000)),
        ("legacy.permutation", (), lambda: np.random.RandomState(20).permutation(1000).astype(np.int64)),
    ]
    return table


def numpy_details(run, np):
    run.detail("version", lambda: np.__version__)
    umath = lambda: sys.modules.get("numpy._core._multiarray_umath") or sys.modules["numpy.core._multiarray_umath"]
    run.detail("baseline", lambda: " ".join(umath().__cpu_baseline__))
    run.detail("kernel", lambda: " ".join(name for name in umath().__cpu_dispatch__ if umath().__cpu_features__[name]))

    def build():
        config = np.show_config(mode="dicts") if "mode" in np.show_config.__code__.co_varnames else None
        return json.dumps(config.get("Build Dependencies", {}), sort_keys=True) if config else "absent"
    run.detail("build", build)


def run_numpy(output, before):
    run = Run("numpy", "numpy")
    run.before = run.after = before
    output.begin(run)
    python_details(run)
    output.stage("import numpy")
    np = run.imported("numpy")
    if np is None:
        return run
    try:
        compute_numpy(run, output, np)
    except Exception as error:
        run.give_up(error)
    return run


def compute_numpy(run, output, np):
    numpy_details(run, np)
    operands = Operands()
    with np.errstate(all="ignore"):
        run_ops(run, output, numpy_ops(operands), numpy_digest)
        small = np.frombuffer(operands.small.tobytes(), np.float32)
        have = (small[:8192].reshape(16, 512) @ small[8192:].reshape(512, 16)).reshape(-1).tolist()
    check_integers(run, "exact.mm", [16, 16], have, operands.product())
    check_integers(run, "exact.sum", [1], [float(small.sum())], [sum(operands.small)])
    run.after = thread_states()


# ---- the program ---------------------------------------------------------------------------------------------------------------------------------


def read_options(text):
    options = {"fd": 1, "tier": "auto", "variants": ["as-found"], "steps": 20, "device": "cpu", "threads": 0, "corpus": ""}
    given = json.loads(text)
    unknown = sorted(set(given) - set(options))
    if unknown:
        raise ValueError("there is no option " + unknown[0])
    options.update(given)
    if options["variants"] not in (["as-found"], ["deterministic"], ["as-found", "deterministic"]):
        raise ValueError("variants has to be as-found, deterministic, or both in this order")
    if not 0 <= options["steps"] <= len(RATES):
        raise ValueError("steps has to be 0 to %d" % len(RATES))
    return options


def has_module(name):
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def main(arguments):
    warnings.simplefilter("ignore")
    options = read_options(arguments[0] if arguments else "{}")
    output = Output(options["fd"])
    output.stage("start")
    before = thread_states()
    if options["tier"] == "torch" or options["tier"] == "auto" and has_module("torch"):
        if options["steps"]:
            options["text"] = read_corpus(options["corpus"])
        for variant in options["variants"]:
            run = run_torch(output, options, variant, before)
            output.line(run.format())
            if run.outcome != "ran":
                break
        if options["tier"] == "torch" or run.outcome == "ran":
            return
    output.line(run_numpy(output, before).format())


def run_and_leave(arguments):
    """Ends the process without the destructors and threads of foreign code, which may hang or crash after the results were written."""
    code = 1
    try:
        main(arguments)
        code = 0
    except BaseException:
        traceback.print_exc()
    os._exit(code)


if __name__ == "__main__":
    run_and_leave(sys.argv[1:])
