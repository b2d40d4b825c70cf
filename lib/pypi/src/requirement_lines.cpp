#include "envlock/pypi/requirement_lines.h"

#include <algorithm>
#include <set>
#include <system_error>
#include <tuple>

#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/pypi/name.h"
#include "line_location.h"
#include "line_options.h"
#include "line_requirement.h"
#include "logical_line.h"

namespace envlock::pypi {
namespace {

constexpr std::size_t kMaxMistakes = 100;
constexpr std::size_t kMaxDepth = 64;
constexpr std::uint64_t kMaxFileBytes = 10 * 1024 * 1024;

/// What a line inherits from where it stands.
struct Surroundings {
  LineFolders folders;
  std::filesystem::path shown_root;  ///< `folders.root`, as the user named it
  std::string category;
  std::string selector;
  bool constraint = false;
  std::vector<std::filesystem::path> including;  ///< the files that are open, outermost first
};

/// What `--no-binary` and `--only-binary` gather; each takes from the other.
void add_format_names(std::string_view value, std::set<std::string>& names, std::set<std::string>& others) {
  for (const std::string_view each : core::split(value, ',')) {
    const std::string_view name = core::trim(each);
    if (name == ":all:") {
      others.clear();
      names = {std::string(name)};
    } else if (name == ":none:") {
      names.clear();
    } else if (!name.empty()) {
      others.erase(normalize_name(name));
      names.insert(normalize_name(name));
    }
  }
}

class LinesReader {
 public:
  explicit LinesReader(core::Notes& notes) : notes_(notes) {}

  void read_source_line(const PipSourceLine& line, const std::filesystem::path& folder) {
    const std::filesystem::path shown_folder = std::filesystem::path(line.where.file).parent_path();
    const Surroundings surroundings{{folder, folder}, shown_folder, line.category, line.selector, false, {}};
    if (core::trim(line.text).ends_with('\\')) {
      mistake({.code = "invalid-requirement",
               .what = "a line of `pip:` ends in `\\`, which would join it to the next one",
               .where = line.where,
               .why = {},
               .hints = {"write both on one line"}});
      return;
    }
    read_lines(lines_of_yaml(line.text, line.where), surroundings);
  }

  PipRequests finish() {
    if (!mistakes_.empty()) {
      mistakes_.resize(std::min(mistakes_.size(), kMaxMistakes));
      throw core::Error(std::move(mistakes_));
    }
    requests_.no_binary.assign(no_binary_.begin(), no_binary_.end());
    requests_.only_binary.assign(only_binary_.begin(), only_binary_.end());
    return std::move(requests_);
  }

 private:
  void mistake(core::Diagnostic diagnostic) { mistakes_.push_back(std::move(diagnostic)); }

  void read_lines(const std::vector<PhysicalLine>& lines, const Surroundings& surroundings) {
    for (const LogicalLine& line : join_lines(lines, core::environment_variable, mistakes_)) {
      if (mistakes_.size() >= kMaxMistakes) return;
      const std::optional<SplitLine> split = split_line(line, mistakes_);
      if (!split) continue;
      if (split->requirement_end > 0) {
        read_requirement(line, 0, split->requirement_end, split->options, surroundings);
      } else {
        for (const GivenOption& option : split->options) read_option(line, option, split->options, surroundings);
      }
    }
  }

  void read_requirement(const LogicalLine& line, std::size_t begin, std::size_t end,
                        const std::vector<GivenOption>& options, const Surroundings& surroundings) {
    const bool editable = begin > 0;
    PipRequest request;
    request.category = surroundings.category;
    request.selector = surroundings.selector;
    request.text = line.shown();
    request.where = line.whole();
    request.editable = editable;
    if (!read_hashes(line, options, editable, request)) return;
    if (auto problem = read_line_requirement(line, begin, end, surroundings.folders, request)) {
      mistake(std::move(*problem));
      return;
    }
    std::sort(request.hashes.begin(), request.hashes.end());
    request.hashes.erase(std::unique(request.hashes.begin(), request.hashes.end()), request.hashes.end());
    if (editable && !check_editable(line, begin, request)) return;
    if (surroundings.constraint && !check_constraint(line, request)) return;
    if (!check_exists(line, begin, request)) return;
    if (request.kind != PipRequest::Kind::named) warn_of_secret(line, begin, end);
    (surroundings.constraint ? requests_.constraints : requests_.requests).push_back(std::move(request));
  }

