#include "file_check.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "envlock/prefix/package_root.h"
#include "findings.h"

namespace envlock::verify {
namespace {

/// Files with a placeholder that only a record speaks of are restored in memory up to this size.
constexpr std::uint64_t kLargestRestored = std::uint64_t{64} << 20;
constexpr std::uint64_t kLargestScript = std::uint64_t{1} << 20;

constexpr std::uint32_t kOwnerExecute = 0100;
constexpr std::uint32_t kAnyExecute = 0111;
constexpr std::uint32_t kWorldWrite = 0002;
constexpr std::uint32_t kGroupWrite = 0020;
constexpr std::uint32_t kSpecial = 07000;

std::string octal(std::uint32_t mode) {
  char text[8];
  std::snprintf(text, sizeof text, "%04o", mode & 07777);
  return text;
}

std::string words_of(const Node& node) {
  switch (node.kind) {
    case NodeKind::file:
      return "a file";
    case NodeKind::symlink:
      return "a symlink to " + in_quotes(node.target);
    case NodeKind::directory:
      return "a folder";
    case NodeKind::other:
      return "neither a file nor a folder nor a symlink";
  }
  return {};
}

std::string words_of(const WantedPath& wanted) {
  if (wanted.kind == WantedKind::directory) return "a folder";
  if (wanted.kind != WantedKind::symlink) return "a file";
  return wanted.target ? "a symlink to " + in_quotes(*wanted.target) : "a symlink";
}

bool has_kind(const WantedPath& wanted, NodeKind kind) {
  switch (wanted.kind) {
    case WantedKind::symlink:
      return kind == NodeKind::symlink;
    case WantedKind::directory:
      return kind == NodeKind::directory;
    case WantedKind::file:
    case WantedKind::entry_point:
      return kind == NodeKind::file;
  }
  return false;
}

/// Checks one layout; collects into `checked`.
class Checker {
 public:
  Checker(const PackageLayout& layout, const PrefixView& view, const HashStore& hashes)
      : layout_(layout), view_(view), hashes_(hashes) {}

  CheckedLayout run() {
    for (index_ = 0; index_ < layout_.paths.size(); ++index_) check(layout_.paths[index_]);
    checked_.dialects.assign(dialects_.begin(), dialects_.end());
    return std::move(checked_);
  }

 private:
  void say(Problem::Kind kind, std::vector<std::string> why, bool at_archive = false) {
    checked_.problems.push_back({kind, index_, node_, std::move(why), at_archive});
  }

  void check(const WantedPath& wanted) {
    node_ = view_.tree->resolve(wanted.path);
    if (node_ == nullptr) {
      const Unseen* unseen = view_.tree->find_unseen(wanted.path);
      if (unseen == nullptr) {
        say(Problem::Kind::missing, {});
      } else {
        say(Problem::Kind::unseen, {unseen->path, unseen->why});
      }
      return;
    }
    ++checked_.present;
    if (!has_kind(wanted, node_->kind)) {
      say(Problem::Kind::type, {"want " + words_of(wanted), "have " + words_of(*node_)});
      return;
    }
    if (wanted.kind == WantedKind::symlink) check_target(wanted);
    if (wanted.kind == WantedKind::file) check_bytes(wanted);
    if (wanted.kind == WantedKind::entry_point) check_script(wanted);
    if (node_->kind == NodeKind::file) check_mode(wanted);
  }

  void check_target(const WantedPath& wanted) {
    if (!wanted.target) {
      ++checked_.unproved;
    } else if (*wanted.target != node_->target) {
      say(Problem::Kind::target, {"want " + in_quotes(*wanted.target), "have " + in_quotes(node_->target)});
    }
  }

  void check_bytes(const WantedPath& wanted) {
    if (is_far_too_large(wanted, *node_)) {
      say(Problem::Kind::bytes,
          {"want no more than " + count_of(*wanted.size, "byte"), "have " + count_of(node_->stamp.size, "byte")});
    } else if (wanted.replaced) {
      check_replaced(*wanted.replaced);
    } else if (wanted.sha256) {
      check_hash(*wanted.sha256, wanted.also);
    } else if (wanted.original) {
      check_restored(wanted);
    } else {
      ++checked_.unproved;
    }
  }

  void check_hash(const core::Sha256& want, const std::vector<core::Sha256>& also) {
    const Hashed* hashed = hashes_.find(*node_);
    if (hashed == nullptr || !hashed->sha256) {
      say(Problem::Kind::not_read, {hashed == nullptr ? std::string("it was not hashed") : hashed->failure});
    } else if (*hashed->sha256 != want && std::find(also.begin(), also.end(), *hashed->sha256) == also.end()) {
      say(Problem::Kind::bytes,
          {"want sha256 " + core::format(want),
           "have sha256 " + core::format(*hashed->sha256) + "   " + count_of(node_->stamp.size, "byte")},
          layout_.proof == Proof::archive);
    }
  }

  void check_replaced(const ReplacedOutcome& outcome) {
    if (!outcome.reason.empty()) {
      say(Problem::Kind::not_read, {outcome.reason});
    } else if (outcome.dialect) {
      dialects_.insert(name_of(*outcome.dialect));
      if (is_elsewhere(outcome.prefix)) say(Problem::Kind::moved, {outcome.prefix});
    } else if (outcome.too_long) {
      say(Problem::Kind::bytes, {"the path of the prefix is longer than the placeholder in the package's file"});
    } else {
      std::string what = "it is not the package's file with the path of this prefix put in";
      if (outcome.first_difference)
        what += "; the first difference is at byte " + std::to_string(*outcome.first_difference);
      say(Problem::Kind::bytes, {what});
    }
  }

