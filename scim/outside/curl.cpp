#include "scim/outside/curl.hpp"

#include "scim/outside/addresses.hpp"

#include <algorithm>
#include <charconv>
#include <curl/curl.h>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace scim::outside {
namespace {

struct Free {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    void operator()(char* text) const { curl_free(text); }
};
using Handle = std::unique_ptr<CURL, Free>;
using List = std::unique_ptr<curl_slist, Free>;

template<class Value>
void set(CURL* handle, CURLoption option, Value value)
{
    if (curl_easy_setopt(handle, option, value) != CURLE_OK)
        throw std::runtime_error{"libcurl lacks what is asked of it"};
}

Handle new_handle(const char* protocols, core::Duration connect_time, core::Duration longest)
{
    static std::once_flag once;
    std::call_once(once, [] {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error{"libcurl does not start"};
    });
    Handle handle{curl_easy_init()};
    if (!handle) throw std::bad_alloc{};
    set(handle.get(), CURLOPT_PROTOCOLS_STR, protocols);
    set(handle.get(), CURLOPT_PROXY, ""); // whatever the environment says
    set(handle.get(), CURLOPT_NOSIGNAL, 1L);
    set(handle.get(), CURLOPT_FOLLOWLOCATION, 0L);
    set(handle.get(), CURLOPT_FORBID_REUSE, 1L); // closed while the handle's bounds on time still hold
    set(handle.get(), CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_time.count()));
    set(handle.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(longest.count()));
    set(handle.get(), CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    return handle;
}

// --- URLs -----------------------------------------------------------------------------------------------------------

struct Url {
    std::unique_ptr<CURLU, Free> parts{curl_url()};
    bool good = false;

