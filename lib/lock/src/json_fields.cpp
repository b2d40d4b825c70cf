#include "json_fields.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "envlock/core/text.h"
#include "source_text.h"

namespace envlock::lock {
namespace {

const char* describe(Json::Kind kind) {
  switch (kind) {
    case Json::Kind::null:
      return "null";
    case Json::Kind::boolean:
      return "true or false";
    case Json::Kind::number:
      return "a number";
    case Json::Kind::text:
      return "a string";
    case Json::Kind::array:
      return "an array";
    case Json::Kind::object:
      return "an object";
  }
  return "a value";
}

template <typename Number>
std::optional<Number> whole_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

const std::vector<Json> kNone;

}  // namespace

void Mistakes::add(std::size_t offset, std::size_t end, std::string what, std::vector<std::string> hints) {
  if (all_.size() == kMost) {
    ++left_out_;
    return;
  }
  core::Diagnostic mistake;
  mistake.code = code_;
  mistake.what = std::move(what);
  mistake.where = span_of(document_.source(), file_, offset, end);
  if (const std::string path = document_.path_of(offset); !path.empty()) {
    mistake.why.push_back("at `" + core::printable(path) + "`");
  }
  mistake.hints = std::move(hints);
  all_.push_back(std::move(mistake));
}

void Mistakes::throw_if_any() const {
  if (all_.empty()) return;
  std::vector<core::Diagnostic> all = all_;
  if (left_out_ > 0) all.back().why.push_back("and " + std::to_string(left_out_) + " more mistakes");
  throw core::Error(std::move(all));
}

Fields::Fields(const Json& object, Mistakes& mistakes) : object_(object), mistakes_(mistakes) {
  if (object.kind != Json::Kind::object) {
    mistakes.add(object, std::string("an object should stand here, not ") + describe(object.kind));
  }
}

const Json* Fields::find(std::string_view key) {
  known_.push_back(key);
  return object_.find(key);
}

const Json& Fields::place(std::string_view key) {
  const Json* value = object_.find(key);
  return value == nullptr ? object_ : *value;
}

const Json* Fields::optional(std::string_view key, Json::Kind kind) {
  const Json* value = find(key);
  if (value == nullptr || value->kind == kind) return value;
  mistakes_.add(*value, "`" + std::string(key) + "` must be " + describe(kind) + ", not " + describe(value->kind));
  return nullptr;
}

const Json* Fields::required(std::string_view key, Json::Kind kind) {
  const Json* value = optional(key, kind);
  if (value == nullptr && object_.kind == Json::Kind::object && object_.find(key) == nullptr) {
    mistakes_.add(object_, "`" + std::string(key) + "` is missing");
  }
  return value;
}

std::string Fields::required_text(std::string_view key) {
  const Json* value = required(key, Json::Kind::text);
  if (value != nullptr && value->text.empty()) mistakes_.add(*value, "`" + std::string(key) + "` is empty");
  return value == nullptr ? std::string() : std::string(value->text);
}

std::string Fields::text(std::string_view key) {
  const Json* value = optional(key, Json::Kind::text);
  return value == nullptr ? std::string() : std::string(value->text);
}

bool Fields::flag(std::string_view key) {
  const Json* value = optional(key, Json::Kind::boolean);
  return value != nullptr && value->flag;
}

std::uint64_t Fields::required_unsigned(std::string_view key) {
  if (required(key, Json::Kind::number) == nullptr) return 0;
  return unsigned_number(key).value_or(0);
}

std::optional<std::uint64_t> Fields::unsigned_number(std::string_view key) {
  const Json* value = optional(key, Json::Kind::number);
  if (value == nullptr) return std::nullopt;
  const auto number = whole_number<std::uint64_t>(value->text);
  if (!number) mistakes_.add(*value, "`" + std::string(key) + "` must be a whole number from 0 to 2^64-1");
  return number;
}

std::optional<std::int64_t> Fields::number(std::string_view key) {
  const Json* value = optional(key, Json::Kind::number);
  if (value == nullptr) return std::nullopt;
  const auto number = whole_number<std::int64_t>(value->text);
  if (!number) mistakes_.add(*value, "`" + std::string(key) + "` must be a whole number of 64 bits");
  return number;
}

std::vector<std::string> texts_of(const Json& array, Mistakes& mistakes) {
  std::vector<std::string> texts;
  if (array.kind != Json::Kind::array) {
    mistakes.add(array, std::string("an array should stand here, not ") + describe(array.kind));
    return texts;
  }
  texts.reserve(array.items.size());
  for (const Json& item : array.items) {
    if (item.kind == Json::Kind::text) {
      texts.emplace_back(item.text);
    } else {
      mistakes.add(item, std::string("a string should stand here, not ") + describe(item.kind));
    }
  }
  return texts;
}

std::vector<std::string> Fields::texts(std::string_view key) {
  const Json* array = optional(key, Json::Kind::array);
  return array == nullptr ? std::vector<std::string>() : texts_of(*array, mistakes_);
}

std::vector<std::string> Fields::required_texts(std::string_view key) {
  const Json* array = required(key, Json::Kind::array);
  return array == nullptr ? std::vector<std::string>() : texts_of(*array, mistakes_);
}

const std::vector<Json>& Fields::elements(std::string_view key) {
  const Json* value = required(key, Json::Kind::array);
  return value == nullptr ? kNone : value->items;
}

const std::vector<Json>& Fields::members(std::string_view key) {
  const Json* value = required(key, Json::Kind::object);
  return value == nullptr ? kNone : value->items;
}

void Fields::refuse_others() {
  for (const Json& item : object_.items) {
    if (mistakes_.full()) return;
    if (object_.kind != Json::Kind::object || std::find(known_.begin(), known_.end(), item.key) != known_.end())
      continue;
    const std::vector<std::string> names(known_.begin(), known_.end());
    std::vector<std::string> hints;
    if (const auto near = core::closest_match(item.key, names)) hints.push_back("did you mean `" + *near + "`?");
    mistakes_.add(item.key_offset, item.key_offset + item.key.size() + 2,
                  "`" + core::printable(item.key) + "` is not a field of this object", std::move(hints));
  }
}

}  // namespace envlock::lock
