// Groups under parallel writers: what was acknowledged is what is there, no more and no less.
#include "conformance/desk/desk.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <catch2/catch.hpp>

#include <atomic>
#include <mutex>
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
    constexpr int writers = 9, operations = 500;
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

TEST_CASE("REL-16: 32 writers make 500 requests each to one group: adds of members of their own, one request in ten a "
          "removal by list or by filter; none is lost and nobody else is removed")
{
    constexpr int writers = 32, requests = 500; // 14,400 members come, 3,200 of them leave again
    Desk d;
    d.serve();
    auto client = d.client();
    const auto id = make_group(client, "Everyone", {"stays"});
    std::vector<Ledger> ledgers(writers);
    const auto write = [&](int writer, Ledger& ledger) {
        auto own = d.client();
        const auto member = [writer](int request) { return std::to_string(writer) + "-" + std::to_string(request); };
        for (int r = 0; r < requests; ++r) {
            json::object body;
            Members after = ledger.mine;
            if (r % 20 == 19) {
                Members gone;
                for (int back = 1; back <= 3; ++back) gone.insert(member(r - 2 * back));
                for (const auto& each : gone) after.erase(each);
                body = patch({operation("remove", "members", json::value(values(gone)))});
            } else if (r % 20 == 9) {
                after.erase(member(r - 1));
                body = patch({json::object{{"op", "remove"}, {"path", "members[value eq \"" + member(r - 1) + "\"]"}}});
            } else {
                after.insert(member(r));
                body = patch({operation("add", "members", json::value(values({member(r)})))});
            }
            const auto answer = own.patch("/Groups/" + id, body);
            if (answer.status != 204) {
                ledger.refused = std::to_string(answer.status) + " " + answer.body;
                return;
            }
            ledger.mine = std::move(after);
            ++ledger.acknowledged;
        }
    };
    {
        std::vector<std::jthread> threads;
        for (int w = 0; w < writers; ++w)
            threads.emplace_back([&, w] { write(w, ledgers[static_cast<std::size_t>(w)]); });
    }
    Members expected{"stays"};
    for (const auto& ledger : ledgers) {
        CHECK(ledger.refused.empty());
        CHECK(ledger.acknowledged == requests);
        expected.insert(ledger.mine.begin(), ledger.mine.end());
    }
    CHECK(expected.size() == 1 + 32 * (450 - 25 * 4));
    CHECK((members_of(client, id) == expected)); // read in pieces, over TLS
    CHECK(*client.get("/Groups/" + id).header("transfer-encoding") == "chunked");
    CHECK(client.get("/Groups/" + id + "?excludedAttributes=members").json.as_object().contains("members") == false);
    REQUIRE(d.stop().code == 0);
    require_sound(d);
}

TEST_CASE("REL-17: two writers compare and swap one counter 10,000 times; every stale one is 412 and none is lost")
{
    constexpr int each = 5000;
    Desk d;
    d.serve();
    auto client = d.client();
    const auto counter = [](int value) {
        auto body = user("counter@x.example");
        body["title"] = std::to_string(value);
        return body;
    };
    const auto path = "/Users/" + id_of(client.post("/Users", counter(0)));
    std::atomic<int> swapped{0}, stale{0};
    std::string strange; // written once, by the first to see it
    std::once_flag is_strange;
    const auto swap = [&] {
        auto own = d.client();
        for (int mine = 0; mine < each;) {
            const auto seen = own.get(path);
            const auto* version = seen.header("etag");
            if (seen.status != 200 || version == nullptr) {
                std::call_once(is_strange, [&] { strange = std::to_string(seen.status) + " " + seen.body; });
                return;
            }
            const auto next = std::stoi(json::value_to<std::string>(seen.json.at("title"))) + 1;
            const auto answer =
                own.send({.method = "PUT",
                          .target = path,
                          .headers = {{"Content-Type", "application/scim+json"}, {"If-Match", *version}},
                          .body = json::serialize(counter(next))});
            if (answer.status == 200) {
                ++mine;
                ++swapped;
            } else if (answer.status == 412) {
                ++stale;
            } else {
                std::call_once(is_strange, [&] { strange = std::to_string(answer.status) + " " + answer.body; });
                return;
            }
        }
    };
    {
        std::jthread one{swap}, other{swap};
    }
    CHECK(strange.empty());
    CHECK(swapped == 2 * each);
    CHECK(stale > 0); // they did meet
    const auto now = client.get(path);
    CHECK(now.json.at("title").as_string() == std::to_string(2 * each));
    CHECK(*now.header("etag") == "W/\"" + std::to_string(2 * each + 1) + "\"");
    REQUIRE(d.stop().code == 0);
    require_sound(d);
}
