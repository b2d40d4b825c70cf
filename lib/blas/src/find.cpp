#include "envlock/blas/find.h"

#include <algorithm>
#include <set>
#include <system_error>

#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "gemm_names.h"
#include "link_map.h"
#include "users.h"

namespace envlock::blas {
namespace {

namespace fs = std::filesystem;

std::string shown(const fs::path& path) {
  return "`" + core::printable(path.string()) + "`";
}

class Finder {
 public:
  Finder(const FindOptions& options, core::Notes& notes)
      : options_(options), notes_(notes), cache_(read_loader_cache(options.loader_cache)) {
    std::error_code error;
    prefix_ = fs::canonical(options.prefix, error);
    if (error) prefix_.clear();
  }

  std::vector<Library> find() {
    if (prefix_.empty()) return {};
    std::error_code error;
    // Not the canonical one: $ORIGIN is where python finds a module, by the name of the prefix that it was started
    // with.
    const fs::path prefix = fs::absolute(options_.prefix, error).lexically_normal();
    program_ = find_program(prefix);
    for (const User& user : find_users(prefix, program_)) add_user(user);
    for (const fs::path& candidate : find_candidates(prefix)) add_unused(candidate);
    std::stable_sort(found_.begin(), found_.end(), [](const Found& left, const Found& right) {
      return left.rank != right.rank ? left.rank < right.rank : left.library.path < right.library.path;
    });
    std::vector<Library> libraries;
    for (Found& found : found_) libraries.push_back(std::move(found.library));
    return libraries;
  }

 private:
  struct Found {
    std::size_t rank = 0;  ///< of its first user
    Library library;
  };

  void add_user(const User& user) {
    ++rank_;
    LinkMap map(options_, cache_, program_);
    for (const fs::path& file : user.opened_for_all) map.open_for_all(file);
    const ObjectId root = map.open(user.opened);
    const ObjectId file = root == kNobody ? kNobody : map.find(user.file);
    note_obstacles(map);
    if (file == kNobody) return note_not_found(user, "", map);

    const ElfFile& elf = map.object(file).elf;
    std::string symbol = best_gemm_name(elf.imported_names(is_gemm_name));
    const bool is_asked = !symbol.empty();
    if (!is_asked) symbol = best_gemm_name(elf.exported_names(is_gemm_name));
    const ObjectId owner = symbol.empty() ? file : map.look_up(symbol, file, root);
    if (owner == kNobody) return note_not_found(user, symbol, map);
    if (owner == file) return note_built_in(user);
    add(map, owner, {user.name, user.clients, symbol, chain_of(map, owner, file)});
    remember_all(map, owner);
  }

  void add_unused(const fs::path& candidate) {
    std::error_code error;
    if (known_.count(fs::canonical(candidate, error)) > 0 || error) return;
    rank_ = kUnused;
    LinkMap map(options_, cache_, program_);
    const ObjectId root = map.open(candidate);
    if (root == kNobody) return;
    const std::string symbol = best_gemm_name(map.object(root).elf.exported_names(is_gemm_name));
    if (symbol.empty()) return;
    add(map, root, {"", {}, symbol, chain_of(map, root, root)});
    remember_all(map, root);
  }

  struct Use {
    std::string user;
    std::vector<std::string> clients;
    std::string symbol;
    std::vector<std::string> chain;
  };

  void add(const LinkMap& map, ObjectId owner, Use use) {
    const LinkedObject& object = map.object(owner);
    std::error_code error;
    const fs::path path = fs::canonical(object.path, error);
    if (error) return;
    auto place =
        std::find_if(found_.begin(), found_.end(), [&](const Found& found) { return found.library.path == path; });
    if (place == found_.end()) {
      note_parts(path);
      found_.push_back({rank_, make_library(object, path, use)});
      place = found_.end() - 1;
    }
    std::vector<std::string>& users = place->library.users;
    if (!use.user.empty()) users.push_back(use.user);
    users.insert(users.end(), use.clients.begin(), use.clients.end());
    std::sort(users.begin(), users.end());
  }

  Library make_library(const LinkedObject& object, const fs::path& path, const Use& use) const {
    Library library;
    library.path = path;
    library.name = fs::path(object.asked).filename().string();
    library.symbol = use.symbol;
    for (const std::string& name : c_names_beside(use.symbol)) {
      if (!object.elf.exports(name)) continue;
      library.symbol = name;
      break;
    }
    // Debian's libblas64 and MKL's libmkl_intel_ilp64 have the usual names for symbols.
    const auto tells = [](const std::string& name) {
      return name.find("blas64") != std::string::npos || name.find("ilp64") != std::string::npos;
    };
    const auto symbol = parse_gemm_name(library.symbol);
    library.ilp64 = (symbol && symbol->has_long_integers()) || tells(path.filename().string()) || tells(library.name) ||
                    tells(object.elf.soname());
    library.outside = !is_inside(path);
    library.chain = use.chain;
    return library;
  }

