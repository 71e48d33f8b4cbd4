#include "scim/config.hpp"

#include "core/base/text.hpp"
#include "scim/entra/quirks.hpp"
#include "scim/outside/txt_resolver.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <type_traits>

extern "C" char** environ;

namespace scim {
namespace {

using core::Reason;
using core::Refusal;
using core::Result;

Refusal wrong(std::string_view name, std::string detail, std::string remedy)
{
    return Refusal{Reason::invalid_value, std::string{name}, std::move(detail), std::move(remedy)};
}

// --- how values are read and printed, by type ---------------------------------------------------

Result<void> read_into(bool& to, std::string_view name, std::string_view text)
{
    if (text == "true" || text == "yes" || text == "on") return to = true, Result<void>{};
    if (text == "false" || text == "no" || text == "off") return to = false, Result<void>{};
    return wrong(name, "is neither true nor false", "write true or false");
}
std::string print(bool value) { return value ? "true" : "false"; }

Result<void> read_into(core::Duration& to, std::string_view name, std::string_view text)
{
    const auto duration = core::duration_from(text);
    if (!duration)
        return wrong(name, "is not a duration", "write a number with a unit, such as 250ms, 90s, 5m, 12h or 30d");
    if (*duration <= core::Duration::zero()) return wrong(name, "must be longer than nothing", "write for example 60s");
    to = *duration;
    return {};
}
std::string print(core::Duration value) { return core::to_text(value); }

template<class Integer>
requires std::is_integral_v<Integer> Result<void> read_into(Integer& to, std::string_view name, std::string_view text)
{
    std::int64_t unit = 1;
    std::string_view digits = text;
    for (const auto& [suffix, factor] :
         {std::pair<std::string_view, std::int64_t>{"KiB", 1024}, {"MiB", 1024 * 1024}, {"GiB", 1024LL * 1024 * 1024}})
        if (digits.ends_with(suffix)) {
            unit = factor;
            digits.remove_suffix(suffix.size());
            while (digits.ends_with(' ')) digits.remove_suffix(1);
        }
    std::int64_t number{};
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (failed != std::errc{} || end != digits.data() + digits.size() || number < 0)
        return wrong(name, "is not a whole number", "write digits, with KiB, MiB or GiB behind them for sizes");
    if (number > (std::int64_t{1} << 40) / unit ||
        static_cast<std::uint64_t>(number * unit) > static_cast<std::uint64_t>(std::numeric_limits<Integer>::max()))
        return wrong(name, "is too large", "write a smaller number");
    to = static_cast<Integer>(number * unit);
    return {};
}
template<class Integer>
requires std::is_integral_v<Integer> std::string print(Integer value) { return fmt::format("{}", value); }

Result<void> read_into(std::string& to, std::string_view, std::string_view text)
{
    to = text;
    return {};
}
std::string print(const std::string& value) { return value; }
Result<void> read_into(std::filesystem::path& to, std::string_view, std::string_view text)
{
    to = text;
    return {};
}
std::string print(const std::filesystem::path& value) { return value.string(); }

Result<void> read_into(std::vector<std::string>& to, std::string_view, std::string_view text)
{
    to.clear();
    while (!text.empty()) {
        const auto comma = text.find(',');
        auto item = text.substr(0, comma);
        while (item.starts_with(' ')) item.remove_prefix(1);
        while (item.ends_with(' ')) item.remove_suffix(1);
        if (!item.empty()) to.emplace_back(item);
        text.remove_prefix(comma == text.npos ? text.size() : comma + 1);
    }
    return {};
}
std::string print(const std::vector<std::string>& value) { return fmt::format("{}", fmt::join(value, ",")); }

// A key is a member of Config reached by `At`; most rows need nothing else.
template<auto At>
ConfigKey key(const char* name, const char* type, const char* help)
{
    return {name, type, help,
            [](Config& c, std::string_view n, std::string_view text) { return read_into(At(c), n, text); },
            [](const Config& c, std::string_view) { return print(At(const_cast<Config&>(c))); }};
}
#define AT(member)                                                                                                     \
    [](Config & c) -> auto& { return c.member; }

// A number that must stay inside a range.
template<auto At, std::int64_t Least, std::int64_t Most>
ConfigKey ranged(const char* name, const char* type, const char* help)
{
    return {name, type, help,
            [](Config& c, std::string_view n, std::string_view text) -> Result<void> {
                auto before = At(c);
                if (auto read = read_into(At(c), n, text); !read) return read;
                if (static_cast<std::int64_t>(At(c)) < Least || static_cast<std::int64_t>(At(c)) > Most) {
                    At(c) = before;
                    return wrong(n, fmt::format("is outside {} to {}", Least, Most),
                                 fmt::format("write a number from {} to {}", Least, Most));
                }
                return {};
            },
            [](const Config& c, std::string_view) { return print(At(const_cast<Config&>(c))); }};
}

// Keys that are one of a few words.
constexpr std::string_view levels[] = {"debug", "info", "warning", "error"};
constexpr std::string_view scopes[] = {"server", "organisation"};

template<std::size_t N>
Result<std::size_t> one_of(const std::string_view (&words)[N], std::string_view name, std::string_view text)
{
    for (std::size_t i = 0; i < N; ++i)
        if (words[i] == text) return i;
    return wrong(name, "is not one of the words it may be", fmt::format("write one of: {}", fmt::join(words, ", ")));
}

Result<void> set_tls_version(std::string& to, std::string_view name, std::string_view text)
{
    if (text != "1.2" && text != "1.3")
        return wrong(name, "is not a TLS version this server speaks", "write 1.2 or 1.3");
    to = text;
    return {};
}

Result<void> set_public_url(Config& c, std::string_view name, std::string_view text)
{
    while (text.ends_with('/')) text.remove_suffix(1);
    const bool good = text.empty() || ((text.starts_with("https://") || text.starts_with("http://")) &&
                                       text.find_first_of(" \t\r\n\"<>?#@", 0) == text.npos && !text.ends_with("://") &&
                                       text.find('/', text.find("://") + 3) == text.npos);
    if (!good)
        return wrong(name, "is not a bare origin",
                     "write scheme and host (and port) only, such as https://scim.example.com");
    c.public_url = text;
    return {};
}

constexpr std::int64_t mebibyte = 1024 * 1024;

std::vector<ConfigKey> make_keys()
{
    std::vector<ConfigKey> keys{
        key<AT(listen)>("server.listen", "text",
                        "Address and port to listen on: 127.0.0.1:8443, [::1]:8443; port 0 takes any free one"),
        key<AT(allow_plain)>(
            "listen.allow_plain", "yes/no",
            "Whether --plain-http may listen elsewhere than on loopback (behind a proxy that does TLS)"),
        ranged<AT(threads), 0, 256>("server.threads", "number", "Threads that speak HTTPS; 0 is one per core"),
        {"server.public_url", "text",
         "Origin under which clients reach this server; Location and meta.location begin with it. Empty: from an "
         "allowed Host",
         set_public_url, [](const Config& c, std::string_view) { return c.public_url; }},
        key<AT(allowed_hosts)>(
            "server.allowed_hosts", "list",
            "Host names accepted besides public_url's, loopback's and the listening address; others answer 421"),
        key<AT(trusted_proxies)>("server.trusted_proxies", "list",
                                 "Addresses of proxies whose X-Forwarded-For is believed"),
        key<AT(drain_time)>("server.drain_time", "duration", "How long requests in flight may take after SIGTERM"),
        key<AT(tls_cert)>("tls.cert", "path", "Certificate chain, PEM, leaf first; reloaded when the file changes"),
        key<AT(tls_key)>("tls.key", "path", "Private key of the certificate, PEM, mode 0600"),
        {"tls.minimum", "word", "Lowest TLS version: 1.2 or 1.3",
         [](Config& c, std::string_view n, std::string_view t) { return set_tls_version(c.tls.minimum, n, t); },
         [](const Config& c, std::string_view) { return c.tls.minimum; }},
        {"tls.maximum", "word", "Highest TLS version: 1.2 or 1.3",
         [](Config& c, std::string_view n, std::string_view t) { return set_tls_version(c.tls.maximum, n, t); },
         [](const Config& c, std::string_view) { return c.tls.maximum; }},
        key<AT(tls.cbc_suites)>("tls.cbc_suites", "yes/no",
                                "Adds the four ECDHE-CBC suites of TLS 1.2 behind the four GCM ones"),

        ranged<AT(http.header_bytes), 1024, 24 * 1024>("limits.header_bytes", "bytes",
                                                       "Header section of a request; beyond: 431, close"),
        ranged<AT(http.header_fields), 8, 1000>("limits.header_fields", "number",
                                                "Header fields of a request; beyond: 431, close"),
        ranged<AT(http.target_bytes), 256, 16 * 1024>("limits.target_bytes", "bytes",
                                                      "Request target; beyond: 414, close"),
        ranged<AT(http.read_buffer_bytes), 16 * 1024, 63 * 1024>(
            "limits.read_buffer_bytes", "bytes",
            "Read buffer of a connection; must stay under 64 KiB; beyond: 400, close"),
        ranged<AT(http.body_bytes), 1024, 256 * mebibyte>(
            "limits.body_bytes", "bytes", "Body of a request where its route names no other cap; beyond: 413, close"),
        ranged<AT(http.raw_slack_bytes), 1024, 16 * mebibyte>(
            "limits.raw_slack_bytes", "bytes",
            "Raw bytes of one request beyond its body's cap (chunk framing, trailers); beyond: 413, close"),
        ranged<AT(protocol.json_depth), 2, 64>("limits.json_depth", "number",
                                               "Nesting of a JSON body; beyond: 400 invalidSyntax"),
        ranged<AT(protocol.json_values), 100, 10'000'000>("limits.json_values", "number",
                                                          "Values in a JSON body; beyond: 400 invalidSyntax"),
        ranged<AT(protocol.json_string_bytes), 1024, 16 * mebibyte>(
            "limits.json_string_bytes", "bytes", "One string in a JSON body; beyond: 400 invalidSyntax"),
        ranged<AT(protocol.resource_bytes), 1024, 64 * mebibyte>(
            "limits.resource_bytes", "bytes",
            "One stored user or group as JSON, without a group's members; beyond: 400 invalidValue"),
        ranged<AT(protocol.name_characters), 64, 4096>(
            "limits.name_characters", "number",
            "Characters of userName, displayName, externalId and ids; beyond: 400 invalidValue"),
        ranged<AT(protocol.filter_bytes), 64, 16 * 1024>("limits.filter_bytes", "bytes",
                                                         "A filter; beyond: 400 invalidFilter"),
        ranged<AT(protocol.filter_depth), 1, 256>("limits.filter_depth", "number",
                                                  "Nesting of a filter; beyond: 400 invalidFilter"),
        ranged<AT(protocol.filter_nodes), 1, 4096>("limits.filter_nodes", "number",
                                                   "Comparisons and operators in a filter; beyond: 400 invalidFilter"),
        ranged<AT(protocol.patch_operations), 1, 100'000>("limits.patch_operations", "number",
                                                          "Operations in one PATCH; beyond: 413"),
        ranged<AT(protocol.bulk_operations), 1, 10'000>("limits.bulk_operations", "number",
                                                        "Operations in one Bulk (bulk.maxOperations); beyond: 413"),
        ranged<AT(protocol.bulk_bytes), 1024, 64 * mebibyte>(
            "limits.bulk_bytes", "bytes", "Body of a Bulk (bulk.maxPayloadSize); beyond: 413, close"),
        ranged<AT(protocol.page_default), 1, 1000>("limits.page_default", "number",
                                                   "Resources in a page when count is not given"),
        ranged<AT(protocol.page_most), 1, 1000>("limits.page_most", "number",
                                                "Most resources in a page (filter.maxResults); count is clamped to it"),
        key<AT(protocol.cursor_time)>(
            "limits.cursor_time", "duration",
            "How long a cursor is good for, at least a second (pagination.cursorTimeout); beyond: 400 expiredCursor"),
        key<AT(http.handshake_time)>("limits.handshake_time", "duration", "TLS handshake; beyond: close"),
        key<AT(http.header_time)>("limits.header_time", "duration",
                                  "From a request's first byte to the end of its header; beyond: 408, close"),
        key<AT(http.body_time)>("limits.body_time", "duration", "A request's body; beyond: 408, close"),
        key<AT(http.idle_time)>("limits.idle_time", "duration",
                                "Keep-alive connection without a request; beyond: close"),
        key<AT(http.write_time)>("limits.write_time", "duration", "Sending an answer; beyond: close"),
        key<AT(http.handler_time)>("limits.handler_time", "duration", "Making an answer; beyond: 503"),
        ranged<AT(http.connections), 1, 1'000'000>("limits.connections", "number",
                                                   "Open connections; beyond: accepted and closed"),
        ranged<AT(http.connections_per_address), 1, 1'000'000>(
            "limits.connections_per_address", "number", "Open connections of one address; beyond: accepted and closed"),
        ranged<AT(http.connections_unauthenticated), 1, 1'000'000>(
            "limits.connections_unauthenticated", "number",
            "Open connections that have not shown a good token yet; beyond: accepted and closed"),
        ranged<AT(requests_per_second), 0, 1'000'000>(
            "limits.requests_per_second", "number",
            "Requests per second and token; 0 is off. Beyond, after waiting up to 250 ms: 429 with Retry-After"),
        ranged<AT(requests_burst), 0, 1'000'000>(
            "limits.requests_burst", "number",
            "Requests a token may make at once on top of its rate; 0 is twice the rate"),
        ranged<AT(failed_authentications), 1, 1'000'000>("limits.failed_authentications", "number",
                                                         "Failed authentications per minute, per address and per token "
                                                         "id; beyond: 429; a valid token is never locked"),
        ranged<AT(memory_bytes), 64 * mebibyte, std::int64_t{1} << 40>("limits.memory_bytes", "bytes",
                                                                       "Own memory beyond which /readyz answers 503"),
        ranged<AT(writer.batch), 1, 1024>("limits.write_batch", "number", "Most writes that share one durable commit"),
        ranged<AT(writer.queue), 1, 1'000'000>("limits.write_queue", "number",
                                               "Writes that may wait; beyond: 503 with Retry-After"),
        ranged<AT(scan_threads), 1, 64>("limits.scan_threads", "number",
                                        "Threads for lists and filters without an index"),
        ranged<AT(scan_queue), 1, 100'000>("limits.scan_queue", "number",
                                           "Scans that may wait; beyond: 503 with Retry-After"),
        ranged<AT(long_answers), 1, 1'000>("limits.long_answers", "number",
                                           "Answers beyond 64 KiB sent at once; beyond: 503 with Retry-After"),
        ranged<AT(admin_threads), 1, 64>("limits.admin_threads", "number", "Threads for the management API"),
        ranged<AT(admin_queue), 1, 100'000>("limits.admin_queue", "number",
                                            "Calls of the management API that may wait; beyond: 503 with Retry-After"),

        {"oauth.token_time", "duration", "How long an access token from /oauth2/token lives: 60m to 360m",
         [](Config& c, std::string_view name, std::string_view text) -> Result<void> {
             core::Duration time{};
             if (auto read = read_into(time, name, text); !read) return read;
             if (time < std::chrono::minutes{60} || time > std::chrono::minutes{360})
                 return wrong(name, "is outside 60m to 360m", "write for example 60m");
             c.oauth_token_time = time;
             return {};
         },
         [](const Config& c, std::string_view) { return print(c.oauth_token_time); }},
        key<AT(oauth_ca)>("oauth.ca", "path",
                          "Authorities, PEM, for the issuers of federated OAuth clients; empty: the system's"),
        key<AT(oauth_private_addresses)>("oauth.private_addresses", "yes/no",
                                         "Whether such an issuer may have an address of a private network"),

        key<AT(sweep_interval)>("sweep.interval", "duration", "How often due users are purged"),
        ranged<AT(sweep_batch), 1, 10'000>("sweep.batch", "number", "Users purged in one transaction"),
        key<AT(clock_jump_guard)>("clock.jump_guard", "yes/no",
                                  "Whether a clock that jumps holds purging until an operator confirms it"),
        {"dns.resolver", "host:port",
         "The name server that is asked about domains; several with commas between them; empty: the system's",
         [](Config& c, std::string_view n, std::string_view t) -> Result<void> {
             if (!outside::is_resolver(t))
                 return wrong(n, "is no address of a name server",
                              "write for example 192.0.2.1:53 or [2001:db8::1]:53, or nothing for the system's");
             c.dns_resolver = t;
             return {};
         },
         [](const Config& c, std::string_view) { return c.dns_resolver; }},
        key<AT(domain_checks.recheck)>("domains.recheck", "duration", "How often a verified domain is looked at again"),
        key<AT(domain_checks.grace)>("domains.grace", "duration",
                                     "How long the proof of a verified domain may be gone before it is pending again"),
        {"accounts.unique", "word", "Where a userName is unique: server or organisation",
         [](Config& c, std::string_view n, std::string_view t) -> Result<void> {
             TRY(const auto i, one_of(scopes, n, t));
             c.accounts_unique = static_cast<storage::AccountsUnique>(i);
             return {};
         },
         [](const Config& c, std::string_view) {
             return std::string{scopes[static_cast<std::size_t>(c.accounts_unique)]};
         }},
        {"log.level", "word", "Least level of a log line: debug, info, warning or error",
         [](Config& c, std::string_view n, std::string_view t) -> Result<void> {
             TRY(const auto i, one_of(levels, n, t));
             c.log_level = static_cast<core::log::Level>(i);
             return {};
         },
         [](const Config& c, std::string_view) { return std::string{levels[static_cast<std::size_t>(c.log_level)]}; }},
        key<AT(metrics)>(
            "server.metrics", "yes/no",
            "Whether GET /metrics answers, without a token, in Prometheus' text format; it holds counts and no names"),
        key<AT(access_log)>("log.access", "yes/no", "One line for each request"),
    };
    for (const auto& field : core::policy_fields())
        keys.push_back(
            {"policy." + std::string{field.name}, "policy", std::string{field.help},
             [](Config& c, std::string_view n, std::string_view t) {
                 return core::set_policy_field(c.policy, n.substr(std::strlen("policy.")), t, entra::quirk_names());
             },
             [](const Config& c, std::string_view n) {
                 const auto name = n.substr(std::strlen("policy."));
                 const auto fields = core::policy_fields();
                 const auto row =
                     std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.name == name; });
                 return row->get(c.policy);
             }});
    return keys;
}

