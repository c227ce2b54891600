#include "net/http_connection.hpp"

#include <sys/socket.h>

#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/file_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <utility>

#include "net/upgrade.hpp"

namespace statelink {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

// A client that reads slower than this (bytes per millisecond) is not served to the end.
constexpr std::uint64_t slowest_reader = 16;

std::string joined(http::fields const& fields, http::field name) {
  std::string out;
  for (auto [it, end] = fields.equal_range(name); it != end; ++it) {
    if (!out.empty()) out += ',';
    out += it->value();
  }
  return out;
}

/// Path and query of a request's target, which may be written with scheme and host (RFC
/// 9112, 3.2.2).
std::string_view origin_form(std::string_view target) {
  for (std::string_view const scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    std::size_t const slash = target.find('/', scheme.size());
    return slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  return target;
}

std::string address_of(tcp_socket const& socket) {
  boost::system::error_code failed;
  auto const peer = socket.remote_endpoint(failed);
  return failed ? std::string() : peer.address().to_string();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

unsigned status_of(boost::system::error_code const& failed) {
  bool const too_large =
      failed == http::error::header_limit || failed == http::error::buffer_overflow;
  return too_large ? 431 : 400;
}

/// Whether the error is the client's wrong HTTP, not the end of its socket.
bool is_bad_request(boost::system::error_code const& failed) {
  return failed.category() == make_error_code(http::error::bad_method).category() &&
         failed != http::error::end_of_stream && failed != http::error::partial_message;
}

}  // namespace

http_connection::http_connection(desk& d, page_set const& pages, tcp_socket socket,
                                 session_no number, bool refused)
    : desk_(d),
      pages_(pages),
      socket_(std::move(socket)),
      number_(number),
      refused_(refused),
      alarm_(number),
      buffer_(d.limits.http_head_bytes + 4096) {}

void http_connection::start() {
  boost::system::error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  read();
}

// --- requests ----------------------------------------------------------------------------------

void http_connection::read() {
  stage_ = stage::reading;
  set_alarm(desk_.limits.http_timeout);
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(desk_.limits.http_head_bytes));
  http::async_read_header(socket_, buffer_, *parser_,
                          [self = shared_from_this()](boost::system::error_code const& failed,
                                                      std::size_t) { self->on_request(failed); });
}

void http_connection::on_request(boost::system::error_code const& failed) {
  if (stage_ == stage::ended) return;
  if (failed) {
    if (!is_bad_request(failed)) return end();
    is_head_ = keep_alive_ = false;
    return reply_text(status_of(failed), "this is not a request that is understood here");
  }
  request const& r = parser_->get();
  version_ = r.version();
  is_head_ = r.method() == http::verb::head;
  bool const has_body = parser_->chunked() || parser_->content_length().value_or(0) > 0;
  keep_alive_ = r.keep_alive() && !has_body && !desk_.stopping;
  if_none_match_ = joined(r, http::field::if_none_match);

  if (refused_) {
    keep_alive_ = false;
    return reply_text(503, "there are too many connections");
  }
  if (version_ >= 11 && r.find(http::field::host) == r.end())
    return reply_text(400, "there is no Host");
  if (r.method() != http::verb::get && !is_head_)
    return reply_text(405, "pages are got with GET or HEAD");
  if (has_body) return reply_text(413, "a request for a page has no body");
  handle(r);
}

void http_connection::handle(request const& r) {
  std::string_view const target = origin_form(r.target());
  if (target.substr(0, target.find('?')) == websocket_path) return handle_upgrade(r);
  if (!target.starts_with('/')) return reply_text(400, "the target is not a path");
  auto const path = path_segments(target);
  auto const found = path ? pages_.table.find(*path) : std::nullopt;
  if (!found) return reply_text(404, "there is no such page");

  page_content const& content = pages_.contents[found->page];
  if (auto const* const text = std::get_if<page_text>(&content)) {
    return reply(
        {.content_type = text->content_type, .body = text->body, .etag = etag_of(text->body)});
  }
  if (auto const* const file = std::get_if<page_file>(&content)) {
    return reply(file_reply(file->path, found->rest, target));
  }
  stage_ = stage::awaiting_page;
  set_alarm(desk_.limits.http_timeout);
  desk_.inbound.items.emplace_back(
      inbound_page_request{number_.value, found->page, std::string(target)});
}

void http_connection::answer(page_item& page) {
  if (stage_ != stage::awaiting_page) return;
  if (page.status < 200 || page.status > 599)
    return reply_text(500, "the page has no valid status");
  reply({.status = page.status,
         .content_type = std::move(page.content_type),
         .body = std::move(page.body)});
}

// --- the upgrade -------------------------------------------------------------------------------

void http_connection::handle_upgrade(request const& r) {
  std::string const connection = joined(r, http::field::connection);
  std::string const upgrade = joined(r, http::field::upgrade);
  std::string const protocols = joined(r, http::field::sec_websocket_protocol);
  upgrade_verdict verdict = judge_upgrade({.is_get = r.method() == http::verb::get,
                                           .is_http_1_1 = r.version() == 11,
                                           .connection = connection,
                                           .upgrade = upgrade,
                                           .version = r[http::field::sec_websocket_version],
                                           .key = r[http::field::sec_websocket_key],
                                           .protocols = protocols,
                                           .origin = r[http::field::origin],
                                           .host = r[http::field::host]},
                                          desk_.limits);
  if (verdict.status != 101) return reply_text(verdict.status, std::move(verdict.text));
  stage_ = stage::writing;
  switching_ = std::move(verdict.text);
  boost::asio::async_write(
      socket_, boost::asio::buffer(switching_),
      [self = shared_from_this()](boost::system::error_code const& failed, std::size_t) {
        if (self->stage_ == stage::ended) return;
        if (failed) return self->end();
        self->become_websocket(self->parser_->get());
      });
}

void http_connection::become_websocket(request const& r) {
  peer_info peer{address_of(socket_), {}};
  for (auto const& field : r)
    peer.headers.emplace_back(lower(field.name_string()), std::string(field.value()));
  stage_ = stage::ended;
  desk_.ended.push_back(number_);
  desk_.upgraded.push_back(
      {std::move(socket_), number_, std::move(peer), beast::buffers_to_string(buffer_.data())});
}

// --- replies -----------------------------------------------------------------------------------

void http_connection::reply_text(unsigned status, std::string text) {
  reply({.status = status, .body = std::move(text) + "\n"});
}

void http_connection::reply(page_reply const& page) {
  bool const unchanged = page.status == 200 && has_match(if_none_match_, page.etag);
  auto const fill = [&](auto& message) {
    message.version(version_ == 10 ? 10 : 11);
    message.result(unchanged ? 304 : page.status);
    message.keep_alive(keep_alive_);
    message.set(http::field::cache_control, "no-cache");
    if (!page.etag.empty()) message.set(http::field::etag, page.etag);
    if (!page.location.empty()) message.set(http::field::location, page.location);
    if (page.status == 405) message.set(http::field::allow, "GET, HEAD");
    if (page.status == 426) {
      message.set(http::field::upgrade, "websocket");
      message.set(http::field::sec_websocket_version, "13");
    }
    if (!unchanged) {
      message.set(http::field::content_type, page.content_type);
      message.set("X-Content-Type-Options", "nosniff");
    }
  };

  http::file_body::value_type file;
  std::uint64_t size = page.body.size();
  if (page.file) {
    boost::system::error_code failed;
    file.open(page.file->c_str(), beast::file_mode::scan, failed);
    if (failed) return reply_text(404, "there is no such page");
    size = file.size();
  }
  if (unchanged || is_head_) {
    http::response<http::empty_body> message;
    fill(message);
    if (!unchanged) message.content_length(size);
    return write(std::move(message), 0);
  }
  if (page.file) {
    http::response<http::file_body> message;
    message.body() = std::move(file);
    fill(message);
    message.prepare_payload();
    return write(std::move(message), size);
  }
  http::response<http::string_body> message;
  message.body() = page.body;
  fill(message);
  message.prepare_payload();
  write(std::move(message), size);
}

void http_connection::write(http::message_generator message, std::uint64_t size) {
  stage_ = stage::writing;
  set_alarm(desk_.limits.http_timeout + steady_ms(size / slowest_reader));
  beast::async_write(
      socket_, std::move(message),
      [self = shared_from_this()](boost::system::error_code const& failed, std::size_t) {
        if (self->stage_ == stage::ended) return;
        if (failed) return self->end();
        self->keep_alive_ && !self->desk_.stopping ? self->read() : self->hear_out();
      });
}

void http_connection::hear_out() {
  stage_ = stage::hearing_out;
  set_alarm(desk_.limits.close_timeout);
  boost::system::error_code ignored;
  socket_.shutdown(tcp_socket::shutdown_send,
                   ignored);  // closing now could destroy the reply on its way
  forget_more();
}

void http_connection::forget_more() {
  socket_.async_wait(tcp_socket::wait_read,
                     [self = shared_from_this()](boost::system::error_code const& failed) {
                       if (self->stage_ == stage::ended) return;
                       desk& d = self->desk_;
                       if (failed || ::recv(self->socket_.native_handle(), d.scratch.data(),
                                            d.scratch.size(), MSG_DONTWAIT) == 0) {
                         return self->end();
                       }
                       self->forget_more();
                     });
}

// --- the end -----------------------------------------------------------------------------------

void http_connection::tick() {
  if (stage_ == stage::ended || !alarm_.rings(desk_.now(), desk_.due)) return;
  if (stage_ != stage::awaiting_page) return end();
  keep_alive_ = false;
  reply_text(504, "the page was not made in time");
}

void http_connection::stop() {
  keep_alive_ = false;
  if (stage_ == stage::awaiting_page) return reply_text(503, "the server stops");
  if (stage_ != stage::writing) end();
}

void http_connection::end() {
  if (std::exchange(stage_, stage::ended) == stage::ended) return;
  boost::system::error_code ignored;
  socket_.close(ignored);
  desk_.ended.push_back(number_);
}

}  // namespace statelink
