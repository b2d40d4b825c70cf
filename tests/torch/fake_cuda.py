"""A torch of the processor that takes itself for one of a GPU: what is asked for on `cuda:0` is computed on the processor.

pretend(torch) changes the module. FAKE_CUDA in the environment has words that say what goes wrong: "old-driver", "out-of-memory", "refuses" (an
op in the deterministic mode). Where torch allows TF32 for products and NVIDIA_TF32_OVERRIDE does not forbid it, `mm` rounds its operands.
"""
import os

NAME, CAPABILITY, PROCESSORS = "NVIDIA A100-SXM4-40GB", (8, 0), 108


def pretend(torch):
    wrong, taken = os.environ.get("FAKE_CUDA", "").split(), []

    class Device(str):
        """The processor, to whoever computes there; a GPU, to whoever asks for its kind."""

        def __new__(cls, words):
            made = super().__new__(cls, "cpu")
            made.type = words.partition(":")[0]
            return made

    class Properties:
        multi_processor_count, total_memory = PROCESSORS, 40 << 30

    def init():
        if "old-driver" in wrong:
            raise RuntimeError("The NVIDIA driver on your system is too old (found version 11020).")

    def rounded_to_tf32(tensor):
        return (tensor.contiguous().view(torch.int32) & ~0x1FFF).view(torch.float32)

    def mm(self, other):
        if taken and self.dtype == torch.float32 and torch.backends.cuda.matmul.allow_tf32 and os.environ.get("NVIDIA_TF32_OVERRIDE") != "0":
            self, other = rounded_to_tf32(self), rounded_to_tf32(other)
        return real_mm(self, other)

    def cumsum(self, *words):
        if taken and "out-of-memory" in wrong:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
        if taken and "refuses" in wrong and torch.are_deterministic_algorithms_enabled():
            raise RuntimeError("cumsum_cuda_kernel does not have a deterministic implementation")
        return real_cumsum(self, *words)

    real_mm, real_cumsum = torch.Tensor.mm, torch.Tensor.cumsum
    torch.Tensor.mm, torch.Tensor.cumsum, torch.device = mm, cumsum, Device
    torch.version.cuda = "11.7"
    torch._C._cuda_getDriverVersion = lambda: 12040
    for name, function in {"init": init, "is_available": lambda: "old-driver" not in wrong, "device_count": lambda: 1, "set_device": taken.append, "synchronize": lambda device=None: None,
                           "get_device_name": lambda device: NAME, "get_device_capability": lambda device: CAPABILITY, "get_device_properties": lambda device: Properties,
                           "get_rng_state": lambda device: torch.get_rng_state()}.items():
        setattr(torch.cuda, name, function)
