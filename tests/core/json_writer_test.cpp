#include "envlock/core/json_writer.h"

#include "support/catch.h"

using namespace envlock::core;

TEST_CASE("a document is laid out with one member a line and the arrays that are asked for on one") {
  JsonWriter writer;
  writer.begin_object();
  writer.member("version", 1);
  writer.member("names", std::vector<std::string>{"a", "b"});
  writer.key("empty");
  writer.begin_array();
  writer.end_array();
  writer.key("nested");
  writer.begin_array();
  writer.begin_object();
  writer.member("yes", true);
  writer.end_object();
  writer.end_array();
  writer.key("nothing");
  writer.null();
  writer.end_object();
  CHECK(writer.finish() ==
        "{\n  \"version\": 1,\n  \"names\": [\"a\", \"b\"],\n  \"empty\": [],\n  \"nested\": [\n    {\n      \"yes\": "
        "true\n"
        "    }\n  ],\n  \"nothing\": null\n}\n");
}

TEST_CASE("text is escaped as little as JSON allows, and bad UTF-8 is replaced") {
  JsonWriter writer;
  writer.value("q\" b\\ n\n t\t \x01 é \xFF.");
  CHECK(writer.finish() == "\"q\\\" b\\\\ n\\n t\\t \\u0001 é \xEF\xBF\xBD.\"\n");
}

TEST_CASE("the largest numbers keep every digit") {
  JsonWriter writer;
  writer.begin_array(JsonWriter::Layout::single_line);
  writer.value(std::uint64_t{18446744073709551615u});
  writer.value(std::int64_t{-9223372036854775807});
  writer.end_array();
  CHECK(writer.finish() == "[18446744073709551615, -9223372036854775807]\n");
}
