#include "wheel_places.h"

#include <algorithm>
#include <set>

#include "envlock/core/json_writer.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "wheel_invalid.h"
#include "wheel_relative.h"
#include "wheel_scripts.h"

namespace envlock::prefix {
namespace {

/// "include/python3.12" of "lib/python3.12/site-packages".
std::string include_folder(const Python& python) {
  const std::vector<std::string_view> parts = core::split(python.site_packages, '/');
  if (parts.size() == 3 && parts[1].starts_with("python")) return "include/" + std::string(parts[1]);
  return "include/python" + python.version;
}

/// "x-1.0.data/scripts/y" as "scripts" and "y". Absent: a file of the root.
struct DataPath {
  std::string scheme;
  std::string rest;
};
std::optional<DataPath> data_path(const std::string& path) {
  const std::size_t first = path.find('/');
  if (first == std::string::npos || !path.substr(0, first).ends_with(".data")) return std::nullopt;
  const std::size_t second = path.find('/', first + 1);
  if (second == std::string::npos) return DataPath{path.substr(first + 1), ""};
  return DataPath{path.substr(first + 1, second - first - 1), path.substr(second + 1)};
}

/// What setuptools once packed for an entry point; the installer makes its own.
bool is_entry_point_wrapper(std::string_view script, const std::vector<EntryPoint>& entry_points) {
  std::string name = core::to_lower(script);
  for (const std::string_view ending : {".exe", "-script.py", ".pya"}) {
    if (name.ends_with(ending)) {
      script.remove_suffix(ending.size());
      break;
    }
  }
  return std::any_of(entry_points.begin(), entry_points.end(),
                     [&](const EntryPoint& entry_point) { return entry_point.command == script; });
}

void write_archive_info(core::JsonWriter& json, const DirectUrl& direct) {
  const std::string hash = core::format(direct.sha256);
  json.key("archive_info");
  json.begin_object();
  json.member("hash", "sha256=" + hash);
  json.key("hashes");
  json.begin_object();
  json.member("sha256", hash);
  json.end_object();
  json.end_object();
}

std::string direct_url_text(const WantedWheel& wheel) {
  const DirectUrl& direct = wheel.direct;
  core::JsonWriter json;
  json.begin_object();
  if (direct.kind == DirectUrl::Kind::archive) write_archive_info(json, direct);
  if (direct.kind == DirectUrl::Kind::folder) {
    json.key("dir_info");
    json.begin_object();
    json.member("editable", true);
    json.end_object();
  }
  if (!direct.subdirectory.empty()) json.member("subdirectory", direct.subdirectory);
  json.member("url", core::strip_credentials(wheel.url));
  if (direct.kind == DirectUrl::Kind::repository) {
    json.key("vcs_info");
    json.begin_object();
    json.member("commit_id", direct.commit);
    json.member("vcs", "git");
    json.end_object();
  }
  json.end_object();
  return json.finish();
}

class Placer {
 public:
  explicit Placer(const PlacesInput& input) : input_(input), info_(input.metadata.info_folder + "/") {}

