#!/usr/bin/env python3
"""Whether exported files hold together: CycloneDX and SPDX documents (JSON) and pylock.toml, told apart by content.

The rules are those of the published schemas and specifications that a schema checker would miss or that CI has no
schema for: identifiers that stand once, references that lead somewhere, hashes of the right length.
"""
import json
import re
import sys

try:
    import tomllib
except ImportError:
    tomllib = None


def check_cyclonedx(bom):
    assert bom["bomFormat"] == "CycloneDX" and bom["specVersion"] == "1.6" and bom["version"] == 1
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", bom["serialNumber"]), bom["serialNumber"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", bom["metadata"]["timestamp"])
    refs = [bom["metadata"]["component"]["bom-ref"]] + [each["bom-ref"] for each in bom["components"]]
    assert len(refs) == len(set(refs)), "a bom-ref stands twice"
    for each in bom["components"]:
        assert each["purl"].startswith(("pkg:conda/", "pkg:pypi/")), each["purl"]
        for one in each.get("hashes", []):
            assert len(one["content"]) == {"MD5": 32, "SHA-256": 64}[one["alg"]]
        for one in each.get("licenses", []):
            assert set(one) in ({"expression"}, {"license"}), one
            assert "license" not in one or len(one["license"]) == 1 and set(one["license"]) <= {"id", "name"}, one
    assert sorted(each["ref"] for each in bom["dependencies"]) == sorted(refs)
    for each in bom["dependencies"]:
        needed = each.get("dependsOn", [])
        assert len(needed) == len(set(needed)) and set(needed) <= set(refs) and each["ref"] not in needed, each


def check_spdx(document):
    assert document["spdxVersion"] == "SPDX-2.3" and document["dataLicense"] == "CC0-1.0"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document["creationInfo"]["created"])
    ids = ["SPDXRef-DOCUMENT"] + [each["SPDXID"] for each in document["packages"]]
    assert len(ids) == len(set(ids)), "an SPDXID stands twice"
    assert all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", each) for each in ids)
    named = {each["licenseId"] for each in document.get("hasExtractedLicensingInfos", [])}
    for each in document["packages"]:
        used = set(re.findall(r"LicenseRef-[A-Za-z0-9.-]+", each["licenseDeclared"]))
        assert used <= named, used - named
        for one in each.get("checksums", []):
            assert len(one["checksumValue"]) == {"MD5": 32, "SHA256": 64}[one["algorithm"]]
    for each in document["relationships"]:
        assert each["spdxElementId"] in ids and each["relatedSpdxElement"] in ids, each
    assert [each["relatedSpdxElement"] for each in document["relationships"] if each["relationshipType"] == "DESCRIBES"] == ["SPDXRef-environment"]


def check_pylock(lock):
    assert lock["lock-version"] == "1.0" and lock["created-by"] == "envlock"
    assert set(lock) <= {"lock-version", "environments", "requires-python", "dependency-groups", "created-by", "packages"}, set(lock)
    names = {each["name"] for each in lock["packages"]}
    for each in lock["packages"]:
        sources = set(each) & {"vcs", "directory", "archive", "sdist", "wheels"}
        assert len(sources) == 1, each["name"]
        assert set(each) <= {"name", "version", "marker", "requires-python", "dependencies", "index"} | sources
        assert ("version" in each) == (sources <= {"archive", "sdist", "wheels"})
        assert {need["name"] for need in each.get("dependencies", [])} <= names
        for file in each.get("wheels", []) + [each[key] for key in ("archive", "sdist") if key in each]:
            assert len(file["hashes"]["sha256"]) == 64 and ("url" in file) != ("path" in file)
            assert "upload-time" not in file or file["upload-time"].utcoffset().total_seconds() == 0
        for file in each.get("wheels", []):
            assert file.get("url", file.get("path")).endswith("/" + file["name"])


for path in sys.argv[1:]:
    text = open(path, encoding="utf-8").read()
    if text.startswith("{"):
        document = json.loads(text)
        (check_cyclonedx if "bomFormat" in document else check_spdx)(document)
    elif tomllib:
        check_pylock(tomllib.loads(text))
