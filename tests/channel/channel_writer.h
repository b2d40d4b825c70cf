#pragma once

#include <zstd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "envlock/conda/index.h"
#include "envlock/core/digest.h"
#include "envlock/core/file.h"

namespace envlock_test {

// Keeps the order of keys, so that a test can shuffle them.
using Json = nlohmann::ordered_json;

inline Json record(const std::string& name, const std::string& version, const std::string& build,
                   std::vector<std::string> depends = {}, std::int64_t timestamp = 1700000000000) {
  Json made;
  made["build"] = build;
  made["build_number"] = 0;
  made["depends"] = depends;
  made["license"] = "MIT";
  made["md5"] = std::string(32, 'a');
  made["name"] = name;
  made["sha256"] = envlock::core::format(envlock::core::sha256(name + version + build));
  made["size"] = 1234;
  made["subdir"] = "linux-64";
  made["timestamp"] = timestamp;
  made["version"] = version;
  return made;
}

inline Json document(const std::string& subdir) {
  Json made;
  made["info"]["subdir"] = subdir;
  made["packages"] = Json::object();
  made["packages.conda"] = Json::object();
  made["removed"] = Json::array();
  made["repodata_version"] = 1;
  return made;
}

/// Puts a record where its extension belongs.
inline void add(Json& document, const Json& made, const std::string& extension = ".conda") {
  const std::string file = made["name"].get<std::string>() + "-" + made["version"].get<std::string>() + "-" +
                           made["build"].get<std::string>() + extension;
  document[extension == ".conda" ? "packages.conda" : "packages"][file] = made;
}

inline std::string compress(const std::string& bytes) {
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 3));
  return packed;
}

inline void write(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  envlock::core::write_file_atomically(path, bytes);
}

inline void write_json(const std::filesystem::path& folder, const std::string& subdir, const Json& document) {
  write(folder / subdir / "repodata.json", document.dump());
}

inline void write_zst(const std::filesystem::path& folder, const std::string& subdir, const Json& document) {
  write(folder / subdir / "repodata.json.zst", compress(document.dump()));
}

inline std::vector<std::uint8_t> raw_hex(const std::string& hex) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

inline std::string to_msgpack(const Json& value) {
  const std::vector<std::uint8_t> bytes = Json::to_msgpack(value);
  return {bytes.begin(), bytes.end()};
}

enum class HashForm { binary, integers, hex };

/// Writes the sharded form (CEP 16) of a document; returns the shard index before compression.
inline Json write_shards(const std::filesystem::path& folder, const std::string& subdir, const Json& document,
                         HashForm form = HashForm::binary, const std::string& shards_base_url = "./shards/") {
  const auto hash_value = [form](const std::string& hex) -> Json {
    if (form == HashForm::hex) return hex;
    if (form == HashForm::integers) return raw_hex(hex);
    return Json::binary(raw_hex(hex));
  };
  Json shards = Json::object();
  const auto shard_of = [&shards](const std::string& file) -> Json& {
    std::string stem = file.substr(0, file.rfind('-'));
    Json& shard = shards[stem.substr(0, stem.rfind('-'))];
    if (shard.is_null()) {
      shard = Json{{"packages", Json::object()}, {"packages.conda", Json::object()}, {"removed", Json::array()}};
      shard["from-the-future"] = 1;
    }
    return shard;
  };
  for (const std::string section : {"packages", "packages.conda"}) {
    if (!document.contains(section)) continue;
    for (const auto& [file, made] : document[section].items()) {
      Json copy = made;
      for (const std::string key : {"sha256", "md5"}) {
        if (copy.contains(key)) copy[key] = hash_value(copy[key].get<std::string>());
      }
      shard_of(file)[section][file] = copy;
    }
  }
  if (document.contains("removed")) {
    for (const Json& file : document["removed"]) shard_of(file.get<std::string>())["removed"].push_back(file);
  }
  Json index;
  index["version"] = 1;
  index["info"] = {{"subdir", subdir}, {"base_url", ""}, {"shards_base_url", shards_base_url}};
  if (document.contains("info") && document["info"].contains("base_url")) {
    index["info"]["base_url"] = document["info"]["base_url"];
  }
  index["shards"] = Json::object();
  for (const auto& [name, shard] : shards.items()) {
    const std::string packed = compress(to_msgpack(shard));
    const std::string hex = envlock::core::format(envlock::core::sha256(packed));
    write(folder / subdir / "shards" / (hex + ".msgpack.zst"), packed);
    index["shards"][name] = hash_value(hex);
  }
  write(folder / subdir / "repodata_shards.msgpack.zst", compress(to_msgpack(index)));
  return index;
}

