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


