# ---- the program ---------------------------------------------------------------------------------------------------------------------------------


def read_options(text):
    options = {"fd": 1, "tier": "auto", "variants": ["as-found"], "steps": 20, "device": "cpu", "threads": 0, "corpus": ""}
    given = json.loads(text)
    unknown = sorted(set(given) - set(options))
    if unknown:
        raise ValueError("there is no option " + unknown[0])
    options.update(given)
    if options["variants"] not in (["as-found"], ["deterministic"], ["as-found", "deterministic"]):
        raise ValueError("variants has to be as-found, deterministic, or both in this order")
    if not re.match(r"^(cpu|cuda:[0-9]+)$", options["device"]):
        raise ValueError("device has to be cpu or cuda:0")
    if not 0 <= options["steps"] <= len(RATES):
        raise ValueError("steps has to be 0 to %d" % len(RATES))
    return options


def has_module(name):
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def main(arguments):
    warnings.simplefilter("ignore")
    options = read_options(arguments[0] if arguments else "{}")
    output = Output(options["fd"])
    output.stage("start")
    before = thread_states()
    if options["tier"] == "torch" or options["tier"] == "auto" and has_module("torch"):
        if options["steps"]:
            options["text"] = read_corpus(options["corpus"])
        for variant in options["variants"]:
            run = run_torch(output, options, variant, before)
            output.line(run.format())
            if run.outcome != "ran":
                break
        if options["tier"] == "torch" or run.outcome == "ran":
            return
    output.line(run_numpy(output, before).format())


def placed(trace):
    """The text of a traceback, with the part and the line in it where it has a line of the joined text."""
    def place(found):
        line = int(found.group(1))
        name, first = [part for part in PARTS if part[1] <= line][-1]
        return 'File "%s", line %d' % (name, line - first + 1)
    return re.sub(r'File "<string>", line (\d+)', place, trace) if PARTS else trace


def run_and_leave(arguments):
    """Ends the process without the destructors and threads of foreign code, which may hang or crash after the results were written."""
    code = 1
    try:
        main(arguments)
        code = 0
    except BaseException:
        sys.stderr.write(placed(traceback.format_exc()))
        sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    run_and_leave(sys.argv[1:])
