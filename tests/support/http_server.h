#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace envlock_test {

/// A request as the server read it; header names in lower case.
struct HttpRequest {
  std::string method, target;
  std::map<std::string, std::string> headers;
  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

/// An answer, and the ways in which it may go wrong.
struct HttpAnswer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::optional<std::size_t> claimed_length;  ///< a Content-Length that lies
  std::optional<std::size_t> cut_after;       ///< close after so many bytes of the body
  bool chunked = false;
  bool no_length = false;  ///< neither Content-Length nor chunks: the end of the connection ends the body
  bool hang_before_headers = false;
  bool hang_after_headers = false;
  int hang_after_bytes = -1;  ///< stop sending after so many bytes, and keep the connection open
  int milliseconds_per_kilobyte = 0;
};

/// A small HTTP/1.1 server on a free port of 127.0.0.1, a thread per connection. `handler` answers; without one, files
/// set with serve() are given with their ETag, with 304 and with ranges.
class HttpServer {
 public:
  using Handler = std::function<HttpAnswer(const HttpRequest&)>;

  explicit HttpServer(Handler handler = nullptr) : handler_(std::move(handler)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(listener_, 128) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
      throw std::runtime_error("cannot listen on the loopback interface");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~HttpServer() {
    stopping_ = true;
    acceptor_.join();
    for (std::thread& connection : connections_) connection.join();
    close(listener_);
  }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url(const std::string& path = "") const { return "http://" + host() + path; }

  void serve(const std::string& path, std::string body, std::string etag = "\"one\"") {
    const std::lock_guard<std::mutex> lock(mutex_);
    files_[path] = {std::move(body), std::move(etag)};
  }
  void handle(Handler handler) {
    const std::lock_guard<std::mutex> lock(mutex_);
    handler_ = std::move(handler);
  }
  std::vector<HttpRequest> requests() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return requests_;
  }
  std::size_t connection_count() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return connections_.size();
  }
  std::size_t count(const std::string& target) const {
    std::size_t found = 0;
    for (const HttpRequest& request : requests()) found += request.target == target ? 1 : 0;
    return found;
  }

  /// What serve() does, for handlers that only sometimes do otherwise.
  HttpAnswer file(const HttpRequest& request) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = files_.find(request.target.substr(0, request.target.find('?')));
    HttpAnswer answer;
    if (found == files_.end()) {
      answer.status = 404;
      answer.body = "no such file\n";
      return answer;
    }
    const auto& [body, etag] = found->second;
    answer.headers.push_back({"ETag", etag});
    if (!etag.empty() && request.header("if-none-match") == etag) {
      answer.status = 304;
      return answer;
    }
    answer.body = body;
    const std::string range = request.header("range");
    const std::string condition = request.header("if-range");
    if (range.rfind("bytes=", 0) == 0 && (condition.empty() || condition == etag)) {
      const std::size_t dash = range.find('-');
      const bool suffix = dash == 6;
      const std::string end = range.substr(dash + 1);
      const std::size_t from = suffix ? body.size() - std::min(body.size(), std::size_t{std::stoul(end)})
                                      : std::size_t{std::stoul(range.substr(6))};
      const std::size_t last = suffix || end.empty() ? body.size() - 1 : std::min(body.size() - 1, std::stoul(end));
      if (from >= body.size()) {
        answer.status = 416;
        answer.body.clear();
        return answer;
      }
      answer.status = 206;
      answer.body = body.substr(from, last - from + 1);
      answer.headers.push_back({"Content-Range", "bytes " + std::to_string(from) + "-" + std::to_string(last) + "/" +
                                                     std::to_string(body.size())});
    }
    return answer;
  }

 private:
  void accept_all() {
    while (!stopping_) {
      pollfd ready{listener_, POLLIN, 0};
      if (poll(&ready, 1, 20) <= 0) continue;
      const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) continue;
      const int yes = 1;
      setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      const std::lock_guard<std::mutex> lock(mutex_);
      connections_.emplace_back([this, connection] {
        while (!stopping_ && serve_one(connection)) {
        }
        close(connection);
      });
    }
  }

  bool serve_one(int connection) {
    std::string text;
    while (text.find("\r\n\r\n") == std::string::npos) {
      pollfd ready{connection, POLLIN, 0};
      if (stopping_) return false;
      if (poll(&ready, 1, 20) <= 0) continue;
      char buffer[4096];
      const ssize_t count = recv(connection, buffer, sizeof buffer, 0);
      if (count <= 0) return false;
      text.append(buffer, static_cast<std::size_t>(count));
    }
    const HttpRequest request = parse(text);
    Handler handler;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      requests_.push_back(request);
      handler = handler_;
    }
    return send_answer(connection, handler ? handler(request) : file(request));
  }

  static HttpRequest parse(const std::string& text) {
    HttpRequest request;
    std::size_t line = text.find("\r\n");
    const std::string first = text.substr(0, line);
    request.method = first.substr(0, first.find(' '));
    request.target = first.substr(request.method.size() + 1);
    request.target = request.target.substr(0, request.target.find(' '));
    while (line != std::string::npos) {
      const std::size_t begin = line + 2;
      line = text.find("\r\n", begin);
      const std::string header = text.substr(begin, line == std::string::npos ? line : line - begin);
      const std::size_t colon = header.find(": ");
      if (colon == std::string::npos) continue;
      std::string name = header.substr(0, colon);
      for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      request.headers[name] = header.substr(colon + 2);
    }
    return request;
  }

  bool send_all(int connection, const char* data, std::size_t size) {
    while (size > 0 && !stopping_) {
      const ssize_t sent = send(connection, data, size, MSG_NOSIGNAL);
      if (sent <= 0) return false;
      data += sent;
      size -= static_cast<std::size_t>(sent);
    }
    return size == 0;
  }
  bool send_all(int connection, const std::string& text) { return send_all(connection, text.data(), text.size()); }

  /// Keeps the connection open without a word until the client gives up.
  bool hang(int connection) {
    while (!stopping_) {
      pollfd ready{connection, POLLIN, 0};
      char ignored[64];
      if (poll(&ready, 1, 20) > 0 && recv(connection, ignored, sizeof ignored, 0) <= 0) break;
    }
    return false;
  }

  bool send_answer(int connection, const HttpAnswer& answer) {
    if (answer.hang_before_headers) return hang(connection);
    std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " Said\r\n";
    for (const auto& [name, value] : answer.headers) head += name + ": " + value + "\r\n";
    if (answer.chunked) head += "Transfer-Encoding: chunked\r\n";
    const bool plain = !answer.chunked && !answer.no_length && answer.status != 304;
    if (plain) head += "Content-Length: " + std::to_string(answer.claimed_length.value_or(answer.body.size())) + "\r\n";
    if (!send_all(connection, head + "\r\n")) return false;
    if (answer.hang_after_headers) return hang(connection);
    if (answer.status == 304) return true;
    const std::size_t end = std::min(answer.cut_after.value_or(answer.body.size()), answer.body.size());
    const std::size_t step = answer.milliseconds_per_kilobyte > 0 ? 1024 : std::size_t{64} << 10;
    for (std::size_t at = 0; at < end; at += step) {
      if (answer.hang_after_bytes >= 0 && at >= static_cast<std::size_t>(answer.hang_after_bytes))
        return hang(connection);
      const std::string piece = answer.body.substr(at, std::min(step, end - at));
      if (!send_all(connection, answer.chunked ? hex(piece.size()) + "\r\n" + piece + "\r\n" : piece)) return false;
      if (answer.milliseconds_per_kilobyte > 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(answer.milliseconds_per_kilobyte));
      }
    }
    if (answer.cut_after || answer.no_length) return false;
    if (answer.claimed_length && *answer.claimed_length != answer.body.size()) return false;
    return !answer.chunked || send_all(connection, "0\r\n\r\n");
  }

  static std::string hex(std::size_t number) {
    std::string text;
    for (; number > 0; number /= 16) text.insert(text.begin(), "0123456789abcdef"[number % 16]);
    return text.empty() ? "0" : text;
  }

  mutable std::mutex mutex_;
  Handler handler_;
  std::map<std::string, std::pair<std::string, std::string>> files_;
  std::vector<HttpRequest> requests_;
  std::vector<std::thread> connections_;
  std::atomic<bool> stopping_{false};
  int listener_ = -1;
  int port_ = 0;
  std::thread acceptor_;
};

}  // namespace envlock_test