  /// Behind a requirement only `--hash` has a meaning.
  bool read_hashes(const LogicalLine& line, const std::vector<GivenOption>& options, bool editable,
                   PipRequest& request) {
    bool good = true;
    for (const GivenOption& option : options) {
      if (option.option == LineOption::hash) {
        good = read_hash(line, option, request) && good;
      } else if (!editable) {
        mistake({.code = "pip-option-unsupported",
                 .what = "`" + option.name + "` stands behind a requirement, where pip does not look at it",
                 .where = line.place(option.at, option.name.size()),
                 .why = {},
                 .hints = {"write it on a line of its own: it holds for all requirements"}});
        good = false;
      }
    }
    return good;
  }

  bool read_hash(const LogicalLine& line, const GivenOption& option, PipRequest& request) {
    const std::size_t colon = std::min(option.value.find(':'), option.value.size());
    const std::string_view algorithm = std::string_view(option.value).substr(0, colon);
    const std::string_view digits = std::string_view(option.value).substr(std::min(colon + 1, option.value.size()));
    const auto digest = core::parse_sha256(digits);
    if (algorithm == "sha256" && digest) {
      request.hashes.push_back(*digest);
      return true;
    }
    mistake({.code = "invalid-hash",
             .what = "`" + core::printable(option.value, 80) + "` is no SHA-256",
             .where = line.place(option.value_at, option.value_end - option.value_at),
             .why = {algorithm == "sha256" ? "a SHA-256 is 64 hexadecimal digits"
                                           : "of the hashes that pip knows, only SHA-256 is one that indexes tell"},
             .hints = {"write `--hash=sha256:` and 64 hexadecimal digits"}});
    return false;
  }

  bool refuse_requirement(const LogicalLine& line, std::size_t at, std::string what, std::string hint) {
    mistake({.code = "invalid-requirement",
             .what = std::move(what),
             .where = line.place(at, 0),
             .why = {},
             .hints = {std::move(hint)}});
    return false;
  }

  bool check_editable(const LogicalLine& line, std::size_t begin, const PipRequest& request) {
    using Kind = PipRequest::Kind;
    if (request.kind == Kind::directory || request.kind == Kind::vcs) return true;
    return refuse_requirement(line, begin, "`-e` needs a folder or a repository",
                              "write `-e ./FOLDER` or `-e git+https://HOST/REPOSITORY`");
  }

  bool check_constraint(const LogicalLine& line, const PipRequest& request) {
    if (request.editable || request.requirement.name.empty()) {
      return refuse_requirement(line, 0, "a constraint bounds a project by its name, and this line has none",
                                "write `NAME @ URL`, or move the line out of the `-c` file");
    }
    if (!request.requirement.extras.empty()) {
      return refuse_requirement(line, 0, "a constraint has no extras", "remove what stands in brackets");
    }
    return true;
  }

  /// Lines for some platforms only may name what is only there.
  bool check_exists(const LogicalLine& line, std::size_t begin, const PipRequest& request) {
    const std::filesystem::path path(request.location);
    if (!path.is_absolute() || request.kind == PipRequest::Kind::vcs) return true;
    if (!request.selector.empty() || !request.requirement.marker.always()) return true;
    std::error_code ignored;
    const bool wants_folder = request.kind == PipRequest::Kind::directory;
    const bool is_there =
        wants_folder ? std::filesystem::is_directory(path, ignored) : std::filesystem::is_regular_file(path, ignored);
    if (is_there) return true;
    mistake({.code = "pip-file-missing",
             .what = "`" + core::printable(request.location) + "` is no " + (wants_folder ? "folder" : "file"),
             .where = line.place(begin, 0),
             .why = {},
             .hints = {"relative paths start at the folder of the file that they stand in"}});
    return false;
  }

  void read_option(const LogicalLine& line, const GivenOption& option, const std::vector<GivenOption>& options,
                   const Surroundings& surroundings) {
    switch (option.option) {
      case LineOption::requirement:
      case LineOption::constraint:
        include(line, option, surroundings);
        return;
      case LineOption::editable:
        read_editable(line, option, options, surroundings);
        return;
      case LineOption::hash:
        refuse_lone_hash(line, option, options);
        return;
      default:
        break;
    }
    if (!surroundings.selector.empty()) {
      notes_.warning({.code = "pip-option-for-all",
                      .what = "`" + option.name + "` holds for all platforms, not only for `" +
                              core::printable(surroundings.selector, 60) + "`",
                      .where = line.place(option.at, option.name.size()),
                      .why = {},
                      .hints = {"remove the selector"}});
    }
    warn_of_secret(line, option.value_at, option.value_end);
    set_option(line, option, surroundings);
  }

