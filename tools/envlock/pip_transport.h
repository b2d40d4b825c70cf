#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli_options.h"
#include "envlock/pypi/index_client.h"

namespace envlock::tools {

/// An index by the name that a lock gives it.
std::string canonical_index(const std::string& url);

/// Where an index is reached: by --channel-map, by pip's configuration when it means that index, else by `url`.
pypi::IndexLocation index_location(const std::string& url, const Session& session,
                                   const pypi::PipConfiguration& configuration);

/// .condarc's way to the network, with what pip's configuration says where that says nothing.
fetch::NetworkOptions pip_network(const Session& session, const pypi::PipConfiguration& configuration);

/// Gets files of package indexes whose names and hashes a lock tells: with the mirrors, credentials, certificates and
/// proxy that this machine is set up with. None of that is written anywhere.
class PipTransport {
 public:
  /// Reads pip's configuration, unless --no-condarc was given. `session` must outlive this.
  PipTransport(const Session& session, core::Notes& notes);
  ~PipTransport();

  /// Where a file of an index lies, best place first; `url` alone without an index.
  std::vector<std::string> places(const std::string& index, const std::string& url) const;
  /// Fetches `download`, whose urls are `places(index, ...)`. When none of them has the file, the index's page of the
  /// project is asked for the file by its name. The hash that the lock has decides in any case.
  fetch::Fetched fetch(const fetch::Download& download, const std::string& index, const std::string& name,
                       const std::string& file);
  fetch::Fetcher& fetcher() { return *fetcher_; }

 private:
  pypi::IndexSettings settings_of(const std::string& index) const;
  std::vector<std::string> places_by_page(const std::string& index, const std::string& name, const std::string& file,
                                          std::string& told);

  const Session& session_;
  pypi::PipConfiguration configuration_;
  std::unique_ptr<fetch::Fetcher> fetcher_;
};

}  // namespace envlock::tools
