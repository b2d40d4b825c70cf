"""Strict readers of the documents that other tools take from verify: SARIF 2.1.0 and JUnit, as far as verify writes them."""
import json
import re
import xml.etree.ElementTree

URI_CHARACTERS = re.compile(r"(?:[A-Za-z0-9\-._~/:@!$&'()*+,;=]|%[0-9A-F]{2})*")
LEVELS = {"none", "note", "warning", "error"}


class Wrong(AssertionError):
    """The document is not what its format asks for."""


def require(holds, what):
    if not holds:
        raise Wrong(what)


def only(value, required, optional, where):
    """An object with these members and no other: what the schema does not know, readers drop or refuse."""
    require(isinstance(value, dict), f"{where} is no object")
    require(set(required) <= value.keys(), f"{where} lacks {set(required) - value.keys()}")
    require(value.keys() <= set(required) | set(optional), f"{where} has {value.keys() - set(required) - set(optional)}")


def no_control(text, where):
    require(isinstance(text, str) and text and not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", text), f"{where}: {text!r}")


def sarif(text):
    """The results, after the whole document was checked. Source: SARIF 2.1.0, sections 3.13 to 3.28 and 3.4 for URIs."""
    document = json.loads(text, object_pairs_hook=each_once)
    only(document, {"version", "runs"}, {"$schema"}, "the log")
    require(document["version"] == "2.1.0" and len(document["runs"]) == 1, "version, or runs")
    (run,) = document["runs"]
    only(run, {"tool", "results"}, {"originalUriBaseIds", "columnKind"}, "the run")
    require(run.get("columnKind", "utf16CodeUnits") in ("utf16CodeUnits", "unicodeCodePoints"), "columnKind")
    only(run["tool"], {"driver"}, set(), "the tool")
    driver = run["tool"]["driver"]
    only(driver, {"name"}, {"version", "rules"}, "the driver")
    rules = driver.get("rules", [])
    for rule in rules:
        only(rule, {"id"}, set(), "a rule")
    require(len({rule["id"] for rule in rules}) == len(rules), "a rule twice")
    bases = run.get("originalUriBaseIds", {})
    for base in bases.values():
        only(base, {"uri"}, set(), "a base")
        require(base["uri"].startswith("file:///") and base["uri"].endswith("/") and URI_CHARACTERS.fullmatch(base["uri"]), f"base {base['uri']!r}")
    for result in run["results"]:
        check_result(result, rules, bases)
    return run["results"]


def check_result(result, rules, bases):
    only(result, {"message"}, {"ruleId", "ruleIndex", "level", "locations", "properties"}, "a result")
    require(result["level"] in LEVELS, f"level {result['level']}")
    require(rules[result["ruleIndex"]]["id"] == result["ruleId"], "ruleIndex")
    only(result["message"], {"text"}, set(), "a message")
    no_control(result["message"]["text"], "a message")
    require(len(result["locations"]) == 1, "a result without a place, which viewers pass over")
    for location in result["locations"]:
        only(location, {"physicalLocation"}, set(), "a location")
        only(location["physicalLocation"], {"artifactLocation"}, set(), "a physicalLocation")
        place = location["physicalLocation"]["artifactLocation"]
        only(place, {"uri"}, {"uriBaseId"}, "an artifactLocation")
        # Relative to a base: no scheme, no root, nothing that leaves.
        relative = place["uri"]
        require(URI_CHARACTERS.fullmatch(relative) and relative and not relative.startswith("/") and ":" not in relative.split("/")[0], f"uri {relative!r}")
        require(".." not in relative.split("/") and place.get("uriBaseId") in bases, f"uri {relative!r}")


def each_once(pairs):
    require(len({key for key, _ in pairs}) == len(pairs), f"a member twice: {[key for key, _ in pairs]}")
    return dict(pairs)


def junit(text):
    """The cases as {name: "" or "failure" or "error"}, after the counts were held against them. Source: the schema of Jenkins' xUnit plugin."""
    require(text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n'), "the declaration")
    root = xml.etree.ElementTree.fromstring(text.encode())
    require(root.tag == "testsuites" and [suite.tag for suite in root] == ["testsuite"], "the root")
    (suite,) = root
    cases = {}
    for case in suite:
        require(case.tag == "testcase" and {"classname", "name"} == set(case.attrib), "a case")
        tags = [element.tag for element in case]
        require(tags in ([], ["failure"], ["error"], ["system-out"], ["failure", "system-out"], ["error", "system-out"]), f"{tags}")
        for element in case:
            require(set(element.attrib) == (set() if element.tag == "system-out" else {"type", "message"}), "attributes")
            for part in (*element.attrib.values(), element.text):
                no_control(part, element.tag)
        key = (case.attrib["classname"], case.attrib["name"])
        require(key not in cases, f"the case {key} twice")
        cases[key] = tags[0] if tags and tags[0] != "system-out" else ""
    for element in (root, suite):
        counts = {name: int(element.attrib[name]) for name in ("tests", "failures", "errors")}
        outcomes = list(cases.values())
        require(counts == {"tests": len(outcomes), "failures": outcomes.count("failure"), "errors": outcomes.count("error")}, f"{counts}")
    require(re.fullmatch(r"\d+\.\d{3}", suite.attrib["time"]) and suite.attrib["name"], "the suite")
    return {name: outcome for (_, name), outcome in cases.items()}
