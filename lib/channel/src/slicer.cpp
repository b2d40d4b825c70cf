#include "slicer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "document_info.h"
#include "envlock/conda/package_record.h"
#include "envlock/core/text.h"
#include "json_scan.h"

namespace envlock::channel {
namespace {

constexpr std::size_t kMaxKey = 64 << 10;
constexpr std::uint64_t kMaxRecord = std::uint64_t{64} << 20;
constexpr std::uint64_t kMaxInfo = std::uint64_t{1} << 20;

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/// The document through a buffer that moves along it.
class Window {
 public:
  Window(ByteSource& source, const SliceOptions& options)
      : source_(source), options_(options), buffer_(std::max<std::size_t>(options.buffer_bytes, 64)) {}

  std::uint64_t offset() const { return base_ + at_; }
  /// The next byte, or NUL at the end of the document.
  char peek() { return at_ < end_ || refill(at_) ? buffer_[at_] : '\0'; }
  void advance() { ++at_; }

  /// The next byte that is not white space, or NUL at the end.
  char peek_token() {
    while (true) {
      while (at_ < end_ && is_space(buffer_[at_])) ++at_;
      if (at_ < end_) return buffer_[at_];
      if (!refill(at_)) return '\0';
    }
  }

  /// True when nothing but white space is left.
  bool at_end() { return peek_token() == '\0' && at_ >= end_; }

  void expect(char wanted, const char* what) {
    const char have = peek_token();
    if (have != wanted) fail_expected(what);
    advance();
  }

  [[noreturn]] void fail_expected(const std::string& what) {
    throw invalid_repodata(
        options_.label, offset(),
        at_end() ? "the document ends where " + what + " should follow"
                 : "expected " + what + ", found `" + core::printable(std::string(1, buffer_[at_])) + "`");
  }

  [[noreturn]] void fail(const std::string& reason) { throw invalid_repodata(options_.label, offset(), reason); }

  /// The inside of a string, escapes as written; valid until the next call that reads. The cursor ends behind it.
  std::string_view raw_string(const char* what) {
    if (peek_token() != '"') fail_expected(what);
    std::size_t scanned = 1;
    while (true) {
      const char* start = buffer_.data() + at_;
      const auto* quote = static_cast<const char*>(std::memchr(start + scanned, '"', end_ - at_ - scanned));
      if (quote == nullptr) {
        scanned = end_ - at_;
        if (scanned > kMaxKey) fail(fmt::format("{} is longer than {} bytes", what, kMaxKey));
        if (!refill(at_)) fail_truncated();
        continue;
      }
      std::size_t backslashes = 0;
      while (quote - 1 - backslashes > start && quote[-1 - static_cast<std::ptrdiff_t>(backslashes)] == '\\') {
        ++backslashes;
      }
      if (backslashes % 2 == 1) {
        scanned = static_cast<std::size_t>(quote - start) + 1;
        continue;
      }
      at_ += static_cast<std::size_t>(quote - start) + 1;
      return {start + 1, static_cast<std::size_t>(quote - start) - 1};
    }
  }

  /// Steps over any value; the cursor ends behind it.
  void skip_value(std::uint64_t limit = ~std::uint64_t{0}, std::string* copy = nullptr) {
    const char first = peek_token();
    if (first == '{' || first == '[') {
      skip_nested(limit, copy);
    } else if (first == '"') {
      skip_long_string();
    } else {
      skip_scalar();
    }
  }

 private:
  [[noreturn]] void fail_truncated() {
    at_ = end_;
    fail("the document ends inside a value: it is truncated");
  }

  void skip_nested(std::uint64_t limit, std::string* copy) {
    NestedScan scan;
    const std::uint64_t start = offset();
    while (true) {
      const std::size_t used = scan.feed(buffer_.data() + at_, end_ - at_);
      if (copy != nullptr) copy->append(buffer_.data() + at_, used);
      at_ += used;
      if (offset() - start > limit) fail(fmt::format("a value is longer than {} bytes", limit));
      if (scan.done()) return;
      if (!refill(at_)) fail_truncated();
    }
  }

  void skip_long_string() {
    advance();
    bool escaped = false;
    while (true) {
      for (; at_ < end_; ++at_) {
        const char c = buffer_[at_];
        if (escaped) {
          escaped = false;
        } else if (c == '\\') {
          escaped = true;
        } else if (c == '"') {
          ++at_;
          return;
        }
      }
      if (!refill(at_)) fail_truncated();
    }
  }

  void skip_scalar() {
    std::string text;
    while (true) {
      const char c = peek();
      if (c == '\0' || is_space(c) || c == ',' || c == '}' || c == ']') break;
      text += c;
      if (text.size() > 400) fail("a number is longer than 400 characters");
      advance();
    }
    if (text == "true" || text == "false" || text == "null") return;
    const bool number = !text.empty() && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9')) &&
                        text.find_first_not_of("0123456789+-.eE") == std::string::npos;
    if (!number) fail_expected("a value");
  }

  /// Reads on, keeping the bytes from `keep` at the front of the buffer. False at the end of the document.
  bool refill(std::size_t keep) {
    if (ended_) return false;
    const std::size_t kept = end_ - keep;
    if (kept == buffer_.size()) buffer_.resize(buffer_.size() * 2);
    std::memmove(buffer_.data(), buffer_.data() + keep, kept);
    base_ += keep;
    at_ -= keep;
    end_ = kept;
    const std::size_t count = source_.read(buffer_.data() + end_, buffer_.size() - end_);
    end_ += count;
    ended_ = count == 0;
    if (options_.progress) options_.progress(base_ + end_);
    return count > 0;
  }

