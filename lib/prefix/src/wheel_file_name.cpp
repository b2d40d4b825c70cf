#include "wheel_file_name.h"

#include "envlock/core/url.h"

namespace envlock::prefix {

std::string file_name_of_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const std::string_view last = url.substr(url.rfind('/') + 1);
  return core::path_of_file_url("file:///" + std::string(last)).value_or("/").substr(1);
}

}  // namespace envlock::prefix
