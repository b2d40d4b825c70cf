#include "journal.h"

#include <charconv>
#include <optional>

#include "envlock/core/diagnostic.h"
#include "envlock/core/digest.h"
#include "envlock/core/text.h"
#include "prefix_folder.h"

namespace envlock::prefix {
namespace {

constexpr std::string_view kFirstLine = "envlock-journal 1";
constexpr std::string_view kChecksum = "sha256 ";

/// Control characters and "%" as %XX, so that a path is one word of a line whatever is in its name.
void append_escaped(std::string& out, std::string_view path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '%') {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      out += c;
    }
  }
}

[[noreturn]] void throw_damaged(std::string why) {
  throw core::Error({.code = "recovery-failed",
                     .what = "the journal of an interrupted install cannot be used, so it cannot be undone",
                     .why = {std::move(why)},
                     .hints = {"move what you need out of the prefix, remove the prefix, and install anew"}});
}

std::string unescaped(std::string_view text) {
  std::string path;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      path += text[i];
      continue;
    }
    int byte = 0;
    if (i + 2 >= text.size() ||
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr != text.data() + i + 3) {
      throw_damaged("a path has a lone %");
    }
    path += static_cast<char>(byte);
    i += 2;
  }
  return path;
}

std::string safe_path(std::string_view text) {
  std::string path = unescaped(text);
  if (!is_safe_path(path)) throw_damaged("`" + core::printable(path) + "` is no path in a prefix");
  return path;
}

/// The next word of a line, which is taken off it.
std::string_view take_word(std::string_view& line) {
  const std::size_t space = line.find(' ');
  const std::string_view word = line.substr(0, space);
  line = space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
  return word;
}

template <typename Number>
Number take_number(std::string_view& line, int base = 10) {
  const std::string_view word = take_word(line);
  Number number{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number, base);
  if (error != std::errc() || end != word.data() + word.size()) {
    throw_damaged("`" + core::printable(word) + "` is no number");
  }
  return number;
}

void append_folder(std::string& out, std::string_view keyword, const Journal::Folder& folder) {
  char mode[16];
  const char* mode_end = std::to_chars(mode, mode + sizeof mode, folder.mode, 8).ptr;
  out += keyword;
  out += ' ';
  out += std::string_view(mode, static_cast<std::size_t>(mode_end - mode));
  out += ' ';
  out += std::to_string(folder.mtime_nanoseconds);
  out += ' ';
  append_escaped(out, folder.path);
  out += '\n';
}

Journal::Folder take_folder(std::string_view line) {
  Journal::Folder folder;
  folder.mode = take_number<std::uint32_t>(line, 8);
  folder.mtime_nanoseconds = take_number<std::int64_t>(line);
  folder.path = safe_path(line);
  return folder;
}

void append_path(std::string& out, std::string_view keyword, std::string_view path) {
  out += keyword;
  out += ' ';
  append_escaped(out, path);
  out += '\n';
}

void parse_line(std::string_view line, Journal& journal) {
  const std::string_view keyword = take_word(line);
  if (keyword == "time") {
    journal.time_seconds = take_number<std::int64_t>(line);
  } else if (keyword == "move") {
    journal.moves.push_back({safe_path(line), ""});
  } else if (keyword == "keep") {
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) throw_damaged("a kept file has no new name");
    journal.moves.push_back({safe_path(line.substr(0, tab)), safe_path(line.substr(tab + 1))});
  } else if (keyword == "rmdir") {
    journal.removed_folders.push_back(take_folder(line));
  } else if (keyword == "mkdir") {
    journal.created_folders.push_back(safe_path(line));
  } else if (keyword == "file") {
    journal.created_files.push_back(safe_path(line));
  } else if (keyword == "touch") {
    journal.touched_folders.push_back(take_folder(line));
  } else {
    throw_damaged("`" + core::printable(keyword) + "` is no word of a journal");
  }
}

}  // namespace

std::string format(const Journal& journal) {
  std::string out(kFirstLine);
  out += "\ntime " + std::to_string(journal.time_seconds) + "\n";
  for (const Journal::Move& move : journal.moves) {
    if (move.kept.empty()) {
      append_path(out, "move", move.path);
    } else {
      out += "keep ";
      append_escaped(out, move.path);
      out += '\t';
      append_escaped(out, move.kept);
      out += '\n';
    }
  }
  for (const Journal::Folder& folder : journal.removed_folders) append_folder(out, "rmdir", folder);
  for (const std::string& path : journal.created_folders) append_path(out, "mkdir", path);
  for (const std::string& path : journal.created_files) append_path(out, "file", path);
  for (const Journal::Folder& folder : journal.touched_folders) append_folder(out, "touch", folder);
  out += std::string(kChecksum) + core::format(core::sha256(out)) + "\n";
  return out;
}

Journal parse_journal(std::string_view bytes) {
  if (!bytes.starts_with(std::string(kFirstLine) + "\n")) {
    throw_damaged("it does not begin with `" + std::string(kFirstLine) + "`");
  }
  const std::size_t line_of_checksum = bytes.rfind("\n" + std::string(kChecksum)) + 1;
  if (line_of_checksum == 0 || !bytes.ends_with('\n')) throw_damaged("its end is missing");
  const std::string_view checksum = bytes.substr(line_of_checksum + kChecksum.size());
  const std::optional<core::Sha256> want = core::parse_sha256(checksum.substr(0, checksum.size() - 1));
  std::string_view body = bytes.substr(0, line_of_checksum);
  if (!want || *want != core::sha256(body)) throw_damaged("its checksum does not fit its content");
  Journal journal;
  body.remove_prefix(kFirstLine.size() + 1);
  while (!body.empty()) {
    const std::size_t end = body.find('\n');
    parse_line(body.substr(0, end), journal);
    body.remove_prefix(end + 1);
  }
  return journal;
}

}  // namespace envlock::prefix
