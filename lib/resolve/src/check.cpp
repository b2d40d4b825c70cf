// The independent checker: plain loops over records, no ids, no caches, nothing of the solver's.
#include "envlock/core/text.h"
#include "envlock/resolve/conda.h"

#include <algorithm>
#include <map>
#include <set>

namespace envlock::resolve {
namespace {

class Checker {
 public:
  Checker(const std::vector<conda::Request>& requests, const std::vector<conda::PackageRecord>& records,
          const CondaOptions& options)
      : requests_(requests), records_(records), options_(options) {}

  std::vector<std::string> run() {
    for (const conda::PackageRecord& record : records_) {
      if (!by_name_.emplace(record.name, &record).second) broken("`" + record.name + "` is chosen more than once");
      if (options_.virtual_packages.end() != find_virtual(record.name)) {
        broken("`" + record.name + "` is a virtual package and cannot be installed");
      }
      const auto version = conda::Version::try_parse(record.version);
      if (!version) broken(title(record) + " has a version that is no version");
      versions_.emplace(record.name, version.value_or(conda::Version()));
    }
    for (const conda::Request& request : requests_) check_request(request);
    for (const conda::PackageRecord& record : records_) check_record(record);
    check_reachable();
    return std::move(broken_);
  }

 private:
  void broken(std::string sentence) { broken_.push_back(core::printable(sentence, 400)); }

  static std::string title(const conda::PackageRecord& record) {
    return "`" + record.name + " " + record.version + " " + record.build + "`";
  }

  std::vector<conda::VirtualPackage>::const_iterator find_virtual(const std::string& name) const {
    return std::find_if(options_.virtual_packages.begin(), options_.virtual_packages.end(),
                        [&](const conda::VirtualPackage& package) { return package.name == name; });
  }

  enum class Answer { absent, refused, met };

  Answer ask(const conda::MatchSpec& spec) const {
    if (const auto package = find_virtual(spec.name); package != options_.virtual_packages.end()) {
      const auto version = conda::Version::parse(package->version.empty() ? "0" : package->version);
      const bool met =
          !spec.channel && spec.needs_only_identity() && spec.matches(package->name, version, package->build, 0);
      return met ? Answer::met : Answer::refused;
    }
    const auto found = by_name_.find(spec.name);
    if (found == by_name_.end()) return Answer::absent;
    return spec.matches(*found->second) && channel_matches(spec, *found->second) ? Answer::met : Answer::refused;
  }

  bool channel_matches(const conda::MatchSpec& spec, const conda::PackageRecord& record) const {
    if (!spec.channel) return true;
    if (const auto bases = options_.channel_bases.find(*spec.channel); bases != options_.channel_bases.end()) {
      return std::find(bases->second.begin(), bases->second.end(), record.channel) != bases->second.end();
    }
    // Here the short name is not known: a base that ends with it will do.
    std::string wanted = *spec.channel;
    while (!wanted.empty() && wanted.back() == '/') wanted.pop_back();
    const std::string& base = record.channel;
    return base == wanted ||
           (base.size() > wanted.size() && base.ends_with(wanted) && base[base.size() - wanted.size() - 1] == '/');
  }

  void check_request(const conda::Request& request) {
    if (ask(request.spec) != Answer::met) broken("the request `" + request.text + "` is not met");
  }

  void check_record(const conda::PackageRecord& record) {
    for (const std::string& text : record.depends) {
      const auto spec = parse(record, text);
      if (!spec) continue;
      if (ask(*spec) != Answer::met) broken(title(record) + " needs `" + text + "`, which is not met");
      needs_[record.name].push_back(spec->name);
    }
    for (const std::string& text : record.constrains) {
      const auto spec = parse(record, text);
      if (spec && ask(*spec) == Answer::refused) broken(title(record) + " constrains `" + text + "`, which is not met");
    }
  }

  std::optional<conda::MatchSpec> parse(const conda::PackageRecord& record, const std::string& text) {
    try {
      return conda::MatchSpec::parse(text);
    } catch (const core::Error&) {
      broken(title(record) + " holds `" + text + "`, which cannot be read");
      return std::nullopt;
    }
  }

  void check_reachable() {
    std::set<std::string> reached;
    std::vector<std::string> pending;
    for (const conda::Request& request : requests_) pending.push_back(request.spec.name);
    while (!pending.empty()) {
      const std::string name = pending.back();
      pending.pop_back();
      if (!reached.insert(name).second) continue;
      if (const auto found = needs_.find(name); found != needs_.end()) {
        pending.insert(pending.end(), found->second.begin(), found->second.end());
      }
    }
    for (const conda::PackageRecord& record : records_) {
      if (!reached.contains(record.name)) broken(title(record) + " is chosen, but nothing asks for it");
    }
  }

  const std::vector<conda::Request>& requests_;
  const std::vector<conda::PackageRecord>& records_;
  const CondaOptions& options_;
  std::map<std::string, const conda::PackageRecord*> by_name_;
  std::map<std::string, conda::Version> versions_;
  std::map<std::string, std::vector<std::string>> needs_;
  std::vector<std::string> broken_;
};

}  // namespace

std::vector<std::string> check(const std::vector<conda::Request>& requests,
                               const std::vector<conda::PackageRecord>& records, const CondaOptions& options) {
  return Checker(requests, records, options).run();
}

}  // namespace envlock::resolve
