// The captured conversations of scim/entra/captures, one per quirk, played with whole endpoints: with the quirk,
// without it, and by a strict server. The folder comes from the build (ROLLCALL_CAPTURES).
#include "core/policy.hpp"
#include "scim/entra/quirks.hpp"
#include "scim/testing/desk.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

namespace scim {
namespace {

namespace json = boost::json;

struct Capture {
    std::string quirk, source, resource_type, method, path;
    json::value before, body, meant, after, strict;
};

std::string text_at(const json::object& object, const char* name) { return std::string(object.at(name).as_string()); }

Capture read_capture(const std::filesystem::path& file)
{
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    const auto all = json::parse(text.str());
    const auto& object = all.as_object();
    const auto& request = object.at("request").as_object();
    Capture capture{text_at(object, "quirk"),
                    text_at(object, "source"),
                    text_at(object, "resourceType"),
                    text_at(request, "method"),
                    text_at(request, "path"),
                    object.at("before"),
                    {},
                    object.at("meant"),
                    object.at("after"),
                    object.at("strict")};
    if (const auto* body = request.if_contains("body")) capture.body = *body;
    return capture;
}

std::map<std::string, Capture> read_captures()
{
    std::map<std::string, Capture> all;
    for (const auto& entry : std::filesystem::directory_iterator(ROLLCALL_CAPTURES)) {
        INFO(entry.path().filename().string());
        CHECK(entry.path().extension() == ".json");
        auto capture = read_capture(entry.path());
        CHECK(capture.quirk == entry.path().stem().string());
        all.emplace(capture.quirk, std::move(capture));
    }
    return all;
}

// What comes of the request, and what the resource is afterwards (of a refused one: what it still is).
struct Outcome {
    int status = 0;
    std::string scim_type;
    json::value resource;
    std::uint64_t count = 0; // of the quirk
    bool any_counted = false;

