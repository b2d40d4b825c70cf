#include "bytecode.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "content.h"
#include "envlock/core/parallel.h"
#include "places.h"
#include "pyc_header.h"

namespace envlock::verify {
namespace {

/// Larger than any source that python would compile.
constexpr std::uint64_t kLargestSource = std::uint64_t{64} << 20;

enum class Verdict {
  follows,       ///< its header fits its source: python uses it, and its code is not proved
  stale,         ///< python sees that it does not fit, and compiles anew
  lies,          ///< it does not fit, and python would use it all the same
  foreign,       ///< of another python, which is not here
  orphan,        ///< its source is gone: python does not look at it
  unknown_form,  ///< of a python whose pyc we do not know
  sourceless,    ///< beside the sources, where python imports it without any source
  leftover,      ///< of a compilation that was broken off
  unreadable,    ///< it, or the source that it must be held against
};

struct Judged {
  const Node* node = nullptr;
  Verdict verdict = Verdict::orphan;
};

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

/// "x.cpython-312.pyc.140001234": what python writes before it renames.
bool is_leftover(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot + 1 == name.size()) return false;
  const std::string_view digits = name.substr(dot + 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return std::all_of(digits.begin(), digits.end(), is_digit) && ends_with(name.substr(0, dot), ".pyc");
}

bool is_bytecode(const Node& node) {
  if (node.kind != NodeKind::file) return false;
  return ends_with(node.path, ".pyc") || ends_with(node.path, ".pyo") ||
         (in_pycache(node.path) && is_leftover(file_name(node.path)));
}

/// "cpython-312" of "3.12".
std::string tag_of(std::string_view version) {
  std::string tag = "cpython-";
  for (const char c : version) {
    if (c != '.') tag += c;
  }
  return tag;
}

class Judge {
 public:
  explicit Judge(const PrefixView& view) : view_(view) {
    if (!view.python) return;
    tag_ = tag_of(view.python->version);
    has_pypy_ = std::any_of(view.tree->nodes.begin(), view.tree->nodes.end(), [](const Node& node) {
      return node.path.compare(0, 8, "lib/pypy") == 0 && !import_root(node.path).empty();
    });
    format_ = pyc_format(view.python->version);
  }

  Verdict judge(const Node& node) const {
    const std::string_view name = file_name(node.path);
    if (!in_pycache(node.path)) return Verdict::sourceless;
    if (is_leftover(name)) return Verdict::leftover;
    const std::optional<CachedName> cached = parse_cached_name(name);
    if (!cached) return Verdict::orphan;
    const std::string_view folder = folder_of(folder_of(node.path));
    const std::string source_path =
        (folder.empty() ? std::string() : std::string(folder) + "/") + cached->module + ".py";
    const Node* source = view_.tree->resolve(source_path);
    if (source != nullptr && source->kind == NodeKind::symlink) source = follow(*source);
    if (source == nullptr || source->kind != NodeKind::file) return Verdict::orphan;
    if (has_pypy_ && cached->tag.compare(0, 4, "pypy") == 0) return Verdict::unknown_form;
    // Other tools put their own words behind the tag: pytest does, and reads them.
    if (cached->tag.compare(0, tag_.size(), tag_) != 0) return Verdict::foreign;
    if (view_.is_unchanged(node) && view_.is_unchanged(*source)) return Verdict::follows;
    return judge_header(node, *source);
  }

 private:
  const Node* follow(const Node& link) const {
    const std::string folder(folder_of(link.path));
    const auto target = normalized(folder + "/" + link.target);
    return target && link.target.substr(0, 1) != "/" ? view_.tree->resolve(*target) : nullptr;
  }

