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


