#include "conformance/entra_cycle.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace conformance {
namespace {

using entra::Dialect;
using entra::enterprise_path;
using entra::new_object_id;
using entra::ObjectId;

constexpr const char* source = "Entra: life cycle, whole";
constexpr unsigned all_of_it = patching | filtering;

// A person in the directory, and what the connector remembers of them.
struct Person {
    ObjectId object_id;
    std::string upn;
    std::string linked; // the id on the server, cached for good
    std::string path() const { return "/Users/" + linked; }
};

std::string eq(std::string_view attribute, std::string_view value)
{
    return fmt::format("{} eq {}", attribute, boost::json::serialize(boost::json::string(value)));
}

// The connector: plays the cycles of one job in one dialect.
class Connector {
public:
    Connector(Context& c, Dialect dialect) : c_(c), dialect_(dialect) {}

    Person hires(std::string_view name) { return {new_object_id(), c_.address(name), ""}; }

    void tests_connection()
    {
        c_.lists(c_.get(fmt::format("/Users?filter=userName+eq+%22{}%22", new_object_id().dashed)), {});
    }

    // The filter that matches; then POST when it finds nobody, PATCH of externalId when it finds somebody.
    void assigns(Person& person)
    {
        const auto found = c_.list("Users", eq("userName", person.upn));
        const auto& users = c_.listed(found);
        if (!users.empty()) {
            c_.expect(users.size() == 1, "one match at most", short_text(found.json));
            person.linked = text_at(users.front(), "/id");
            patches(person, fmt::format(R"({{"op":"{}","path":"externalId","value":"{}"}},)", op("Add"),
                                        person.object_id.dashed) +
                                entra::set_active(dialect_, true));
            return;
        }
        const auto answer =
            c_.post("/Users", body(R"({"schemas":["$1","$2"],"externalId":"$3","userName":"$4","active":true,
                               "displayName":"$4","emails":[{"primary":true,"type":"work","value":"$4"}],
                               "name":{"familyName":"F","givenName":"G"},"meta":{"resourceType":"User"}})",
                                   user_urn, enterprise_urn, person.object_id.dashed, person.upn));
        c_.status(answer, {201});
        person.linked = text_at(answer.json, "/id");
        c_.same(answer.json, "/active", true);
    }

    void changes_names(const Person& person)
    {
        const auto now =
            patches(person, dialect_ == Dialect::verbose
                                ? R"({"op":"Replace","path":"displayName","value":"New Name"},
                             {"op":"Replace","path":"name.familyName","value":"Name"},
                             {"op":"Add","path":"title","value":"Boss"})"
                                : R"({"op":"replace","value":{"displayName":"New Name","name.familyName":"Name"}},
                             {"op":"add","path":"title","value":"Boss"})");
        c_.same(now, "/displayName", "New Name");
        c_.same(now, "/name/familyName", "Name");
        c_.same(now, "/name/givenName", "G");
        c_.same(now, "/title", "Boss");
    }

    void sets_manager(const Person& person, const Person& manager)
    {
        const auto now =
            patches(person, dialect_ == Dialect::verbose
                                ? fmt::format(R"({{"op":"Add","path":"{}:manager","value":"{}"}})", enterprise_urn,
                                              manager.linked)
                                : fmt::format(R"({{"op":"add","path":"{}:manager","value":{{"value":"{}"}}}})",
                                              enterprise_urn, manager.linked));
        c_.same(now, enterprise_path("/manager/value"), boost::json::string(manager.linked));
        const auto check =
            c_.list("Users", eq("id", person.linked) + " and " + eq("manager", manager.linked), "&attributes=id");
        c_.lists(check, {person.linked});
    }

    void unassigns(const Person& person)
    {
        const auto now = patches(person, entra::set_active(dialect_, false));
        c_.same(now, "/active", false);
        c_.same(now, "/userName", boost::json::string(person.upn));
    }

    void deletes_to_bin(const Person& person)
    {
        const auto now =
            patches(person, entra::rename_user(dialect_, tombstone(person)) + "," + entra::set_active(dialect_, false));
        c_.same(now, "/userName", boost::json::string(tombstone(person)));
        c_.same(now, "/active", false);
        c_.finds("Users", eq("userName", person.upn), {});
        c_.finds("Users", eq("externalId", person.object_id.dashed), {person.linked});
    }

    Answer restore_answer(const Person& person)
    {
        return c_.patch(person.path(),
                        patch_of(entra::rename_user(dialect_, person.upn) + "," + entra::set_active(dialect_, true)));
    }

    void restores(const Person& person)
    {
        c_.finds("Users", eq("userName", person.upn), {});
        c_.status(restore_answer(person), {200, 204});
        const auto now = c_.read(person.path());
        c_.same(now, "/userName", boost::json::string(person.upn));
        c_.same(now, "/active", true);
        c_.same(now, "/externalId", boost::json::string(person.object_id.dashed));
        c_.finds("Users", eq("userName", person.upn), {person.linked});
    }

    void purges(const Person& person)
    {
        c_.status(c_.remove(person.path()), {204});
        c_.refused(c_.get(person.path()), 404);
        c_.finds("Users", eq("externalId", person.object_id.dashed), {});
    }

    Made makes_group()
    {
        const auto name = c_.unique("group");
        c_.lists(c_.list("Groups", eq("displayName", name), "&excludedAttributes=members"), {});
        const auto answer = c_.post(
            "/Groups",
            body(R"({"schemas":["$1","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
                     "externalId":"$2","displayName":"$3","members":[],"meta":{"resourceType":"Group"}})",
                 group_urn, new_object_id().dashed, name));
        c_.status(answer, {201});
        const auto id = text_at(answer.json, "/id");
        c_.lists(c_.list("Groups", eq("displayName", upper(name)), "&excludedAttributes=members"), {id});
        return {id, name, "/Groups/" + id, answer.json};
    }

    void adds(const Made& group, const std::vector<std::string>& ids)
    {
        c_.patched(group, patch_of(entra::add_members(dialect_, ids)));
    }

    void removes(const Made& group, const std::vector<std::string>& ids)
    {
        for (const auto& message : entra::remove_members(dialect_, ids)) c_.patched(group, patch_of(message));
    }

    void members_are(const Made& group, const std::vector<std::string>& ids)
    {
        const auto now = c_.read(group.path);
        const auto* members = at(now, "/members");
        const std::size_t seen = members == nullptr ? 0 : members->as_array().size();
        c_.expect(seen == ids.size(), fmt::format("{} members", ids.size()), short_text(now));
        for (const auto& id : ids) {
            c_.expect(at(now, fmt::format("/members[value={}]", id)) != nullptr, "the member " + id, short_text(now));
            c_.finds("Groups", eq("id", group.id) + " and " + eq("members", id), {group.id});
        }
    }

    static std::string tombstone(const Person& person) { return person.object_id.hex + person.upn; }

