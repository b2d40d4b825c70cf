// info/paths.json may list a million files, so it is read piece by piece: memory follows the paths, not the JSON.
#include <optional>
#include <utility>

#include "json_scanner.h"
#include "manifest_invalid.h"
#include "manifest_paths.h"

namespace envlock::prefix {

namespace {

constexpr std::string_view kFile = "info/paths.json";
constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxPlaceholderBytes = 1024;

enum Seen : unsigned {
  path_seen = 1,
  type_seen = 2,
  sha256_seen = 4,
  size_seen = 8,
  mode_seen = 16,
  text_seen = 32,
  no_link_seen = 64
};

/// What JsonScanner tells of.
class PathsReader {
 public:
  explicit PathsReader(std::string_view package) : package_(package) {}
  void expect(std::size_t paths) { paths_.reserve(paths); }
  std::vector<ManifestPath> take() {
    if (!has_paths_) fail("has no `paths`");
    return std::move(paths_);
  }

  void null() { scalar({}); }
  void boolean(bool flag) { scalar({.kind = Kind::boolean, .flag = flag}); }
  void number(std::uint64_t number) { scalar({.kind = Kind::number, .number = number}); }
  void other_number() { scalar({.kind = Kind::other}); }
  void string(std::string_view text) { scalar({.kind = Kind::text, .text = text}); }
  void key(std::string_view name) { key_ = name; }

  void start_object() {
    if (place_ == Place::outside) {
      place_ = Place::document;
    } else if (place_ == Place::list && skipped_ == 0) {
      begin_path();
    } else {
      skip();
    }
  }
  void end_object() {
    if (skipped_ > 0) {
      --skipped_;
    } else if (place_ == Place::path) {
      end_path();
    }
  }
  void start_array() {
    if (place_ == Place::outside) fail("holds no JSON object");
    if (place_ == Place::list && skipped_ == 0) fail("has an item of `paths` that is no object");
    if (place_ == Place::document && skipped_ == 0 && key_ == "paths") {
      if (has_paths_) fail("has `paths` twice");
      has_paths_ = true;
      place_ = Place::list;
    } else {
      skip();
    }
  }
  void end_array() {
    if (skipped_ > 0) {
      --skipped_;
    } else {
      place_ = Place::document;
    }
  }
  [[noreturn]] void fail_json() const { fail("is not JSON"); }

 private:
  enum class Kind { null, boolean, number, text, other };
  struct Scalar {
    Kind kind = Kind::null;
    bool flag = false;
    std::uint64_t number = 0;
    std::string_view text = {};
  };
  enum class Place { outside, document, list, path };

  [[noreturn]] void fail(std::string what, std::vector<std::string> why = {}) const {
    throw_package_invalid(package_, kFile, std::move(what), std::move(why));
  }
  [[noreturn]] void fail_member(const char* want) const {
    fail("has a path with a wrong `" + key_ + "`", {"the path is " + show(path_.path), std::string("want ") + want});
  }

  // Members that nobody asked for may be lists and objects; those that we know may not.
  void skip() {
    const bool known = place_ == Place::path && skipped_ == 0 && bit_of(key_) != 0;
    if (known) fail_member("a single value");
    if (place_ == Place::document && skipped_ == 0 && (key_ == "paths" || key_ == "paths_version")) {
      fail("has a wrong `" + key_ + "`");
    }
    if (++skipped_ > kMaxDepth) fail("is nested too deeply");
  }

  void scalar(const Scalar& value) {
    if (skipped_ > 0) return;
    if (place_ == Place::outside) fail("holds no JSON object");
    if (place_ == Place::list) fail("has an item of `paths` that is no object");
    if (place_ == Place::path) {
      member(value);
    } else if (key_ == "paths") {
      fail("has `paths` that are no list");
    } else if (key_ == "paths_version" && (value.kind != Kind::number || value.number != 1)) {
      fail("has another `paths_version` than this program knows", {"want 1"});
    }
  }

  static unsigned bit_of(std::string_view key) {
    if (key == "_path") return path_seen;
    if (key == "path_type") return type_seen;
    if (key == "sha256") return sha256_seen;
    if (key == "size_in_bytes") return size_seen;
    if (key == "file_mode") return mode_seen;
    if (key == "prefix_placeholder") return text_seen;
    return key == "no_link" ? no_link_seen : 0U;
  }

