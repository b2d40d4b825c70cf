#include <cstdlib>
#include <string>
#include <vector>

#include "envlock/core/file.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

namespace {

const std::string kSource = ENVLOCK_SOURCE_DIR;

/// Asks Python's jsonschema how many of the documents the schema refuses.
int refused(const std::vector<std::string>& documents) {
  const envlock_test::TemporaryFolder folder;
  std::string files;
  for (const std::string& document : documents) {
    files += " " + folder.write(std::to_string(files.size()) + ".json", document).string();
  }
  const std::string script = folder
                                 .write("validate.py",
                                        "import json, sys, jsonschema\n"
                                        "schema, *documents = (json.load(open(path)) for path in sys.argv[1:])\n"
                                        "cls = jsonschema.validators.validator_for(schema)\n"
                                        "cls.check_schema(schema)\n"
                                        "sys.exit(sum(not cls(schema).is_valid(each) for each in documents))\n")
                                 .string();
  return std::system(("python3 " + script + " " + kSource + "/docs/formats/snapshot.schema.json" + files).c_str()) /
         256;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("the JSON Schema takes what is written and refuses what is not") {
  if (std::system("python3 -c 'import jsonschema' >/dev/null 2>&1") != 0) {
    WARN("skipped: no python3 with jsonschema");
    return;
  }
  const std::string machine = envlock::core::read_file(kSource + "/fixtures/golden/snapshot/machine.json");
  const std::string environment = envlock::core::read_file(kSource + "/fixtures/golden/snapshot/environment.json");
  CHECK(refused({machine, environment}) == 0);
  const std::vector<std::string> edited = {replaced(machine, "\"version\": 1", "\"version\": 2"),
                                           replaced(machine, "\"isa\"", "\"sia\""),
                                           replaced(machine, "\"mig\": \"off\"", "\"mig\": \"maybe\""),
                                           replaced(environment, "\"root\": \"", "\"root\": \"z"),
                                           replaced(environment, "\"requested\": true", "\"requested\": false")};
  CHECK(refused(edited) == static_cast<int>(edited.size()));
}
