// A page of an index, as JSON and as HTML: only Error may come out, and what is taken survives the compact form.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "envlock/core/diagnostic.h"
#include "envlock/pypi/project.h"
#include "page_text.h"

using namespace envlock;

namespace {

void check(const pypi::ProjectPage& page) {
  for (const pypi::IndexFile& file : page.files) {
    if (file.file_name.find('/') != std::string::npos || file.url.find('@') < file.url.find('/', 8)) std::abort();
    if (file.url.rfind("https://", 0) != 0 && file.url.rfind("http://", 0) != 0) std::abort();
  }
  const std::string packed = pypi::pack_page(page);
  if (pypi::unpack_page(packed) != page) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)pypi::unpack_page(text);
  for (const auto parse : {pypi::parse_project_json, pypi::parse_project_html}) {
    core::Notes notes;
    try {
      check(parse(text, "https://index.example/simple/demo/", "demo", notes));
    } catch (const core::Error&) {  // NOLINT: what is refused is refused
    }
  }
  return 0;
}
