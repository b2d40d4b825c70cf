#include "strangers.h"

#include <algorithm>
#include <map>
#include <set>

#include "places.h"

namespace envlock::verify {
namespace {

struct Words {
  const char* code;
  const char* why;
};

Words words_of(Place place, std::string_view path) {
  switch (place) {
    case Place::startup:
      if (import_root(path).empty() && file_name(path) != "pyvenv.cfg") {
        return {"stranger-startup", "R, IPython or Jupyter runs or reads it whenever it starts"};
      }
      if (file_name(path) == "pyvenv.cfg") return {"stranger-startup", "it tells python where its modules are"};
      return {"stranger-startup", file_name(path).find(".pth") != std::string_view::npos
                                      ? "python reads a .pth file whenever it starts, and runs the code in it"
                                      : "python imports it whenever it starts"};
    case Place::activation:
      return {"stranger-activation", "it is run or read whenever the environment is activated"};
    case Place::library:
      return {"stranger-library", "programs of the environment may load it in place of another"};
    case Place::program:
      return {"stranger-program", "a shell finds it when the environment is active"};
    case Place::module:
      return {"stranger-module", "python may import it, in place of another module or as part of a package"};
    case Place::elsewhere:
      break;
  }
  return {"strangers-elsewhere", ""};
}

/// The highest folder on the way to `path` that holds nothing owned and lies below where python imports from; "" when
/// there is none.
std::string_view unowned_folder(std::string_view path, const std::unordered_set<std::string_view>& owned) {
  const std::string_view root = import_root(path);
  if (root.empty()) return {};
  for (std::size_t slash = path.find('/', root.size()); slash != std::string_view::npos;
       slash = path.find('/', slash + 1)) {
    const std::string_view folder = path.substr(0, slash);
    if (owned.count(folder) == 0) return folder;
  }
  return {};
}

class Strangers {
 public:
  Strangers(const Tree& tree, const Ownership& ownership, const StrangerContext& context,
            std::vector<Finding>& findings)
      : tree_(tree), ownership_(ownership), context_(context), findings_(findings) {}

  void run() {
    const auto owned = ownership_.owned_folders();
    for (const std::string& file : context_.meta_files) metas_.insert("conda-meta/" + file);
    for (const Node& node : tree_.nodes) {
      if (node.kind != NodeKind::directory && !ownership_.is_owned(node)) look_at(node, owned);
    }
    for (const auto& [folder, files] : folders_) say_folder(folder, files);
    say_elsewhere();
  }

 private:
  void look_at(const Node& node, const std::unordered_set<std::string_view>& owned) {
    if (metas_.count(node.path) != 0) return;
    const Place place = node.kind == NodeKind::symlink ? place_of_link(node.path) : place_of(node.path);
    if (place == Place::elsewhere) {
      const std::size_t slash = node.path.find('/');
      if (slash != std::string::npos && node.path.compare(0, slash, "conda-meta") == 0) return;
      ++elsewhere_[slash == std::string::npos ? node.path : node.path.substr(0, slash) + "/"];
      return;
    }
    const std::string_view folder = place == Place::startup ? std::string_view() : unowned_folder(node.path, owned);
    if (folder.empty()) {
      say_file(node, place);
    } else {
      folders_[std::string(folder)].push_back(node.path);
    }
  }

  void add(std::string path, core::Diagnostic diagnostic, std::size_t count) {
    if (context_.has_link_scripts) diagnostic.why.push_back("a package's post-link script may have made it");
    if (context_.may_be_owned) diagnostic.why.push_back("a record that could not be read may name it");
    findings_.push_back({.weight = context_.may_be_owned ? Weight::unknown : Weight::fault,
                         .group = Group::strangers,
                         .package = {},
                         .path = std::move(path),
                         .diagnostic = std::move(diagnostic),
                         .count = count});
  }

  void say_file(const Node& node, Place place) {
    const Words words = words_of(place, node.path);
    std::vector<std::string> why{words.why};
    if (node.kind == NodeKind::symlink) why.push_back("it is a symlink to " + in_quotes(node.target));
    add(node.path,
        {.code = words.code,
         .what = in_quotes(node.path) + " belongs to no package",
         .where = {},
         .why = std::move(why),
         .hints = {"look at it, and delete it unless you know where it comes from"}},
        1);
  }

  void say_folder(const std::string& folder, const std::vector<std::string>& files) {
    const bool has_library = std::any_of(files.begin(), files.end(),
                                         [](const std::string& file) { return place_of(file) == Place::library; });
    std::vector<std::string> names;
    for (const std::string& file : files) names.push_back(file.substr(folder.size() + 1));
    const Words words = words_of(Place::module, folder);
    std::vector<std::string> why{words.why, "it holds " + count_of(files.size(), "file") + ": " + few_of(names)};
    if (has_library) why.push_back("shared objects are among them");
    add(folder,
        {.code = words.code,
         .what = "the folder " + in_quotes(folder) + " belongs to no package",
         .where = {},
         .why = std::move(why),
         .hints = {"look at it, and delete it unless you know where it comes from"}},
        files.size());
  }

  void say_elsewhere() {
    if (elsewhere_.empty() && tree_.not_entered.empty()) return;
    std::size_t count = 0;
    std::vector<std::string> places;
    for (const auto& [place, files] : elsewhere_) {
      count += files;
      places.push_back(core::printable(place) + (place.back() == '/' ? " " + std::to_string(files) : std::string()));
    }
    std::vector<std::string> why;
    if (!places.empty()) why.push_back(core::join(places, ", "));
    if (!tree_.not_entered.empty()) why.push_back("not looked into: " + few_of(tree_.not_entered));
    if (count == 0) return;
    findings_.push_back({.weight = Weight::note,
                         .group = Group::strangers,
                         .package = {},
                         .path = {},
                         .diagnostic = {.code = "strangers-elsewhere",
                                        .what = count_of(count, "file") + (count == 1 ? " belongs" : " belong") +
                                                " to no package, where nothing runs or imports " +
                                                (count == 1 ? "it by itself" : "them by themselves"),
                                        .where = {},
                                        .why = std::move(why),
                                        .hints = {}},
                         .count = count});
  }

  const Tree& tree_;
  const Ownership& ownership_;
  const StrangerContext& context_;
  std::vector<Finding>& findings_;
  std::set<std::string> metas_;
  std::map<std::string, std::vector<std::string>> folders_;
  std::map<std::string, std::size_t> elsewhere_;
};

}  // namespace

void report_strangers(const Tree& tree, const Ownership& ownership, const StrangerContext& context,
                      std::vector<Finding>& findings) {
  Strangers(tree, ownership, context, findings).run();
}

}  // namespace envlock::verify
