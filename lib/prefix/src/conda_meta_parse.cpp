#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "conda_meta_channel.h"
#include "conda_meta_invalid.h"
#include "conda_meta_path.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/prefix/conda_meta.h"

namespace envlock::prefix {
namespace {

using simdjson::dom::element;

/// Why a file is refused; becomes a Diagnostic with the file's name.
struct Refused {
  std::string why;
};

bool is_nothing(const element& value) {
  return value.is_null() || (value.is_string() && value.get_string().value_unsafe().empty());
}

/// "" for null.
std::string text_of(const element& value, const char* key) {
  if (value.is_null()) return "";
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) throw Refused{"`" + std::string(key) + "` is not a text"};
  return std::string(text);
}

std::optional<std::uint64_t> unsigned_of(const element& value, const char* key) {
  if (is_nothing(value)) return std::nullopt;
  std::uint64_t number = 0;
  if (value.get_uint64().get(number) != simdjson::SUCCESS) {
    throw Refused{"`" + std::string(key) + "` is not a whole number"};
  }
  return number;
}

template <typename Digest>
std::optional<Digest> digest_of(const element& value, const char* key,
                                std::optional<Digest> (*parse)(std::string_view)) {
  if (is_nothing(value)) return std::nullopt;
  std::optional<Digest> digest = parse(text_of(value, key));
  if (!digest) throw Refused{"`" + std::string(key) + "` is no hash of its kind"};
  return digest;
}

/// A list of texts, or one text; empty for null.
std::vector<std::string> texts_of(const element& value, const char* key) {
  std::vector<std::string> texts;
  if (is_nothing(value)) return texts;
  if (value.is_string()) return {text_of(value, key)};
  simdjson::dom::array items;
  if (value.get_array().get(items) != simdjson::SUCCESS) throw Refused{"`" + std::string(key) + "` is not a list"};
  for (const element item : items) texts.push_back(text_of(item, key));
  return texts;
}

/// Milliseconds, of a time in seconds, milliseconds or as a floating point number.
std::optional<core::Milliseconds> timestamp_of(const element& value) {
  std::int64_t time = 0;
  double real = 0;
  if (value.is_double() && value.get_double().get(real) == simdjson::SUCCESS && real > 0 && real < 9e15) {
    time = static_cast<std::int64_t>(real);
  } else if (value.get_int64().get(time) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  // Above 9999-12-31T23:59:59Z in seconds it must be milliseconds.
  constexpr std::int64_t last_second = 253402300799;
  constexpr std::int64_t last_millisecond = last_second * 1000 + 999;
  if (time > 0 && time <= last_second) time *= 1000;
  // Before 1978 there were no packages, and the number would be read as seconds the next time.
  if (time <= last_second || time > last_millisecond) return std::nullopt;
  return time;
}

/// One feature each: old tools wrote them in one text, separated by spaces or commas.
std::vector<std::string> features_of(const element& value) {
  std::vector<std::string> features;
  for (const std::string& text : texts_of(value, "track_features")) {
    std::string spaced = text;
    std::replace(spaced.begin(), spaced.end(), ',', ' ');
    for (const std::string_view feature : core::split(spaced, ' ')) {
      if (!feature.empty()) features.emplace_back(feature);
    }
  }
  std::sort(features.begin(), features.end());
  features.erase(std::unique(features.begin(), features.end()), features.end());
  return features;
}

std::string noarch_of(const element& value) {
  bool flag = false;
  if (value.get_bool().get(flag) == simdjson::SUCCESS) return flag ? "generic" : "";
  return text_of(value, "noarch");
}

InstalledType type_of(std::string_view text) {
  if (text.empty() || text == "hardlink") return InstalledType::hardlink;
  if (text == "softlink") return InstalledType::softlink;
  if (text == "directory") return InstalledType::directory;
  if (text == "pyc_file") return InstalledType::pyc_file;
  if (text == "unix_python_entry_point") return InstalledType::entry_point;
  return InstalledType::other;
}

std::string safe_path(const element& value, const char* key) {
  const std::string text = text_of(value, key);
  std::optional<std::string> path = normalized_installed_path(text);
  if (!path) throw Refused{"the path `" + core::printable(text) + "` does not stay in the environment"};
  return *path;
}

InstalledPath path_of(const simdjson::dom::object& object) {
  InstalledPath path;
  std::string placeholder;
  std::string mode;
  for (const auto& [key, value] : object) {
    if (key == "_path") {
      path.path = safe_path(value, "_path");
    } else if (key == "path_type") {
      path.type = type_of(text_of(value, "path_type"));
    } else if (key == "sha256") {
      path.sha256 = digest_of(value, "sha256", core::parse_sha256);
    } else if (key == "sha256_in_prefix") {
      path.sha256_in_prefix = digest_of(value, "sha256_in_prefix", core::parse_sha256);
    } else if (key == "size_in_bytes") {
      path.size = unsigned_of(value, "size_in_bytes");
    } else if (key == "prefix_placeholder") {
      placeholder = text_of(value, "prefix_placeholder");
    } else if (key == "file_mode") {
      mode = text_of(value, "file_mode");
    } else if (key == "no_link") {
      path.no_link = value.is_bool() && value.get_bool().value_unsafe();
    }
  }
  if (path.path.empty()) throw Refused{"an entry of `paths_data` has no `_path`"};
  if (!placeholder.empty()) {
    path.placeholder = Placeholder{std::move(placeholder), mode == "binary" ? FileMode::binary : FileMode::text};
  }
  return path;
}

/// Everything of one file, while its keys are read in whatever order they stand.
class Reader {
 public:
  explicit Reader(const std::string& meta_file) { package_.meta_file = meta_file; }

  InstalledPackage read(const element& root) {
    simdjson::dom::object object;
    if (root.get_object().get(object) != simdjson::SUCCESS) throw Refused{"it is not a JSON object"};
    for (const auto& [key, value] : object) {
      if (!take_identity(key, value) && !take_origin(key, value)) take_rest(key, value);
    }
    finish();
    return std::move(package_);
  }

 private:
  bool take_identity(std::string_view key, const element& value) {
    conda::PackageRecord& record = package_.record;
    if (key == "name") {
      record.name = text_of(value, "name");
    } else if (key == "version") {
      record.version = text_of(value, "version");
    } else if (key == "build" || key == "build_string") {
      if (record.build.empty() || key == "build") record.build = text_of(value, "build");
    } else if (key == "build_number") {
      build_number_ = value;
    } else {
      return false;
    }
    return true;
  }

  bool take_origin(std::string_view key, const element& value) {
    if (key == "channel") {
      // Before 4.3 a channel could be null; some tools wrote an object, which says nothing that `url` does not.
      if (value.is_string()) origin_.channel = text_of(value, "channel");
    } else if (key == "schannel") {
      if (value.is_string()) origin_.schannel = text_of(value, "schannel");
    } else if (key == "url") {
      origin_.url = text_of(value, "url");
    } else if (key == "subdir") {
      origin_.subdir = text_of(value, "subdir");
    } else if (key == "fn" || key == "filename") {
      if (origin_.file_name.empty() || key == "fn") origin_.file_name = text_of(value, "fn");
    } else {
      return false;
    }
    return true;
  }

  void take_rest(std::string_view key, const element& value) {
    conda::PackageRecord& record = package_.record;
    if (key == "sha256") {
      record.sha256 = digest_of(value, "sha256", core::parse_sha256);
    } else if (key == "md5") {
      record.md5 = digest_of(value, "md5", core::parse_md5);
    } else if (key == "size") {
      record.size = unsigned_of(value, "size");
    } else if (key == "depends") {
      record.depends = texts_of(value, "depends");
    } else if (key == "constrains") {
      record.constrains = texts_of(value, "constrains");
    } else if (key == "license") {
      if (value.is_string()) record.license = text_of(value, "license");
    } else if (key == "timestamp") {
      record.timestamp = timestamp_of(value);
    } else if (key == "indexed_timestamp") {
      record.indexed_timestamp = timestamp_of(value);
    } else if (key == "track_features") {
      record.track_features = features_of(value);
    } else if (key == "noarch") {
      record.noarch = noarch_of(value);
    } else if (key == "python_site_packages_path") {
      record.python_site_packages_path = text_of(value, "python_site_packages_path");
    } else if (key == "requested_specs") {
      requested_specs_ = texts_of(value, "requested_specs");
    } else if (key == "requested_spec") {
      requested_spec_ = texts_of(value, "requested_spec");
    } else if (key == "paths_data") {
      take_paths(value);
    } else if (key == "files") {
      take_files(value);
    }
  }

  void take_paths(const element& value) {
    paths_.clear();
    if (value.is_null()) return;
    simdjson::dom::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) throw Refused{"`paths_data` is not an object"};
    for (const auto& [key, list] : object) {
      if (key != "paths" || list.is_null()) continue;
      simdjson::dom::array items;
      if (list.get_array().get(items) != simdjson::SUCCESS) throw Refused{"`paths_data.paths` is not a list"};
      for (const element item : items) {
        simdjson::dom::object entry;
        if (item.get_object().get(entry) != simdjson::SUCCESS) {
          throw Refused{"an entry of `paths_data` is not an object"};
        }
        paths_.push_back(path_of(entry));
      }
    }
  }

  void take_files(const element& value) {
    files_.clear();
    if (value.is_null()) return;
    simdjson::dom::array items;
    if (value.get_array().get(items) != simdjson::SUCCESS) throw Refused{"`files` is not a list"};
    for (const element item : items) files_.push_back(safe_path(item, "files"));
  }

  void finish() {
    conda::PackageRecord& record = package_.record;
    for (const auto& [part, key] :
         {std::pair{&record.name, "name"}, std::pair{&record.version, "version"}, std::pair{&record.build, "build"}}) {
      if (part->empty()) throw Refused{"`" + std::string(key) + "` is missing"};
      if (!conda::is_safe_file_name(*part)) {
        throw Refused{"`" + std::string(key) + "` is `" + core::printable(*part) + "`, which no file name may hold"};
      }
    }
    const std::string wanted = meta_file_name(record);
    if (package_.meta_file != wanted) throw Refused{"it says that it is `" + core::printable(wanted) + "`"};
    set_build_number();
    set_origin(record, origin_);
    set_requested();
    merge_paths();
  }

  void set_build_number() {
    std::uint64_t number = 0;
    if (build_number_ && build_number_->get_uint64().get(number) == simdjson::SUCCESS) {
      package_.record.build_number = number;
    }
  }

  void set_requested() {
    requested_specs_.insert(requested_specs_.end(), requested_spec_.begin(), requested_spec_.end());
    for (const std::string& text : requested_specs_) {
      // conda writes the text of Python's None for a package that nobody asked for.
      if (text.empty() || text == "None") continue;
      std::string spec = text.find("://") == std::string::npos ? text : core::without_secrets(text);
      std::vector<std::string>& specs = package_.requested_specs;
      if (std::find(specs.begin(), specs.end(), spec) == specs.end()) specs.push_back(std::move(spec));
    }
  }

  /// `paths_data` knows more, but some tools list what they generated in `files` alone.
  void merge_paths() {
    for (std::string& file : files_) {
      paths_.push_back({.path = std::move(file), .type = InstalledType::other});
    }
    for (InstalledPath& path : paths_) {
      if (path.type != InstalledType::other) continue;
      const bool pyc = path.path.ends_with(".pyc");
      // Of what Windows has for an entry point only the name means something here.
      path = {.path = std::move(path.path), .type = pyc ? InstalledType::pyc_file : InstalledType::other};
    }
    std::stable_sort(paths_.begin(), paths_.end(),
                     [](const InstalledPath& left, const InstalledPath& right) { return left.path < right.path; });
    paths_.erase(
        std::unique(paths_.begin(), paths_.end(),
                    [](const InstalledPath& left, const InstalledPath& right) { return left.path == right.path; }),
        paths_.end());
    package_.paths = std::move(paths_);
  }

  InstalledPackage package_;
  Origin origin_;
  std::optional<element> build_number_;
  std::vector<std::string> requested_spec_;
  std::vector<std::string> requested_specs_;
  std::vector<InstalledPath> paths_;
  std::vector<std::string> files_;
};

}  // namespace

InstalledPackage parse_conda_meta(std::string_view text, const std::string& meta_file) {
  simdjson::dom::parser parser;
  element root;
  if (const auto error = parser.parse(text.data(), text.size()).get(root); error != simdjson::SUCCESS) {
    throw core::Error(conda_meta_invalid(
        meta_file, "it is not JSON: " + core::to_lower(core::printable(simdjson::error_message(error)))));
  }
  try {
    return Reader(meta_file).read(root);
  } catch (const Refused& refused) {
    throw core::Error(conda_meta_invalid(meta_file, refused.why));
  }
}

std::string meta_file_name(const conda::PackageRecord& record) {
  return record.name + "-" + record.version + "-" + record.build + ".json";
}

}  // namespace envlock::prefix