private:
    const char* op(const char* capitalised) const { return dialect_ == Dialect::verbose ? capitalised : "add"; }

    Json patches(const Person& person, const std::string& operations)
    {
        return c_.patched({person.linked, person.upn, person.path(), nullptr}, patch_of(operations));
    }

    Context& c_;
    Dialect dialect_;
};

void whole_life(Context& c, Dialect dialect)
{
    Connector entra(c, dialect);
    entra.tests_connection();
    auto person = entra.hires("person");
    auto manager = entra.hires("manager");
    entra.assigns(person);
    entra.assigns(manager);
    entra.sets_manager(person, manager);
    entra.changes_names(person);
    entra.unassigns(person);
    const auto id = person.linked;
    entra.assigns(person); // reassigned: matched by name
    c.expect(person.linked == id, "the same user " + id, person.linked);
    c.same(c.read(person.path()), "/active", true);
    entra.deletes_to_bin(person);
    entra.restores(person);
    entra.deletes_to_bin(person);
    entra.purges(person);
    auto again = entra.hires("again");
    again.upn = person.upn;
    entra.assigns(again);
    c.expect(again.linked != id, "a new user", again.linked);
    c.empty(c.read(again.path()), "/title");
}

void successor(Context& c, Dialect dialect)
{
    Connector entra(c, dialect);
    auto person = entra.hires("person");
    entra.assigns(person);
    entra.deletes_to_bin(person);
    auto next = entra.hires("next");
    next.upn = person.upn;
    entra.assigns(next);
    c.expect(next.linked != person.linked, "a new user", next.linked);
    c.refused(entra.restore_answer(person), 409, "uniqueness");
    c.same(c.read(person.path()), "/userName", boost::json::string(Connector::tombstone(person)));
    c.same(c.read(next.path()), "/userName", boost::json::string(next.upn));
    // The successor leaves for good; then the restore that is repeated every cycle comes through.
    entra.deletes_to_bin(next);
    entra.purges(next);
    entra.restores(person);
}