/// The same document with its records, and the keys of each, in another order.
inline Json shuffled(const Json& document, unsigned seed) {
  std::mt19937 random(seed);
  const auto mix = [&random](const Json& object) {
    std::vector<std::string> keys;
    for (const auto& item : object.items()) keys.push_back(item.key());
    std::shuffle(keys.begin(), keys.end(), random);
    Json mixed = Json::object();
    for (const std::string& key : keys) mixed[key] = object[key];
    return mixed;
  };
  Json made = mix(document);
  for (const std::string section : {"packages", "packages.conda"}) {
    if (!made.contains(section)) continue;
    made[section] = mix(made[section]);
    for (const auto& item : made[section].items()) made[section][item.key()] = mix(item.value());
  }
  return made;
}

/// Every field of an Index as text, whole records included: equal texts, equal values.
inline std::string describe(const envlock::conda::Index& index) {
  std::string text = index.subdir + "\n";
  const auto list = [](const std::vector<std::string>& texts) {
    std::string joined;
    for (const std::string& item : texts) joined += item + "; ";
    return joined;
  };
  for (const auto& channel : index.channels) {
    text += "channel " + channel.base + " " + channel.name + " " + std::to_string(channel.rank) + "\n";
  }
  for (std::size_t i = 0; i < index.texts.size(); ++i)
    text += std::to_string(i) + " " + std::string(index.texts[i]) + "\n";
  for (const auto& name : index.names) {
    text += "name " + std::string(index.text(name.text)) + " " + std::to_string(name.first) + "-" +
            std::to_string(name.last) + "\n";
  }
  for (std::uint32_t id = 0; id < index.candidates.size(); ++id) {
    const auto& candidate = index.candidates[id];
    text += "candidate " + std::to_string(id);
    for (const std::uint64_t field :
         {std::uint64_t{candidate.name}, std::uint64_t{candidate.version}, std::uint64_t{candidate.build},
          candidate.build_number, std::uint64_t{candidate.first_depend}, std::uint64_t{candidate.depend_count},
          std::uint64_t{candidate.constrain_count}, std::uint64_t{candidate.channel},
          std::uint64_t{candidate.track_features}, std::uint64_t{candidate.noarch_subdir},
          std::uint64_t{candidate.shadowed}, static_cast<std::uint64_t>(candidate.timestamp)}) {
      text += " " + std::to_string(field);
    }
    for (const auto edge : index.depends(candidate)) text += " d" + std::to_string(edge);
    for (const auto edge : index.constrains(candidate)) text += " c" + std::to_string(edge);
    const auto whole = index.record(id);
    text += "\n  " + whole.name + " " + whole.version + " " + whole.build + " " + std::to_string(whole.build_number) +
            " " + whole.channel + " " + whole.subdir + " " + whole.file_name + " " + whole.url.value_or("-") + " " +
            (whole.sha256 ? envlock::core::format(*whole.sha256) : "-") + " " +
            (whole.md5 ? envlock::core::format(*whole.md5) : "-") + " " + std::to_string(whole.size.value_or(0)) + " " +
            list(whole.depends) + "| " + list(whole.constrains) + "| " + whole.license + " " +
            std::to_string(whole.timestamp.value_or(-1)) + " " + std::to_string(whole.indexed_timestamp.value_or(-1)) +
            " " + list(whole.track_features) + "| " + whole.noarch + " " + whole.python_site_packages_path + "\n";
  }
  return text;
}

/// The file names of all candidates, in order.
inline std::vector<std::string> file_names(const envlock::conda::Index& index) {
  std::vector<std::string> names;
  for (std::uint32_t id = 0; id < index.candidates.size(); ++id) names.push_back(index.record(id).file_name);
  return names;
}

}  // namespace envlock_test