  /// Of addresses only user, password and query are kept out of locks and messages.
  void warn_of_secret(const LogicalLine& line, std::size_t begin, std::size_t end) {
    const std::string variable = secret_in_path(line.written(begin, end));
    if (variable.empty()) return;
    notes_.warning({.code = "pip-variable-stored",
                    .what = "the value of `" + variable + "` is in a path, and is stored in the lock and shown",
                    .where = line.place(begin, end - begin),
                    .why = {"only user, password and query of an address are kept out of both"},
                    .hints = {"put a secret into `USER:PASSWORD@` in front of the host, or into ~/.netrc"}});
  }

  void read_editable(const LogicalLine& line, const GivenOption& option, const std::vector<GivenOption>& options,
                     const Surroundings& surroundings) {
    const std::string_view text = line.text();
    if (text.substr(option.value_at, option.value_end - option.value_at) == option.value) {
      read_requirement(line, option.value_at, option.value_end, options, surroundings);
    } else {
      refuse_requirement(line, option.value_at, "behind `" + option.name + "` quotes stand around the whole",
                         "write one pair of quotes, or none");
    }
  }

  void refuse_lone_hash(const LogicalLine& line, const GivenOption& option, const std::vector<GivenOption>& options) {
    const bool is_editable = std::any_of(options.begin(), options.end(),
                                         [](const GivenOption& each) { return each.option == LineOption::editable; });
    if (is_editable) return;
    refuse_requirement(line, option.at, "`--hash` has no requirement before it",
                       "write it on the line of its requirement");
  }

  void set_option(const LogicalLine& line, const GivenOption& option, const Surroundings& surroundings) {
    switch (option.option) {
      case LineOption::index_url:
        set_index(line, option, surroundings);
        return;
      case LineOption::extra_index_url:
        add_once(requests_.extra_index_urls, url_of(option.value, surroundings));
        return;
      case LineOption::find_links:
        add_once(requests_.find_links, place_of(option.value, surroundings));
        return;
      case LineOption::trusted_host:
        add_once(requests_.trusted_hosts, option.value);
        return;
      case LineOption::no_index:
        requests_.no_index = true;
        return;
      case LineOption::pre:
        requests_.pre = true;
        return;
      case LineOption::require_hashes:
        requests_.require_hashes = true;
        return;
      case LineOption::no_binary:
        add_format_names(option.value, no_binary_, only_binary_);
        return;
      case LineOption::only_binary:
        add_format_names(option.value, only_binary_, no_binary_);
        return;
      case LineOption::prefer_binary:
        notes_.note({.code = "pip-option-ignored",
                     .what = "`--prefer-binary` changes nothing: wheels are locked wherever there are some",
                     .where = line.place(option.at, option.name.size()),
                     .why = {},
                     .hints = {}});
        return;
      default:
        return;
    }
  }

  void set_index(const LogicalLine& line, const GivenOption& option, const Surroundings& surroundings) {
    const std::string url = url_of(option.value, surroundings);
    if (requests_.index_url && *requests_.index_url != url) {
      notes_.warning({.code = "several-index-urls",
                      .what = "`" + option.name + "` is given more than once; the last one counts",
                      .where = line.place(option.at, option.name.size()),
                      .why = {},
                      .hints = {"write `--extra-index-url` for further indexes"}});
    }
    requests_.index_url = url;
  }

  static void add_once(std::vector<std::string>& all, std::string value) {
    if (std::find(all.begin(), all.end(), value) == all.end()) all.push_back(std::move(value));
  }

  /// An index may be a folder.
  static std::string url_of(const std::string& value, const Surroundings& surroundings) {
    if (core::looks_like_url(value)) return value;
    return core::file_url(absolute_path(value, surroundings.folders.folder).string());
  }
  static std::string place_of(const std::string& value, const Surroundings& surroundings) {
    if (const auto path = core::path_of_file_url(value)) return *path;
    if (core::looks_like_url(value)) return value;
    return absolute_path(value, surroundings.folders.folder).string();
  }