  Verdict judge_header(const Node& node, const Node& source) const {
    DiskFile file(*view_.folder, node);
    const std::optional<PycHeader> header = parse_pyc_header(file.read(0, 16));
    if (!file.failure().empty()) return Verdict::unreadable;
    if (!header) return Verdict::stale;
    if (!format_) return Verdict::unknown_form;
    if (header->magic != format_->magic) return Verdict::stale;
    if (!header->is_hash_based) {
      constexpr std::int64_t kNanoseconds = 1'000'000'000;
      const auto mtime = static_cast<std::uint32_t>(source.stamp.mtime_nanoseconds / kNanoseconds);
      const bool fits = header->mtime == mtime && header->size == static_cast<std::uint32_t>(source.stamp.size);
      return fits ? Verdict::follows : Verdict::stale;
    }
    if (source.stamp.size > kLargestSource) return Verdict::unknown_form;
    DiskFile text(*view_.folder, source);
    const std::string bytes = text.read(0, static_cast<std::size_t>(source.stamp.size));
    if (!text.failure().empty()) return Verdict::unreadable;
    if (source_hash(*format_, bytes) == header->source_hash) return Verdict::follows;
    return header->is_checked ? Verdict::stale : Verdict::lies;
  }

  const PrefixView& view_;
  std::string tag_;
  std::optional<PycFormat> format_;
  bool has_pypy_ = false;  ///< whose compiled files are used, then
};

void say(const Judged& judged, std::vector<Finding>& findings) {
  core::Diagnostic diagnostic;
  if (judged.verdict == Verdict::unreadable) {
    diagnostic = {.code = "file-not-read",
                  .what = in_quotes(judged.node->path) + " could not be held against its source",
                  .where = {},
                  .why = {"it or its source could not be read"},
                  .hints = {}};
  } else if (judged.verdict == Verdict::lies) {
    diagnostic = {.code = "pyc-unchecked",
                  .what = in_quotes(judged.node->path) + " was not compiled from the source beside it",
                  .where = {},
                  .why = {"the hash in it is not the source's",
                          "it says that python need not check, so it is run instead of the source"},
                  .hints = {"delete it: python compiles the source anew"}};
  } else {
    diagnostic = {.code = "pyc-without-source",
                  .what = in_quotes(judged.node->path) + " belongs to no package, and python imports it",
                  .where = {},
                  .why = {"a .pyc beside the sources needs no source"},
                  .hints = {"delete it"}};
  }
  findings.push_back({.weight = judged.verdict == Verdict::unreadable ? Weight::unknown : Weight::fault,
                      .group = Group::bytecode,
                      .package = {},
                      .path = judged.node->path,
                      .diagnostic = std::move(diagnostic)});
}

void say_stale(const std::vector<std::string>& paths, std::vector<Finding>& findings) {
  if (paths.empty()) return;
  findings.push_back(
      {.weight = Weight::note,
       .group = Group::bytecode,
       .package = {},
       .path = {},
       .diagnostic = {.code = "pyc-stale",
                      .what = count_of(paths.size(), "compiled file") +
                              (paths.size() == 1 ? " does not fit its source, and python will not use it"
                                                 : " do not fit their sources, and python will not use them"),
                      .where = {},
                      .why = {"such are " + few_of(paths)},
                      .hints = {}},
       .count = paths.size()});
}

}  // namespace

BytecodeTally check_bytecode(const PrefixView& view, std::size_t threads, Ownership& ownership,
                             std::vector<Finding>& findings) {
  std::vector<Judged> all;
  for (const Node& node : view.tree->nodes) {
    if (is_bytecode(node) && ownership.kind_of(node) != Ownership::Kind::proved) all.push_back({&node, {}});
  }
  const Judge judge(view);
  core::parallel_for(all.size(), threads, [&](std::size_t i) { all[i].verdict = judge.judge(*all[i].node); });
  BytecodeTally tally;
  std::vector<std::string> stale;
  for (const Judged& judged : all) {
    const bool is_sourceless = judged.verdict == Verdict::sourceless;
    // Beside the sources, and yet listed by a distribution: the list's word, as for its other files.
    if (is_sourceless && (ownership.is_owned(*judged.node) || !is_importable(judged.node->path))) continue;
    ownership.own(*judged.node, Ownership::Kind::claimed);
    ++tally.checked;
    if (judged.verdict == Verdict::follows || judged.verdict == Verdict::unknown_form) ++tally.unproved;
    if (judged.verdict == Verdict::stale) stale.push_back(judged.node->path);
    const bool is_unreadable = judged.verdict == Verdict::unreadable;
    if (judged.verdict == Verdict::lies || is_sourceless || is_unreadable) say(judged, findings);
  }
  say_stale(stale, findings);
  return tally;
}

}  // namespace envlock::verify
