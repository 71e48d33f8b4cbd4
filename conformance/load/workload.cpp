#include "conformance/load/workload.hpp"

#include "conformance/client.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace conformance::load {
namespace {

constexpr std::array words = {"get",    "filter",   "miss",        "list",   "patch",       "post",        "sync",
                              "mixed",  "beside",   "first",       "middle", "last",        "sort",        "sort-any",
                              "cursor", "contains", "scan-beside", "bulk",   "soft-delete", "group-member"};

void append_escaped(std::string& out, std::string_view text)
{
    for (const char c : text) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
                           c == '.' || c == '_' || c == '~';
        if (plain)
            out += c;
        else
            fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
}

// Bodies of Entra's two shapes differ only here; the lap decides which, so that every patch changes something.
std::string patch_body(bool active)
{
    return fmt::format(R"({{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],)"
                       R"("Operations":[{{"op":"Replace","path":"active","value":"{}"}}]}})",
                       active ? "True" : "False");
}

} // namespace

std::string_view word(Scenario scenario) { return words.at(static_cast<std::size_t>(scenario)); }

std::optional<Scenario> scenario_from(std::string_view text)
{
    for (std::size_t i = 0; i < words.size(); ++i)
        if (text == words[i]) return static_cast<Scenario>(i);
    return std::nullopt;
}

bool grows_the_store(Scenario scenario)
{
    switch (scenario) {
    case Scenario::get:
    case Scenario::filter:
    case Scenario::miss:
    case Scenario::list:
    case Scenario::patch:
    case Scenario::first:
    case Scenario::middle:
    case Scenario::last:
    case Scenario::sort:
    case Scenario::sort_any:
    case Scenario::cursor:
    case Scenario::contains:
    case Scenario::scan_beside:
    case Scenario::soft_delete:
    case Scenario::group_member: return false;
    case Scenario::bulk:
    case Scenario::post:
    case Scenario::sync:
    case Scenario::mixed:
    case Scenario::beside: return true;
    }
    return true;
}

Target target_from(std::string_view url, std::string token)
{
    const auto bad = [&](const char* why) {
        return std::invalid_argument(fmt::format("{}: {}; write https://127.0.0.1:PORT/orgs/NAME/scim/v2", url, why));
    };
    Target target;
    target.token = std::move(token);
    const auto scheme = url.find("://");
    if (scheme == url.npos) throw bad("not an URL");
    if (url.substr(0, scheme) != "https" && url.substr(0, scheme) != "http") throw bad("neither https nor http");
    target.tls = url.substr(0, scheme) == "https";
    const auto rest = url.substr(scheme + 3);
    const auto slash = std::min(rest.find('/'), rest.size());
    const auto authority = rest.substr(0, slash);
    const auto colon = authority.rfind(':');
    if (colon == authority.npos || authority.back() == ']') throw bad("no port");
    auto host = authority.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    if (!is_loopback(host)) throw bad("only this machine may be loaded");
    target.host = host == "localhost" ? "127.0.0.1" : std::string{host};
    const auto digits = authority.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), target.port);
    if (error != std::errc{} || end != digits.data() + digits.size() || target.port == 0) throw bad("no such port");
    target.base = rest.substr(slash);
    while (!target.base.empty() && target.base.back() == '/') target.base.pop_back();
    return target;
}

std::string entra_user(std::string_view name)
{
    return fmt::format(
        R"({{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",)"
        R"("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],)"
        R"("externalId":"{0}","userName":"{0}@contoso.example","active":true,"displayName":"Load {0}",)"
        R"("title":"Retail Manager","preferredLanguage":"en-US",)"
        R"("name":{{"formatted":"Load {0}","familyName":"{0}","givenName":"Load"}},)"
        R"("emails":[{{"primary":true,"type":"work","value":"{0}@contoso.example"}}],)"
        R"("phoneNumbers":[{{"type":"work","value":"+1 425 555 0109"}},{{"type":"mobile","value":"+1 425 555 0110"}}],)"
        R"("addresses":[{{"type":"work","formatted":"18/2111 One Example Way","streetAddress":"One Example Way 18/2111",)"
        R"("locality":"Redmond","region":"WA","postalCode":"98052","country":"United States"}}],)"
        R"("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{{"employeeNumber":"701984",)"
        R"("costCenter":"4130","organization":"Contoso","division":"Retail","department":"Retail Ops"}}}})",
        name);
}

