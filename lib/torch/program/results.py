# ---- results -------------------------------------------------------------------------------------------------------------------------------------


class Output:
    def __init__(self, fd):
        self.fd = fd

    def line(self, text):
        data = (text + "\n").encode("ascii", "backslashreplace")
        while data:
            data = data[os.write(self.fd, data):]

    def begin(self, run):
        self.line("@run %s %s" % (run.tier, run.subject))

    def stage(self, name):
        self.line("@stage " + name)


def described(error):
    """An exception in one line, of bounded length."""
    return printable(" ".join(("%s: %s" % (type(error).__name__, error)).split())[:300])


def printable(text):
    """The text without what is no Unicode, such as the undecodable bytes of a path."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


class Run:
    """One result: what is filled in while the run goes on."""

    def __init__(self, tier, subject):
        self.tier, self.subject = tier, subject
        self.outcome, self.trouble, self.threads = "ran", "", 1
        self.details, self.sections, self.failures, self.nans, self.wrong = [], [], [], [], []
        self.before, self.after = [], []
        self.start, self.import_seconds = time.perf_counter(), 0.0

    def imported(self, name):
        """The module, or None when it cannot be imported. The run's own time begins thereafter."""
        start = time.perf_counter()
        try:
            return importlib.import_module(name)
        except BaseException as error:  # a module may also try to leave
            self.give_up(error)
            return None
        finally:
            self.start = time.perf_counter()
            self.import_seconds = self.start - start
            self.after = thread_states()

    def give_up(self, error):
        self.outcome, self.trouble = "unusable", described(error)

    def raise_what_ends_it(self, error):
        """Raises an error after which no other op would tell of more than this one; on a processor there is none."""

    def detail(self, name, read):
        """Records what `read` gives, or that this version has no such thing."""
        try:
            value = read()
        except Exception as error:
            value = "absent (%s)" % type(error).__name__
        self.details.append([name, printable(str(value)[:8000])])

    def fail(self, section, op, error):
        self.failures.append({"section": section, "op": op, "error": described(error)})

    def note_nans(self, section, step, op, digest):
        if digest.nans:
            self.nans.append({"section": section, "step": step, "op": op, "count": digest.nans})

    def format(self):
        return json.dumps({
            "format": "envlock-torch-result", "version": 1, "spec": SPEC, "tier": self.tier, "subject": self.subject, "outcome": self.outcome,
            "trouble": self.trouble, "threads": self.threads, "import_seconds": round(self.import_seconds, 6),
            "seconds": round(time.perf_counter() - self.start, 6), "sections": self.sections, "failures": self.failures,
            "nans": self.nans, "wrong": self.wrong, "canaries_before": canaries(self.before), "canaries_after": canaries(self.after),
            "fp_settings": [settings for settings, _ in self.after], "details": self.details, "mapped": mapped_files()})


def mapped_files():
    """The files that are mapped as code."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="backslashreplace") as maps:
            fields = [line.rstrip("\n").split(None, 5) for line in maps]
    except OSError:
        return []
    return sorted({f[5] for f in fields if len(f) == 6 and "x" in f[1] and f[5].startswith("/")})


