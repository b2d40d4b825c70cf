// PEP 691, with 658/714 (metadata files), 592 (yanked), 700 (sizes, times) and 792 (status).
#include <simdjson.h>

#include "envlock/core/text.h"
#include "envlock/pypi/name.h"
#include "page_builder.h"

namespace envlock::pypi {
namespace {

namespace ondemand = simdjson::ondemand;
using Type = ondemand::json_type;

/// A member is of a type that it may not have; the JSON itself is sound.
struct WrongType {
  const char* member;
};
struct BrokenJson {
  simdjson::error_code error;
};

template <typename T>
T get(simdjson::simdjson_result<T> result) {
  T value;
  const simdjson::error_code error = std::move(result).get(value);
  if (error != simdjson::SUCCESS) throw BrokenJson{error};
  return value;
}

std::string_view text_of(ondemand::value value, const char* member) {
  if (get(value.type()) != Type::string) throw WrongType{member};
  return get(value.get_string());
}

/// null is as good as absent.
std::string_view optional_text(ondemand::value value, const char* member) {
  return get(value.type()) == Type::null ? std::string_view() : text_of(value, member);
}

bool flag_of(ondemand::value value, const char* member) {
  switch (get(value.type())) {
    case Type::null:
      return false;
    case Type::boolean:
      return get(value.get_bool());
    default:
      throw WrongType{member};
  }
}

std::optional<core::Sha256> sha256_of(ondemand::value hashes, const char* member) {
  if (get(hashes.type()) != Type::object) throw WrongType{member};
  std::optional<core::Sha256> sha256;
  bool broken = false;
  for (auto item : get(hashes.get_object())) {
    ondemand::field field = get(std::move(item));
    const std::string_view algorithm = get(field.unescaped_key());
    ondemand::value value = field.value();
    if (get(value.type()) != Type::string) {
      broken = true;
      continue;
    }
    const std::string_view hex = get(value.get_string());
    if (const auto found = parse_hash(algorithm, hex, broken)) sha256 = found;
  }
  if (broken) throw WrongType{member};
  return sha256;
}

struct Listed {
  IndexFile file;
  std::string_view link;
  bool has_core_metadata = false;  ///< the newer name of the member was there, and counts (PEP 714)
};

void read_metadata(ondemand::value value, Listed& listed, bool newer) {
  if (!newer && listed.has_core_metadata) return;
  listed.has_core_metadata = newer;
  if (get(value.type()) == Type::object) {
    listed.file.metadata_sha256 = sha256_of(value, "core-metadata");
    listed.file.has_metadata = true;
  } else {
    listed.file.metadata_sha256.reset();
    listed.file.has_metadata = flag_of(value, "core-metadata");
  }
}

void read_yanked(ondemand::value value, IndexFile& file) {
  if (get(value.type()) == Type::string) {
    file.yanked_reason = std::string(get(value.get_string()));
    file.yanked = !file.yanked_reason.empty();
  } else {
    file.yanked = flag_of(value, "yanked");
  }
}

void read_size(ondemand::value value, IndexFile& file) {
  if (get(value.type()) == Type::null) return;
  std::uint64_t size = 0;
  const simdjson::error_code error = value.get_uint64().get(size);
  if (error == simdjson::INCORRECT_TYPE || error == simdjson::NUMBER_ERROR || error == simdjson::NUMBER_OUT_OF_RANGE) {
    throw WrongType{"size"};
  }
  if (error != simdjson::SUCCESS) throw BrokenJson{error};
  file.size = size;
}

void read_member(std::string_view key, ondemand::value value, Listed& listed) {
  IndexFile& file = listed.file;
  if (key == "filename") {
    file.file_name = std::string(text_of(value, "filename"));
  } else if (key == "url") {
    listed.link = text_of(value, "url");
  } else if (key == "hashes") {
    file.sha256 = sha256_of(value, "hashes");
  } else if (key == "requires-python") {
    file.requires_python = std::string(optional_text(value, "requires-python"));
  } else if (key == "core-metadata") {
    read_metadata(value, listed, true);
  } else if (key == "dist-info-metadata" || key == "data-dist-info-metadata") {
    read_metadata(value, listed, false);
  } else if (key == "yanked") {
    read_yanked(value, file);
  } else if (key == "size") {
    read_size(value, file);
  } else if (key == "upload-time") {
    file.upload_time = core::parse_time(optional_text(value, "upload-time"));
  }
}

void read_file(ondemand::value value, PageBuilder& page) {
  if (get(value.type()) != Type::object) return page.ignore("", "it is no JSON object");
  Listed listed;
  const char* wrong = nullptr;
  // All members are walked even when one is wrong, so that the next file is found.
  for (auto item : get(value.get_object())) {
    ondemand::field field = get(std::move(item));
    const std::string_view key = get(field.unescaped_key());
    try {
      read_member(key, field.value(), listed);
    } catch (const WrongType& error) {
      if (wrong == nullptr) wrong = error.member;
    }
  }
  if (wrong != nullptr) {
    return page.ignore(listed.file.file_name, std::string("its `") + wrong + "` is not what it may be");
  }
  page.add(std::move(listed.file), listed.link);
}

void read_status(ondemand::value value, PageBuilder& page) {
  if (get(value.type()) != Type::object) return;
  std::string_view status, reason;
  for (auto item : get(value.get_object())) {
    ondemand::field field = get(std::move(item));
    const std::string_view key = get(field.unescaped_key());
    ondemand::value text = field.value();
    if (get(text.type()) != Type::string) continue;
    if (key == "status") status = get(text.get_string());
    if (key == "reason") reason = get(text.get_string());
  }
  page.set_status(status, reason);
}

/// What a page must say beside its files.
struct Head {
  std::string name, version;
  bool has_files = false;
};

void read_meta(ondemand::value value, Head& head) {
  if (get(value.type()) != Type::object) throw WrongType{"meta"};
  for (auto item : get(value.get_object())) {
    ondemand::field field = get(std::move(item));
    if (get(field.unescaped_key()) == "api-version") head.version = std::string(text_of(field.value(), "api-version"));
  }
}

Head read_page(ondemand::document& document, PageBuilder& page) {
  Head head;
  for (auto item : get(document.get_object())) {
    ondemand::field field = get(std::move(item));
    const std::string_view key = get(field.unescaped_key());
    ondemand::value value = field.value();
    if (key == "name") {
      head.name = std::string(text_of(value, "name"));
    } else if (key == "meta") {
      read_meta(value, head);
    } else if (key == "project-status") {
      read_status(value, page);
    } else if (key == "files") {
      if (get(value.type()) != Type::array) throw WrongType{"files"};
      head.has_files = true;
      for (auto file : get(value.get_array())) read_file(get(std::move(file)), page);
    }
  }
  if (document.current_location().error() == simdjson::SUCCESS) throw BrokenJson{simdjson::TRAILING_CONTENT};
  return head;
}

}  // namespace

ProjectPage parse_project_json(std::string_view bytes, std::string_view page_url, std::string_view name,
                               core::Notes& notes) {
  PageBuilder page(page_url, name);
  Head head;
  try {
    const simdjson::padded_string padded(bytes);
    ondemand::parser parser;
    ondemand::document document = get(parser.iterate(padded));
    if (get(document.type()) != Type::object) fail_page(page_url, name, "it is no JSON object");
    head = read_page(document, page);
  } catch (const BrokenJson& broken) {
    fail_page(page_url, name, std::string("it is no JSON: ") + simdjson::error_message(broken.error));
  } catch (const WrongType& wrong) {
    fail_page(page_url, name, std::string("its `") + wrong.member + "` is not what it may be");
  } catch (const simdjson::simdjson_error& error) {
    fail_page(page_url, name, std::string("it is no JSON: ") + error.what());
  }
  if (head.version.rfind("1.", 0) != 0) {
    fail_page(page_url, name,
              head.version.empty() ? std::string("it lacks `meta` with `api-version`")
                                   : "its version is " + core::printable(head.version, 40) + "; 1.x can be read");
  }
  if (!head.has_files) fail_page(page_url, name, "it lacks `files`");
  if (normalize_name(head.name) != name) {
    fail_page(page_url, name, "it is the page of `" + core::printable(head.name, 100) + "`",
              {"tell those who run the index: it answers with another project than was asked for"});
  }
  return page.finish(notes);
}

}  // namespace envlock::pypi