namespace {

bool needs_users(Scenario scenario)
{
    switch (scenario) {
    case Scenario::get:
    case Scenario::filter:
    case Scenario::patch:
    case Scenario::mixed:
    case Scenario::beside:
    case Scenario::scan_beside:
    case Scenario::soft_delete:
    case Scenario::group_member: return true;
    case Scenario::miss:
    case Scenario::list:
    case Scenario::post:
    case Scenario::sync:
    case Scenario::first:
    case Scenario::middle:
    case Scenario::last:
    case Scenario::sort:
    case Scenario::sort_any:
    case Scenario::cursor:
    case Scenario::contains:
    case Scenario::bulk: return false;
    }
    return false;
}

} // namespace

Workload::Workload(const Target& target, Shape shape, const std::vector<StoredUser>& users, std::size_t connections)
    : shape_{std::move(shape)}, users_{users}, looked_up_(connections), cursors_(connections),
      turns_(connections), patch_{shape_.first_patch}
{
    if (needs_users(shape_.scenario) && users_.empty())
        throw std::invalid_argument(fmt::format("{}: no users to ask for; seed some first", word(shape_.scenario)));
    const std::string host = target.host.find(':') == std::string::npos ? target.host : "[" + target.host + "]";
    auto tenants = shape_.tenants;
    if (tenants.empty()) tenants.push_back({target.base, target.token});
    for (const auto& tenant : tenants) {
        const std::string common = fmt::format(" HTTP/1.1\r\nHost: {}:{}\r\nAuthorization: Bearer {}\r\n"
                                               "Accept: application/scim+json\r\n",
                                               host, target.port, tenant.token);
        addresses_.push_back({tenant.base + "/Users", tenant.base, common + "\r\n",
                              common + "Content-Type: application/scim+json\r\nContent-Length: "});
    }
}

// xorshift: repeatable, and cheap beside a TLS record.
std::uint64_t Workload::random(std::uint64_t below)
{
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return (state_ >> 11) % below;
}

void Workload::get(const Address& at, std::string& bytes)
{
    bytes.append("GET ").append(at.users_path).append("/");
    append_escaped(bytes, users_[random(users_.size())].id);
    bytes += at.read_tail;
}

void Workload::look_up(const Address& at, std::string& bytes, std::string_view user_name)
{
    bytes.append("GET ").append(at.users_path).append("?filter=userName%20eq%20%22");
    append_escaped(bytes, user_name);
    bytes.append("%22").append(at.read_tail);
}

void Workload::ask(const Address& at, std::string& bytes, std::string_view query)
{
    bytes.append("GET ").append(at.users_path).append(query).append(at.read_tail);
}

void Workload::write(const Address& at, std::string& bytes, std::string_view method, std::string_view path,
                     std::string_view body)
{
    bytes.append(method).append(" ").append(path).append(at.write_tail);
    fmt::format_to(std::back_inserter(bytes), "{}\r\n\r\n{}", body.size(), body);
}

void Workload::post(const Address& at, std::string& bytes, std::size_t number)
{
    write(at, bytes, "POST", at.users_path, entra_user(fmt::format("{}n{}", shape_.tag, number)));
}

void Workload::patch(const Address& at, std::string& bytes)
{
    static const std::string bodies[] = {patch_body(false), patch_body(true)};
    const std::string& body = bodies[patch_ / users_.size() % 2];
    std::string path = at.users_path + "/";
    append_escaped(path, users_[patch_++ % users_.size()].id);
    write(at, bytes, "PATCH", path, body);
}

void Workload::bulk(const Address& at, std::string& bytes)
{
    std::string body = R"({"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[)";
    for (int i = 0; i < 100; ++i, ++posted_)
        fmt::format_to(std::back_inserter(body), R"({}{{"method":"POST","path":"/Users","bulkId":"b{}","data":{}}})",
                       i > 0 ? "," : "", i, entra_user(fmt::format("{}n{}", shape_.tag, posted_)));
    write(at, bytes, "POST", at.root_path + "/Bulk", body + "]}");
}

