#include "parse_pip.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "distribution_json.h"
#include "envlock/core/text.h"
#include "pip_json.h"

namespace envlock::lock {
namespace {

auto place(const LockedDistribution& each) {
  return std::tie(each.name, each.version, each.file, each.url);
}

std::string shown(const LockedDistribution& each) {
  return "`" + core::printable(each.name + " " + each.version) + "`";
}

std::vector<std::string> sorted_once(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

}  // namespace

bool is_before(const LockedDistribution& left, const LockedDistribution& right) {
  return place(left) < place(right);
}

void PipReader::read(Fields& lock) {
  const Json* pip = lock.find("pip");
  const Json* lines = lock.find("pip_requests");
  const Json* distributions = lock.find("distributions");
  if (pip == nullptr) {
    for (const Json* other : {lines, distributions}) {
      if (other != nullptr) mistakes_.add(*other, "a lock without `pip` has no `" + std::string(other->key) + "`");
    }
    return;
  }
  options_ = read_pip(*pip, mistakes_);
  lines = lock.required("pip_requests", Json::Kind::array);
  if (lines != nullptr) lines_ = read_pip_lines(*lines, mistakes_);
  for (const Json& item : lock.elements("distributions")) all_.push_back(read_one(item));
}

PipReader::Read PipReader::read_one(const Json& item) {
  Fields fields(item, mistakes_);
  Read each;
  each.json = &item;
  each.distribution = read_distribution(fields);
  const Json* uses = fields.required("platforms", Json::Kind::object);
  if (uses != nullptr && uses->items.empty()) mistakes_.add(*uses, "this distribution is on no platform");
  if (uses != nullptr) {
    for (const Json& use : uses->items) each.uses.emplace(use.key, read_use(use));
  }
  fields.refuse_others();
  return each;
}

PipReader::Use PipReader::read_use(const Json& item) {
  Fields fields(item, mistakes_);
  Use use{sorted_once(fields.required_texts("categories")), sorted_once(fields.texts("extras"))};
  fields.refuse_others();
  const Json* categories = item.find("categories");
  if (categories != nullptr && categories->kind == Json::Kind::array && use.categories.empty()) {
    mistakes_.add(*categories, "this distribution is in no category");
  }
  return use;
}

void PipReader::link(Lock& lock) {
  lock.pip = options_;
  lock.pip_lines = std::move(lines_);
  std::stable_sort(all_.begin(), all_.end(), [](const Read& left, const Read& right) {
    return is_before(left.distribution, right.distribution);
  });
  std::map<std::string_view, LockedPlatform*> platforms;
  for (LockedPlatform& each : lock.platforms) platforms.emplace(each.platform.name, &each);
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    const Read& each = all_[i];
    const bool twice = i > 0 && place(each.distribution) == place(all_[i - 1].distribution);
    if (twice && syntax_ == JsonSyntax::strict) {
      mistakes_.add(*each.json, shown(each.distribution) + " stands twice in `distributions`");
    }
    check_index(each, *options_);
    for (const auto& [name, use] : each.uses) {
      const auto platform = platforms.find(name);
      if (platform == platforms.end()) {
        if (syntax_ == JsonSyntax::merged) continue;
        mistake(each, "platforms",
                shown(each.distribution) + " is for platform `" + core::printable(name) +
                    "`, which is not one of `platforms`");
        continue;
      }
      if (!seen.emplace(name, each.distribution.name).second && syntax_ == JsonSyntax::strict) {
        mistake(each, "name",
                "platform `" + core::printable(name) + "` has two distributions named `" +
                    core::printable(each.distribution.name) + "`");
      }
      platform->second->distributions.push_back({i, use.extras, use.categories});
    }
  }
  for (Read& each : all_) lock.distributions.push_back(std::move(each.distribution));
}

void PipReader::check_index(const Read& each, const PipOptions& options) {
  const std::string& index = each.distribution.index;
  const bool listed = std::find(options.indexes.begin(), options.indexes.end(), index) != options.indexes.end();
  if (index.empty() || listed || syntax_ == JsonSyntax::merged) return;
  mistake(each, "index", "the index of " + shown(each.distribution) + " is not one of the `indexes` of `pip`");
}

void PipReader::mistake(const Read& each, std::string_view key, std::string what) {
  const Json* value = each.json->find(key);
  mistakes_.add(value == nullptr ? *each.json : *value, std::move(what));
}

void write_distributions(core::JsonWriter& writer, const Lock& lock) {
  std::vector<std::map<std::string, const PlatformDistribution*>> uses(lock.distributions.size());
  for (const LockedPlatform& platform : lock.platforms) {
    for (const PlatformDistribution& each : platform.distributions) {
      uses[each.distribution][platform.platform.name] = &each;
    }
  }
  writer.key("distributions");
  writer.begin_array();
  for (std::size_t i = 0; i < lock.distributions.size(); ++i) {
    writer.begin_object();
    write_distribution(writer, lock.distributions[i]);
    writer.key("platforms");
    writer.begin_object();
    for (const auto& [platform, use] : uses[i]) {
      writer.key(platform);
      writer.begin_object(core::JsonWriter::Layout::single_line);
      writer.member("categories", use->categories);
      if (!use->extras.empty()) writer.member("extras", use->extras);
      writer.end_object();
    }
    writer.end_object();
    writer.end_object();
  }
  writer.end_array();
}

}  // namespace envlock::lock