  void include(const LogicalLine& line, const GivenOption& option, const Surroundings& surroundings) {
    const std::size_t length = option.value_end - option.value_at;
    const core::SourceSpan where = line.place(option.value_at, length);
    const std::string_view written = line.written(option.value_at, option.value_end);
    const std::optional<std::string> from_url = core::path_of_file_url(option.value);
    if (!from_url && core::looks_like_url(option.value)) {
      mistake({.code = "pip-option-unsupported",
               .what = "`" + option.name + "` cannot take a URL",
               .where = where,
               .why = {"the lock would change with what stands there"},
               .hints = {"download the file, and name it here"}});
      return;
    }
    const std::filesystem::path path = absolute_path(from_url.value_or(option.value), surroundings.folders.folder);
    Surroundings inner = surroundings;
    inner.folders.folder = path.parent_path();
    // Whatever a constraints file includes bounds, too: pip would install it.
    inner.constraint = surroundings.constraint || option.option == LineOption::constraint;
    inner.including.push_back(path);
    const auto open = std::find(surroundings.including.begin(), surroundings.including.end(), path);
    if (open != surroundings.including.end() || surroundings.including.size() == kMaxDepth) {
      tell_loop(where, {open, surroundings.including.end()}, path);
    } else if (read_once_.insert({path, inner.constraint, inner.category, inner.selector}).second) {
      const std::optional<std::string> text = read_included(path, where, std::string(written));
      if (text) read_lines(lines_of_file(name_of_file(path, inner), *text), inner);
    }
  }

  void tell_loop(const core::SourceSpan& where, const std::vector<std::filesystem::path>& open,
                 const std::filesystem::path& path) {
    core::Diagnostic diagnostic{.code = "pip-file-loop",
                                .what = open.empty()
                                            ? "files include one another more than 64 deep"
                                            : "`" + core::printable(path.filename().string()) + "` includes itself",
                                .where = where,
                                .why = {},
                                .hints = {"remove one of the lines that include files"}};
    for (std::size_t i = 1; i <= open.size(); ++i) {
      diagnostic.why.push_back("`" + core::printable(open[i - 1].filename().string()) + "` includes `" +
                               core::printable((i < open.size() ? open[i] : path).filename().string()) + "`");
    }
    mistake(std::move(diagnostic));
  }

  std::optional<std::string> read_included(const std::filesystem::path& path, const core::SourceSpan& where,
                                           const std::string& written) {
    const std::string shown = core::printable(core::without_secrets(written), 200);
    const auto fail = [&](std::string why, const char* hint) {
      mistake({.code = "pip-file-missing",
               .what = "`" + shown + "` cannot be read",
               .where = where,
               .why = {std::move(why)},
               .hints = {hint}});
    };
    constexpr const char* kStart = "relative paths start at the folder of the file that they stand in";
    std::error_code ignored;
    const auto kind = std::filesystem::status(path, ignored).type();
    if (kind == std::filesystem::file_type::directory) {
      fail("it is a folder", "name the file in it, or leave the option out where the project in that folder is meant");
      return std::nullopt;
    }
    if (kind != std::filesystem::file_type::regular && kind != std::filesystem::file_type::not_found) {
      fail("it is no plain file", "write the lines into a file");
      return std::nullopt;
    }
    try {
      std::optional<std::string> text = core::decode_text(core::read_file(path, kMaxFileBytes));
      if (!text) fail("it is neither UTF-8 nor UTF-16", "save it as UTF-8");
      return text;
    } catch (const core::Error& error) {
      fail(error.diagnostics().front().what, kStart);
    }
    return std::nullopt;
  }

  /// As the user would name it, who named environment.yml.
  static std::string name_of_file(const std::filesystem::path& path, const Surroundings& surroundings) {
    const std::filesystem::path relative = path.lexically_relative(absolute_path(".", surroundings.folders.root));
    if (relative.empty() || relative.generic_string().starts_with("../../")) return core::printable(path.string());
    return core::printable((surroundings.shown_root / relative).lexically_normal().generic_string());
  }

  core::Notes& notes_;
  std::vector<core::Diagnostic> mistakes_;
  PipRequests requests_;
  std::set<std::string> no_binary_;
  std::set<std::string> only_binary_;
  /// A file that is included again, by whatever way, says nothing new.
  std::set<std::tuple<std::filesystem::path, bool, std::string, std::string>> read_once_;
};

}  // namespace

PipRequests read_requirement_lines(const std::vector<PipSourceLine>& lines, const std::filesystem::path& folder,
                                   core::Notes& notes) {
  LinesReader reader(notes);
  for (const PipSourceLine& line : lines) reader.read_source_line(line, folder);
  return reader.finish();
}

}  // namespace envlock::pypi
