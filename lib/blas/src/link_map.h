// What the dynamic linker would load for a program, in which order it would look for a symbol. Nothing is loaded: files
// are mapped and read.
// Source: ld.so(8), dlopen(3), and for what these leave open glibc's elf/dl-load.c and elf/dl-deps.c.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "elf_file.h"
#include "envlock/blas/find.h"
#include "envlock/core/file.h"
#include "loader_cache.h"

namespace envlock::blas {

/// A number of an object in a LinkMap; kNobody where there is none.
using ObjectId = int;
inline constexpr ObjectId kNobody = -1;

struct LinkedObject {
  std::filesystem::path path;  ///< where it was found: absolute, links not resolved
  std::string asked;           ///< the name under which it was asked for first
  ObjectId loader = kNobody;   ///< who needed it first
  dev_t device = 0;
  ino_t inode = 0;
  core::MappedFile file;
  ElfFile elf;
};

/// A library that somebody needs and that is nowhere.
struct MissingLibrary {
  std::string name;
  ObjectId loader = kNobody;
};

/// A file under a name that was asked for, which cannot be loaded.
struct Obstacle {
  std::filesystem::path path;
  std::string name;
  ElfProblem problem = ElfProblem::damaged;
};

class LinkMap {
 public:
  /// A process that runs `program` (none: empty path), with what is preloaded. `options` and `cache` must outlive it.
  LinkMap(const FindOptions& options, const std::vector<CachedLibrary>& cache, const std::filesystem::path& program);

  /// As dlopen(file, RTLD_LOCAL) does: the file, and all that it needs. kNobody when it cannot be loaded.
  ObjectId open(const std::filesystem::path& file);
  /// As with RTLD_GLOBAL: whatever is opened later sees its symbols.
  void open_for_all(const std::filesystem::path& file);

  /// What was opened with `root`, breadth first.
  const std::vector<ObjectId>& scope_of(ObjectId root) const { return scopes_.at(root); }
  ObjectId size() const { return static_cast<ObjectId>(objects_.size()); }
  const LinkedObject& object(ObjectId id) const { return objects_[static_cast<std::size_t>(id)]; }
  /// The object of that file (whatever leads to it) among those that were opened; kNobody when it is not there.
  ObjectId find(const std::filesystem::path& file) const;
  /// Whose `symbol` an object that was opened with `root` gets: those of the program and of what is for all come first.
  ObjectId look_up(std::string_view symbol, ObjectId asker, ObjectId root) const;

  const std::vector<MissingLibrary>& missing() const { return missing_; }
  const std::vector<Obstacle>& obstacles() const { return obstacles_; }
  /// It gave up: more files were to be looked for than any sound environment asks for.
  bool is_exhausted() const { return exhausted_; }

 private:
  enum class Attempt { absent, loaded, refused };
  struct Request {
    std::string name;
    ObjectId loader = kNobody;
    ObjectId found = kNobody;
  };

  ObjectId preload(const std::string& name);
  std::vector<ObjectId> breadth_first(std::vector<ObjectId> order);
  ObjectId load(const std::string& name, ObjectId loader);
  Attempt search(Request& request);
  Attempt search_rpaths(Request& request);
  Attempt search_folders(Request& request, const std::vector<std::filesystem::path>& folders);
  Attempt search_folder(Request& request, const std::filesystem::path& folder);
  Attempt try_file(Request& request, const std::filesystem::path& path);
  Attempt map_file(Request& request, const std::filesystem::path& path, dev_t device, ino_t inode);

  /// The folders of a text with separators, for the object in whose file (or for whose program) it stands.
  std::vector<std::filesystem::path> folders_of(std::string_view text, std::string_view separators,
                                                ObjectId owner) const;
  bool is_folder(const std::filesystem::path& path);

  const FindOptions& options_;
  const std::vector<CachedLibrary>& cache_;
  std::vector<LinkedObject> objects_;
  std::map<std::string, ObjectId> names_;  ///< under which they were asked for, and their own (DT_SONAME)
  ObjectId program_ = kNobody;
  std::vector<ObjectId> for_all_;
  std::map<ObjectId, std::vector<ObjectId>> scopes_;
  std::vector<MissingLibrary> missing_;
  std::vector<Obstacle> obstacles_;
  std::map<std::string, bool> folders_;
  int attempts_ = 0;
  bool exhausted_ = false;
};

}  // namespace envlock::blas
