#include "curl_library.h"

#include "envlock/core/shared_library.h"

namespace envlock::fetch {
namespace {

CurlLibrary load() {
  const core::SharedLibrary library("libcurl.so.4", "to download");
  CurlLibrary functions{};
  library.find("curl_global_init", functions.global_init);
  library.find("curl_easy_init", functions.easy_init);
  library.find("curl_easy_cleanup", functions.easy_cleanup);
  library.find("curl_easy_setopt", functions.easy_setopt);
  library.find("curl_easy_getinfo", functions.easy_getinfo);
  library.find("curl_easy_strerror", functions.easy_strerror);
  library.find("curl_multi_init", functions.multi_init);
  library.find("curl_multi_cleanup", functions.multi_cleanup);
  library.find("curl_multi_setopt", functions.multi_setopt);
  library.find("curl_multi_add_handle", functions.multi_add_handle);
  library.find("curl_multi_remove_handle", functions.multi_remove_handle);
  library.find("curl_multi_perform", functions.multi_perform);
  library.find("curl_multi_poll", functions.multi_poll);
  library.find("curl_multi_wakeup", functions.multi_wakeup);
  library.find("curl_multi_info_read", functions.multi_info_read);
  library.find("curl_slist_append", functions.slist_append);
  library.find("curl_slist_free_all", functions.slist_free_all);
  (void)functions.global_init(CURL_GLOBAL_DEFAULT);
  return functions;
}

}  // namespace

const CurlLibrary& curl() {
  static const CurlLibrary functions = load();
  return functions;
}

}  // namespace envlock::fetch
