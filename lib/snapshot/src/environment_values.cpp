// A snapshot is mailed and published. What a variable's value tells about numerics is a word or a number; whatever
// looks like a place, a person, a machine or a key is cut out.
#include "environment_values.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/snapshot/snapshot.h"

namespace envlock::snapshot {
namespace {

constexpr std::string_view kMask = "***";

// Lists of files or folders: each entry is told as far as it is nobody's own place.
constexpr std::string_view kPathLists[] = {"LD_AUDIT",   "LD_LIBRARY_PATH", "LD_PRELOAD",    "PYTHONHOME",
                                           "PYTHONPATH", "PYTHONSTARTUP",   "PYTHONUSERBASE"};
// Files of which the name counts, wherever they lie.
constexpr std::string_view kPreloads[] = {"LD_AUDIT", "LD_PRELOAD"};
// Words of a variable's name that make its value private.
constexpr std::string_view kSecretWords[] = {"addr", "address",    "apikey",      "auth",     "comm_id", "cookie",
                                             "cred", "credential", "credentials", "host",     "hostid",  "hostname",
                                             "key",  "pass",       "passwd",      "password", "secret",  "token",
                                             "uri",  "url",        "user",        "username"};
// Folders that every machine may have.
constexpr std::string_view kCommonFolders[] = {"usr",
                                               "lib",
                                               "lib64",
                                               "lib32",
                                               "local",
                                               "bin",
                                               "include",
                                               "x86_64-linux-gnu",
                                               "aarch64-linux-gnu",
                                               "cuda",
                                               "nvidia",
                                               "targets",
                                               "stubs",
                                               "compat",
                                               "x86_64-linux",
                                               "sbsa-linux",
                                               "extras",
                                               "CUPTI",
                                               "opt",
                                               "intel",
                                               "oneapi",
                                               "mkl",
                                               "latest",
                                               "rocm",
                                               "python3",
                                               "dist-packages",
                                               "site-packages"};

template <typename All>
bool is_one_of(std::string_view text, const All& all) {
  return std::find(std::begin(all), std::end(all), text) != std::end(all);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_secret_name(std::string_view name) {
  const std::string framed = "_" + core::to_lower(name) + "_";
  return std::any_of(std::begin(kSecretWords), std::end(kSecretWords), [&](std::string_view word) {
    return framed.find("_" + std::string(word) + "_") != std::string::npos;
  });
}

/// "cuda-12.4", "python3.11", "mkl", "2024.2": a known word, with a version behind it or alone, or a version.
bool is_common_folder(std::string_view part) {
  if (is_one_of(part, kCommonFolders)) return true;
  const std::size_t end = part.find_last_not_of("0123456789.");
  if (end == std::string_view::npos) return part.size() <= 12;
  std::string_view word = part.substr(0, end + 1);
  if (word.ends_with('-')) word.remove_suffix(1);
  return is_one_of(word, kCommonFolders) || word == "python";
}

bool is_common_path(std::string_view path) {
  if (!path.starts_with('/')) return false;
  for (const std::string_view part : core::split(path, '/')) {
    if (!part.empty() && !is_common_folder(part)) return false;
  }
  return true;
}

/// Four numbers with dots between them, anywhere: "tcp:10.0.0.5:80".
bool holds_ipv4(std::string_view word) {
  int numbers = 0;
  for (std::size_t at = 0; at < word.size();) {
    if (!is_digit(word[at])) {
      numbers = 0;
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < word.size() && is_digit(word[end])) ++end;
    if (++numbers == 4) return true;
    const bool goes_on = end + 1 < word.size() && word[end] == '.' && is_digit(word[end + 1]);
    if (!goes_on) numbers = 0;
    at = end + 1;
  }
  return false;
}

/// An IPv6 or a hardware address: hexadecimal digits with two colons in a row, or five and more.
bool is_colon_address(std::string_view word) {
  word = word.substr(0, word.find('%'));  // an interface may be named behind
  const auto colons = std::count(word.begin(), word.end(), ':');
  if (colons < 5 && word.find("::") == std::string_view::npos) return false;
  return word.find_first_not_of("0123456789abcdefABCDEF:.[]") == std::string_view::npos;
}

/// A name such as node1.example.org: three labels or more, the last of letters.
bool is_host_name(std::string_view word) {
  const std::vector<std::string_view> labels = core::split(word, '.');
  if (labels.size() < 3 || labels.back().size() < 2) return false;
  if (!std::all_of(labels.back().begin(), labels.back().end(), is_letter)) return false;
  return std::none_of(labels.begin(), labels.end(), [](std::string_view label) { return label.empty(); });
}

/// Twenty letters and digits in a row, of both kinds: a key, a token, a digest.
bool holds_key(std::string_view word) {
  std::size_t letters = 0;
  std::size_t digits = 0;
  for (const char c : word) {
    const bool belongs = is_letter(c) || is_digit(c);
    letters = belongs ? letters + (is_letter(c) ? 1 : 0) : 0;
    digits = belongs ? digits + (is_digit(c) ? 1 : 0) : 0;
    if (letters + digits >= 20 && letters > 0 && digits > 0) return true;
  }
  return false;
}

std::string public_path(std::string_view path, const PrivateNames& names) {
  const std::string& prefix = names.prefix;
  if (!prefix.empty() && path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/')) {
    return "$CONDA_PREFIX" + std::string(path.substr(prefix.size()));
  }
  return is_common_path(path) ? std::string(path) : std::string(kMask);
}

std::string public_word(std::string_view name, std::string_view word, const PrivateNames& names) {
  if (word.find_first_of("/\\~") != std::string_view::npos) return public_path(word, names);
  const bool is_private = word.find('@') != std::string_view::npos || holds_ipv4(word) || is_colon_address(word) ||
                          holds_key(word) || (name != "GLIBC_TUNABLES" && is_host_name(word));
  return std::string(is_private ? kMask : word);
}

/// The value word by word; what stands between them stays.
std::string public_words(std::string_view name, std::string_view value, const PrivateNames& names) {
  constexpr std::string_view kSeparators = " ,;=\t\n\"'|()";
  std::string text;
  while (!value.empty()) {
    const std::size_t end = std::min(value.find_first_of(kSeparators), value.size());
    text += public_word(name, value.substr(0, end), names);
    value.remove_prefix(end);
    if (value.empty()) break;
    text += value.front();
    value.remove_prefix(1);
  }
  return text;
}

/// A list of paths: entries at colons, of preloads at spaces too. An empty entry is the working folder and stays.
std::string public_list(std::string_view name, std::string value, const PrivateNames& names) {
  const bool are_preloads = is_one_of(name, kPreloads);
  if (are_preloads) std::replace(value.begin(), value.end(), ' ', ':');
  std::string text;
  bool first = true;
  for (const std::string_view entry : core::split(value, ':')) {
    if (!first) text += ':';
    first = false;
    const bool is_name_only = entry.empty() || entry == ".";
    const std::string shown = is_name_only ? std::string(entry) : public_path(entry, names);
    text += are_preloads && shown == kMask ? std::string(entry.substr(entry.rfind('/') + 1)) : shown;
  }
  return text;
}

bool is_word_character(char c) {
  return is_letter(c) || is_digit(c) || c == '_';
}

/// Cuts a name out of the text wherever it stands; a short one, which may be a part of any word, only as a whole word.
void cut_name(std::string& text, const std::string& name) {
  constexpr std::size_t kShort = 3;
  if (name.size() < 2) return;
  for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    const bool is_whole =
        (at == 0 || !is_word_character(text[at - 1])) && (end == text.size() || !is_word_character(text[end]));
    if (is_whole || name.size() > kShort) text.replace(at, name.size(), kMask);
  }
}

}  // namespace

const std::vector<std::string>& further_variables() {
  static const std::vector<std::string> names = {"CONDA_OVERRIDE_ARCHSPEC",
                                                 "CONDA_OVERRIDE_CUDA",
                                                 "CONDA_OVERRIDE_CUDA_ARCH",
                                                 "CONDA_OVERRIDE_GLIBC",
                                                 "CONDA_OVERRIDE_LINUX",
                                                 "CUBLASLT_WORKSPACE_SIZE",
                                                 "CUDA_HOME",
                                                 "CUDA_PATH",
                                                 "CUDA_VISIBLE_DEVICES",
                                                 "FLEXIBLAS",
                                                 "JAX_DEFAULT_MATMUL_PRECISION",
                                                 "JAX_ENABLE_X64",
                                                 "JAX_PLATFORMS",
                                                 "LD_AUDIT",
                                                 "LD_LIBRARY_PATH",
                                                 "LD_PRELOAD",
                                                 "NUMBA_CPU_FEATURES",
                                                 "NUMBA_CPU_NAME",
                                                 "NUMBA_NUM_THREADS",
                                                 "NUMEXPR_MAX_THREADS",
                                                 "NUMEXPR_NUM_THREADS",
                                                 "NVIDIA_VISIBLE_DEVICES",
                                                 "PYTHONHASHSEED",
                                                 "PYTHONHOME",
                                                 "PYTHONNOUSERSITE",
                                                 "PYTHONOPTIMIZE",
                                                 "PYTHONPATH",
                                                 "PYTHONSAFEPATH",
                                                 "PYTHONSTARTUP",
                                                 "PYTHONUSERBASE",
                                                 "PYTORCH_CUDA_ALLOC_CONF",
                                                 "TF_CUDNN_DETERMINISTIC",
                                                 "TF_CUDNN_USE_AUTOTUNE",
                                                 "TF_DETERMINISTIC_OPS",
                                                 "TF_ENABLE_ONEDNN_OPTS",
                                                 "VECLIB_MAXIMUM_THREADS"};
  return names;
}

PrivateNames private_names() {
  PrivateNames names;
  for (const char* variable : {"USER", "LOGNAME", "HOSTNAME"}) {
    if (const auto value = core::environment_variable(variable)) names.names.push_back(*value);
  }
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) == 0) names.names.emplace_back(host.data());
  if (const passwd* user = getpwuid(getuid()); user != nullptr) names.names.emplace_back(user->pw_name);
  names.prefix = core::environment_variable("CONDA_PREFIX").value_or("");
  return names;
}

std::string public_value(std::string_view name, std::string_view value, const PrivateNames& names) {
  if (is_secret_name(name)) return value.empty() ? "" : "set";
  std::string text = is_one_of(name, kPathLists) ? public_list(name, std::string(value), names)
                                                 : public_words(name, core::without_secrets(value), names);
  for (const std::string& own : names.names) cut_name(text, own);
  return core::printable(text);
}

std::string public_value(std::string_view name, std::string_view value) {
  return public_value(name, value, private_names());
}

}  // namespace envlock::snapshot
