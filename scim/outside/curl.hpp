// The one door to libcurl: a document over HTTPS, a mail over SMTP. Each call has a handle and a connection of its own,
// no proxy, no redirects, no .netrc, and an end. The program must ignore SIGPIPE. From any thread.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/secrets.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace scim::outside {

struct Fetch {
    std::string url = {};     // https; http too where plain_loopback allows it
    std::string ca_file = {}; // PEM; empty: the system's
    core::Duration longest = std::chrono::seconds{5};
    std::size_t most_bytes = 256 * 1024;
    bool private_addresses = false; // whether the host may have other than public addresses
    bool plain_loopback = false;    // whether http:// is fetched too, from loopback
};

struct Fetched {
    int status = 0; // 0: no answer, and `trouble` says why
    std::string body = {};
    std::optional<core::Duration> fresh = {}; // from Cache-Control's max-age less Age; none: nothing said
    std::string trouble = {};                 // for the log
};
Fetched fetch(const Fetch&);

// Why this cannot be fetched, whatever answers; or empty.
std::string problem_with_url(const std::string& url, bool plain_loopback);

struct Delivery {
    std::string url = {}; // smtp:// or smtps://, host, port
    std::string our_name = {};
    bool tls_required = false;
    bool verify = true; // the server's certificate
    std::string ca_file = {};
    std::string user = {};
    core::Secret password = {};
    core::Duration connect_time = std::chrono::seconds{10};
    core::Duration longest = std::chrono::seconds{60};
    std::string from = {}; // of the envelope
    std::string to = {};
    std::string_view message; // whole, lines ending in CR LF
};

enum class Stage { connect, greeting, tls, login, sender, recipient, data, text };

struct Delivered {
    bool done = false;
    Stage stage = Stage::connect; // the last that was begun
    int code = 0;                 // of the last reply
    std::string enhanced = {};    // "5.1.1" (RFC 3463), where the reply had one
    bool handed_over = false;     // the whole text was sent
    std::string trouble = {};     // libcurl's general words for it
};
Delivered deliver(const Delivery&);

struct MailServer {
    bool tls_from_start = false;
    std::string host;
};
// Nothing when this is no URL of a mail server: scheme, host and port alone.
std::optional<MailServer> mail_server_from(const std::string& url);

} // namespace scim::outside
