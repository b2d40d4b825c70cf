#pragma once

#include <string>
#include <string_view>

namespace envlock::verify {

/// What a file that nobody owns could do where it lies.
enum class Place {
  startup,     ///< python runs or reads it whenever it starts
  activation,  ///< a shell runs or reads it when the environment is activated
  library,     ///< a loader finds it
  program,     ///< a shell finds it
  module,      ///< python imports it
  elsewhere,   ///< nothing by itself
};
Place place_of(std::string_view path);
/// The same of a symlink: one at such a folder, or on the way to it, puts whatever it points to in that folder's place;
/// below lib the loader may go through any.
Place place_of_link(std::string_view path);

/// Below lib/pythonX.Y or lib/pypyX.Y: where python imports from.
bool is_importable(std::string_view path);
/// "lib/python3.12/site-packages/" of a path below it; "lib/python3.12/" of others below that; "" of the rest. PyPy's
/// are "lib/pypy3.9/".
std::string_view import_root(std::string_view path);
/// In a folder named __pycache__.
bool in_pycache(std::string_view path);

std::string_view file_name(std::string_view path);
/// "" for a name without a folder.
std::string_view folder_of(std::string_view path);

}  // namespace envlock::verify
