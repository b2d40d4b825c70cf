#include "pip_hashes.h"

#include <map>
#include <string>

#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::tools {

void hash_files(std::vector<PlatformOutcome>& outcomes, const PipInputs& inputs,
                const std::filesystem::path& lock_folder, fetch::Fetcher& fetcher) {
  std::map<std::string, core::Sha256> known;
  for (PlatformOutcome& outcome : outcomes) {
    for (lock::PickedDistribution& picked : outcome.distributions) {
      lock::LockedDistribution& locked = picked.distribution;
      const bool has_file = locked.source == lock::LockedDistribution::Source::index ||
                            locked.source == lock::LockedDistribution::Source::find_links;
      if (!has_file || locked.sha256) continue;
      std::string url = locked.url;
      if (!locked.index.empty()) {
        std::string base = locked.index;
        for (const pypi::IndexLocation& index : inputs.indexes.indexes) {
          if (index.base == locked.index && !index.urls.empty()) base = index.urls.front();
        }
        url = lock::file_url_at(base, locked.url);
      } else if (!core::looks_like_url(url)) {
        url = (lock_folder / url).lexically_normal().string();
      }
      locked.sha256_computed = true;
      if (const auto found = known.find(url); found != known.end()) {
        locked.sha256 = found->second;
        continue;
      }
      const fetch::Fetched fetched = fetcher.fetch_one({.urls = {url}, .label = locked.file, .size = locked.size});
      if (fetched.status != fetch::Status::ok) {
        core::Diagnostic diagnostic{.code = "hash-unknown",
                                    .what = "the index has no SHA-256 for `" + core::printable(locked.file) +
                                            "`, and fetching the file to compute it did not work"};
        if (fetched.failure) diagnostic.why.push_back(fetched.failure->what);
        throw core::Error(std::move(diagnostic));
      }
      locked.sha256 = known[url] = core::sha256(core::MappedFile(fetched.path).bytes());
    }
  }
}

}  // namespace envlock::tools