const ConfigKey* find_key(std::string_view name)
{
    for (const auto& k : config_keys())
        if (k.name == name) return &k;
    return nullptr;
}

std::string suggestion_for(std::string_view name)
{
    std::vector<std::string_view> names;
    for (const auto& k : config_keys()) names.push_back(k.name);
    const auto near = core::nearest(name, names.data(), names.size());
    return near.empty() ? std::string{"`rollcall config help` lists the keys"} : fmt::format("did you mean {}?", near);
}

// TOML's value as the text that `set` reads; arrays become lists.
std::optional<std::string> text_of(const toml::node& node)
{
    if (const auto* s = node.as_string()) return s->get();
    if (const auto* b = node.as_boolean()) return print(b->get());
    if (const auto* i = node.as_integer()) return fmt::format("{}", i->get());
    if (const auto* d = node.as_floating_point()) return fmt::format("{}", d->get());
    if (const auto* d = node.as_date()) {
        const auto date = d->get();
        return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
    }
    if (const auto* a = node.as_array()) {
        std::vector<std::string> items;
        for (const auto& item : *a) {
            auto text = text_of(item);
            if (!text) return std::nullopt;
            items.push_back(std::move(*text));
        }
        return fmt::format("{}", fmt::join(items, ","));
    }
    return std::nullopt;
}

