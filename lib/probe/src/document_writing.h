// How the probe's documents write what they have in common.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "envlock/core/json_writer.h"
#include "envlock/probe/run_document.h"
#include "envlock/probe/tier_run.h"

namespace envlock::probe {

std::string_view name_of(ElementType type);

void write_digests(core::JsonWriter& json, std::string_view key, const std::vector<core::Sha256>& digests);
void write_integers(core::JsonWriter& json, std::string_view key, const std::vector<int>& integers);
/// The members part, step and op of the object that is open.
void write_place(core::JsonWriter& json, const Place& place);
void write_float(core::JsonWriter& json, std::string_view key, std::uint32_t bits);
/// An element as its tensor has it: integers have no hexadecimal float.
void write_element(core::JsonWriter& json, std::string_view key, std::uint32_t bits, ElementType type);
void write_double(core::JsonWriter& json, std::string_view key, double value);
/// `type` is that of the tensor at the mismatch's place.
void write_mismatch(core::JsonWriter& json, std::string_view key, const Mismatch& mismatch, ElementType type);
void write_fp_settings(core::JsonWriter& json, const std::vector<std::vector<std::string>>& threads);
void write_canaries(core::JsonWriter& json, std::string_view key, const std::vector<Canary>& canaries);
void write_texts(core::JsonWriter& json, std::string_view key,
                 const std::vector<std::pair<std::string, std::string>>& texts);
void write_ops(core::JsonWriter& json, std::string_view key, const std::vector<OpInfo>& ops);
void write_order(core::JsonWriter& json, const SumOrder& order);
/// The members name, root and steps of the object that is open; the first step is the initial state.
void write_part(core::JsonWriter& json, const PartRecord& part);

/// The type of the op of that name; f32 when there is none.
ElementType type_of(const std::vector<OpInfo>& ops, const std::string& name);

}  // namespace envlock::probe
