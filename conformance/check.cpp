#include "conformance/check.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <random>

namespace conformance {
namespace {

constexpr std::size_t exchanges_kept = 12;
constexpr std::size_t longest_shown = 600;

std::string mapped(std::string_view text, int (*map)(int))
{
    std::string result(text);
    for (char& c : result) c = static_cast<char>(map(static_cast<unsigned char>(c)));
    return result;
}

std::string escaped(const std::string& text)
{
    const auto quoted = boost::json::serialize(boost::json::string(text));
    return quoted.substr(1, quoted.size() - 2);
}

// Does an element carry `name` with that value, as a filter would see it?
bool matches(const Json& element, std::string_view name, std::string_view wanted)
{
    const auto* object = element.if_object();
    const auto* member = object == nullptr ? nullptr : object->if_contains(name);
    if (member == nullptr) return false;
    if (const auto* text = member->if_string()) return lower(*text) == lower(wanted);
    return boost::json::serialize(*member) == wanted;
}

bool is_media_type(const Answer& answer, std::string_view wanted)
{
    const auto* type = answer.header("content-type");
    if (type == nullptr) return false;
    auto name = lower(type->substr(0, type->find(';')));
    while (name.ends_with(' ')) name.pop_back();
    return name == wanted;
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("[{}]", fmt::join(words, ", ")); }

bool says_supported(const Json& config, std::string_view feature)
{
    const auto* supported = at(config, fmt::format("/{}/supported", feature));
    return supported != nullptr && supported->is_bool() && supported->get_bool();
}

Json fetched(Client& client, const char* target)
{
    const auto answer = client.get(target);
    return answer.status == 200 && answer.is_json ? answer.json : Json();
}

Facts learn(Client& client)
{
    const auto probe = client.get("/Users?count=1");
    if (probe.status == 401 || probe.status == 403) {
        throw CannotRun(fmt::format("the server refuses the token: {} {} for GET /Users", probe.status, probe.reason));
    }
    Facts facts;
    facts.config = fetched(client, "/ServiceProviderConfig");
    facts.resource_types = fetched(client, "/ResourceTypes");
    facts.schemas = fetched(client, "/Schemas");
    if (probe.status == 404 && facts.config.is_null()) {
        throw CannotRun("no SCIM service there: /Users and /ServiceProviderConfig both answer 404");
    }
    if (facts.config.is_object()) {
        const std::pair<const char*, unsigned> features[] = {
            {"patch", patching}, {"filter", filtering}, {"sort", sorting}, {"etag", etags}, {"bulk", bulk}};
        facts.has = groups;
        for (const auto& [name, need] : features) {
            if (says_supported(facts.config, name)) facts.has |= need;
        }
        if (const auto* has = at(facts.config, "/pagination/cursor"); has != nullptr && *has == Json(true)) {
            facts.has |= cursors;
        }
    }
    if (const auto* types = at(facts.resource_types, "/Resources"); types != nullptr && types->is_array()) {
        const auto& all = types->get_array();
        const bool knows = std::any_of(all.begin(), all.end(),
                                       [](const Json& type) { return text_at(type, "/endpoint") == "/Groups"; });
        if (!knows) facts.has &= ~static_cast<unsigned>(groups);
    }
    if (const auto* schemas = at(facts.schemas, "/Resources"); schemas != nullptr && schemas->is_array()) {
        for (const auto& schema : schemas->get_array())
            if (text_at(schema, "/id") == user_urn && at(schema, "/attributes[name=groups]") != nullptr)
                facts.has |= user_groups;
    }
    return facts;
}

std::string missing_need(unsigned needs, unsigned has)
{
    const std::pair<Need, const char*> words[] = {
        {patching, "PATCH"}, {filtering, "filters"}, {sorting, "sorting"}, {etags, "ETags"},
        {groups, "groups"},  {bulk, "bulk"},         {cursors, "cursors"}, {user_groups, "groups of users"}};
    for (const auto& [need, word] : words) {
        if ((needs & need) != 0 && (has & need) == 0) return fmt::format("the server says it has no {}", word);
    }
    return {};
}

} // namespace

void append(Checks& checks, std::span<const Row> rows)
{
    for (const auto& row : rows) checks.push_back({row.id, row.title, row.source, row.needs, row.run});
}

std::string upper(std::string_view text) { return mapped(text, &std::toupper); }
std::string lower(std::string_view text) { return mapped(text, &std::tolower); }

Json json_of(std::string_view text, std::initializer_list<std::string> arguments)
{
    std::string filled;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_mark = text[i] == '$' && i + 1 < text.size() && text[i + 1] >= '1' && text[i + 1] <= '9';
        const auto index = is_mark ? static_cast<std::size_t>(text[i + 1] - '1') : 0;
        if (is_mark && index < arguments.size()) {
            filled += escaped(arguments.begin()[index]);
            ++i;
        } else {
            filled += text[i];
        }
    }
    return boost::json::parse(filled);
}

