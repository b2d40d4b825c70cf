"""What the rows of the catalogue of drifts share: environments that are made once, runs of the gate, and baselines of other machines."""
import hashlib
import json
import pathlib
import re

from install_support import InstallScenario


def without_variables(baseline):
    """The same as a machine would have written it that chose so by itself, sealed anew."""
    text = re.sub(r'^ *"variables": \{\n.*?\n *\},\n', "", baseline, flags=re.S | re.M)
    found = re.search(r'^      \{\n.*?(?=,\n        "seal": "([0-9a-f]+)")', text, re.S | re.M)
    sealed = re.sub("^ {6}", "", found.group(0), flags=re.M) + "\n}\n"
    return text.replace(found.group(1), hashlib.sha256(sealed.encode()).hexdigest())


def features_of_processor():
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text()
    except OSError:
        return set()
    found = re.search(r"^(?:flags|Features)\s*:(.*)$", text, re.M)
    return set(found.group(1).split()) if found else set()


class Rows(InstallScenario):
    def made(self, folder, *dependencies, channel, prefix, more_channels=()):
        """A lock in `folder`, installed in `prefix`; the lock that is there already when there are no dependencies."""
        own, self.work = self.work, folder
        folder.mkdir(exist_ok=True)
        lock = self.lock_of(*dependencies, channels=[channel, *more_channels]) if dependencies else folder / "envlock.lock"
        self.install(lock, "--no-compile", prefix=prefix)
        self.work = own
        return lock

    def gate(self, lock, prefix, baseline, *arguments, env=None, repeat=0):
        """The findings of the probe by their codes, and the tiers of a run by their names; of a tier with several subjects also "TIER SUBJECT" and "TIER SUBJECT DEVICE"."""
        words = ("--probe", "--json", "--baseline", baseline, "--probe-repeat", repeat, *arguments)
        result = self.run_envlock("verify", lock, "-p", prefix, *words, env=env, timeout=500)
        document = json.loads(result.out)
        self.assertIn("probe", document, result.err)
        tiers = {}
        for tier in reversed(document["probe"]["tiers"]):
            tiers[tier["tier"]] = tiers[f"{tier['tier']} {tier['subject']}"] = tiers[f"{tier['tier']} {tier['subject']} {tier.get('device', 'cpu')}"] = tier
        return {each["code"]: each for each in reversed(document["findings"]) if each["group"] == "probe"}, tiers
