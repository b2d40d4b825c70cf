#include "catalog.h"

#include <algorithm>

namespace envlock::resolve {
namespace {

constexpr std::int32_t kNotRead = -1;
constexpr std::int32_t kNoVersion = -2;

bool is_reserved(std::string_view name) {
  return name.substr(0, 2) == "__";
}

std::string_view without_final_slash(std::string_view text) {
  while (!text.empty() && text.back() == '/') text.remove_suffix(1);
  return text;
}

}  // namespace

Catalog::Catalog(const conda::Index& index, const CondaOptions& options) : index_(index), options_(options) {
  const std::size_t count = index.candidates.size() + options.virtual_packages.size();
  name_of_record_.resize(count);
  is_unreadable_.resize(count);
  version_slots_.assign(index.texts.size(), kNotRead);
  spec_slots_.assign(index.texts.size(), kNotRead);
  names_.reserve(index.names.size() + options.virtual_packages.size());
  for (const conda::Index::Name& name : index.names) {
    const std::string_view text = index.text(name.text);
    // Names with two underscores belong to virtual packages: no channel can provide them.
    Name entry{text, name.first, is_reserved(text) ? name.first : name.last, is_reserved(text)};
    const auto ref = static_cast<NameRef>(names_.size());
    for (RecordId id = entry.first; id < entry.last; ++id) name_of_record_[id] = ref;
    name_refs_.emplace(text, ref);
    names_.push_back(entry);
  }
  auto id = static_cast<RecordId>(index.candidates.size());
  for (const conda::VirtualPackage& package : options.virtual_packages) {
    const NameRef ref = find_name(package.name);
    names_[ref].first = id;
    names_[ref].last = id + 1;
    names_[ref].is_virtual = true;
    name_of_record_[id++] = ref;
    virtual_versions_.push_back(conda::Version::parse(package.version.empty() ? "0" : package.version));
  }
}

NameRef Catalog::find_name(std::string_view text) {
  if (const auto found = name_refs_.find(text); found != name_refs_.end()) return found->second;
  added_names_.push_back(std::make_unique<std::string>(text));
  const auto ref = static_cast<NameRef>(names_.size());
  names_.push_back({*added_names_.back(), 0, 0, is_reserved(text)});
  name_refs_.emplace(*added_names_.back(), ref);
  return ref;
}

std::string_view Catalog::version_text(RecordId id) const {
  if (is_virtual(id)) return virtual_versions_[id - index_.candidates.size()].text();
  return index_.text(index_.candidates[id].version);
}

std::string_view Catalog::build_text(RecordId id) const {
  if (is_virtual(id)) return options_.virtual_packages[id - index_.candidates.size()].build;
  return index_.text(index_.candidates[id].build);
}

std::span<const conda::TextId> Catalog::depends(RecordId id) const {
  if (is_virtual(id)) return {};
  return index_.depends(index_.candidates[id]);
}

std::span<const conda::TextId> Catalog::constrains(RecordId id) const {
  if (is_virtual(id)) return {};
  return index_.constrains(index_.candidates[id]);
}

const conda::Version* Catalog::version_of_text(conda::TextId text) {
  std::int32_t& slot = version_slots_[text];
  if (slot == kNotRead) {
    if (auto version = conda::Version::try_parse(index_.text(text))) {
      slot = static_cast<std::int32_t>(versions_.size());
      versions_.push_back(std::move(*version));
    } else {
      slot = kNoVersion;
    }
  }
  return slot < 0 ? nullptr : &versions_[static_cast<std::size_t>(slot)];
}

const conda::Version* Catalog::version(RecordId id) {
  if (is_virtual(id)) return &virtual_versions_[id - index_.candidates.size()];
  const conda::Version* version = version_of_text(index_.candidates[id].version);
  if (version == nullptr) is_unreadable_[id] = true;
  return version;
}

bool Catalog::is_visible(RecordId id) {
  return (!candidate_is_shadowed(id) || (!shown_.empty() && shown_[id])) && version(id) != nullptr;
}

void Catalog::show_shadowed(std::span<const conda::Request> requests) {
  for (const conda::Request& request : requests) {
    if (!request.spec.channel) continue;
    if (shown_.empty()) shown_.resize(record_count());
    const Name& entry = names_[find_name(request.spec.name)];
    for (RecordId id = entry.first; id < entry.last; ++id) {
      if (candidate_is_shadowed(id) && channel_matches(request.spec, id)) shown_[id] = true;
    }
  }
}

bool Catalog::channel_matches(const conda::MatchSpec& spec, RecordId id) const {
  if (!spec.channel) return true;
  if (is_virtual(id)) return false;
  const conda::Channel& channel = index_.channels[index_.candidates[id].channel];
  if (const auto found = options_.channel_bases.find(*spec.channel); found != options_.channel_bases.end()) {
    return std::find(found->second.begin(), found->second.end(), channel.base) != found->second.end();
  }
  const std::string_view wanted = without_final_slash(*spec.channel);
  return wanted == channel.name || wanted == channel.base;
}

const Catalog::Spec& Catalog::spec(conda::TextId text) {
  std::int32_t& slot = spec_slots_[text];
  if (slot == kNotRead) {
    slot = static_cast<std::int32_t>(specs_.size());
    Spec& entry = specs_.emplace_back();
    try {
      entry.spec = conda::MatchSpec::parse(index_.text(text));
      entry.name = find_name(entry.spec->name);
      // A condition (CEP 43) cannot be weighed here; taking it for no condition would be wrong either way.
      entry.is_readable = !entry.spec->when;
    } catch (const core::Error&) {
      entry.is_matched = true;
    }
  }
  return specs_[static_cast<std::size_t>(slot)];
}

const Catalog::Spec& Catalog::matched_spec(conda::TextId text) {
  const Spec& entry = spec(text);
  if (!entry.is_matched) {
    std::vector<RecordId> found = match(*entry.spec, entry.name);
    Spec& changed = specs_[static_cast<std::size_t>(spec_slots_[text])];
    changed.matches = std::move(found);
    changed.is_matched = true;
  }
  return entry;
}

bool Catalog::matches(const conda::MatchSpec& spec, RecordId id) {
  const conda::Version* record_version = version(id);
  if (record_version == nullptr || !channel_matches(spec, id)) return false;
  const std::uint64_t build_number = is_virtual(id) ? 0 : index_.candidates[id].build_number;
  if (!spec.matches(names_[name_of_record_[id]].text, *record_version, build_text(id), build_number)) return false;
  return spec.needs_only_identity() || (!is_virtual(id) && spec.matches(index_.record(id)));
}

std::vector<RecordId> Catalog::match(const conda::MatchSpec& spec, NameRef name) {
  std::vector<RecordId> found;
  const Name entry = names_[name];
  const bool only_identity = spec.needs_only_identity() && !spec.channel && !spec.build_number;
  std::optional<conda::TextId> last_version;
  bool last_version_matches = false;
  for (RecordId id = entry.first; id < entry.last; ++id) {
    if (!is_visible(id)) continue;
    if (!only_identity || is_virtual(id)) {
      if (matches(spec, id)) found.push_back(id);
      continue;
    }
    if (spec.version) {
      // Records of one version mostly follow each other, so each version is compared once.
      const conda::TextId text = index_.candidates[id].version;
      if (text != last_version) {
        last_version = text;
        last_version_matches = spec.version->matches(*version_of_text(text));
      }
      if (!last_version_matches) continue;
    }
    if (spec.build && !spec.build->matches(build_text(id))) continue;
    found.push_back(id);
  }
  return found;
}

std::vector<RecordId> Catalog::unreadable() const {
  std::vector<RecordId> ids;
  for (RecordId id = 0; id < is_unreadable_.size(); ++id) {
    if (is_unreadable_[id]) ids.push_back(id);
  }
  return ids;
}

}  // namespace envlock::resolve
