#include "case_file.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace envlock_test {
namespace {

using namespace envlock;

class CaseReader {
 public:
  explicit CaseReader(const std::filesystem::path& path) { out_.path = path; }

  CaseFile run() {
    std::ifstream file(out_.path);
    if (!file) throw std::runtime_error("cannot read " + out_.path.string());
    std::string line;
    while (std::getline(file, line)) {
      ++line_number_;
      if (line.starts_with("= ") || line.starts_with("! ") || line == "!") {
        out_.expected.push_back(line);
        continue;
      }
      out_.head += line + "\n";
      if (line.empty() || line[0] == '#') continue;
      line_ = line;
      std::istringstream words(line);
      read_line(words);
    }
    if (out_.channels.empty()) out_.channels = {{"https://conda.example/main", "main", 0}};
    for (conda::PackageRecord& record : out_.records) record.channel = base_of(record.channel);
    for (conda::PackageRecord& record : out_.options.favored) complete(record);
    return std::move(out_);
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw std::runtime_error(out_.path.filename().string() + ":" + std::to_string(line_number_) + ": " + why);
  }

  static std::string rest_of(std::istringstream& words) {
    std::string text;
    std::getline(words >> std::ws, text);
    return text;
  }

  void read_line(std::istringstream& words) {
    std::string verb;
    words >> verb;
    if (verb == "virtual") {
      out_.options.virtual_packages.push_back(conda::parse_virtual_package(rest_of(words)));
    } else if (verb == "priority") {
      const std::string value = rest_of(words);
      if (value == "strict")
        out_.options.priority = conda::ChannelPriority::strict;
      else if (value == "flexible")
        out_.options.priority = conda::ChannelPriority::flexible;
      else if (value == "disabled")
        out_.options.priority = conda::ChannelPriority::disabled;
      else
        fail("no such priority");
    } else if (verb == "taint") {
      out_.options.taint_rule = false;
    } else if (verb == "channel") {
      const std::string name = rest_of(words);
      out_.channels.push_back(
          {"https://conda.example/" + name, name, static_cast<std::uint32_t>(out_.channels.size())});
    } else if (verb == "record") {
      read_record(words);
    } else if (verb == "needs" || verb == "limits") {
      if (out_.records.empty()) fail("no record above");
      auto& list = verb == "needs" ? out_.records.back().depends : out_.records.back().constrains;
      list.push_back(rest_of(words));
    } else if (verb == "request" || verb == "implied") {
      read_request(words, verb == "implied");
    } else if (verb == "favored") {
      conda::PackageRecord record;
      words >> record.name >> record.version >> record.build;
      out_.options.favored.push_back(record);
    } else if (verb == "update") {
      out_.options.updated.push_back(rest_of(words));
    } else {
      fail("unknown word " + verb);
    }
  }

  void read_record(std::istringstream& words) {
    conda::PackageRecord record;
    if (!(words >> record.name >> record.version >> record.build)) fail("a record has a name, a version and a build");
    record.subdir = "linux-64";
    record.file_name = record.name + "-" + record.version + "-" + record.build + ".conda";
    std::string word;
    while (words >> word) {
      const std::size_t equals = word.find('=');
      if (equals == std::string::npos) fail("not KEY=VALUE: " + word);
      const std::string key = word.substr(0, equals);
      const std::string value = word.substr(equals + 1);
      if (key == "number")
        record.build_number = std::stoull(value);
      else if (key == "channel")
        record.channel = value;
      else if (key == "subdir")
        record.subdir = value;
      else if (key == "file")
        record.file_name = value;
      else if (key == "timestamp")
        record.timestamp = std::stoll(value);
      else if (key == "md5")
        record.md5 = core::parse_md5(value);
      else if (key == "features") {
        for (std::istringstream features(value); std::getline(features, word, ',');) {
          record.track_features.push_back(word);
        }
      } else
        fail("unknown key " + key);
    }
    out_.records.push_back(std::move(record));
  }

  void read_request(std::istringstream& words, bool is_implied) {
    conda::Request request;
    request.text = rest_of(words);
    if (is_implied) {
      const std::size_t by = request.text.rfind(" by ");
      if (by == std::string::npos) fail("implied SPEC by WHAT");
      request.implied_by = request.text.substr(by + 4);
      request.text.resize(by);
    }
    request.spec = conda::MatchSpec::parse(request.text);
    request.where.file = "environment.yml";
    request.where.line = static_cast<int>(out_.requests.size()) + 1;
    request.where.column = 5;
    request.where.text = "  - " + request.text;
    out_.requests.push_back(std::move(request));
  }

  std::string base_of(const std::string& channel) const {
    if (channel.empty()) return out_.channels.front().base;
    for (const conda::Channel& known : out_.channels) {
      if (known.name == channel) return known.base;
    }
    fail("no channel " + channel);
  }

  /// A favored line names a record of the case; one that it lacks is a record of the past.
  void complete(conda::PackageRecord& wanted) const {
    for (const conda::PackageRecord& record : out_.records) {
      if (record.name == wanted.name && record.version == wanted.version && record.build == wanted.build)
        wanted = record;
    }
  }

  CaseFile out_;
  int line_number_ = 0;
  std::string line_;
};

}  // namespace

conda::Index CaseFile::index() const {
  return conda::make_index("linux-64", channels, records, options.priority);
}

CaseFile read_case(const std::filesystem::path& path) {
  return CaseReader(path).run();
}

std::vector<std::string> outcome_lines(const resolve::Outcome& outcome) {
  std::vector<std::string> lines;
  if (const auto* solution = std::get_if<conda::Solution>(&outcome)) {
    for (const conda::PackageRecord& record : solution->records) {
      const std::string channel = record.channel.substr(record.channel.rfind('/') + 1);
      lines.push_back("= " + record.name + " " + record.version + " " + record.build + " " + channel + "/" +
                      record.subdir);
    }
    return lines;
  }
  const core::Diagnostic& diagnostic = std::get<conda::Conflict>(outcome).diagnostic;
  lines.push_back("! " + diagnostic.code + ": " + diagnostic.what);
  if (diagnostic.where)
    lines.push_back("! at " + diagnostic.where->file + ":" + std::to_string(diagnostic.where->line));
  for (const std::string& why : diagnostic.why) lines.push_back("! why: " + why);
  for (const std::string& hint : diagnostic.hints) lines.push_back("! help: " + hint);
  return lines;
}

}  // namespace envlock_test
