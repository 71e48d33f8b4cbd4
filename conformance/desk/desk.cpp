#include "conformance/desk/desk.hpp"

#include <boost/json/value_to.hpp>
#include <catch2/catch.hpp>

#include <cstdlib>
#include <stdexcept>

namespace desk {

namespace {

std::string from_environment(const char* name, const char* fallback)
{
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : fallback;
}

} // namespace

std::string program() { return from_environment("DESK_PROGRAM", DESK_PROGRAM); }

std::string faketime_program() { return from_environment("DESK_FAKETIME_PROGRAM", DESK_FAKETIME_PROGRAM); }

std::string failpoint_program()
{
    auto path = from_environment("DESK_FAILPOINT_PROGRAM", DESK_FAILPOINT_PROGRAM);
    if (!std::filesystem::exists(path))
        throw std::runtime_error{
            path +
            " is not there: build the asan preset, or name a program built with failpoints in DESK_FAILPOINT_PROGRAM"};
    return path;
}

Desk::Desk(std::string program) : program_{std::move(program)}
{
    said({"cert", "dev"});
    said({"org", "create", "desk"});
    token_ = said({"token", "create", "--org", "desk"});
}

Desk::~Desk() = default;

Finished Desk::command(std::vector<std::string> arguments, Environment environment, Milliseconds at_most) const
{
    arguments.insert(arguments.end(), {"--data", data().string()});
    return conformance::run(
        {.program = program_, .arguments = std::move(arguments), .environment = std::move(environment)}, at_most);
}

std::string Desk::said(std::vector<std::string> arguments) const
{
    auto finished = command(std::move(arguments));
    INFO(finished.errors);
    REQUIRE(finished.ended == Ended{});
    while (!finished.output.empty() && finished.output.back() == '\n') finished.output.pop_back();
    return finished.output;
}

void Desk::serve(Serving serving)
{
    port_ = conformance::free_port();
    plain_ = serving.plain;
    std::vector<std::string> words = std::move(serving.wrapper);
    words.push_back(serving.program.empty() ? program_ : serving.program);
    words.insert(words.end(), {"serve", "--data", data().string(), "--listen", "127.0.0.1:" + std::to_string(port_)});
    if (plain_) words.emplace_back("--plain-http");
    words.insert(words.end(), serving.flags.begin(), serving.flags.end());
    std::string first = words.front();
    words.erase(words.begin());
    server_ = std::make_unique<Process>(conformance::Command{.program = std::move(first),
                                                             .arguments = std::move(words),
                                                             .environment = std::move(serving.environment),
                                                             .log = folder_.path() / "log"});
    const auto health = std::string{plain_ ? "http" : "https"} + "://127.0.0.1:" + std::to_string(port_) + "/readyz";
    const bool is_ready = conformance::wait_until_ready(*server_, health, plain_ ? "" : ca(), std::chrono::seconds(60));
    INFO(log());
    REQUIRE(is_ready);
}

std::string Desk::log() const { return conformance::contents_of(folder_.path() / "log"); }

std::string Desk::url(std::string_view organisation) const
{
    return std::string{plain_ ? "http" : "https"} + "://127.0.0.1:" + std::to_string(port_) + "/orgs/" +
           std::string{organisation} + "/scim/v2";
}

Client Desk::client_of(std::string_view organisation, const std::string& token) const
{
    return Client{
        {.url = url(organisation), .token = token, .ca_file = plain_ ? "" : ca(), .timeout = std::chrono::seconds(30)}};
}

Answer Desk::ready() const { return client_of("desk", "").send({.target = "/readyz", .from_root = true}); }

boost::json::object user(std::string_view name)
{
    return {{"schemas", {user_schema}},
            {"userName", name},
            {"externalId", "ext-" + std::string{name}},
            {"active", true},
            {"displayName", "Display " + std::string{name}},
            {"name", {{"givenName", "Given"}, {"familyName", "Family"}}},
            {"emails", {{{"type", "work"}, {"primary", true}, {"value", name}}}}};
}

boost::json::object group(std::string_view name) { return {{"schemas", {group_schema}}, {"displayName", name}}; }

boost::json::object operation(std::string_view op, std::string_view path, boost::json::value value)
{
    boost::json::object o{{"op", op}};
    if (!path.empty()) o["path"] = path;
    o["value"] = std::move(value);
    return o;
}

boost::json::object patch(std::vector<boost::json::object> operations)
{
    boost::json::array all;
    for (auto& o : operations) all.push_back(std::move(o));
    return {{"schemas", {patch_schema}}, {"Operations", std::move(all)}};
}

std::string id_of(const Answer& answer)
{
    INFO(answer.status << " " << answer.body);
    REQUIRE(answer.is_json);
    REQUIRE(answer.json.as_object().contains("id"));
    return boost::json::value_to<std::string>(answer.json.at("id"));
}

std::string tombstone(std::string_view hex_digit, std::string_view name)
{
    std::string text;
    for (int i = 0; i < 32; ++i) text += hex_digit;
    return text.append(name);
}

void require_sound(const Desk& d)
{
    const auto checked = d.command({"check"});
    INFO(checked.output << checked.errors);
    REQUIRE(checked.ended == Ended{});
}

} // namespace desk
