#include "core/base/json.hpp"
#include "core/event.hpp"

#include <boost/json/array.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <vector>

using namespace core;

namespace {

Event an_event()
{
    Event event;
    event.sequence = 7;
    event.organisation = "acme";
    event.at = Instant{Duration{1'000}};
    event.actor = {"token", "abc"};
    event.activity = Activity::update_user;
    event.target = {TargetKind::user, "id-1", "ada@example.com", "ada"};
    event.request_id = "r1";
    event.changes = {{"displayName", "Ada", "Countess"}};
    event.digest = digest_of(event);
    return event;
}

} // namespace

TEST_CASE("S-215: every activity has a word of its own and a category")
{
    std::set<std::string_view> words;
    for (int i = 0; i <= static_cast<int>(Activity::change_mapping); ++i) {
        const auto activity = static_cast<Activity>(i);
        CHECK(words.insert(word(activity)).second);
        CHECK_FALSE(category(activity).empty());
        CHECK(activity_from(word(activity)) == activity);
    }
    CHECK(word(Activity::delete_user) == "deleteUser");
    CHECK(category(Activity::delete_user) == "userManagement");
    CHECK(category(Activity::add_members) == "groupManagement");
    CHECK_FALSE(activity_from("DeleteUser"));
}

TEST_CASE("changes are stored as JSON and read back")
{
    const std::vector<Change> changes{{"displayName", "Ada", nullptr}, {"active", true, false}, {"n", -0.0, 0.1}};
    CHECK(changes_from(to_json(changes)) == changes);
    CHECK(json::write(boost::json::value(to_json({{"a", nullptr, 1}}))) ==
          R"([{"attribute":"a","before":null,"after":1}])");
    CHECK_THROWS(changes_from({1}));
    CHECK_THROWS(changes_from({boost::json::object{{"before", 1}}}));
}

TEST_CASE("LOG-03: whatever is changed in a stored event is seen in its digest or its chain")
{
    const Event event = an_event();
    const Digest before{};
    const auto seen = [&](const auto& change) {
        Event forged = event;
        change(forged);
        forged.digest = digest_of(forged);
        return chain_of(before, forged) != chain_of(before, event);
    };
    CHECK(seen([](Event& e) { e.sequence = 8; }));
    CHECK(seen([](Event& e) { e.organisation = "acme2"; }));
    CHECK(seen([](Event& e) { e.at += Duration{1}; }));
    CHECK(seen([](Event& e) { e.actor.kind = "operator"; }));
    CHECK(seen([](Event& e) { e.actor.id = "abd"; }));
    CHECK(seen([](Event& e) { e.activity = Activity::delete_user; }));
    CHECK(seen([](Event& e) { e.target.kind = TargetKind::group; }));
    CHECK(seen([](Event& e) { e.target.id = "id-2"; }));
    CHECK(seen([](Event& e) { e.target.name = "eve@example.com"; }));
    CHECK(seen([](Event& e) { e.target.original_name = "eve"; }));
    CHECK(seen([](Event& e) { e.request_id = "r2"; }));
    CHECK(seen([](Event& e) { e.payload_version = 2; }));
    CHECK(seen([](Event& e) { e.changes.front().after = "Duchess"; }));
    CHECK(seen([](Event& e) { e.changes.clear(); }));
    CHECK(seen([](Event& e) { std::swap(e.actor.id, e.request_id); }));
    CHECK_FALSE(seen([](Event&) {}));
    CHECK(chain_of(event.digest, event) != chain_of(before, event));
}

TEST_CASE("personal data can be erased from an event, and the chain still verifies by the kept digest")
{
    const Event event = an_event();
    Event erased = event;
    erased.changes.clear();
    erased.target.name.clear();
    erased.target.original_name.clear();
    CHECK(digest_of(erased) != event.digest);
    CHECK(chain_of({}, erased) == chain_of({}, event));
}

TEST_CASE("S-215: every activity has a word of its own and belongs to a category")
{
    const auto words = activity_words();
    std::set<std::string_view> once{words.begin(), words.end()};
    CHECK(once.size() == words.size());
    const auto categories = event_categories();
    for (const auto each : words) {
        INFO(each);
        const auto activity = activity_from(each);
        REQUIRE(activity);
        CHECK(word(*activity) == each);
        CHECK(std::find(categories.begin(), categories.end(), category(*activity)) != categories.end());
    }
    CHECK(category(Activity::delete_user) == "userManagement");
}
