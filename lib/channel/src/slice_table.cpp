#include "slice_table.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "hash_text.h"

namespace envlock::channel {
namespace {

// Layout, all in the byte order of the machine (another one's cache fails the magic number):
//   Header | NameEntry[name_count + 1] | Slice[slice_count] | name texts | info texts
struct Header {
  std::uint64_t magic = 0;
  std::uint64_t checksum = 0;  ///< of every byte behind this field
  std::uint64_t total_size = 0;
  std::uint64_t document_size = 0;
  std::uint64_t texts_size = 0;
  std::uint64_t info_size = 0;
  std::uint32_t name_count = 0;
  std::uint32_t slice_count = 0;
};
static_assert(sizeof(Header) == 56);

struct NameEntry {
  std::uint32_t text_at = 0;
  std::uint32_t first_slice = 0;
};

constexpr std::uint64_t kMagic = 0x32307874646e4945;  // "EIndtx02"
constexpr std::size_t kChecked = offsetof(Header, total_size);

template <typename T>
void append(std::string& bytes, const T& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <typename T>
T load(std::string_view bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

void append_text(std::string& bytes, std::string_view text) {
  append(bytes, static_cast<std::uint32_t>(text.size()));
  bytes.append(text);
}

std::string format_info(const DocumentInfo& info) {
  std::string bytes;
  append_text(bytes, info.base_url);
  append(bytes, static_cast<std::uint32_t>(info.relations.size()));
  for (const std::string& relation : info.relations) append_text(bytes, relation);
  append(bytes, static_cast<std::uint32_t>(info.flaws.groups().size()));
  for (const auto& [flaw, group] : info.flaws.groups()) {
    append(bytes, static_cast<std::uint32_t>(flaw));
    append(bytes, group.count);
    append(bytes, static_cast<std::uint32_t>(group.examples.size()));
    for (const std::string& example : group.examples) append_text(bytes, example);
  }
  return bytes;
}

/// Reads what format_info wrote; stops quietly at the end of the bytes.
class InfoReader {
 public:
  explicit InfoReader(std::string_view bytes) : rest_(bytes) {}
  template <typename T>
  T number() {
    if (rest_.size() < sizeof(T)) return ok_ = false, T{};
    const T value = load<T>(rest_, 0);
    rest_.remove_prefix(sizeof(T));
    return value;
  }
  std::string text() {
    const auto size = number<std::uint32_t>();
    if (size > rest_.size()) return ok_ = false, std::string();
    std::string value(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return value;
  }
  bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace

std::optional<SliceTable> SliceTable::from_file(core::MappedFile file) {
  SliceTable table;
  table.mapped_ = std::move(file);
  if (!table.attach()) return std::nullopt;
  return table;
}

std::optional<SliceTable> SliceTable::from_bytes(std::string bytes) {
  SliceTable table;
  table.owned_ = std::move(bytes);
  if (!table.attach()) return std::nullopt;
  return table;
}

bool SliceTable::attach() {
  const std::string_view bytes = view();
  if (bytes.size() < sizeof(Header)) return false;
  const auto header = load<Header>(bytes, 0);
  if (header.magic != kMagic || header.total_size != bytes.size()) return false;
  if (header.checksum != hash_text(bytes.substr(kChecked))) return false;
  // A checksum does not stop a forger: every number that is used as a place is checked as well.
  const std::uint64_t names_size = (std::uint64_t{header.name_count} + 1) * sizeof(NameEntry);
  const std::uint64_t slices_size = std::uint64_t{header.slice_count} * sizeof(Slice);
  std::uint64_t left = bytes.size() - sizeof(Header);
  for (const std::uint64_t part : {names_size, slices_size, header.texts_size, header.info_size}) {
    if (part > left) return false;
    left -= part;
  }
  if (left != 0) return false;
  document_size_ = header.document_size;
  name_count_ = header.name_count;
  slice_count_ = header.slice_count;
  names_at_ = sizeof(Header);
  slices_at_ = names_at_ + names_size;
  texts_at_ = slices_at_ + slices_size;
  texts_size_ = header.texts_size;
  info_at_ = texts_at_ + texts_size_;
  info_size_ = header.info_size;

  NameEntry previous = load<NameEntry>(bytes, names_at_);
  if (previous.text_at != 0 || previous.first_slice != 0) return false;
  for (std::uint32_t i = 1; i <= name_count_; ++i) {
    const auto entry = load<NameEntry>(bytes, names_at_ + i * sizeof(NameEntry));
    if (entry.text_at < previous.text_at || entry.text_at > texts_size_) return false;
    if (entry.first_slice < previous.first_slice || entry.first_slice > slice_count_) return false;
    previous = entry;
  }
  if (previous.text_at != texts_size_ || previous.first_slice != slice_count_) return false;
  for (std::uint32_t i = 1; i < name_count_; ++i) {
    if (!(name(i - 1) < name(i))) return false;
  }
  for (std::uint32_t i = 0; i < slice_count_; ++i) {
    const auto slice = load<Slice>(bytes, slices_at_ + i * sizeof(Slice));
    if (slice.section >= kSectionCount || slice.offset > document_size_ ||
        slice.length > document_size_ - slice.offset) {
      return false;
    }
  }
  return true;
}

std::string_view SliceTable::name(std::uint32_t index) const {
  const std::string_view bytes = view();
  const auto first = load<NameEntry>(bytes, names_at_ + index * sizeof(NameEntry));
  const auto last = load<NameEntry>(bytes, names_at_ + (index + 1) * sizeof(NameEntry));
  return bytes.substr(texts_at_ + first.text_at, last.text_at - first.text_at);
}

std::span<const Slice> SliceTable::slices(std::uint32_t index) const {
  const std::string_view bytes = view();
  const auto first = load<NameEntry>(bytes, names_at_ + index * sizeof(NameEntry));
  const auto last = load<NameEntry>(bytes, names_at_ + (index + 1) * sizeof(NameEntry));
  // The header and the name entries are multiples of 8, so the slices are aligned in a mapping and in a string alike.
  return {reinterpret_cast<const Slice*>(bytes.data() + slices_at_) + first.first_slice,
          last.first_slice - first.first_slice};
}

std::span<const Slice> SliceTable::find(std::string_view wanted) const {
  std::uint32_t low = 0;
  std::uint32_t high = name_count_;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (name(middle) < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == name_count_ || name(low) != wanted) return {};
  return slices(low);
}

void SliceTable::set_hashes(const std::function<std::uint64_t(const Slice&)>& hash_of) {
  for (std::uint32_t i = 0; i < slice_count_; ++i) {
    char* const at = owned_.data() + slices_at_ + i * sizeof(Slice);
    Slice slice;
    std::memcpy(&slice, at, sizeof slice);
    slice.hash = hash_of(slice);
    std::memcpy(at, &slice, sizeof slice);
  }
  const std::uint64_t checksum = hash_text(std::string_view(owned_).substr(kChecked));
  std::memcpy(owned_.data() + offsetof(Header, checksum), &checksum, sizeof checksum);
}

DocumentInfo SliceTable::info() const {
  InfoReader reader(view().substr(info_at_, info_size_));
  DocumentInfo info;
  info.base_url = reader.text();
  for (auto count = reader.number<std::uint32_t>(); count > 0 && reader.ok(); --count) {
    info.relations.push_back(reader.text());
  }
  for (auto count = reader.number<std::uint32_t>(); count > 0 && reader.ok(); --count) {
    const auto flaw = reader.number<std::uint32_t>();
    const auto total = reader.number<std::uint64_t>();
    std::vector<std::string> examples;
    for (auto left = reader.number<std::uint32_t>(); left > 0 && reader.ok(); --left) examples.push_back(reader.text());
    if (reader.ok() && flaw < kFlawCount) info.flaws.add(static_cast<Flaw>(flaw), total, examples);
  }
  return info;
}

void SliceTableBuilder::add(std::string_view name, Section section, std::uint64_t offset, std::uint64_t end,
                            bool adjacent) {
  if (adjacent && !entries_.empty()) {
    Entry& last = entries_.back();
    if (last.slice.section == static_cast<std::uint32_t>(section) && last.slice.length < kSliceTarget &&
        end - last.slice.offset < 2 * kSliceTarget && names_.text(last.name) == name) {
      last.slice.length = static_cast<std::uint32_t>(end - last.slice.offset);
      return;
    }
  }
  entries_.push_back(
      {{offset, static_cast<std::uint32_t>(end - offset), static_cast<std::uint32_t>(section), 0}, names_.add(name)});
}

SliceTable SliceTableBuilder::finish(std::uint64_t document_size, const DocumentInfo& info) && {
  std::vector<std::uint32_t> order(names_.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [this](std::uint32_t left, std::uint32_t right) { return names_.text(left) < names_.text(right); });
  std::vector<std::uint32_t> rank(names_.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) rank[order[i]] = i;

  std::vector<NameEntry> names(order.size() + 1);
  for (const Entry& entry : entries_) ++names[rank[entry.name] + 1].first_slice;
  std::uint32_t text_at = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    text_at += static_cast<std::uint32_t>(names_.text(order[i]).size());
    names[i + 1].text_at = text_at;
    names[i + 1].first_slice += names[i].first_slice;
  }
  std::vector<std::uint32_t> place(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) place[i] = names[i].first_slice;

  const std::string info_bytes = format_info(info);
  Header header;
  header.magic = kMagic;
  header.document_size = document_size;
  header.texts_size = text_at;
  header.info_size = info_bytes.size();
  header.name_count = static_cast<std::uint32_t>(order.size());
  header.slice_count = static_cast<std::uint32_t>(entries_.size());
  const std::size_t slices_at = sizeof header + names.size() * sizeof(NameEntry);
  const std::size_t texts_at = slices_at + entries_.size() * sizeof(Slice);
  header.total_size = texts_at + text_at + info_bytes.size();

  std::string bytes;
  bytes.reserve(header.total_size);
  bytes.resize(texts_at);
  if (!names.empty()) std::memcpy(bytes.data() + sizeof header, names.data(), names.size() * sizeof(NameEntry));
  for (const Entry& entry : entries_) {
    std::memcpy(bytes.data() + slices_at + place[rank[entry.name]]++ * sizeof(Slice), &entry.slice, sizeof(Slice));
  }
  for (const std::uint32_t id : order) bytes.append(names_.text(id));
  bytes.append(info_bytes);
  std::memcpy(bytes.data(), &header, sizeof header);
  header.checksum = hash_text(std::string_view(bytes).substr(kChecked));
  std::memcpy(bytes.data(), &header, sizeof header);

  SliceTable table;
  table.owned_ = std::move(bytes);
  table.attach();
  return table;
}

}  // namespace envlock::channel
