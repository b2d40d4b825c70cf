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


