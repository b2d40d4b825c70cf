#include "transcript.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <memory>
#include <regex>
#include <stdexcept>

#include "support/temporary_folder.h"

namespace envlock_test {
namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool begins(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

bool is_outcome(std::string_view line) {
  return begins(line, "? ") || line == "|" || begins(line, "| ") || line == "!" || begins(line, "! ") ||
         begins(line, "\\ ");
}

void add_stream(std::string& text, std::string_view bytes, const char* sign) {
  for (const std::string& line : lines_of(bytes)) text += sign + (line.empty() ? "" : " " + line) + "\n";
  if (!bytes.empty() && bytes.back() != '\n') text += "\\ no newline at the end\n";
}

/// Runs of hex digits of exactly that length become `name`.
std::string mask_hex(const std::string& text, std::size_t length, const std::string& name) {
  std::string masked;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && std::isalnum(static_cast<unsigned char>(text[end])) != 0) ++end;
    const std::string word = text.substr(at, end - at);
    if (word.size() == length && word.find_first_not_of("0123456789abcdef") == std::string::npos) {
      masked += name;
    } else {
      masked += word;
    }
    if (end == at) masked += text[end++];
    at = end;
  }
  return masked;
}

/// The world of one story: an empty folder, a copy of the fixture channels beside it, a home and a cache.
class Stage {
 public:
  explicit Stage(bool with_server) {
    for (const char* name : {"story", "home", "cache", "scratch"}) {
      std::filesystem::create_directories(folder_.path() / name);
    }
    const std::filesystem::path fixtures = std::filesystem::path(ENVLOCK_SOURCE_DIR) / "fixtures";
    std::filesystem::copy(fixtures / "channels", folder_.path() / "channels", std::filesystem::copy_options::recursive);
    const std::filesystem::path bin = std::filesystem::path(ENVLOCK_PROGRAM).parent_path();
    environment_ = {{"PATH", bin.string() + ":/usr/local/bin:/usr/bin:/bin"},
                    {"HOME", folder_.path() / "home"},
                    {"XDG_CACHE_HOME", folder_.path() / "cache"},
                    {"TMPDIR", folder_.path() / "scratch"},
                    {"LC_ALL", "C.UTF-8"},
                    {"NO_COLOR", "1"},
                    {"FIXTURES", fixtures},
                    {"ENVLOCK_NO_PROGRESS", "1"}};
    masks_ = {{folder_.path().string(), "$FOLDER"}};
    if (with_server) {
      server_ = std::make_unique<LoopbackServer>(
          folder_.path() / "channels",
          std::vector<std::string>{"--faults", story() / "faults.json", "--log", story() / "server.log"});
      environment_["SERVER"] = server_->url();
      masks_.emplace_back(server_->url(), "$SERVER");
    }
  }

  void write(const FileToWrite& file) const { folder_.write(std::filesystem::path("story") / file.name, file.content); }

  std::string run(const std::string& command) const {
    Finished finished = run_shell(command, story(), environment_, folder_.path() / "scratch");
    finished.out = mask(finished.out, masks_);
    finished.err = mask(finished.err, masks_);
    return format_outcome(finished);
  }

 private:
  std::filesystem::path story() const { return folder_.path() / "story"; }

  TemporaryFolder folder_;
  Environment environment_;
  std::vector<std::pair<std::string, std::string>> masks_;
  std::unique_ptr<LoopbackServer> server_;
};

}  // namespace

std::vector<Step> parse_transcript(std::string_view text) {
  std::vector<Step> steps;
  const std::vector<std::string> lines = lines_of(text);
  for (std::size_t i = 0; i < lines.size();) {
    const std::string& line = lines[i];
    const int number = static_cast<int>(i) + 1;
    ++i;
    if (line.empty() || begins(line, "#")) {
      steps.emplace_back(Remark{line});
    } else if (begins(line, "< ")) {
      FileToWrite file{line.substr(2), ""};
      for (; i < lines.size() &&
             (begins(lines[i], "  ") || (lines[i].empty() && i + 1 < lines.size() && begins(lines[i + 1], "  ")));
           ++i) {
        file.content += (lines[i].empty() ? "" : lines[i].substr(2)) + "\n";
      }
      steps.emplace_back(std::move(file));
    } else if (begins(line, "$ ")) {
      Command command{number, line.substr(2), ""};
      for (; i < lines.size() && is_outcome(lines[i]); ++i) command.expected += lines[i] + "\n";
      steps.emplace_back(std::move(command));
    } else {
      throw std::runtime_error("line " + std::to_string(number) + " begins with none of # < $: " + line);
    }
  }
  return steps;
}

std::string format_outcome(const Finished& finished) {
  std::string text;
  if (finished.exit != 0) text += "? " + std::to_string(finished.exit) + "\n";
  add_stream(text, finished.out, "|");
  add_stream(text, finished.err, "!");
  return text;
}

std::string mask(std::string text, const std::vector<std::pair<std::string, std::string>>& replacements) {
  for (const auto& [from, to] : replacements) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
      text.replace(at, from.size(), to);
    }
  }
  // "in 1.4 s, 68.2 MB/s", "for 2.0 s": how long it took is the machine's.
  static const std::regex kDuration(R"((in|for) \d+\.\d+ m?s(, \d[\d.,]* [kMG]?B/s)?)");
  // What holds the prefix is as long as the temporary folder's name.
  static const std::regex kSize(R"(((?:hashed|put) [\d,]+ files?(?:, | \())[\d.]+ [kMG]?B)");
  text = std::regex_replace(text, kDuration, "$1 TIME");
  text = std::regex_replace(text, kSize, "$1SIZE");
  return mask_hex(mask_hex(text, 64, "SHA256"), 32, "MD5");
}

Told run_transcript(std::string_view text) {
  Told told;
  const Stage stage(text.find("$SERVER") != std::string_view::npos);
  for (const Step& step : parse_transcript(text)) {
    if (const auto* remark = std::get_if<Remark>(&step)) {
      told.text += remark->line + "\n";
    } else if (const auto* file = std::get_if<FileToWrite>(&step)) {
      stage.write(*file);
      told.text += "< " + file->name + "\n";
      for (const std::string& line : lines_of(file->content)) told.text += (line.empty() ? "" : "  " + line) + "\n";
    } else if (const auto* command = std::get_if<Command>(&step)) {
      const std::string actual = stage.run(command->text);
      told.text += "$ " + command->text + "\n" + actual;
      if (actual != command->expected) {
        told.mismatches.push_back({command->line, command->text, command->expected, actual});
      }
    }
  }
  return told;
}

}  // namespace envlock_test
