def run_torch(output, options, subject, before):
    run = Run("torch", subject) if options["device"] == "cpu" else CudaRun(subject, options["device"])
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
    if options["device"] != "cpu":
        output.stage("device")
        run.take_device(torch)
    torch_details(run, torch, options["device"])
    output.stage("canaries")
    run.after = thread_states()[:1] + torch_thread_states(torch)[1:]
    output.stage("tensors")
    t, operands = Torch(torch, options["device"]), Operands()
    run_ops(run, output, torch_ops(t, operands), t.digest)
    check_torch_integers(run, t, operands)
    if options["steps"]:
        try:
            run_training(run, output, t, options["text"], parameters(), options["steps"])
        except Exception as error:
            run.raise_what_ends_it(error)
            run.fail("training", "", error)
    output.stage("canaries")  # an op may change the settings when it is first called
    run.after = thread_states()[:1] + torch_thread_states(torch)[1:]


def check_torch_integers(run, t, operands):
    small = t.tensor(operands.small, (16384,))
    have = small[:8192].reshape(16, 512).mm(small[8192:].reshape(512, 16)).reshape(-1).tolist()
    check_integers(run, "exact.mm", [16, 16], have, operands.product())
    check_integers(run, "exact.sum", [1], [float(small.sum())], [sum(operands.small)])