  bool is_inside(const fs::path& path) const {
    return prefix_ == prefix_.root_path() || path.string().starts_with(prefix_.string() + "/");
  }

  std::string relative(const fs::path& path) const {
    return is_inside(path) ? path.lexically_relative(prefix_).string() : path.string();
  }

  /// A file by its own name in its folder's real place.
  fs::path named(const fs::path& path) const {
    std::error_code error;
    const fs::path folder = fs::canonical(path.parent_path(), error);
    return error ? path : folder / path.filename();
  }

  /// From `file`, or from what was opened when `file` did not lead to it, to `owner`; where its name is a link, the
  /// file that it leads to comes last.
  std::vector<std::string> chain_of(const LinkMap& map, ObjectId owner, ObjectId file) const {
    std::vector<std::string> chain;
    std::error_code error;
    const fs::path real = fs::canonical(map.object(owner).path, error);
    if (!error && real != named(map.object(owner).path)) chain.push_back(relative(real));
    bool met_file = false;
    for (ObjectId id = owner; id != kNobody && !met_file; id = map.object(id).loader) {
      chain.push_back(relative(named(map.object(id).path)));
      met_file = id == file;
    }
    // What is preloaded was asked for by nobody in the file's chain.
    if (!met_file) chain.push_back(relative(named(map.object(file).path)));
    std::reverse(chain.begin(), chain.end());
    return chain;
  }

  /// A library that comes with one that is listed is not listed for itself: Debian's libblas.so.3 brings libopenblas.
  void remember_all(const LinkMap& map, ObjectId owner) {
    const auto remember = [&](ObjectId id) {
      std::error_code error;
      const fs::path real = fs::canonical(map.object(id).path, error);
      if (!error) known_.insert(real);
    };
    for (ObjectId id = 0; id < map.size(); ++id) {
      if (is_below(map, id, owner)) remember(id);
    }
  }

  static bool is_below(const LinkMap& map, ObjectId id, ObjectId above) {
    while (id != kNobody && id != above) id = map.object(id).loader;
    return id == above;
  }

  void note_parts(const fs::path& path) {
    const std::string name = path.filename().string();
    if (!name.starts_with("libmkl_rt.") && !name.starts_with("libflexiblas.")) return;
    notes_.note({.code = "blas-loads-parts",
                 .what = shown(relative(path)) + " chooses the library that computes when it is first called",
                 .why = {name.starts_with("libmkl_rt.") ? "MKL_INTERFACE_LAYER and MKL_THREADING_LAYER decide"
                                                        : "FLEXIBLAS and flexiblasrc decide"}});
  }

  void note_built_in(const User& user) {
    notes_.note({.code = "blas-built-in",
                 .what = "`" + user.name + "` brings its own matrix product; there is no library to look at",
                 .why = {shown(relative(named(user.file))) + " takes it from no other file"}});
  }

  /// `asked` is empty where python would not get so far that the user's file asks for anything.
  void note_not_found(const User& user, const std::string& asked, const LinkMap& map) {
    core::Diagnostic diagnostic{.code = "blas-not-found"};
    const std::string file = shown(relative(named(user.file)));
    diagnostic.what = asked.empty() ? "`" + user.name + "` does not get as far as loading " + file
                                    : "nothing that `" + user.name + "` would load has the function `" +
                                          core::printable(asked) + "`, which " + file + " asks for";
    for (const MissingLibrary& library : map.missing()) {
      if (diagnostic.why.size() == 5) break;
      const std::string by = library.loader == kNobody ? "LD_PRELOAD" : shown(map.object(library.loader).path);
      diagnostic.why.push_back("`" + core::printable(library.name) + "`, which " + by + " needs, is not found");
    }
    if (map.is_exhausted())
      diagnostic.why.emplace_back("the search was given up: there are too many files and folders");
    notes_.warning(std::move(diagnostic));
  }

  void note_obstacles(const LinkMap& map) {
    for (const Obstacle& obstacle : map.obstacles()) {
      if (!told_.insert(obstacle.path).second) continue;
      const bool other = obstacle.problem == ElfProblem::other_kind;
      notes_.warning({.code = "blas-file-unusable",
                      .what = shown(relative(obstacle.path)) +
                              (other ? " is for another kind of machine" : " is not a sound ELF file"),
                      .why = {"the dynamic linker meets it when it looks for `" + core::printable(obstacle.name) + "`",
                              other ? "it goes on to the next folder" : "it gives up there"}});
    }
  }

  static constexpr std::size_t kUnused = 1000;
  const FindOptions& options_;
  core::Notes& notes_;
  std::vector<CachedLibrary> cache_;
  fs::path prefix_;
  fs::path program_;
  std::size_t rank_ = 0;
  std::vector<Found> found_;
  std::set<fs::path> known_;  ///< files that are listed, or come with one that is
  std::set<fs::path> told_;
};

}  // namespace

std::vector<Library> find_libraries(const FindOptions& options, core::Notes& notes) {
  return Finder(options, notes).find();
}

}  // namespace envlock::blas
