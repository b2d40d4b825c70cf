#include "envlock/prefix/layout.h"

#include <algorithm>
#include <array>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"
#include "manifest_invalid.h"
#include "replacement_shebang.h"

namespace envlock::prefix {

namespace {

constexpr std::string_view kSitePackages = "site-packages/";
constexpr std::string_view kScripts = "python-scripts/";

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 4 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// The program text below the "#!" line. conda and mamba write the same; rattler indents with a tab.
std::string program(const EntryPoint& entry_point, std::string_view indentation) {
  const std::string& function = entry_point.function;
  std::string text = "# -*- coding: utf-8 -*-\nimport re\nimport sys\n\nfrom ";
  text.append(entry_point.module).append(" import ").append(function.substr(0, function.find('.')));
  text.append("\n\nif __name__ == '__main__':\n").append(indentation);
  text.append("sys.argv[0] = re.sub(r'(-script\\.pyw?|\\.exe)?$', '', sys.argv[0])\n").append(indentation);
  return text.append("sys.exit(").append(function).append("())\n");
}

bool has_space(std::string_view text) {
  return text.find(' ') != std::string_view::npos;
}

// The first line or lines of a script that `executable` runs.
std::string head(const std::string& executable, Dialect dialect) {
  // conda counts the line end too.
  const std::size_t line_bytes = 2 + executable.size() + (dialect == Dialect::conda ? 1 : 0);
  if (line_bytes <= kMaxShebangBytes && !has_space(executable)) return "#!" + executable + "\n";
  return shell_shebang(executable, "") + "\n";
}

// Heads that earlier versions of the tools wrote for a path that no "#!" line may hold.
std::vector<std::string> earlier_heads(const std::string& executable) {
  return {"#!" + executable + "\n", "#!/usr/bin/env python\n",
          std::string("#!/usr/bin/env ").append(file_name_of(executable)).append("\n")};
}

}  // namespace

Python python_of(std::string_view version, std::string_view site_packages_path) {
  const std::vector<std::string_view> parts = core::split(version, '.');
  if (parts.size() < 2 || !is_number(parts[0]) || !is_number(parts[1])) {
    throw_package_invalid("python", "version", "is none that names a minor version", {"have " + show(version)});
  }
  if (!site_packages_path.empty() && !is_safe_relative_path(site_packages_path)) {
    throw_package_invalid("python", "python_site_packages_path", "leaves the prefix",
                          {"have " + show(site_packages_path)});
  }
  Python python;
  python.version = std::string(parts[0]).append(".").append(parts[1]);
  python.executable = "bin/python" + python.version;
  python.site_packages =
      site_packages_path.empty() ? "lib/python" + python.version + "/site-packages" : std::string(site_packages_path);
  return python;
}

std::string target_path(std::string_view path, Noarch noarch, const std::optional<Python>& python) {
  if (noarch != Noarch::python) return std::string(path);
  if (path.starts_with(kScripts)) return std::string("bin/").append(path.substr(kScripts.size()));
  if (!path.starts_with(kSitePackages)) return std::string(path);
  if (!python) {
    throw core::Error(
        core::Diagnostic{.code = "no-python",
                         .what = "a package of Python modules has no place in an environment without python",
                         .where = {},
                         .why = {"the file is " + show(path)},
                         .hints = {"add `python` to the environment, and lock it again"}});
  }
  return python->site_packages + "/" + std::string(path.substr(kSitePackages.size()));
}

std::string entry_point_script(const EntryPoint& entry_point, std::string_view prefix, const Python& python,
                               Dialect dialect) {
  const std::string executable = std::string(prefix).append("/").append(python.executable);
  return head(executable, dialect) + program(entry_point, dialect == Dialect::rattler ? "\t" : "    ");
}

std::optional<Dialect> matching_entry_point(std::string_view script, const EntryPoint& entry_point,
                                            std::string_view prefix, const Python& python) {
  const std::string executable = std::string(prefix).append("/").append(python.executable);
  for (const Dialect dialect : {Dialect::conda, Dialect::rattler, Dialect::mamba}) {
    const std::string text = program(entry_point, dialect == Dialect::rattler ? "\t" : "    ");
    if (!script.ends_with(text)) continue;
    const std::string_view first = script.substr(0, script.size() - text.size());
    if (first == head(executable, dialect)) return dialect;
    const std::vector<std::string> earlier = earlier_heads(executable);
    if (std::find(earlier.begin(), earlier.end(), first) != earlier.end()) return dialect;
  }
  return std::nullopt;
}

std::string pyc_path(std::string_view source, const Python& python) {
  const std::size_t name_at = source.rfind('/') == std::string_view::npos ? 0 : source.rfind('/') + 1;
  std::string_view stem = source.substr(name_at);
  if (stem.ends_with(".py")) stem.remove_suffix(3);
  std::string tag = python.version;
  tag.erase(std::remove(tag.begin(), tag.end(), '.'), tag.end());
  return std::string(source.substr(0, name_at)).append("__pycache__/").append(stem).append(".cpython-").append(tag) +
         ".pyc";
}

}  // namespace envlock::prefix
