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


