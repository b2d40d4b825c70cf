#include "pip_inputs.h"

#include <algorithm>
#include <system_error>

#include "activation.h"
#include "envlock/channel/condarc.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/pypi/name.h"
#include "pip_places.h"
#include "pip_transport.h"

namespace envlock::tools {
namespace {

std::vector<pypi::PipSourceLine> lines_of(const spec::Spec& spec) {
  std::vector<pypi::PipSourceLine> lines;
  for (const spec::PipLine& line : spec.pip) lines.push_back({line.text, line.category, line.selector, line.where});
  return lines;
}

std::filesystem::path folder_of(const LockInputs& inputs) {
  const std::string file = inputs.spec.files.empty() ? "" : inputs.spec.files.front();
  const std::filesystem::path place = file.empty() || file == "-" ? "environment.yml" : std::filesystem::path(file);
  return std::filesystem::absolute(place).lexically_normal().parent_path();
}

/// A list of lines `conda-name = pypi-name[, pypi-name]`, laid over `mapping`; nothing after the sign: no distribution.
std::map<std::string, std::vector<std::string>> read_mapping(const std::string& file,
                                                             std::map<std::string, std::vector<std::string>> mapping) {
  if (file.empty()) return mapping;
  const std::string text = core::read_file(file, std::uint64_t{16} << 20);
  int number = 0;
  std::vector<core::Diagnostic> mistakes;
  for (const std::string_view raw : core::split(text, '\n')) {
    ++number;
    const std::string_view line = core::trim(raw.substr(0, raw.find('#')));
    if (line.empty()) continue;
    const std::size_t sign = line.find('=');
    const std::string conda_name(core::trim(line.substr(0, sign)));
    std::vector<std::string> names;
    bool good = sign != std::string_view::npos && conda::is_valid_name(conda_name);
    if (good) {
      for (const std::string_view part : core::split(line.substr(sign + 1), ',')) {
        const std::string_view name = core::trim(part);
        if (name.empty()) continue;
        good &= pypi::is_valid_name(name);
        names.push_back(pypi::normalize_name(name));
      }
    }
    if (!good) {
      mistakes.push_back({.code = "pypi-mapping-invalid",
                          .what = "this line does not say which PyPI project a conda package is",
                          .where = core::SourceSpan{.file = file, .line = number, .text = std::string(raw)},
                          .hints = {"write `pytorch = torch`, or `tool =` for one that is none"}});
      continue;
    }
    mapping[conda_name] = std::move(names);
  }
  if (!mistakes.empty()) throw core::Error(std::move(mistakes));
  return mapping;
}

/// From which index a name must come: `[pypi.index]` of envlock.toml, and `--pypi-index NAME=URL` over it.
std::map<std::string, std::string> pinned_indexes(const LockArgs& args, const spec::Policy& policy,
                                                  const std::vector<pypi::IndexLocation>& indexes) {
  std::map<std::string, std::string> pinned;
  const auto pin = [&](const std::string& name, const std::string& url, const std::string& who) {
    const std::string base = canonical_index(url);
    const bool known = std::any_of(indexes.begin(), indexes.end(),
                                   [&](const pypi::IndexLocation& index) { return index.base == base; });
    if (!pypi::is_valid_name(name) || !known) {
      std::vector<std::string> bases;
      for (const pypi::IndexLocation& index : indexes) bases.push_back(index.base);
      throw core::Error({.code = "invalid-argument",
                         .what = "`" + core::printable(core::without_secrets(who)) +
                                 "` does not name a project and one of the indexes",
                         .why = {"the indexes are " + core::join(bases, ", ")},
                         .hints = {"name one of them, or add it to the `pip:` list with `--extra-index-url`"}});
    }
    pinned[pypi::normalize_name(name)] = base;
  };
  for (const auto& [name, url] : policy.pypi_indexes) pin(name, url, name + " = " + url);
  for (const std::string& word : args.pypi_index) {
    const std::size_t sign = word.find('=');
    pin(word.substr(0, sign), sign == std::string::npos ? "" : word.substr(sign + 1), "--pypi-index " + word);
  }
  return pinned;
}

std::vector<pypi::IndexLocation> indexes_of(const pypi::PipRequests& requests, const Session& session,
                                            const pypi::PipConfiguration& configuration) {
  std::vector<pypi::IndexLocation> indexes;
  if (requests.no_index) return indexes;
  std::vector<std::string> urls{requests.index_url.value_or(pypi::kDefaultIndex)};
  urls.insert(urls.end(), requests.extra_index_urls.begin(), requests.extra_index_urls.end());
  for (const std::string& url : urls) {
    pypi::IndexLocation location = index_location(url, session, configuration);
    const bool known = std::any_of(indexes.begin(), indexes.end(),
                                   [&](const pypi::IndexLocation& index) { return index.base == location.base; });
    if (!known) indexes.push_back(std::move(location));
  }
  return indexes;
}

void note_ignored_settings(const pypi::PipConfiguration& configuration, core::Notes& notes) {
  std::vector<std::string> ignored;
  if (!configuration.extra_index_urls.empty()) ignored.push_back("extra-index-url");
  const bool has_links =
      std::any_of(configuration.find_links.begin(), configuration.find_links.end(), [](const std::string& place) {
        std::error_code error;
        return core::looks_like_url(place) ||
               (std::filesystem::is_directory(place, error) && !std::filesystem::is_empty(place, error));
      });
  if (has_links) ignored.push_back("find-links");
  if (configuration.no_index) ignored.push_back("no-index");
  if (configuration.pre) ignored.push_back("pre");
  if (!configuration.no_binary.empty()) ignored.push_back("no-binary");
  if (!configuration.only_binary.empty()) ignored.push_back("only-binary");
  if (ignored.empty()) return;
  notes.note({.code = "pip-setting-ignored",
              .what = "pip's configuration on this machine sets `" + core::join(ignored, "`, `") +
                      "`, which a lock must not depend on",
              .hints = {"write it into the `pip:` list, as in a requirements file"}});
}

/// A place of find-links as the lock has it: a folder relative to the lock, a URL without credentials.
std::string canonical_links(const std::string& place, const std::filesystem::path& lock_folder) {
  if (core::looks_like_url(place)) return core::strip_credentials(place);
  return std::filesystem::path(place).lexically_proximate(lock_folder).generic_string();
}

/// What a lock would seem to keep and cannot.
void refuse_unkeepable(const pypi::PipRequests& requests) {
  std::vector<core::Diagnostic> mistakes;
  for (const pypi::PipRequest& bound : requests.constraints) {
    if (bound.kind == pypi::PipRequest::Kind::named) continue;
    mistakes.push_back({.code = "pip-option-unsupported",
                        .what = "`" + core::printable(bound.text, 80) + "` cannot be a constraint",
                        .where = bound.where,
                        .why = {"it names a place, and a constraint bounds versions"},
                        .hints = {"write it as a line of `pip:`"}});
  }
  for (const pypi::PipRequest& line : requests.requests) {
    const bool has_file = line.kind == pypi::PipRequest::Kind::named || line.kind == pypi::PipRequest::Kind::archive;
    if (!requests.require_hashes || !has_file || !line.hashes.empty()) continue;
    mistakes.push_back(
        {.code = "pip-hash-missing",
         .what = "`" + core::printable(line.text, 80) + "` has no `--hash`, and `--require-hashes` is given",
         .where = line.where,
         .hints = {"add its hash, or leave the option out: a lock holds the hash of every file anyway"}});
  }
  if (!mistakes.empty()) throw core::Error(std::move(mistakes));
}

/// A lock may lie elsewhere than environment.yml: the paths of its lines and of its distributions start at its folder.
void start_at_lock(pypi::PipRequests& requests, const std::filesystem::path& lock_folder) {
  for (pypi::PipRequest& request : requests.requests) {
    const bool is_place =
        request.kind == pypi::PipRequest::Kind::directory || request.kind == pypi::PipRequest::Kind::archive;
    const std::string& written = request.written_location;
    if (!is_place || core::looks_like_url(written) || written.starts_with('/')) continue;
    request.written_location = canonical_place(request.location, lock_folder);
  }
}

lock::PipOptions options_of(const LockArgs& args, const LockInputs& inputs, const PipInputs& pip,
                            const std::filesystem::path& lock_folder) {
  lock::PipOptions options;
  for (const pypi::IndexLocation& index : pip.indexes.indexes) options.indexes.push_back(index.base);
  for (const std::string& place : pip.requests.find_links) {
    options.find_links.push_back(canonical_links(place, lock_folder));
  }
  options.pre = pip.requests.pre || args.pre;
  options.all_artifacts = args.all_artifacts;
  options.allow_build = args.allow_build;
  options.no_binary = pip.requests.no_binary;
  options.only_binary = pip.requests.only_binary;
  std::sort(options.no_binary.begin(), options.no_binary.end());
  std::sort(options.only_binary.begin(), options.only_binary.end());
  options.mapping = read_mapping(args.pypi_mapping, inputs.policy.pypi_mapping);
  return options;
}

}  // namespace

std::optional<PipInputs> read_pip_inputs(const LockArgs& args, const LockInputs& inputs, const Session& session,
                                         core::Notes& notes) {
  if (inputs.spec.pip.empty() || args.conda_only) return std::nullopt;
  PipInputs pip;
  pip.folder = folder_of(inputs);
  pip.requests = pypi::read_requirement_lines(lines_of(inputs.spec), pip.folder, notes);
  refuse_unkeepable(pip.requests);
  pypi::PipConfiguration configuration;
  if (!args.channel.no_condarc) {
    configuration = pypi::read_pip_configuration(process_variables(), channel::process_environment().home, notes);
  }
  note_ignored_settings(configuration, notes);
  pip.indexes.indexes = indexes_of(pip.requests, session, configuration);
  pip.indexes.find_links = pip.requests.find_links;
  pip.indexes.pinned = pinned_indexes(args, inputs.policy, pip.indexes.indexes);
  pip.indexes.cache = session.cache;
  pip.network = pip_network(session, configuration);
  const std::filesystem::path lock_folder = std::filesystem::absolute(inputs.output).lexically_normal().parent_path();
  start_at_lock(pip.requests, lock_folder);
  pip.input = lock::pip_input(pip.requests, options_of(args, inputs, pip, lock_folder));
  pip.input.pinned = pip.indexes.pinned;
  return pip;
}

PipSource open_pip_source(const PipInputs& inputs, const Session& session, core::Notes& notes) {
  PipSource result;
  result.fetcher = fetch::make_fetcher(inputs.network, session.cache, session.progress);
  result.source = pypi::make_index_client(*result.fetcher, inputs.indexes, notes);
  return result;
}

}  // namespace envlock::tools
