#pragma once

#include <string_view>

namespace envlock::lock {

/// What may not stand in a lock, wherever it came from.
bool has_control_character(std::string_view text);
/// True for the URL of a channel or a conda package with a user name, a password or a token ("/t/TOKEN").
bool holds_secret(std::string_view url);
/// True for a URL with a user name or a password. "/t/" is nothing special where Python's packages lie, and the user
/// name alone of an ssh address ("git@") no secret.
bool holds_login(std::string_view url);

}  // namespace envlock::lock
