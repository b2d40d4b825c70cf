#include <cstdlib>

#include "envlock/lock/export.h"
#include "pip_fixtures.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock_test;

namespace {

const std::string kFormats = std::string(ENVLOCK_SOURCE_DIR) + "/docs/formats/";

// Asks Python's jsonschema whether a document is what a schema says; 0 is yes.
int validate(const std::string& schema, const std::string& document) {
  TemporaryFolder folder;
  const std::string script = folder
                                 .write("validate.py",
                                        "import json, sys, jsonschema\n"
                                        "schema, document = (json.load(open(path)) for path in sys.argv[1:])\n"
                                        "cls = jsonschema.validators.validator_for(schema)\n"
                                        "cls.check_schema(schema)\n"
                                        "errors = list(cls(schema).iter_errors(document))\n"
                                        "for error in errors: print(error.json_path, error.message[:200])\n"
                                        "sys.exit(1 if errors else 0)\n")
                                 .string();
  const std::string path = folder.write("document.json", document).string();
  return std::system(("python3 " + script + " " + kFormats + schema + " " + path).c_str()) / 256;
}

bool has_jsonschema() {
  return std::system("python3 -c 'import jsonschema' >/dev/null 2>&1") == 0;
}

}  // namespace

TEST_CASE("what is written is what the JSON Schemas say, and what they forbid is refused") {
  if (!has_jsonschema()) {
    WARN("skipped: no python3 with jsonschema");
    return;
  }
  const std::string text = lock::format(small_lock());
  CHECK(validate("envlock-lock.schema.json", text) == 0);
  CHECK(validate("envlock-lock.schema.json", replaced(text, "\"size\"", "\"sise\"")) == 1);
  CHECK(validate("envlock-lock.schema.json", replaced(text, "\"version\": 1,", "\"version\": 2,")) == 1);
  CHECK(validate("envlock-lock.schema.json", replaced(text, "\"sha256\": \"", "\"sha256\": \"z")) == 1);

  const std::string pip = lock::format(pip_lock());
  CHECK(validate("envlock-lock.schema.json", pip) == 0);
  CHECK(validate("envlock-lock.schema.json", replaced(pip, "\"indexes\"", "\"indices\"")) == 1);
  CHECK(validate("envlock-lock.schema.json", replaced(pip, "\"requires_dist\"", "\"depends\"")) == 1);

  conda::PackageRecord full = record("full", "1!2.0", "h0", {"a"}, "noarch");
  full.url = "https://mirror.example/full-1!2.0-h0.conda";
  full.indexed_timestamp = 1700000000001;
  full.track_features = {"x"};
  full.constrains = {"b <1"};
  full.python_site_packages_path = "lib/python3.13t/site-packages";
  const lock::Lock lock = lock::make(
      spec_of("dependencies: [\"full[when='python <3']\"]\n"), channels(),
      {.channel_priority = conda::ChannelPriority::disabled, .exclude_newer = 5, .exclude_newer_strict = true},
      {{linux_64(), {{full}}}}, {full.file_name});
  CHECK(validate("envlock-lock.schema.json", lock::format(lock)) == 0);

  const std::string index = lock::format(lock::SavedIndex{channels(), records_for("linux-64")});
  CHECK(validate("saved-index.schema.json", index) == 0);
  CHECK(validate("saved-index.schema.json", replaced(index, "\"depends\"", "\"requires\"")) == 1);
}