  bool is_elsewhere(const std::string& name) const {
    return std::find(view_.elsewhere.begin(), view_.elsewhere.end(), name) != view_.elsewhere.end();
  }

  /// With a record alone: the way back from the installed bytes must have the package's hash.
  void check_restored(const WantedPath& wanted) {
    if (node_->stamp.size > kLargestRestored) {
      ++checked_.unproved;
      return;
    }
    DiskFile file(*view_.folder, *node_);
    const std::string bytes = file.read(0, static_cast<std::size_t>(node_->stamp.size));
    file.check_unchanged();
    if (!file.failure().empty()) {
      say(Problem::Kind::not_read, {file.failure()});
      return;
    }
    if (!wanted.placeholder) {
      if (core::sha256(bytes) != *wanted.original) say_unrestored(*wanted.original);
      return;
    }
    for (const std::string& name : view_.names) {
      const auto restored = prefix::restore_original(bytes, *wanted.placeholder, name, *wanted.original);
      if (!restored) continue;
      dialects_.insert(name_of(restored->dialect));
      return;
    }
    say_unrestored(*wanted.original);
  }

  void say_unrestored(const core::Sha256& original) {
    say(Problem::Kind::bytes,
        {"no file with sha256 " + core::format(original) + " gives these bytes when the prefix is put in"});
  }

  void check_script(const WantedPath& wanted) {
    DiskFile file(*view_.folder, *node_);
    const std::string bytes =
        file.read(0, static_cast<std::size_t>(std::min<std::uint64_t>(node_->stamp.size, kLargestScript)));
    file.check_unchanged();
    if (!file.failure().empty()) {
      say(Problem::Kind::not_read, {file.failure()});
      return;
    }
    for (const std::string& name : view_.names) {
      const auto dialect = prefix::matching_entry_point(bytes, *wanted.entry_point, name, *view_.python);
      if (!dialect) continue;
      dialects_.insert(name_of(*dialect));
      return;
    }
    for (const std::string& name : view_.elsewhere) {
      if (!prefix::matching_entry_point(bytes, *wanted.entry_point, name, *view_.python)) continue;
      say(Problem::Kind::moved, {name});
      return;
    }
    const prefix::EntryPoint& entry_point = *wanted.entry_point;
    say(Problem::Kind::bytes,
        {"it is not the script that conda, mamba or rattler write for the entry point " +
         in_quotes(entry_point.command + " = " + entry_point.module + ":" + entry_point.function)});
  }

  void check_mode(const WantedPath& wanted) {
    if ((node_->mode & kSpecial) != 0) {
      say(Problem::Kind::mode, {"have mode " + octal(node_->mode) + ": it runs with another user's or group's rights"});
      return;
    }
    if (!wanted.mode) return;
    const std::vector<std::string> sides{"want mode " + octal(*wanted.mode), "have mode " + octal(node_->mode)};
    const bool wants_execute = (*wanted.mode & kOwnerExecute) != 0;
    const bool is_script = wanted.path != wanted.package_path && wanted.path.substr(0, 4) == "bin/";
    const bool has_execute = (node_->mode & kAnyExecute) != 0;
    // Installers set the bit on the scripts of noarch packages.
    const bool other_execute = wants_execute != has_execute && !(is_script && has_execute);
    if (other_execute || ((node_->mode & kWorldWrite) != 0 && (*wanted.mode & kWorldWrite) == 0)) {
      say(Problem::Kind::mode, sides);
    } else if ((node_->mode & kGroupWrite) != 0 && (*wanted.mode & kGroupWrite) == 0 &&
               wanted.kind != WantedKind::entry_point) {
      say(Problem::Kind::loose_mode, sides);
    }
  }

  const PackageLayout& layout_;
  const PrefixView& view_;
  const HashStore& hashes_;
  CheckedLayout checked_;
  std::set<std::string> dialects_;
  std::size_t index_ = 0;
  const Node* node_ = nullptr;
};

}  // namespace

std::string name_of(prefix::Dialect dialect) {
  switch (dialect) {
    case prefix::Dialect::conda:
      return "conda";
    case prefix::Dialect::rattler:
      return "rattler";
    case prefix::Dialect::mamba:
      return "mamba";
  }
  return {};
}

bool is_far_too_large(const WantedPath& wanted, const Node& node) {
  return wanted.size && prefix::is_far_too_large(node.stamp.size, *wanted.size);
}

std::vector<const Node*> files_to_hash(const PackageLayout& layout, const Tree& tree) {
  std::vector<const Node*> nodes;
  for (const WantedPath& wanted : layout.paths) {
    if (wanted.kind != WantedKind::file || !wanted.sha256 || wanted.replaced) continue;
    const Node* node = tree.resolve(wanted.path);
    if (node == nullptr || node->kind != NodeKind::file || is_far_too_large(wanted, *node)) continue;
    nodes.push_back(node);
  }
  return nodes;
}

CheckedLayout check_layout(const PackageLayout& layout, const PrefixView& view, const HashStore& hashes) {
  return Checker(layout, view, hashes).run();
}

}  // namespace envlock::verify
