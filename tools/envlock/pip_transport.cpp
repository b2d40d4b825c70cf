#include "pip_transport.h"

#include <algorithm>

#include "activation.h"
#include "envlock/channel/condarc.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::tools {
namespace {

/// The first of pip's addresses that means this index: it may hold the credentials that a lock does not.
std::string configured_place(const std::string& base, const pypi::PipConfiguration& configuration) {
  std::vector<std::string> known = configuration.extra_index_urls;
  known.insert(known.begin(), configuration.index_url);
  for (const std::string& url : known) {
    if (!url.empty() && canonical_index(url) == base) return url;
  }
  return "";
}

}  // namespace

std::string canonical_index(const std::string& url) {
  std::string base = core::strip_credentials(url);
  base = base.substr(0, base.find_first_of("?#"));  // a query may be a secret
  while (base.ends_with('/')) base.pop_back();
  return base;
}

pypi::IndexLocation index_location(const std::string& url, const Session& session,
                                   const pypi::PipConfiguration& configuration) {
  pypi::IndexLocation location{.base = canonical_index(url), .urls = {}};
  if (const auto mapped = session.channel_map.find(location.base); mapped != session.channel_map.end()) {
    location.urls = mapped->second;
  } else if (location.base == pypi::kDefaultIndex && !configuration.index_url.empty()) {
    location.urls = {configuration.index_url};
  } else {
    location.urls = {url};
    const std::string configured = configured_place(location.base, configuration);
    if (url == location.base && !configured.empty()) location.urls = {configured};
  }
  return location;
}

fetch::NetworkOptions pip_network(const Session& session, const pypi::PipConfiguration& configuration) {
  fetch::NetworkOptions network = session.condarc.network;
  if (network.ca_bundle.empty()) network.ca_bundle = configuration.certificate;
  if (network.client_certificate.empty()) network.client_certificate = configuration.client_certificate;
  if (network.proxies.empty() && !configuration.proxy.empty()) {
    network.proxies = {{"http", configuration.proxy}, {"https", configuration.proxy}};
  }
  return network;
}

PipTransport::PipTransport(const Session& session, core::Notes& notes) : session_(session) {
  if (!session.no_condarc) {
    configuration_ = pypi::read_pip_configuration(process_variables(), channel::process_environment().home, notes);
  }
  fetcher_ = fetch::make_fetcher(pip_network(session, configuration_), session.cache, session.progress);
}

PipTransport::~PipTransport() = default;

pypi::IndexSettings PipTransport::settings_of(const std::string& index) const {
  pypi::IndexSettings settings;
  settings.indexes = {index_location(index, session_, configuration_)};
  settings.cache = session_.cache;
  return settings;
}

std::vector<std::string> PipTransport::places(const std::string& index, const std::string& url) const {
  if (index.empty() || !core::looks_like_url(url)) return {url};
  return pypi::file_urls(settings_of(index), index, url);
}

std::vector<std::string> PipTransport::places_by_page(const std::string& index, const std::string& name,
                                                      const std::string& file, std::string& told) {
  pypi::IndexSettings settings = settings_of(index);
  settings.max_age_seconds = 0;  // a page that led here is not to be trusted to be the newest
  core::Notes told_elsewhere;
  const auto source = pypi::make_index_client(*fetcher_, settings, told_elsewhere);
  const pypi::FoundProject found = source->projects({name}).front();
  told = found.failure ? found.failure->what : "its page at " + core::printable(index) + " does not list it";
  std::vector<std::string> places;
  for (const pypi::IndexFile& each : found.page.files) {
    if (each.file_name == file) places = pypi::file_urls(settings, index, each.url);
  }
  return places;
}

fetch::Fetched PipTransport::fetch(const fetch::Download& download, const std::string& index, const std::string& name,
                                   const std::string& file) {
  fetch::Fetched fetched = fetcher_->fetch_one(download);
  const bool ask =
      fetched.status != fetch::Status::ok && !index.empty() && !file.empty() && !session_.condarc.network.offline;
  if (!ask) return fetched;
  fetch::Download other = download;
  std::string told;
  other.urls = places_by_page(index, name, file, told);
  std::erase_if(other.urls, [&](const std::string& url) {
    return std::find(download.urls.begin(), download.urls.end(), url) != download.urls.end();
  });
  if (other.urls.empty()) {
    if (fetched.failure) fetched.failure->why.push_back("the index was asked for it by its name: " + told);
    return fetched;
  }
  fetch::Fetched second = fetcher_->fetch_one(other);
  if (second.status == fetch::Status::not_found) return fetched;
  if (second.status == fetch::Status::failed && second.failure && fetched.failure) {
    second.failure->why.push_back("before, at the address that was locked: " + fetched.failure->what);
  }
  return second;
}

}  // namespace envlock::tools
