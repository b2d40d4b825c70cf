def op_info(name, digest):
    return {"name": name, "type": digest.type, "dtype": digest.dtype, "shape": digest.shape}


def run_ops(run, output, table, digest_of):
    """Section `ops`: every entry of the table, (name, names of its results, function)."""
    infos, roots = [], []
    for name, results, compute in table:
        output.stage("ops " + name)
        names = [name + "." + result for result in results] or [name]
        try:
            values = compute()
            digests = [digest_of(value) for value in (values if results else [values])]
        except Exception as error:
            run.raise_what_ends_it(error)
            digests = [Digest.absent()] * len(names)
            for each in names:
                run.fail("ops", each, error)
        for each, digest in zip(names, digests):
            infos.append(op_info(each, digest))
            roots.append(digest.root.hex())
            run.note_nans("ops", -1, each, digest)
    run.sections.append({"name": "ops", "initial_ops": infos, "initial": roots, "step_ops": [], "steps": []})


def check_integers(run, name, shape, have, want):
    """Integers small enough to be exact in any order of summation."""
    wrong = [i for i in range(len(want)) if have[i] != want[i]]
    if wrong:
        first, index = wrong[0], []
        for size in reversed(shape):
            index.insert(0, first % size)
            first //= size
        bits = [single_bits(float(values[wrong[0]])) for values in (want, have)]
        run.wrong.append({"section": "ops", "op": name, "index": index, "want": "%08x" % bits[0], "have": "%08x" % bits[1], "wrong": len(wrong),
                          "total": len(want)})


