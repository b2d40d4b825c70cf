#include "link_map.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "envlock/core/diagnostic.h"
#include "search_text.h"

namespace envlock::blas {
namespace {

namespace fs = std::filesystem;

// Debian's torch 1.13, which needs OpenCV and FFmpeg, comes to 250 objects and some thousand attempts.
constexpr std::size_t kMostObjects = 2000;
constexpr int kMostAttempts = 100'000;
constexpr std::size_t kMostFolders = 512;

}  // namespace

LinkMap::LinkMap(const FindOptions& options, const std::vector<CachedLibrary>& cache, const fs::path& program)
    : options_(options), cache_(cache) {
  std::vector<ObjectId> order;
  std::error_code error;
  // The origin of a program is its real place: /proc/self/exe.
  const fs::path real = program.empty() ? fs::path() : fs::canonical(program, error);
  Request request{real.string(), kNobody, kNobody};
  if (!error && !real.empty() && try_file(request, real) == Attempt::loaded) order.push_back(program_ = request.found);
  obstacles_.clear();  // a program that is a script loads nothing; it stands in nobody's way
  for (const std::string_view name : split_search_text(options.ld_preload, ": ")) {
    const ObjectId preloaded = name.empty() ? kNobody : preload(std::string(name));
    if (preloaded != kNobody && std::find(order.begin(), order.end(), preloaded) == order.end())
      order.push_back(preloaded);
  }
  for_all_ = breadth_first(std::move(order));
}

/// Looked for as if the program needed it, but nobody does; one that is nowhere is left out, as ld.so does.
ObjectId LinkMap::preload(const std::string& name) {
  const auto loaded = names_.find(name);
  if (loaded != names_.end()) return loaded->second;
  Request request{name, program_, kNobody};
  const std::size_t before = objects_.size();
  if (search(request) != Attempt::loaded) return kNobody;
  if (objects_.size() > before) objects_.back().loader = kNobody;
  return request.found;
}

ObjectId LinkMap::open(const fs::path& file) {
  Request request{file.string(), kNobody, kNobody};
  if (try_file(request, file) != Attempt::loaded) return kNobody;
  scopes_[request.found] = breadth_first({request.found});
  return request.found;
}

void LinkMap::open_for_all(const fs::path& file) {
  const ObjectId opened = open(file);
  if (opened == kNobody) return;
  for (const ObjectId id : scopes_[opened]) {
    if (std::find(for_all_.begin(), for_all_.end(), id) == for_all_.end()) for_all_.push_back(id);
  }
}

ObjectId LinkMap::find(const fs::path& file) const {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return kNobody;
  const auto place = std::find_if(objects_.begin(), objects_.end(), [&](const LinkedObject& object) {
    return object.device == status.st_dev && object.inode == status.st_ino;
  });
  return place == objects_.end() ? kNobody : static_cast<ObjectId>(place - objects_.begin());
}

ObjectId LinkMap::look_up(std::string_view symbol, ObjectId asker, ObjectId root) const {
  const ElfFile& elf = object(asker).elf;
  if (elf.is_symbolic() && elf.exports(symbol)) return asker;
  for (const std::vector<ObjectId>* scope : {&for_all_, &scopes_.at(root)}) {
    for (const ObjectId id : *scope) {
      if (object(id).elf.exports(symbol)) return id;
    }
  }
  return kNobody;
}

std::vector<ObjectId> LinkMap::breadth_first(std::vector<ObjectId> order) {
  std::set<ObjectId> seen(order.begin(), order.end());
  for (std::size_t place = 0; place < order.size(); ++place) {
    const ObjectId loader = order[place];
    const std::vector<std::string> needed = object(loader).elf.needed();  // load() moves objects about
    for (const std::string& name : needed) {
      const ObjectId id = load(name, loader);
      if (id != kNobody && seen.insert(id).second) order.push_back(id);
    }
  }
  return order;
}

ObjectId LinkMap::load(const std::string& name, ObjectId loader) {
  const auto loaded = names_.find(name);
  if (loaded != names_.end()) return loaded->second;
  const auto was_missed = [&](const MissingLibrary& library) { return library.name == name; };
  Request request{name, loader, kNobody};
  if (search(request) == Attempt::loaded) return request.found;
  if (std::none_of(missing_.begin(), missing_.end(), was_missed)) missing_.push_back({name, loader});
  return kNobody;
}

/// The places in ld.so's order; a file that is refused ends the search.
LinkMap::Attempt LinkMap::search(Request& request) {
  if (request.name.find('/') != std::string::npos) {
    const fs::path origin = request.loader == kNobody ? fs::path() : object(request.loader).path.parent_path();
    const auto path = expand_tokens(request.name, origin);
    return path ? try_file(request, *path) : Attempt::absent;
  }
  const std::string runpath = request.loader == kNobody ? std::string() : object(request.loader).elf.runpath();
  if (runpath.empty()) {
    const Attempt attempt = search_rpaths(request);
    if (attempt != Attempt::absent) return attempt;
  }
  Attempt attempt = search_folders(request, folders_of(options_.ld_library_path, ":;", program_));
  if (attempt == Attempt::absent) attempt = search_folders(request, folders_of(runpath, ":", request.loader));
  if (attempt != Attempt::absent) return attempt;
  const std::string cached = find_cached(cache_, request.name);
  if (!cached.empty()) attempt = try_file(request, cached);
  return attempt != Attempt::absent ? attempt : search_folders(request, options_.system_folders);
}

/// Those of the one who needs it, of the one who needed that one, and so on; of the program in any case.
LinkMap::Attempt LinkMap::search_rpaths(Request& request) {
  const auto search_one = [&](ObjectId id) {
    const ElfFile& elf = object(id).elf;
    return elf.runpath().empty() ? search_folders(request, folders_of(elf.rpath(), ":", id)) : Attempt::absent;
  };
  bool met_program = false;
  for (ObjectId id = request.loader; id != kNobody; id = object(id).loader) {
    const Attempt attempt = search_one(id);
    if (attempt != Attempt::absent) return attempt;
    met_program = met_program || id == program_;
  }
  return met_program || program_ == kNobody ? Attempt::absent : search_one(program_);
}

LinkMap::Attempt LinkMap::search_folders(Request& request, const std::vector<fs::path>& folders) {
  for (const fs::path& folder : folders) {
    const Attempt attempt = search_folder(request, folder);
    if (attempt != Attempt::absent) return attempt;
  }
  return Attempt::absent;
}

LinkMap::Attempt LinkMap::search_folder(Request& request, const fs::path& folder) {
  if (!is_folder(folder)) return Attempt::absent;
  const fs::path levels = folder / "glibc-hwcaps";
  if (is_folder(levels)) {
    for (const std::string& level : machine_levels()) {
      const Attempt attempt = try_file(request, levels / level / request.name);
      if (attempt != Attempt::absent) return attempt;
    }
  }
  return try_file(request, folder / request.name);
}

LinkMap::Attempt LinkMap::try_file(Request& request, const fs::path& path) {
  if (exhausted_ || ++attempts_ > kMostAttempts || objects_.size() >= kMostObjects) {
    exhausted_ = true;
    return Attempt::absent;
  }
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return Attempt::absent;
  for (std::size_t place = 0; place < objects_.size(); ++place) {
    if (objects_[place].device != status.st_dev || objects_[place].inode != status.st_ino) continue;
    request.found = static_cast<ObjectId>(place);
    names_.try_emplace(request.name, request.found);
    return Attempt::loaded;
  }
  return map_file(request, path, status.st_dev, status.st_ino);
}

LinkMap::Attempt LinkMap::map_file(Request& request, const fs::path& path, dev_t device, ino_t inode) {
  try {
    core::MappedFile file(path);
    ElfFile elf(file.bytes());
    if (elf.problem() != ElfProblem::none) {
      obstacles_.push_back({path, request.name, elf.problem()});
      return elf.problem() == ElfProblem::other_kind ? Attempt::absent : Attempt::refused;
    }
    std::error_code error;
    request.found = static_cast<ObjectId>(objects_.size());
    names_.try_emplace(request.name, request.found);
    if (!elf.soname().empty()) names_.try_emplace(elf.soname(), request.found);
    objects_.push_back(
        {fs::absolute(path, error), request.name, request.loader, device, inode, std::move(file), std::move(elf)});
    return Attempt::loaded;
  } catch (const core::Error&) {
    return Attempt::absent;  // what may not be read is passed over by the dynamic linker, too
  }
}

std::vector<fs::path> LinkMap::folders_of(std::string_view text, std::string_view separators, ObjectId owner) const {
  std::vector<fs::path> folders;
  const fs::path origin = owner == kNobody ? fs::path() : object(owner).path.parent_path();
  for (const std::string_view part : split_search_text(text, separators)) {
    if (folders.size() == kMostFolders) break;
    const auto folder = expand_tokens(part.empty() ? "." : part, origin);
    if (folder) folders.emplace_back(*folder);
  }
  return folders;
}

bool LinkMap::is_folder(const fs::path& path) {
  const auto [place, is_new] = folders_.try_emplace(path.string(), false);
  std::error_code error;
  if (is_new) place->second = fs::is_directory(path, error);
  return place->second;
}

}  // namespace envlock::blas