    bool operator==(const Outcome& other) const
    {
        return status == other.status && scim_type == other.scim_type && resource == other.resource;
    }
};
std::ostream& operator<<(std::ostream& out, const Outcome& outcome)
{
    return out << outcome.status << ' ' << outcome.scim_type << ' ' << outcome.resource;
}

core::Policy policy_of(const std::string& profile, const std::map<std::string, bool>& switches)
{
    core::Policy policy;
    policy.quirk_profile = profile;
    policy.quirks = switches;
    return policy;
}

// The URNs that a listing of schemas shows.
json::value listed_schemas(const testing::Reply& reply)
{
    json::object urns;
    const auto& listed = reply.at("/Resources");
    for (const auto& each : listed.as_array()) urns.emplace(each.at("id").as_string(), true);
    return urns;
}

// The whole conversation with whole endpoints: the resource is created, the request is sent as captured, and the
// resource is read again.
Outcome play(const Capture& capture, const core::Policy& policy)
{
    const testing::Desk desk{policy};
    const std::string folder = capture.resource_type == "Group" ? "/Groups" : "/Users";
    std::string id;
    if (capture.before.is_object()) {
        const auto made = desk.post(folder, json::serialize(capture.before));
        REQUIRE(made.status == 201);
        id = made.id();
    }
    const auto counts = [&](Outcome outcome) {
        outcome.count = desk.quirks().count_of(capture.quirk);
        for (const auto name : entra::quirk_names())
            outcome.any_counted = outcome.any_counted || desk.quirks().count_of(name) > 0;
        return outcome;
    };

    // The one path below the base that a request of its own shape needs repaired; the router does it.
    std::vector<std::string_view> fired;
    const std::string path{desk.quirks().repair_path(capture.path, fired)};
    if (path.starts_with("//")) return counts({404, "", nullptr});

    testing::Reply reply;
    if (capture.method == "POST")
        reply = desk.post(path, json::serialize(capture.body));
    else if (capture.method == "PATCH")
        reply = desk.patch(folder + "/" + id, json::serialize(capture.body));
    else
        reply = desk.get(path);

    Outcome outcome{reply.status, reply.scim_type(), nullptr};
    if (path == "/Schemas")
        outcome.resource = listed_schemas(reply);
    else if (capture.method == "GET")
        outcome.resource = reply.at("/Resources/0");
    else if (capture.method == "POST")
        outcome.resource = reply.body;
    else
        outcome.resource = desk.get(folder + "/" + id).body;
    if (outcome.resource.is_object()) outcome.resource.get_object().erase("meta");
    return counts(outcome);
}

json::value repaired(const Capture& capture, const entra::Quirks& quirks, std::vector<std::string_view>& fired)
{
    if (capture.method == "POST") return quirks.repair_resource(capture.body, capture.resource_type, fired);
    if (capture.method == "PATCH") return quirks.repair_patch(capture.body, capture.resource_type, fired);
    return json::object{{"path", quirks.repair_path(capture.path, fired)}};
}

// Is all of `expected` there? null: absent; lists element by element.
bool shows(const json::value& got, const json::value& expected)
{
    if (const auto* members = expected.if_object())
        return got.is_object() && std::all_of(members->begin(), members->end(), [&](const auto& pair) {
                   const auto* part = got.get_object().if_contains(pair.key());
                   return part ? shows(*part, pair.value()) : pair.value().is_null();
               });
    if (const auto* list = expected.if_array())
        return got.is_array() && got.get_array().size() == list->size() &&
               std::equal(list->begin(), list->end(), got.get_array().begin(),
                          [](const auto& wanted, const auto& part) { return shows(part, wanted); });
    return got == expected;
}

TEST_CASE("every quirk has a captured conversation, and every conversation a quirk")
{
    const auto captures = read_captures();
    const auto names = entra::quirk_names();
    for (const auto name : names) {
        INFO(name);
        CHECK(captures.count(std::string(name)) == 1);
    }
    for (const auto& [name, capture] : captures) {
        INFO(name);
        CHECK(std::find(names.begin(), names.end(), name) != names.end());
        CHECK_FALSE(capture.source.empty());
    }
}

TEST_CASE("a captured request is repaired to what was meant, by its quirk and no other")
{
    for (const auto& [name, capture] : read_captures()) {
        INFO(name);
        std::vector<std::string_view> fired;
        CHECK(repaired(capture, entra::Quirks{"entra", {}}, fired) == capture.meant);
        fired.clear();
        CHECK(repaired(capture, entra::Quirks{"strict", {{name, true}}}, fired) == capture.meant);
        const json::value as_sent = capture.method == "GET" ? json::object{{"path", capture.path}} : capture.body;
        CHECK(fired.size() == (capture.meant == as_sent && name != "no_operations" ? 0 : 1));
        fired.clear();
        CHECK(repaired(capture, entra::Quirks{"strict", {}}, fired) == as_sent);
        CHECK(fired.empty());
    }
}

TEST_CASE("a captured conversation ends well with its quirk, otherwise without it, and strictly in strict")
{
    for (const auto& [name, capture] : read_captures()) {
        INFO(name);
        const auto alone = play(capture, policy_of("strict", {{name, true}}));
        INFO(alone);
        CHECK(alone.status == (capture.method == "POST"  ? 201
                               : capture.method == "GET" ? 200
                                                         : (capture.resource_type == "Group" ? 204 : 200)));
        CHECK(shows(alone.resource, capture.after));
        CHECK(alone.count == 1);

        const auto strict = play(capture, policy_of("strict", {}));
        CHECK(strict.status == capture.strict.at("status").as_int64());
        const auto* type = capture.strict.as_object().if_contains("scimType");
        CHECK(strict.scim_type == (type ? std::string(type->as_string()) : std::string()));
        CHECK_FALSE(strict.any_counted);
        CHECK_FALSE(strict == alone);

        // None of the other quirks does its work.
        const auto all = play(capture, policy_of("entra", {}));
        const auto all_others = play(capture, policy_of("entra", {{name, false}}));
        CHECK(shows(all.resource, capture.after));
        CHECK(all.count == 1);
        CHECK(all_others.count == 0);
        CHECK_FALSE(all_others == all);
    }
}

} // namespace
} // namespace scim