void flatten(const toml::table& table, const std::string& prefix,
             std::vector<std::pair<std::string, std::string>>& into, std::vector<std::string>& problems)
{
    for (const auto& [name, node] : table) {
        const std::string full = prefix.empty() ? std::string{name.str()} : prefix + "." + std::string{name.str()};
        if (const auto* inner = node.as_table()) {
            flatten(*inner, full, into, problems);
        } else if (auto text = text_of(node)) {
            into.emplace_back(full, std::move(*text));
        } else {
            problems.push_back(fmt::format(
                "{}: is of a kind that no key has; write a string, a number, true or false, or a list of strings",
                full));
        }
    }
}

} // namespace

std::span<const ConfigKey> config_keys()
{
    static const std::vector<ConfigKey> keys = make_keys();
    return keys;
}

std::string environment_name(std::string_view key)
{
    std::string name = "ROLLCALL_";
    for (const char c : key) name += c == '.' ? '_' : (c >= 'a' && c <= 'z') ? static_cast<char>(c - 32) : c;
    return name;
}

std::map<std::string, std::string> rollcall_environment()
{
    std::map<std::string, std::string> found;
    for (char** entry = environ; *entry; ++entry) {
        const std::string_view text{*entry};
        const auto equals = text.find('=');
        if (text.starts_with("ROLLCALL_") && equals != text.npos)
            found.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return found;
}

Config load_config(const ConfigSources& sources)
{
    Config config;
    std::vector<std::string> problems;
    const auto set = [&](std::string_view name, std::string_view text, std::string_view where) {
        const bool is_quirk = name.starts_with("policy.quirks.");
        const auto* row = find_key(name);
        core::Result<void> done =
            row ? row->set(config, name, text)
            : is_quirk
                ? core::set_policy_field(config.policy, name.substr(std::strlen("policy.")), text, entra::quirk_names())
                : wrong(name, "is not a key of the configuration", suggestion_for(name));
        if (!done)
            problems.push_back(fmt::format("{} ({}): {}; {}", name, where, done.error().detail, done.error().remedy));
    };

    if (sources.file) {
        std::vector<std::pair<std::string, std::string>> pairs;
        try {
            flatten(toml::parse_file(sources.file->string()), "", pairs, problems);
        } catch (const toml::parse_error& e) {
            problems.push_back(
                fmt::format("{}: line {}: {}", sources.file->string(), e.source().begin.line, e.description()));
        }
        for (const auto& [name, text] : pairs) set(name, text, sources.file->filename().string());
    }
    for (const auto& [variable, text] : sources.environment) {
#ifdef ROLLCALL_FAILPOINTS
        if (variable == "ROLLCALL_FAILPOINT") continue;
#endif
        const auto keys = config_keys();
        const auto row =
            std::find_if(keys.begin(), keys.end(), [&](const auto& k) { return environment_name(k.name) == variable; });
        if (row != keys.end()) {
            set(row->name, text, "environment");
            continue;
        }
        std::vector<std::string> names;
        for (const auto& k : keys) names.push_back(environment_name(k.name));
        const std::vector<std::string_view> views{names.begin(), names.end()};
        const auto near = core::nearest(variable, views.data(), views.size());
        problems.push_back(fmt::format("{} (environment): is not a key of the configuration; {}", variable,
                                       near.empty() ? std::string{"`rollcall config help` lists the keys"}
                                                    : fmt::format("did you mean {}?", near)));
    }
    for (const auto& [name, text] : sources.flags) set(name, text, "flag");

    if (config.tls.minimum > config.tls.maximum)
        problems.push_back("tls.minimum: is above tls.maximum; lower it or raise the other");
    if (config.protocol.page_default > config.protocol.page_most)
        problems.push_back("limits.page_default: is above limits.page_most; lower it or raise the other");
    if (config.protocol.cursor_time < std::chrono::seconds{1})
        problems.push_back("limits.cursor_time: is less than a second; a page could not be followed by another");
    if (config.http.header_bytes > config.http.read_buffer_bytes)
        problems.push_back("limits.header_bytes: is above limits.read_buffer_bytes; lower it or raise the other");
    if (problems.empty()) {
        try {
            endpoint_of(config);
        } catch (const BadConfig& e) {
            problems.emplace_back(e.what());
        }
    }
    if (!problems.empty()) throw BadConfig{fmt::format("{}", fmt::join(problems, "\n"))};
    return config;
}

bool Endpoint::is_loopback() const { return address.starts_with("127.") || address == "::1"; }

Endpoint endpoint_of(const Config& config)
{
    const std::string_view text = config.listen;
    const auto colon = text.rfind(':');
    Endpoint endpoint;
    std::string_view address = text.substr(0, colon == text.npos ? 0 : colon);
    if (address.starts_with('[') && address.ends_with(']'))
        address = address.substr(1, address.size() - 2);
    else if (address.find(':') != address.npos)
        address = {};
    if (address == "localhost") address = "127.0.0.1";
    const std::string_view port = colon == text.npos ? std::string_view{} : text.substr(colon + 1);
    const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
    if (address.empty() || port.empty() || failed != std::errc{} || end != port.data() + port.size())
        throw BadConfig{"server.listen: is not an address and a port; write for example 127.0.0.1:8443 or [::1]:8443"};
    endpoint.address = address;
    return endpoint;
}

} // namespace scim
