#include "conformance/protocol_checks.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace conformance {
namespace {

constexpr const char* bulk_operations = "RFC 7644 3.7";
constexpr const char* bulk_references = "RFC 7644 3.7.2";
constexpr const char* bulk_limits = "RFC 7644 3.7.4";
constexpr std::string_view bulk_request_urn = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
constexpr std::string_view bulk_response_urn = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

// A BulkRequest around operations; `more` is put before them: R"("failOnErrors":1,)".
template<class... Text>
Json bulk_of(std::string_view more, std::string_view operations, const Text&... arguments)
{
    return json_of(R"({"schemas":[")" + std::string(bulk_request_urn) + R"("],)" + std::string(more) +
                       R"("Operations":[)" + std::string(operations) + "]}",
                   {std::string(arguments)...});
}

constexpr std::string_view new_user =
    R"({"method":"POST","path":"/Users","bulkId":"u","data":{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"$1"}})";
constexpr std::string_view nobody = R"({"method":"DELETE","path":"/Users/$2"})";

std::string path_of(const Json& operation)
{
    const auto location = text_at(operation, "/location");
    for (const char* folder : {"/Users/", "/Groups/"})
        if (const auto found = location.rfind(folder); found != std::string::npos) return location.substr(found);
    return {};
}
std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// The operations of a BulkResponse; what was created is deleted at the end.
boost::json::array carried_out(Context& c, const Json& message)
{
    const auto answer = c.send({.method = "POST",
                                .target = "/Bulk",
                                .headers = {{"Content-Type", "application/scim+json"}},
                                .body = boost::json::serialize(message)});
    c.status(answer, {200});
    const auto* operations = at(answer.json, "/Operations");
    c.expect(operations != nullptr && operations->is_array(), "Operations, a list", short_text(answer.json));
    for (const auto& operation : operations->get_array())
        if (text_at(operation, "/method") == "POST" && !path_of(operation).empty()) c.track(path_of(operation));
    c.same(answer.json, "/schemas/0", boost::json::string(bulk_response_urn));
    return operations->get_array();
}

void ended(Context& c, const boost::json::array& operations, std::initializer_list<const char*> statuses)
{
    c.expect(operations.size() == statuses.size(), fmt::format("{} operations", statuses.size()),
             short_text(operations));
    std::size_t i = 0;
    for (const auto* status : statuses) {
        const auto& operation = operations[i++];
        c.same(operation, "/status", status);
        if (status[0] == '2') continue;
        c.same(operation, "/response/schemas/0", boost::json::string(error_urn));
        c.same(operation, "/response/status", status);
    }
}

std::int64_t limit(Context& c, const char* path, std::int64_t most)
{
    const auto* value = at(c.facts().config, path);
    c.expect(value != nullptr && value->is_int64() && value->get_int64() > 0, fmt::format("{} above 0", path),
             short_text(c.facts().config));
    if (value->get_int64() > most) c.skip("the limit is too large to be tried");
    return value->get_int64();
}

Answer overfull(Context& c, std::size_t operations, std::size_t filler)
{
    std::string list;
    for (std::size_t i = 0; i < operations; ++i)
        list += fmt::format(R"({}{{"method":"DELETE","path":"/Users/{}"}})", i > 0 ? "," : "", c.tag());
    return c.send({.method = "POST",
                   .target = "/Bulk",
                   .headers = {{"Content-Type", "application/scim+json"}},
                   .body = fmt::format(R"({{"schemas":["{}"],{}"Operations":[{}]}})", bulk_request_urn,
                                       std::string(filler, ' '), list)});
}

constexpr Row rows[] = {
    {"bulk-create", "a POST in a Bulk creates, and tells bulkId, method and location", bulk_operations, bulk,
     [](Context& c) {
         const auto name = c.address("bulk");
         const auto operations = carried_out(c, bulk_of("", new_user, name));
         ended(c, operations, {"201"});
         c.same(operations[0], "/bulkId", "u");
         c.same(operations[0], "/method", "POST");
         const auto path = path_of(operations[0]);
         c.expect(!path.empty(), "a location", short_text(operations[0]));
         c.same(c.read(path), "/userName", boost::json::string(name));
     }},
    {"bulk-change", "PUT, PATCH and DELETE in a Bulk do what they do alone", bulk_operations, bulk | patching,
     [](Context& c) {
         const auto put = c.make_user(), patched = c.make_user(), gone = c.make_user();
         const auto operations = carried_out(
             c,
             bulk_of("",
                     R"({"method":"PUT","path":"$1","data":{"schemas":["$4"],"userName":"$5","title":"Chief"}},)"
                     R"({"method":"PATCH","path":"$2","data":{"schemas":["$6"],)"
                     R"("Operations":[{"op":"add","path":"title","value":"Clerk"}]}},{"method":"DELETE","path":"$3"})",
                     put.path, patched.path, gone.path, user_urn, put.name, patch_op_urn));
         c.expect(operations.size() == 3, "three operations", short_text(operations));
         c.same(operations[0], "/status", "200");
         c.same(operations[2], "/status", "204");
         c.same(c.read(put.path), "/title", "Chief");
         c.same(c.read(patched.path), "/title", "Clerk");
         c.refused(c.get(gone.path), 404);
         c.expect(path_of(operations[1]) == patched.path, "the location of " + patched.path, short_text(operations[1]));
     }},
    {"bulk-go-on", "an operation that fails leaves the others alone", bulk_operations, bulk,
     [](Context& c) {
         const auto operations =
             carried_out(c, bulk_of("", std::string(nobody) + "," + std::string(new_user), c.address("bulk"), c.tag()));
         ended(c, operations, {"404", "201"});
         c.status(c.get(path_of(operations[1])), {200});
     }},
    {"bulk-fail-on-errors", "failOnErrors ends a Bulk, and the rest is not carried out", bulk_operations,
     bulk | filtering,
     [](Context& c) {
         const auto name = c.address("bulk");
         const auto operations = carried_out(
             c, bulk_of(R"("failOnErrors":1,)", std::string(nobody) + "," + std::string(new_user), name, c.tag()));
         ended(c, operations, {"404"});
         c.finds("Users", fmt::format(R"(userName eq "{}")", name), {});
     }},
    {"bulk-reference", "a bulkId in a value stands for the id of what is created, also before it is", bulk_references,
     bulk | groups,
     [](Context& c) {
         const auto operations =
             carried_out(c, bulk_of("",
                                    R"({"method":"POST","path":"/Groups","bulkId":"g","data":{"schemas":["$2"],)"
                                    R"("displayName":"$3","members":[{"value":"bulkId:u"}]}},)" +
                                        std::string(new_user),
                                    c.address("bulk"), group_urn, c.unique("group")));
         ended(c, operations, {"201", "201"});
         const auto by_id = [&](const char* bulk_id) {
             for (const auto& each : operations)
                 if (text_at(each, "/bulkId") == bulk_id) return path_of(each);
             return std::string();
         };
         c.expect(!by_id("g").empty() && !by_id("u").empty(), "both bulkIds again", short_text(operations));
         c.same(c.read(by_id("g")), "/members/0/value", boost::json::string(last_part(by_id("u"))));
     }},
    {"bulk-reference-path", "a bulkId in a path stands for the id of what is created", bulk_references, bulk | patching,
     [](Context& c) {
         const auto operations =
             carried_out(c, bulk_of("",
                                    std::string(new_user) +
                                        R"(,{"method":"PATCH","path":"/Users/bulkId:u","data":{"schemas":["$2"],)"
                                        R"("Operations":[{"op":"add","path":"title","value":"Chief"}]}})",
                                    c.address("bulk"), patch_op_urn));
         c.expect(operations.size() == 2, "two operations", short_text(operations));
         c.same(c.read(path_of(operations[0])), "/title", "Chief");
     }},
    {"bulk-reference-unknown", "a bulkId that nobody has is an error of that operation alone", bulk_references,
     bulk | groups,
     [](Context& c) {
         const auto operations =
             carried_out(c, bulk_of("",
                                    R"({"method":"POST","path":"/Groups","bulkId":"g","data":{"schemas":["$2"],)"
                                    R"("displayName":"$3","members":[{"value":"bulkId:nobody"}]}},)" +
                                        std::string(new_user),
                                    c.address("bulk"), group_urn, c.unique("group")));
         c.expect(operations.size() == 2, "two operations", short_text(operations));
         c.expect(text_at(operations[0], "/status").starts_with('4'), "an error", short_text(operations[0]));
         c.same(operations[1], "/status", "201");
     }},
    {"bulk-circle", "a circle of references is resolved, or refused with 409", "RFC 7644 3.7.1", bulk | groups,
     [](Context& c) {
         constexpr std::string_view group =
             R"({"method":"POST","path":"/Groups","bulkId":"$1","data":{"schemas":["$2"],"displayName":"$3","members":[{"value":"bulkId:$4"}]}})";
         Json message = bulk_of("", group, "a", group_urn, c.unique("group"), "b");
         message.at("Operations")
             .as_array()
             .push_back(bulk_of("", group, "b", group_urn, c.unique("group"), "a").at("Operations").at(0));
         const auto operations = carried_out(c, message);
         c.expect(operations.size() == 2, "two operations", short_text(operations));
         if (text_at(operations[0], "/status") == "409") return ended(c, operations, {"409", "409"});
         ended(c, operations, {"201", "201"});
         for (const std::size_t i : {0U, 1U})
             c.same(c.read(path_of(operations[i])), "/members/0/value",
                    boost::json::string(last_part(path_of(operations[1 - i]))));
     }},
    {"bulk-version", "the version of an operation is a precondition", "RFC 7644 3.7, 3.14", bulk | etags,
     [](Context& c) {
         const auto user = c.make_user();
         const auto operations =
             carried_out(c, bulk_of("", R"({"method":"DELETE","path":"$1","version":"W/\"nothing\""})", user.path));
         ended(c, operations, {"412"});
         c.status(c.get(user.path), {200});
     }},
    {"bulk-no-method", "an operation without a method is an error of that operation alone", bulk_operations, bulk,
     [](Context& c) {
         const auto operations = carried_out(
             c, bulk_of("", R"({"path":"/Users","bulkId":"x","data":{}},)" + std::string(new_user), c.address("bulk")));
         ended(c, operations, {"400", "201"});
     }},
    {"bulk-nested", "a Bulk in a Bulk is an error of that operation alone", bulk_operations, bulk,
     [](Context& c) {
         const auto operations = carried_out(
             c, bulk_of("",
                        R"({"method":"POST","path":"/Bulk","bulkId":"x","data":{"schemas":["$2"],"Operations":[]}},)" +
                            std::string(new_user),
                        c.address("bulk"), bulk_request_urn));
         c.expect(operations.size() == 2, "two operations", short_text(operations));
         c.expect(text_at(operations[0], "/status").starts_with('4'), "an error", short_text(operations[0]));
         c.same(operations[1], "/status", "201");
     }},
    {"bulk-too-many", "more operations than maxOperations are 413", bulk_limits, bulk,
     [](Context& c) {
         const auto most = static_cast<std::size_t>(limit(c, "/bulk/maxOperations", 2000));
         c.refused(overfull(c, most + 1, 0), 413);
     }},
    {"bulk-too-large", "a body larger than maxPayloadSize is 413", bulk_limits, bulk,
     [](Context& c) {
         const auto most = static_cast<std::size_t>(limit(c, "/bulk/maxPayloadSize", 4 * 1024 * 1024));
         c.refused(overfull(c, 1, most), 413);
     }},
    // --- /Me
    {"me", "/Me is the caller's own resource under another name, or 501", "RFC 7644 3.11", nothing,
     [](Context& c) {
         c.make_user();
         const auto me = c.get("/Me");
         if (me.status == 501) c.skip("the server has no /Me for this token");
         if (me.status == 404) c.skip("the token is nobody's");
         c.status(me, {200, 308});
         const auto* location = me.header("location");
         c.expect(location != nullptr, "a Location, the resource's own address", me.body);
         if (me.status == 308) return;
         c.same(me.json, "/meta/location", boost::json::string(*location));
         c.expect(c.read("/Users/" + text_at(me.json, "/id")) == me.json, "the same resource at its own address",
                  me.body);
     }},
};

} // namespace

Checks bulk_checks()
{
    Checks checks;
    append(checks, rows);
    return checks;
}

} // namespace conformance