void successor_renamed_away(Context& c, Dialect dialect)
{
    Connector entra(c, dialect);
    auto person = entra.hires("person");
    entra.assigns(person);
    entra.deletes_to_bin(person);
    auto next = entra.hires("next");
    next.upn = person.upn;
    entra.assigns(next);
    const auto other_name = c.address("moved");
    c.status(c.patch(next.path(), patch_of(entra::rename_user(dialect, other_name))), {200, 204});
    entra.restores(person);
}

void group_life(Context& c, Dialect dialect)
{
    Connector entra(c, dialect);
    auto a = entra.hires("a");
    auto b = entra.hires("b");
    auto d = entra.hires("d");
    for (auto* person : {&a, &b, &d}) entra.assigns(*person);
    const auto group = entra.makes_group();
    entra.adds(group, {a.linked, b.linked});
    entra.adds(group, {b.linked, d.linked});
    entra.members_are(group, {a.linked, b.linked, d.linked});
    entra.removes(group, {a.linked, d.linked});
    entra.members_are(group, {b.linked});
    entra.adds(group, {a.linked});
    entra.unassigns(a);
    entra.deletes_to_bin(b);
    entra.members_are(group, {a.linked, b.linked});
    entra.purges(b);
    entra.members_are(group, {a.linked});
    c.status(c.remove(group.path), {204});
    c.refused(c.get(group.path), 404);
    c.status(c.get(a.path()), {200});
}

void adoption(Context& c, Dialect dialect)
{
    Connector entra(c, dialect);
    auto person = entra.hires("local");
    const auto local = c.make_user(body(R"({"userName":"$1","title":"Kept","active":false})", person.upn));
    entra.assigns(person);
    c.expect(person.linked == local.id, "the user that was there: " + local.id, person.linked);
    const auto now = c.read(local.path);
    c.same(now, "/externalId", boost::json::string(person.object_id.dashed));
    c.same(now, "/title", "Kept");
    c.same(now, "/active", true);
    c.finds("Users", eq("externalId", person.object_id.dashed), {local.id});
}

void both_dialects(Context& c)
{
    // The flag has no effect with on-demand provisioning: one tenant sends both.
    Connector scheduled(c, Dialect::compliant);
    Connector on_demand(c, Dialect::verbose);
    auto person = scheduled.hires("person");
    scheduled.assigns(person);
    on_demand.changes_names(person);
    scheduled.unassigns(person);
    on_demand.assigns(person);
    scheduled.deletes_to_bin(person);
    on_demand.restores(person);
}

struct Story {
    const char* id;
    const char* title;
    unsigned needs;
    void (*play)(Context&, Dialect);
};

constexpr Story stories[] = {
    {"life-whole", "hired, managed, renamed, unassigned, reassigned, binned, restored, purged, hired again", all_of_it,
     whole_life},
    {"life-successor", "a successor takes the name: the restore waits until it is free", all_of_it, successor},
    {"life-successor-moves", "a successor is renamed away: the restore comes through", all_of_it,
     successor_renamed_away},
    {"life-group", "a group from its first member to its end", all_of_it | groups, group_life},
    {"life-adoption", "an existing user is adopted by name", all_of_it, adoption},
};

constexpr Row rows[] = {
    {"life-both-dialects", "one user, both dialects in turn", source, all_of_it, both_dialects},
};

} // namespace

Checks entra_life_checks()
{
    Checks checks;
    for (const auto& story : stories) {
        checks.push_back({fmt::format("{}-verbose", story.id), fmt::format("{} (verbose)", story.title), source,
                          story.needs, [&story](Context& c) { story.play(c, Dialect::verbose); }});
        checks.push_back({fmt::format("{}-compliant", story.id), fmt::format("{} (aadOptscim062020)", story.title),
                          source, story.needs, [&story](Context& c) { story.play(c, Dialect::compliant); }});
    }
    append(checks, rows);
    return checks;
}

} // namespace conformance