    explicit Url(const std::string& text)
    {
        const bool clean = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
        good = clean && curl_url_set(parts.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
    }
    std::string part(CURLUPart which) const
    {
        char* text = nullptr;
        if (curl_url_get(parts.get(), which, &text, 0) != CURLUE_OK) return {};
        const std::unique_ptr<char, Free> held{text};
        return text;
    }
    bool has(CURLUPart which) const { return !part(which).empty(); }
};

bool is_loopback_name(const std::string& host) { return host == "localhost" || host == "127.0.0.1" || host == "[::1]"; }

// --- HTTPS ----------------------------------------------------------------------------------------------------------

struct Guard {
    bool private_addresses = false;
    bool loopback_alone = false;
    bool refused = false;
};

// The address that is connected to, not the name it came from: what DNS says between two looks does not matter.
curl_socket_t open_socket(void* into, curlsocktype, curl_sockaddr* address)
{
    auto& guard = *static_cast<Guard*>(into);
    const bool good = guard.loopback_alone      ? is_loopback(address->addr)
                      : guard.private_addresses ? true
                                                : is_public(address->addr);
    if (!good) {
        guard.refused = true;
        return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

struct Body {
    std::string text;
    std::size_t most = 0;
    bool too_large = false;
};

std::size_t take_body(char* bytes, std::size_t, std::size_t count, void* into)
{
    auto& body = *static_cast<Body*>(into);
    if (body.text.size() + count > body.most) {
        body.too_large = true;
        return 0;
    }
    body.text.append(bytes, count);
    return count;
}

std::string field_of(CURL* handle, const char* name)
{
    curl_header* header = nullptr;
    if (curl_easy_header(handle, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK) return {};
    return header->value;
}

std::optional<std::int64_t> seconds_from(std::string_view text)
{
    std::int64_t seconds = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (read.ec != std::errc{} || seconds < 0 || seconds > 366LL * 24 * 3600) return std::nullopt;
    return seconds;
}

std::optional<core::Duration> freshness(CURL* handle)
{
    std::string control = field_of(handle, "Cache-Control");
    std::transform(control.begin(), control.end(), control.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (control.find("no-store") != std::string::npos || control.find("no-cache") != std::string::npos)
        return core::Duration{0};
    const auto at = control.find("max-age=");
    if (at == std::string::npos || (at > 0 && control[at - 1] != ' ' && control[at - 1] != ',')) return std::nullopt;
    const auto most = seconds_from(std::string_view{control}.substr(at + 8));
    if (!most) return std::nullopt;
    const auto age = seconds_from(field_of(handle, "Age")).value_or(0);
    return std::chrono::seconds{std::max<std::int64_t>(0, *most - age)};
}

// --- SMTP -----------------------------------------------------------------------------------------------------------

struct Conversation {
    Delivered so_far;
    std::string_view rest;
    bool leaving = false; // QUIT has been said; what comes now changes nothing

    void said(std::string_view line)
    {
        leaving = leaving || line.starts_with("QUIT");
        struct Verb {
            std::string_view word;
            Stage stage;
        };
        static constexpr Verb verbs[] = {
            {"EHLO", Stage::greeting}, {"HELO", Stage::greeting},  {"STARTTLS", Stage::tls}, {"AUTH", Stage::login},
            {"MAIL", Stage::sender},   {"RCPT", Stage::recipient}, {"DATA", Stage::data},
        };
        const std::string_view word = line.substr(0, line.find_first_of(" \r\n"));
        for (const Verb& verb : verbs) {
            if (verb.word != word) continue;
            so_far.stage = verb.stage;
            so_far.code = 0;
            so_far.enhanced.clear();
        }
    }
    void heard(std::string_view line)
    {
        if (leaving) return;
        int code = 0;
        const auto read = std::from_chars(line.data(), line.data() + std::min<std::size_t>(3, line.size()), code);
        if (read.ec != std::errc{} || code < 200 || code > 599) return;
        if (so_far.stage == Stage::connect) so_far.stage = Stage::greeting;
        so_far.code = code;
        so_far.enhanced.clear();
        if (line.size() < 5) return;
        const std::string_view status = line.substr(4, line.find_first_of(" \r\n", 4) - 4);
        const bool is_status = status.size() >= 5 && status.size() <= 11 && (status[0] == '4' || status[0] == '5') &&
                               std::count(status.begin(), status.end(), '.') == 2 &&
                               status.find_first_not_of("0123456789.") == status.npos;
        if (is_status) so_far.enhanced = status;
    }
};

// Of the conversation, the verbs and the codes are looked at; nothing of it is kept or written anywhere.
int listen_in(CURL*, curl_infotype type, char* bytes, std::size_t count, void* into)
{
    auto& conversation = *static_cast<Conversation*>(into);
    if (type == CURLINFO_HEADER_OUT) conversation.said({bytes, count});
    if (type == CURLINFO_HEADER_IN) conversation.heard({bytes, count});
    return 0;
}

std::size_t give_text(char* room, std::size_t size, std::size_t count, void* from)
{
    auto& conversation = *static_cast<Conversation*>(from);
    conversation.so_far.stage = Stage::text;
    const std::size_t now = std::min(conversation.rest.size(), size * count);
    std::copy_n(conversation.rest.begin(), now, room);
    conversation.rest.remove_prefix(now);
    conversation.so_far.handed_over = conversation.rest.empty(); // what follows is the dot that ends it
    return now;
}

std::size_t ignore(char*, std::size_t, std::size_t count, void*) { return count; }

} // namespace

std::string problem_with_url(const std::string& text, bool plain_loopback)
{
    const Url url{text};
    if (!url.good || !url.has(CURLUPART_HOST)) return "it is no URL";
    const std::string scheme = url.part(CURLUPART_SCHEME);
    const bool plain = scheme == "http" && plain_loopback && is_loopback_name(url.part(CURLUPART_HOST));
    if (scheme != "https" && !plain) return "it is not https";
    if (url.has(CURLUPART_USER) || url.has(CURLUPART_PASSWORD)) return "it carries a user name";
    if (url.has(CURLUPART_FRAGMENT)) return "it has a fragment";
    return {};
}

Fetched fetch(const Fetch& wish)
{
    if (std::string problem = problem_with_url(wish.url, wish.plain_loopback); !problem.empty())
        return {.trouble = std::move(problem)};
    const bool plain = wish.url.starts_with("http:") || wish.url.starts_with("HTTP:");
    const Handle handle = new_handle(plain ? "http" : "https", wish.longest, wish.longest);
    Guard guard{.private_addresses = wish.private_addresses, .loopback_alone = plain};
    Body body{.text = {}, .most = wish.most_bytes};
    const List fields{curl_slist_append(nullptr, "Accept: application/json")};
    set(handle.get(), CURLOPT_URL, wish.url.c_str());
    set(handle.get(), CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    set(handle.get(), CURLOPT_OPENSOCKETDATA, static_cast<void*>(&guard));
    set(handle.get(), CURLOPT_WRITEFUNCTION, &take_body);
    set(handle.get(), CURLOPT_WRITEDATA, static_cast<void*>(&body));
    set(handle.get(), CURLOPT_HTTPHEADER, fields.get());
    set(handle.get(), CURLOPT_USERAGENT, "rollcall");
    if (!wish.ca_file.empty()) {
        set(handle.get(), CURLOPT_CAINFO, wish.ca_file.c_str());
        set(handle.get(), CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    }
    const CURLcode code = curl_easy_perform(handle.get());
    if (guard.refused) return {.trouble = "its address is not public"};
    if (body.too_large) return {.trouble = "the answer is too large"};
    if (code != CURLE_OK) return {.trouble = curl_easy_strerror(code)};
    long status = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    return {.status = static_cast<int>(status), .body = std::move(body.text), .fresh = freshness(handle.get())};
}

std::optional<MailServer> mail_server_from(const std::string& text)
{
    const Url url{text};
    if (!url.good || !url.has(CURLUPART_HOST)) return std::nullopt;
    const std::string scheme = url.part(CURLUPART_SCHEME);
    const std::string path = url.part(CURLUPART_PATH);
    const bool bare = !url.has(CURLUPART_USER) && !url.has(CURLUPART_PASSWORD) && !url.has(CURLUPART_QUERY) &&
                      !url.has(CURLUPART_FRAGMENT) && (path.empty() || path == "/");
    if (!bare || (scheme != "smtp" && scheme != "smtps")) return std::nullopt;
    return MailServer{.tls_from_start = scheme == "smtps", .host = url.part(CURLUPART_HOST)};
}

Delivered deliver(const Delivery& wish)
{
    const Handle handle = new_handle("smtp,smtps", wish.connect_time, wish.longest);
    Conversation conversation{.so_far = {}, .rest = wish.message};
    std::string url = wish.url;
    if (url.ends_with('/')) url.pop_back();
    if (!wish.our_name.empty()) url += '/' + wish.our_name; // libcurl greets with the path
    const List recipients{curl_slist_append(nullptr, ('<' + wish.to + '>').c_str())};
    set(handle.get(), CURLOPT_URL, url.c_str());
    set(handle.get(), CURLOPT_MAIL_FROM, ('<' + wish.from + '>').c_str());
    set(handle.get(), CURLOPT_MAIL_RCPT, recipients.get());
    set(handle.get(), CURLOPT_USE_SSL, static_cast<long>(wish.tls_required ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    set(handle.get(), CURLOPT_SSL_VERIFYPEER, wish.verify ? 1L : 0L);
    set(handle.get(), CURLOPT_SSL_VERIFYHOST, wish.verify ? 2L : 0L);
    if (!wish.ca_file.empty()) {
        set(handle.get(), CURLOPT_CAINFO, wish.ca_file.c_str());
        set(handle.get(), CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    }
    if (!wish.user.empty()) {
        set(handle.get(), CURLOPT_USERNAME, wish.user.c_str());
        set(handle.get(), CURLOPT_PASSWORD, std::string{wish.password.reveal()}.c_str());
    }
    // Each reply, also the one to QUIT when the handle goes.
    const auto reply_time =
        std::max<core::Duration::rep>(1, std::chrono::ceil<std::chrono::seconds>(wish.longest).count());
    set(handle.get(), CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(reply_time));
    set(handle.get(), CURLOPT_UPLOAD, 1L);
    set(handle.get(), CURLOPT_READFUNCTION, &give_text);
    set(handle.get(), CURLOPT_READDATA, static_cast<void*>(&conversation));
    set(handle.get(), CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(wish.message.size()));
    set(handle.get(), CURLOPT_WRITEFUNCTION, &ignore);
    set(handle.get(), CURLOPT_DEBUGFUNCTION, &listen_in);
    set(handle.get(), CURLOPT_DEBUGDATA, static_cast<void*>(&conversation));
    set(handle.get(), CURLOPT_VERBOSE, 1L);
    const CURLcode code = curl_easy_perform(handle.get());
    set(handle.get(), CURLOPT_VERBOSE, 0L);
    Delivered delivered = std::move(conversation.so_far);
    delivered.done = code == CURLE_OK;
    if (!delivered.done) delivered.trouble = curl_easy_strerror(code);
    const bool tls_failed = code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION ||
                            code == CURLE_USE_SSL_FAILED || code == CURLE_SSL_CACERT_BADFILE;
    if (tls_failed) delivered.stage = Stage::tls;
    return delivered;
}

} // namespace scim::outside
