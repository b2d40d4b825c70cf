#include "../../lib/blas/src/loader_cache.h"

#include "support/catch.h"

using namespace envlock::blas;

namespace {

#if defined(__aarch64__)
constexpr std::uint32_t kKind = 0x0a03;
#else
constexpr std::uint32_t kKind = 0x0303;
#endif

template <typename Value>
void append(std::string& bytes, Value value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

struct Entry {
  std::uint32_t kind;
  std::string name;
  std::string path;
  std::uint64_t capability = 0;
};

/// An index as ldconfig writes it: header, entries, strings, and the list of levels behind them.
std::string make_cache(const std::vector<Entry>& entries, const std::vector<std::string>& levels) {
  std::string strings;
  const std::size_t start = 48 + entries.size() * 24;
  const auto add = [&](const std::string& text) {
    const auto place = static_cast<std::uint32_t>(start + strings.size());
    strings += text + '\0';
    return place;
  };
  std::string table;
  for (const Entry& entry : entries) {
    append(table, entry.kind);
    append(table, add(entry.name));
    append(table, add(entry.path));
    append(table, std::uint32_t{0});
    append(table, entry.capability);
  }
  std::string list;
  for (const std::string& level : levels) append(list, add(level));
  const auto extension = static_cast<std::uint32_t>(start + strings.size());
  std::string header = "glibc-ld.so.cache1.1";
  append(header, static_cast<std::uint32_t>(entries.size()));
  append(header, static_cast<std::uint32_t>(strings.size()));
  append(header, std::uint32_t{2});
  append(header, extension);
  header.resize(48);
  std::string tail;
  for (const std::uint32_t word : {0xEAA42174U, 1U, 1U, 0U, extension + 24, static_cast<std::uint32_t>(list.size())})
    append(tail, word);
  return header + table + strings + tail + list;
}

const std::vector<Entry> kEntries = {{kKind, "libblas.so.3", "/lib/v9/libblas.so.3", (std::uint64_t{1} << 62) + 1},
                                     {3, "libblas.so.3", "/lib32/libblas.so.3"},
                                     {kKind, "libblas.so.3", "/lib/libblas.so.3"},
                                     {kKind, "libblas.so.3", "/lib/v2/libblas.so.3", std::uint64_t{1} << 62},
                                     {kKind, "libm.so.6", "/lib/libm.so.6"}};

}  // namespace

TEST_CASE("the dynamic linker's index is read: entries of this kind of machine, with their levels") {
  const std::string bytes = make_cache(kEntries, {"x86-64-v2", "x86-64-v9"});
  const auto cache = parse_loader_cache(bytes);
  REQUIRE(cache.size() == 4);
  CHECK(cache[0] == CachedLibrary{"libblas.so.3", "/lib/v9/libblas.so.3", "x86-64-v9"});
  CHECK(cache[2] == CachedLibrary{"libblas.so.3", "/lib/v2/libblas.so.3", "x86-64-v2"});
  CHECK(cache[3] == CachedLibrary{"libm.so.6", "/lib/libm.so.6", ""});
  const bool has_level = !machine_levels().empty();
  CHECK(find_cached(cache, "libblas.so.3") == (has_level ? "/lib/v2/libblas.so.3" : "/lib/libblas.so.3"));
  CHECK(find_cached(cache, "libm.so.6") == "/lib/libm.so.6");
  CHECK(find_cached(cache, "libc.so.6").empty());

  std::string behind_the_old = "ld.so-1.7.0";
  behind_the_old.resize(12);
  append(behind_the_old, std::uint32_t{1});
  behind_the_old.resize(32);
  CHECK(parse_loader_cache(behind_the_old + bytes) == cache);
}

TEST_CASE("an index that is cut off gives what it can, and one that lies about its length nothing") {
  const std::string bytes = make_cache(kEntries, {"x86-64-v2", "x86-64-v9"});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string cut = bytes.substr(0, size);
    CHECK(parse_loader_cache(cut).size() <= 4);
  }
  std::string lying = bytes;
  lying[23] = '\x7f';
  CHECK(parse_loader_cache(lying).empty());
}