  WheelPlaces place() {
    make_entry_points();
    make_info_files();
    for (const std::string& path : input_.content.order) place_one(path);
    refuse_nested();
    std::sort(places_.made.begin(), places_.made.end(),
              [](const WheelFile& left, const WheelFile& right) { return left.target < right.target; });
    make_record();
    return std::move(places_);
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const { throw_wheel_invalid(input_.content.file_name, why); }
  std::string site(const std::string& path) const { return input_.python.site_packages + "/" + path; }
  std::string executable() const { return input_.prefix + "/" + input_.python.executable; }

  void make(std::string target, std::string bytes, std::uint32_t mode) {
    lines_.push_back(record_line(relative_to_folder(target, input_.python.site_packages), bytes));
    made_targets_.insert(target);
    targets_.insert(target);
    places_.made.push_back({std::move(target), std::move(bytes), mode});
  }

  void make_entry_points() {
    for (const EntryPoint& entry_point : input_.metadata.entry_points) {
      make("bin/" + entry_point.command, wheel_entry_point_script(entry_point, executable()), 0755);
    }
  }

  void make_info_files() {
    make(site(info_ + "INSTALLER"), "envlock\n", 0644);
    if (input_.wheel.direct.kind == DirectUrl::Kind::none) return;
    make(site(info_ + "REQUESTED"), "", 0644);
    make(site(info_ + "direct_url.json"), direct_url_text(input_.wheel), 0644);
  }

  /// Files about an installation have no place in a wheel, and a signature of the old RECORD none beside the new one.
  bool is_left_out(const std::string& path) const {
    static constexpr std::string_view kNames[] = {"RECORD",    "RECORD.jws", "RECORD.p7s",
                                                  "INSTALLER", "REQUESTED",  "direct_url.json"};
    return std::any_of(std::begin(kNames), std::end(kNames),
                       [&](std::string_view name) { return path == info_ + std::string(name); });
  }

  void place_one(const std::string& path) {
    if (is_left_out(path)) return;
    const std::optional<DataPath> data = data_path(path);
    const bool script = data && data->scheme == "scripts";
    if (script && is_entry_point_wrapper(data->rest, input_.metadata.entry_points)) return;
    const std::string target = data ? data_target(path, *data) : site(path);
    if (target == "conda-meta" || target.starts_with("conda-meta/")) {
      refuse(in_backticks(path) + " would land in conda-meta, which belongs to the environment's tools");
    }
    if (made_targets_.contains(target)) return;
    if (!targets_.insert(target).second) {
      if (is_same_again(path, target)) return;
      refuse("two files of it would become " + in_backticks(target));
    }
    const WheelPart& part = *input_.content.find(path);
    const std::uint32_t mode = script || part.executable ? 0755 : 0644;
    const auto rewritten =
        script ? rewritten_script(input_.content.text(path), executable()) : std::optional<std::string>();
    if (rewritten) {
      lines_.push_back(record_line(relative_to_folder(target, input_.python.site_packages), *rewritten));
      places_.made.push_back({target, *rewritten, mode});
      return;
    }
    places_.by_source.emplace(path, WheelPlace{target, mode});
    lines_.push_back(record_line(relative_to_folder(target, input_.python.site_packages), part.sha256, part.size));
  }

  /// A file may be in a wheel both at its root and under purelib, as long as it is the same.
  bool is_same_again(const std::string& path, const std::string& target) const {
    return std::any_of(places_.by_source.begin(), places_.by_source.end(), [&](const auto& place) {
      return place.second.target == target &&
             input_.content.find(place.first)->sha256 == input_.content.find(path)->sha256;
    });
  }

  std::string data_target(const std::string& path, const DataPath& data) const {
    if (!data.rest.empty()) {
      if (data.scheme == "purelib" || data.scheme == "platlib") return site(data.rest);
      if (data.scheme == "scripts") return "bin/" + data.rest;
      if (data.scheme == "data") return data.rest;
      if (data.scheme == "headers") {
        return include_folder(input_.python) + "/" + input_.metadata.name + "/" + data.rest;
      }
    }
    refuse(in_backticks(path) + " is in no known data scheme (purelib, platlib, scripts, headers, data)");
  }

  /// Spread out, a file of one scheme may stand where another needs a folder.
  void refuse_nested() const {
    for (const std::string& target : targets_) {
      for (std::size_t slash = target.find('/'); slash != std::string::npos; slash = target.find('/', slash + 1)) {
        if (!targets_.contains(target.substr(0, slash))) continue;
        refuse(in_backticks(target.substr(0, slash)) + " would be both a file and a folder");
      }
    }
  }

  void make_record() {
    const std::string path = info_ + "RECORD";
    lines_.push_back({.path = path});
    std::sort(lines_.begin(), lines_.end(),
              [](const RecordLine& left, const RecordLine& right) { return left.path < right.path; });
    places_.made.push_back({site(path), format_record(lines_), 0644});
  }

  const PlacesInput& input_;
  std::string info_;
  WheelPlaces places_;
  std::vector<RecordLine> lines_;
  std::set<std::string> targets_;
  std::set<std::string> made_targets_;
};

}  // namespace

WheelPlaces place_files(const PlacesInput& input) {
  return Placer(input).place();
}

}  // namespace envlock::prefix