void Workload::soft_delete(const Address& at, std::string& bytes)
{
    const auto& user = users_[patch_++ % users_.size()];
    std::string path = at.users_path + "/";
    append_escaped(path, user.id);
    write(at, bytes, "PATCH", path,
          fmt::format(R"({{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[)"
                      R"({{"op":"Replace","path":"userName","value":"{:032x}{}"}},)"
                      R"({{"op":"Replace","path":"active","value":"False"}}]}})",
                      patch_, user.user_name));
}

void Workload::group_member(const Address& at, std::string& bytes, std::size_t connection)
{
    const std::size_t turn = turns_[connection]++;
    const std::size_t place = (connection + turn / 2 * turns_.size()) % users_.size();
    write(at, bytes, "PATCH", at.root_path + "/Groups/" + shape_.group,
          fmt::format(R"({{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[)"
                      R"({{"op":"{}","path":"members","value":[{{"value":"{}"}}]}}]}})",
                      turn % 2 == 0 ? "Add" : "Remove", users_[place].id));
}

void Workload::heard(std::size_t connection, std::string_view body)
{
    if (shape_.scenario != Scenario::cursor) return;
    constexpr std::string_view name = "\"nextCursor\":\"";
    auto& cursor = cursors_[connection];
    const auto at = body.find(name);
    cursor = at == body.npos ? "" : body.substr(at + name.size(), body.find('"', at + name.size()) - at - name.size());
}

Kind Workload::next(std::size_t connection, std::string& bytes)
{
    bytes.clear();
    const Address& at = addresses_[connection % addresses_.size()];
    const auto post_next = [&] {
        post(at, bytes, posted_++);
        return Kind::write;
    };
    const auto get_any = [&] {
        get(at, bytes);
        return Kind::read;
    };
    const auto page_at = [&](std::size_t start) {
        ask(at, bytes, fmt::format("?startIndex={}&count={}", start, shape_.page));
        return Kind::read;
    };
    const auto scan = [&] {
        ask(at, bytes, "?filter=title%20co%20%22nobody%20has%20this%20title%22");
        return Kind::read;
    };
    switch (shape_.scenario) {
    case Scenario::get: return get_any();
    case Scenario::filter: look_up(at, bytes, users_[random(users_.size())].user_name); return Kind::read;
    case Scenario::miss:
        look_up(at, bytes, fmt::format("nobody{}@contoso.example", random(1'000'000'000)));
        return Kind::read;
    case Scenario::list: return page_at(random(shape_.pages) * shape_.page + 1);
    case Scenario::first: return page_at(1);
    case Scenario::middle: return page_at(shape_.stored / 2 + 1);
    case Scenario::last: return page_at(shape_.stored > shape_.page ? shape_.stored - shape_.page + 1 : 1);
    case Scenario::sort: ask(at, bytes, fmt::format("?sortBy=userName&count={}", shape_.page)); return Kind::read;
    case Scenario::sort_any:
        ask(at, bytes, fmt::format("?sortBy=name.familyName&count={}", shape_.page));
        return Kind::read;
    case Scenario::cursor: {
        std::string query = fmt::format("?count={}&cursor=", shape_.page);
        append_escaped(query, cursors_[connection]);
        ask(at, bytes, query);
        return Kind::read;
    }
    case Scenario::contains: return scan();
    case Scenario::scan_beside: // scans are told from gets as writes are
        if (connection >= shape_.writers) return get_any();
        scan();
        return Kind::write;
    case Scenario::bulk: bulk(at, bytes); return Kind::write;
    case Scenario::soft_delete: soft_delete(at, bytes); return Kind::write;
    case Scenario::group_member: group_member(at, bytes, connection); return Kind::write;
    case Scenario::patch: patch(at, bytes); return Kind::write;
    case Scenario::post: return post_next();
    case Scenario::sync: {
        auto& number = looked_up_[connection];
        if (number) {
            post(at, bytes, *std::exchange(number, std::nullopt));
            return Kind::write;
        }
        number = posted_++;
        look_up(at, bytes, fmt::format("{}n{}@contoso.example", shape_.tag, *number));
        return Kind::read;
    }
    case Scenario::mixed: return random(10) == 0 ? post_next() : get_any();
    case Scenario::beside: return connection < shape_.writers ? post_next() : get_any();
    }
    return Kind::read;
}

} // namespace conformance::load