const Json* at(const Json& value, std::string_view path)
{
    const Json* here = &value;
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto end = std::min(path.find('/'), path.size());
        std::string_view step = path.substr(0, end);
        path.remove_prefix(end);

        std::string_view condition;
        if (const auto bracket = step.find('['); bracket != step.npos) {
            condition = step.substr(bracket + 1, step.size() - bracket - 2);
            step = step.substr(0, bracket);
        }
        if (const auto* array = here->if_array()) {
            const bool is_index = !step.empty() && std::all_of(step.begin(), step.end(),
                                                               [](unsigned char c) { return std::isdigit(c) != 0; });
            const auto index = is_index ? std::stoul(std::string(step)) : array->size();
            if (index >= array->size()) return nullptr;
            here = &(*array)[index];
        } else {
            const auto* object = here->if_object();
            here = object == nullptr ? nullptr : object->if_contains(step);
        }
        if (here == nullptr) return nullptr;
        if (condition.empty()) continue;
        const auto* array = here->if_array();
        if (array == nullptr) return nullptr;
        const auto equals = condition.find('=');
        const auto found = std::find_if(array->begin(), array->end(), [&](const Json& element) {
            return matches(element, condition.substr(0, equals), condition.substr(equals + 1));
        });
        if (found == array->end()) return nullptr;
        here = found;
    }
    return here;
}

