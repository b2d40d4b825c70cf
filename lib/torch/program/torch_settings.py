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
        kept = getattr(target, name)
        if kept != value:  # TORCH_ALLOW_TF32_CUBLAS_OVERRIDE wins over what a program sets
            raise ValueError("it stays %s" % kept)

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
        cuda_details(run, torch)


def python_details(run):
    run.detail("python", lambda: "%s %s" % (platform.python_implementation(), platform.python_version()))


