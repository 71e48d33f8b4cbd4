// Groups under parallel writers: what was acknowledged is what is there, no more and no less.
#include "conformance/desk/desk.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value_to.hpp>
#include <catch2/catch.hpp>

#include <atomic>
#include <random>
#include <set>
#include <thread>

using namespace desk;

namespace {

namespace json = boost::json;
using Members = std::set<std::string>;

json::array values(const Members& ids)
{
    json::array list;
    for (const auto& id : ids) list.push_back(json::object{{"value", id}});
    return list;
}

Members members_of(Client& client, const std::string& id)
{
    Members all;
    const auto answer = client.get("/Groups/" + id);
    REQUIRE(answer.status == 200);
    for (const auto& member : answer.json.at("members").as_array())
        REQUIRE(all.insert(json::value_to<std::string>(member.at("value"))).second);
    return all;
}

std::string make_group(Client& client, const std::string& name, const Members& members = {})
{
    auto body = group(name);
    body["members"] = values(members);
    return id_of(client.post("/Groups", body));
}

// What one writer has been told: of the ids that it alone adds and removes, those that are in the group.
struct Ledger {
    Members mine;
    int acknowledged = 0;
    std::string refused; // the first answer that should not have been
};

// Adds, removes by a list of values and by a filter, and renames, all in one group. Whatever the others do, the set
// algebra of its own ids is decided by its own acknowledgements.
void change_at_random(const Desk& d, const std::string& id, int writer, int operations, Ledger& ledger)
{
    std::mt19937 random{static_cast<unsigned>(writer)};
    auto client = d.client();
    const auto some = [&] {
        Members ids;
        for (auto n = 1 + random() % 4; n > 0; --n)
            ids.insert("w" + std::to_string(writer) + "-" + std::to_string(random() % 20));
        return ids;
    };
    for (int n = 0; n < operations && ledger.refused.empty(); ++n) {
        json::object body;
        Members after = ledger.mine;
        const auto ids = some();
        switch (random() % 8) {
        case 0:
        case 1:
        case 2:
            body = patch({operation("Add", "members", json::value(values(ids)))});
            after.insert(ids.begin(), ids.end());
            break;
        case 3:
        case 4:
            body = patch({operation("Remove", "members", json::value(values(ids)))});
            for (const auto& each : ids) after.erase(each);
            break;
        case 5: {
            const auto& one = *ids.begin();
            body = patch({json::object{{"op", "remove"}, {"path", "members[value eq \"" + one + "\"]"}}});
            after.erase(one);
            break;
        }
        case 6: { // what is added and removed in one request was never there
            const auto& one = *ids.begin();
            body = patch({operation("add", "members", json::value(values({one}))),
                          json::object{{"op", "remove"}, {"path", "members[value eq \"" + one + "\"]"}}});
            after.erase(one);
            break;
        }
        default:
            body = patch(
                {operation("Replace", "displayName", "named by " + std::to_string(writer) + ", " + std::to_string(n))});
        }
        const auto answer = client.patch("/Groups/" + id, body);
        if (answer.status != 204) {
            ledger.refused = std::to_string(answer.status) + " " + answer.body;
            return;
        }
        ledger.mine = std::move(after);
        ++ledger.acknowledged;
    }
}

// Replaces all members of a group that it alone writes to.
void replace_at_random(const Desk& d, const std::string& id, int operations, Ledger& ledger)
{
    std::mt19937 random{4711};
    auto client = d.client();
    for (int n = 0; n < operations; ++n) {
        Members wanted;
        for (auto size = random() % 10; size > 0; --size) wanted.insert("r" + std::to_string(random() % 30));
        Answer answer;
        if (random() % 2 == 0) {
            answer =
                client.patch("/Groups/" + id, patch({operation("replace", "members", json::value(values(wanted)))}));
        } else {
            auto body = group("Replaced");
            body["members"] = values(wanted);
            answer = client.put("/Groups/" + id, body);
        }
        if (answer.status / 100 != 2) {
            ledger.refused = std::to_string(answer.status) + " " + answer.body;
            return;
        }
        ledger.mine = std::move(wanted);
        ++ledger.acknowledged;
    }
}

} // namespace

TEST_CASE(
    "REL-16, E-77 to E-87: ten writers add, remove by value and by filter, replace and rename; the members are the "
    "algebra of what was acknowledged")
{
    constexpr int writers = 9, operations = 60;
    Desk d;
    d.serve();
    auto client = d.client();
    const Members untouched{"stays-1", "stays-2"};
    const auto shared = make_group(client, "Shared", untouched), own = make_group(client, "Replaced", {"r99"});
    std::vector<Ledger> ledgers(writers + 1);
    {
        std::vector<std::jthread> threads;
        for (int w = 0; w < writers; ++w)
            threads.emplace_back(
                [&, w] { change_at_random(d, shared, w, operations, ledgers[static_cast<std::size_t>(w)]); });
        threads.emplace_back([&] { replace_at_random(d, own, operations, ledgers.back()); });
    }
    Members expected = untouched;
    for (const auto& ledger : ledgers) {
        CHECK(ledger.refused.empty());
        CHECK(ledger.acknowledged == operations);
        if (&ledger != &ledgers.back()) expected.insert(ledger.mine.begin(), ledger.mine.end());
    }
    CHECK(members_of(client, shared) == expected);
    CHECK(members_of(client, own) == ledgers.back().mine);

    // A ledger that is wrong in one line is found to be.
    expected.erase("stays-1");
    CHECK(members_of(client, shared) != expected);
    REQUIRE(d.stop().code == 0);
    require_sound(d);
}

TEST_CASE("REL-16: 32 writers add members of their own to one group; none is lost")
{
    constexpr int writers = 32, requests = 25, each = 20; // 16,000 members
    Desk d;
    d.serve();
    auto client = d.client();
    const auto id = make_group(client, "Everyone");
    std::atomic<int> others{0};
    {
        std::vector<std::jthread> threads;
        for (int w = 0; w < writers; ++w)
            threads.emplace_back([&, w] {
                auto own = d.client();
                for (int r = 0; r < requests; ++r) {
                    Members ids;
                    for (int m = 0; m < each; ++m)
                        ids.insert(std::to_string(w) + "-" + std::to_string(r) + "-" + std::to_string(m));
                    if (own.patch("/Groups/" + id, patch({operation("add", "members", json::value(values(ids)))}))
                            .status != 204)
                        ++others;
                }
            });
    }
    CHECK(others == 0);
    CHECK(members_of(client, id).size() == writers * requests * each); // read in pieces, over TLS
    CHECK(*client.get("/Groups/" + id).header("transfer-encoding") == "chunked");
    CHECK(client.get("/Groups/" + id + "?excludedAttributes=members").json.as_object().contains("members") == false);
    REQUIRE(d.stop().code == 0);
    require_sound(d);
}