std::string text_at(const Json& value, std::string_view path)
{
    const auto* found = at(value, path);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

std::string short_text(const Json& value)
{
    auto text = boost::json::serialize(value);
    if (text.size() > longest_shown) text = text.substr(0, longest_shown) + "…";
    return text;
}

// --- Context -----------------------------------------------------------------------------------------------------

Context::Context(Client& client, const Endpoint& endpoint, const Facts& facts, std::string tag)
    : client_(client), endpoint_(endpoint), facts_(facts), tag_(std::move(tag))
{
}

Answer Context::send(Request request)
{
    const auto method = request.method;
    const auto place = request.target.substr(0, request.target.find('?'));
    auto answer = client_.send(std::move(request));
    const bool succeeded = answer.status >= 200 && answer.status < 300;
    if (method == "POST" && succeeded) {
        if (const auto id = text_at(answer.json, "/id"); !id.empty()) track(place + "/" + id);
    }
    if (method == "DELETE" && succeeded) std::erase(made_, place);
    return answer;
}

namespace {
Request with_json(const char* method, const std::string& target, const Json& json)
{
    return {.method = method,
            .target = target,
            .headers = {{"Content-Type", "application/scim+json; charset=utf-8"}},
            .body = boost::json::serialize(json)};
}
} // namespace

Answer Context::get(const std::string& target) { return send({.target = target}); }
Answer Context::post(const std::string& target, const Json& json) { return send(with_json("POST", target, json)); }
Answer Context::put(const std::string& target, const Json& json) { return send(with_json("PUT", target, json)); }
Answer Context::patch(const std::string& target, const Json& json) { return send(with_json("PATCH", target, json)); }
Answer Context::remove(const std::string& target) { return send({.method = "DELETE", .target = target}); }

Answer Context::list(std::string_view kind, std::string_view filter, std::string_view more)
{
    return get(fmt::format("/{}?filter={}{}", kind, query_escape(filter), more));
}

std::string Context::unique(std::string_view word) { return fmt::format("{}{}-{}", tag_, ++counter_, word); }
std::string Context::address(std::string_view word) { return unique(word) + "@conformance.example"; }

Made Context::make_user(const Json& extra)
{
    boost::json::object user{
        {"schemas", boost::json::array{user_urn, enterprise_urn}}, {"userName", address("user")}, {"active", true}};
    if (const auto* more = extra.if_object()) {
        for (const auto& [name, value] : *more) user[name] = value;
    }
    const auto answer = post("/Users", user);
    status(answer, {201});
    Made made{text_at(answer.json, "/id"), std::string(user["userName"].as_string()), "", answer.json};
    expect(!made.id.empty(), "an id in the answer to POST /Users", short_text(answer.json));
    made.path = "/Users/" + made.id;
    return made;
}

Made Context::make_group(const Json& extra)
{
    boost::json::object group{{"schemas", boost::json::array{group_urn}}, {"displayName", unique("group")}};
    if (const auto* more = extra.if_object()) {
        for (const auto& [name, value] : *more) group[name] = value;
    }
    const auto answer = post("/Groups", group);
    status(answer, {201});
    Made made{text_at(answer.json, "/id"), std::string(group["displayName"].as_string()), "", answer.json};
    expect(!made.id.empty(), "an id in the answer to POST /Groups", short_text(answer.json));
    made.path = "/Groups/" + made.id;
    return made;
}

Json Context::read(const std::string& target)
{
    const auto answer = get(target);
    status(answer, {200});
    expect(answer.is_json, "a JSON body", answer.body.substr(0, longest_shown));
    return answer.json;
}

Json Context::patched(const Made& made, const Json& message)
{
    const auto answer = patch(made.path, message);
    status(answer, {200, 204});
    if (answer.status == 200) {
        expect(text_at(answer.json, "/id") == made.id, "the resource in the answer, with its id " + made.id,
               short_text(answer.json));
    } else {
        expect(answer.body.empty(), "204 without a body", answer.body.substr(0, longest_shown));
    }
    return read(made.path);
}

void Context::expect(bool holds, std::string expected, std::string seen)
{
    if (!holds) throw Failed{std::move(expected), std::move(seen)};
}

void Context::status(const Answer& answer, std::initializer_list<int> allowed)
{
    if (std::find(allowed.begin(), allowed.end(), answer.status) != allowed.end()) return;
    throw Failed{fmt::format("status {}", fmt::join(allowed, " or ")),
                 fmt::format("{} {} {}", answer.status, answer.reason, answer.body.substr(0, longest_shown))};
}

void Context::same(const Json& value, std::string_view path, const Json& expected)
{
    const auto* found = at(value, path);
    if (found != nullptr && *found == expected) return;
    throw Failed{fmt::format("{} to be {}", path, short_text(expected)),
                 found == nullptr ? fmt::format("absent in {}", short_text(value)) : short_text(*found)};
}

void Context::absent(const Json& value, std::string_view path)
{
    const auto* found = at(value, path);
    if (found == nullptr) return;
    throw Failed{fmt::format("no {}", path), short_text(*found)};
}

void Context::empty(const Json& value, std::string_view path)
{
    const auto* found = at(value, path);
    if (found == nullptr || found->is_null()) return;
    if (found->is_string() && found->get_string().empty()) return;
    if (found->is_array() && found->get_array().empty()) return;
    if (found->is_object() && found->get_object().empty()) return;
    throw Failed{fmt::format("{} empty or absent", path), short_text(*found)};
}

void Context::refused(const Answer& answer, int wanted, std::string_view scim_type)
{
    status(answer, {wanted});
    expect(is_media_type(answer, "application/scim+json"), "an error as application/scim+json",
           answer.header("content-type") == nullptr ? "no Content-Type" : *answer.header("content-type"));
    same(answer.json, "/schemas/0", boost::json::string(error_urn));
    same(answer.json, "/status", boost::json::string(std::to_string(wanted)));
    if (scim_type.empty()) return;
    const auto seen = text_at(answer.json, "/scimType");
    const auto words = fmt::format("|{}|", scim_type);
    expect(!seen.empty() && words.find("|" + seen + "|") != std::string::npos, fmt::format("scimType {}", scim_type),
           short_text(answer.json));
}

const boost::json::array& Context::listed(const Answer& answer)
{
    static const boost::json::array none;
    status(answer, {200});
    expect(is_media_type(answer, "application/scim+json"), "a list as application/scim+json",
           answer.header("content-type") == nullptr ? "no Content-Type" : *answer.header("content-type"));
    same(answer.json, "/schemas", boost::json::array{list_response_urn});
    const auto* total = at(answer.json, "/totalResults");
    expect(total != nullptr && total->is_int64(), "totalResults as a number", short_text(answer.json));
    const auto* resources = at(answer.json, "/Resources");
    if (resources == nullptr && total->get_int64() == 0) return none;
    expect(resources != nullptr && resources->is_array(), "Resources as an array", short_text(answer.json));
    return resources->get_array();
}

void Context::lists(const Answer& answer, std::vector<std::string> ids)
{
    const auto& resources = listed(answer);
    std::vector<std::string> seen;
    for (const auto& resource : resources) seen.push_back(text_at(resource, "/id"));
    std::sort(seen.begin(), seen.end());
    std::sort(ids.begin(), ids.end());
    expect(seen == ids, fmt::format("exactly {} in the list", joined(ids)), joined(seen));
    same(answer.json, "/totalResults", ids.size());
}

void Context::finds(std::string_view kind, std::string_view filter, std::vector<std::string> ids)
{
    lists(list(kind, filter), std::move(ids));
}

void Context::skip(std::string why) { throw Skipped{std::move(why)}; }

void Context::track(std::string path)
{
    if (std::find(made_.begin(), made_.end(), path) == made_.end()) made_.push_back(std::move(path));
}

std::vector<std::string> Context::clean_up()
{
    std::vector<std::string> left;
    while (!made_.empty()) {
        const auto path = made_.back();
        made_.pop_back();
        try {
            const auto answer = client_.remove(path);
            if (answer.status != 404 && (answer.status < 200 || answer.status > 299)) left.push_back(path);
        } catch (const Unreachable&) {
            left.push_back(path);
        }
    }
    return left;
}

// --- a run -------------------------------------------------------------------------------------------------------

std::size_t Report::count(Verdict verdict) const
{
    return static_cast<std::size_t>(
        std::count_if(outcomes.begin(), outcomes.end(), [&](const Outcome& o) { return o.verdict == verdict; }));
}

namespace {
Outcome run_one(const Check& check, Client& client, const Endpoint& endpoint, const Facts& facts, std::string tag,
                std::vector<std::string>& left_behind)
{
    const auto began = std::chrono::steady_clock::now();
    Outcome outcome{.id = check.id, .title = check.title, .source = check.source};
    std::vector<Exchange> exchanges;
    client.on_exchange([&](const Exchange& exchange) {
        if (exchanges.size() == exchanges_kept) exchanges.erase(exchanges.begin());
        exchanges.push_back(exchange);
    });
    Context context(client, endpoint, facts, std::move(tag));
    try {
        if (auto why = missing_need(check.needs, facts.has); !why.empty()) throw Skipped{std::move(why)};
        check.run(context);
    } catch (const Failed& failure) {
        outcome.verdict = Verdict::failed;
        outcome.expected = failure.expected;
        outcome.seen = failure.seen;
    } catch (const Skipped& skipped) {
        outcome.verdict = Verdict::skipped;
        outcome.expected = skipped.why;
    } catch (const Unreachable& trouble) {
        outcome.verdict = Verdict::failed;
        outcome.expected = "an answer";
        outcome.seen = trouble.what();
    }
    if (outcome.verdict == Verdict::failed) outcome.exchanges = std::move(exchanges);
    client.on_exchange({});
    const auto left = context.clean_up();
    left_behind.insert(left_behind.end(), left.begin(), left.end());
    outcome.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
    return outcome;
}
} // namespace

Report run_checks(const Endpoint& endpoint, const Checks& checks, const std::function<void(const Outcome&)>& progress)
{
    Report report{.url = endpoint.url, .began = std::chrono::system_clock::now()};
    const auto began = std::chrono::steady_clock::now();
    try {
        Client client(endpoint);
        const auto facts = learn(client);
        const auto run_id = std::random_device{}();
        int number = 0;
        for (const auto& check : checks) {
            auto tag = fmt::format("cf{:08x}x{}x", run_id, ++number);
            report.outcomes.push_back(run_one(check, client, endpoint, facts, std::move(tag), report.left_behind));
            if (progress) progress(report.outcomes.back());
        }
    } catch (const Unreachable& trouble) {
        throw CannotRun(trouble.what());
    } catch (const std::invalid_argument& trouble) {
        throw CannotRun(trouble.what());
    }
    report.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
    return report;
}

} // namespace conformance
