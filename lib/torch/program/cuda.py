# ---- a GPU ---------------------------------------------------------------------------------------------------------------------------------------

# Words of an error that is the device's or its memory's, not the op's: what fails so says nothing of what torch computes.
ENDS_IT = ("out of memory", "_ALLOC_FAILED", "_NOT_INITIALIZED", "device-side assert", "illegal memory access", "launch timed out", "uncorrectable ECC")


class CudaRun(Run):
    """A run on one GPU. Its first error that would make every op after it fail ends it."""

    def __init__(self, subject, device):
        super().__init__("torch", subject)
        self.device, self.torch = device, None
        self.details.append(["device", device])

    def raise_what_ends_it(self, error):
        if any(words in str(error) for words in ENDS_IT):
            raise error
        self.torch.cuda.synchronize(self.device)  # raises where the device is of no use any more

    def take_device(self, torch):
        """Starts the driver. Raises torch's own error where this cannot be, or RuntimeError where there is no such device."""
        self.torch = torch
        if torch.version.cuda is None:
            raise RuntimeError("this torch was built without CUDA")
        torch.cuda.init()
        count = torch.cuda.device_count()
        if int(self.device.split(":")[1]) >= count:
            raise RuntimeError("torch sees %d of the driver's GPUs, and %s is not among them" % (count, self.device))
        torch.cuda.set_device(self.device)


def version_of_library(name, function):
    """What a library of CUDA that is mapped says of itself, as "12.6.4"; asked of the file that torch loaded, and of no other."""
    path = [file for file in mapped_files() if os.path.basename(file).startswith(name + ".so")][0]
    ask, numbers = getattr(ctypes.CDLL(path), function), []
    for part in range(3):
        number = ctypes.c_int(-1)
        if ask(part, ctypes.byref(number)) != 0:
            raise OSError(function)
        numbers.append(number.value)
    return ".".join(str(number) for number in numbers)


def kernel_driver():
    with open("/proc/driver/nvidia/version", encoding="utf-8", errors="replace") as file:
        return re.search(r"\b\d+\.\d+(\.\d+)?\b", file.readline()).group(0)


def cuda_details(run, torch):
    """What the GPU, its driver and its libraries are; facts, never part of a class but for the first three."""
    tell, cuda, backend = run.detail, torch.cuda, torch.backends.cuda
    tell("cuda.name", lambda: cuda.get_device_name(run.device))
    tell("cuda.capability", lambda: "%d.%d" % tuple(cuda.get_device_capability(run.device)))
    tell("cuda.processors", lambda: cuda.get_device_properties(run.device).multi_processor_count)
    tell("cuda.memory", lambda: cuda.get_device_properties(run.device).total_memory)
    tell("cuda.driver", lambda: torch._C._cuda_getDriverVersion())
    tell("driver", kernel_driver)
    tell("cudnn", lambda: torch.backends.cudnn.version())
    tell("cublas", lambda: version_of_library("libcublas", "cublasGetProperty"))
    tell("cublaslt", lambda: version_of_library("libcublasLt", "cublasLtGetProperty"))
    tell("cublas.workspace", lambda: os.environ["CUBLAS_WORKSPACE_CONFIG"])
    for name in ("flash", "mem_efficient", "math", "cudnn"):
        tell("attention." + name, lambda: getattr(backend, name + "_sdp_enabled")())
    for name in ("linalg", "blas"):
        tell("preferred." + name, lambda: getattr(backend, "preferred_%s_library" % name)())
