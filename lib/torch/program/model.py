class Model:
    """The tiny GPT of docs/probe-spec.md, as one would write it in torch. Tensors have that page's names."""

    def __init__(self, t, made):
        self.t, torch = t, t.torch
        self.names = [name for name, _, _ in made]
        self.weights = {name: t.tensor(values, shape).requires_grad_() for name, shape, values in made}
        self.m = {name: torch.zeros_like(weight) for name, weight in self.weights.items()}
        self.v = {name: torch.zeros_like(weight) for name, weight in self.weights.items()}
        self.future = torch.ones((T, T), dtype=torch.bool).triu(1).to(t.device)
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