  void begin_path() {
    place_ = Place::path;
    path_ = {};
    placeholder_.clear();
    mode_.reset();
    seen_ = 0;
  }

  void member(const Scalar& value) {
    const unsigned bit = bit_of(key_);
    if (bit == 0) return;
    if ((seen_ & bit) != 0) fail_member("the key once");
    seen_ |= bit;
    switch (bit) {
      case path_seen:
        path_.path = text_of(value);
        break;
      case type_seen:
        path_.type = type_of(text_of(value));
        break;
      case sha256_seen:
        read_sha256(value);
        break;
      case size_seen:
        read_size(value);
        break;
      case mode_seen:
        read_mode(value);
        break;
      case text_seen:
        if (value.kind != Kind::null) placeholder_ = text_of(value);
        break;
      default:
        read_no_link(value);
    }
  }

  std::string_view text_of(const Scalar& value) const {
    if (value.kind != Kind::text) fail_member("text");
    return value.text;
  }
  PathType type_of(std::string_view text) const {
    if (text == "hardlink") return PathType::hardlink;
    if (text == "softlink") return PathType::softlink;
    if (text == "directory") return PathType::directory;
    fail_member("`hardlink`, `softlink` or `directory`");
  }
  void read_sha256(const Scalar& value) {
    if (value.kind == Kind::null) return;
    path_.sha256 = core::parse_sha256(text_of(value));
    if (!path_.sha256) fail_member("64 hex digits");
  }
  void read_size(const Scalar& value) {
    if (value.kind == Kind::null) return;
    if (value.kind != Kind::number) fail_member("a count of bytes");
    path_.size = value.number;
  }
  void read_mode(const Scalar& value) {
    if (value.kind == Kind::null) return;
    const std::string_view text = text_of(value);
    if (text != "text" && text != "binary") fail_member("`text` or `binary`");
    mode_ = text == "text" ? FileMode::text : FileMode::binary;
  }
  void read_no_link(const Scalar& value) {
    if (value.kind == Kind::null) return;
    if (value.kind != Kind::boolean) fail_member("true or false");
    path_.no_link = value.flag;
  }

  void end_path() {
    place_ = Place::list;
    if ((seen_ & path_seen) == 0) fail("has an item of `paths` without `_path`");
    if (!placeholder_.empty()) {
      if (!mode_)
        fail("has a path with a `prefix_placeholder` and no `file_mode`", {"the path is " + show(path_.path)});
      check_placeholder(placeholder_, package_, kFile);
      // Nobody rewrites where a link points.
      if (path_.type == PathType::hardlink) path_.placeholder = Placeholder{.text = placeholder_, .mode = *mode_};
    }
    paths_.push_back(std::move(path_));
  }

  std::string_view package_;
  std::vector<ManifestPath> paths_;
  bool has_paths_ = false;
  Place place_ = Place::outside;
  int skipped_ = 0;
  std::string key_;
  ManifestPath path_;
  std::string placeholder_;
  std::optional<FileMode> mode_;
  unsigned seen_ = 0;
};

}  // namespace

std::vector<ManifestPath> parse_paths_json(std::string_view text, std::string_view package) {
  PathsReader reader(package);
  reader.expect(text.size() / 256);  // a path of a large package takes about so much
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (!JsonScanner(text, reader).run()) reader.fail_json();
  return reader.take();
}

void check_placeholder(std::string_view placeholder, std::string_view package, std::string_view file) {
  if (placeholder.size() > kMaxPlaceholderBytes) {
    throw_package_invalid(package, file, "has a prefix placeholder that is too long",
                          {"have " + std::to_string(placeholder.size()) + " bytes",
                           "want at most " + std::to_string(kMaxPlaceholderBytes) + " bytes"});
  }
  if (placeholder.find_first_of(std::string_view("\0\n\r", 3)) != std::string_view::npos) {
    throw_package_invalid(package, file, "has a prefix placeholder with a control character in it");
  }
}

}  // namespace envlock::prefix