  ByteSource& source_;
  const SliceOptions& options_;
  std::vector<char> buffer_;
  std::uint64_t base_ = 0;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  bool ended_ = false;
};

class Slicer {
 public:
  Slicer(ByteSource& source, const SliceOptions& options) : window_(source, options), options_(options) {}

  SliceTable run() {
    if (!window_.at_end()) {
      object("the document's opening brace", [this](std::string_view key) { top_level(key); });
    }
    if (!window_.at_end()) window_.fail_expected("the end of the document");
    return std::move(builder_).finish(window_.offset(), info_);
  }

 private:
  /// Calls member(key) with the cursor in front of each value.
  template <typename Member>
  void object(const char* what, const Member& member) {
    window_.expect('{', what);
    if (window_.peek_token() == '}') return window_.advance();
    while (true) {
      const std::string key(window_.raw_string("a key"));
      window_.expect(':', "a colon");
      member(std::string_view(key));
      const char next = window_.peek_token();
      if (next != ',' && next != '}') window_.fail_expected("a comma or a closing brace");
      window_.advance();
      if (next == '}') return;
    }
  }

  void top_level(std::string_view key) {
    if (key == "packages") return records(Section::tar_bz2);
    if (key == "packages.conda") return records(Section::conda);
    if (key == "removed") return removed();
    if (key == "info") {
      std::string text;
      const std::uint64_t at = window_.offset();
      if (window_.peek_token() != '{') window_.fail_expected("an object as `info`");
      window_.skip_value(kMaxInfo, &text);
      if (!parse_document_info(text, info_)) throw invalid_repodata(options_.label, at, "`info` is not valid JSON");
      return;
    }
    if (key == "v3") {
      return object("an object as `v3`", [this](std::string_view kind) {
        if (kind == "conda") return records(Section::v3_conda);
        if (kind == "tar.bz2") return records(Section::v3_tar_bz2);
        window_.skip_value();
      });
    }
    window_.skip_value();
  }

  void records(Section section) {
    window_.expect('{', "an object of records");
    if (window_.peek_token() == '}') return window_.advance();
    bool adjacent = false;
    while (true) {
      if (window_.peek_token() != '"') window_.fail_expected("a file name");
      const std::uint64_t start = window_.offset();
      const std::string_view name = name_of_key(unescaped(window_.raw_string("a file name")), section, lower_);
      const bool kept = !name.empty();
      if (kept) {
        name_.assign(name);
      } else {
        info_.flaws.add(Flaw::unsafe_file_name, key_);
      }
      window_.expect(':', "a colon");
      window_.skip_value(kMaxRecord);
      if (kept) builder_.add(name_, section, start, window_.offset(), adjacent);
      adjacent = kept;
      const char next = window_.peek_token();
      if (next != ',' && next != '}') window_.fail_expected("a comma or a closing brace");
      window_.advance();
      if (next == '}') return;
    }
  }

  void removed() {
    window_.expect('[', "an array as `removed`");
    if (window_.peek_token() == ']') return window_.advance();
    bool adjacent = false;
    while (true) {
      if (window_.peek_token() != '"') window_.fail_expected("a file name");
      const std::uint64_t start = window_.offset();
      const std::string_view name = name_of_key(unescaped(window_.raw_string("a file name")), Section::removed, lower_);
      if (!name.empty()) builder_.add(name, Section::removed, start, window_.offset(), adjacent);
      adjacent = !name.empty();
      const char next = window_.peek_token();
      if (next != ',' && next != ']') window_.fail_expected("a comma or a closing bracket");
      window_.advance();
      if (next == ']') return;
    }
  }

  std::string_view unescaped(std::string_view raw) {
    key_.assign(raw);
    if (key_.find('\\') != std::string::npos) key_ = unescape_json(raw);
    return key_;
  }

  Window window_;
  const SliceOptions& options_;
  SliceTableBuilder builder_;
  DocumentInfo info_;
  std::string key_;
  std::string name_;
  std::string lower_;
};

}  // namespace

core::Error invalid_repodata(const std::string& label, std::uint64_t offset, const std::string& reason) {
  return core::Error(
      core::Diagnostic{.code = "repodata-invalid",
                       .what = "the index of `" + core::printable(label) + "` cannot be read",
                       .where = std::nullopt,
                       .why = {fmt::format("at byte {}: {}", offset, reason)},
                       .hints = {"fetch it again; if that does not help, tell whoever runs the channel"}});
}

std::string_view name_of_key(std::string_view key, Section section, std::string& buffer) {
  if (!conda::is_safe_file_name(key)) return {};
  std::string_view name;
  if (section == Section::v3_conda || section == Section::v3_tar_bz2) {
    const std::size_t build = key.rfind('-');
    const std::size_t version = build == std::string_view::npos || build == 0 ? build : key.rfind('-', build - 1);
    if (version == std::string_view::npos || build == 0) return {};
    name = key.substr(0, version);
  } else {
    const auto parts = conda::split_file_name(key);
    if (!parts) return {};
    name = parts->name;
  }
  if (conda::is_valid_name(name)) return name;
  buffer = core::to_lower(name);
  return conda::is_valid_name(buffer) ? std::string_view(buffer) : std::string_view();
}

SliceTable slice_repodata(ByteSource& source, const SliceOptions& options) {
  return Slicer(source, options).run();
}

SliceTable slice_repodata(std::string_view document, const std::string& label) {
  MemorySource source(document);
  SliceOptions options;
  options.label = label;
  options.buffer_bytes = std::min<std::size_t>(document.size() + 64, std::size_t{1} << 20);
  return slice_repodata(source, options);
}

}  // namespace envlock::channel
