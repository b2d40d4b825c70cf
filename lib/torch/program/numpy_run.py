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


