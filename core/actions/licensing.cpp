#include "core/actions/licensing.hpp"

#include "core/actions/refusals.hpp"
#include "core/actions/telling.hpp"
#include "core/base/text.hpp"
#include "core/rules/licences.hpp"
#include "core/shelf.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace core::actions {

namespace {

boost::json::value seats_of(const Licence& licence)
{
    return licence.seats ? boost::json::value(*licence.seats) : boost::json::value{};
}

boost::json::value text(const std::string& of) { return boost::json::value(of); }

void must_have_been_there(const Result<void>& replaced)
{
    if (!replaced) throw std::logic_error{"a licence changed within its own transaction"};
}

} // namespace

Result<Licence> create_licence(WriteTxn& txn, const Context& context, Licence licence)
{
    if (licence.name.empty()) return Refusal{Reason::invalid_value, "name", "the licence has no name", "give it one"};
    licence.used = 0;
    licence.created = context.now;
    TRY_ONLY(Shelf<Licence>{txn.records()}.insert(licence));
    tell(txn, context, Activity::create_licence, licence,
         {{"name", nullptr, text(licence.name)},
          {"seats", nullptr, seats_of(licence)},
          {"automatic", nullptr, licence.is_automatic}});
    return licence;
}

Result<Licence> update_licence(WriteTxn& txn, const Context& context, const Licence& wanted)
{
    Shelf<Licence> licences{txn.records()};
    const auto before = licences.find(wanted.id);
    if (!before) return not_found("licence");
    if (wanted.name.empty()) return Refusal{Reason::invalid_value, "name", "the licence has no name", "give it one"};
    TRY(Licence after, rules::with_seats(*before, wanted.seats));
    after.name = wanted.name;
    after.is_automatic = wanted.is_automatic;
    std::vector<Change> changes;
    if (before->name != after.name) changes.push_back({"name", text(before->name), text(after.name)});
    if (before->seats != after.seats) changes.push_back({"seats", seats_of(*before), seats_of(after)});
    if (before->is_automatic != after.is_automatic)
        changes.push_back({"automatic", before->is_automatic, after.is_automatic});
    if (changes.empty()) return after;
    TRY_ONLY(licences.replace(after));
    tell(txn, context, Activity::update_licence, after, std::move(changes));
    return after;
}

Result<void> delete_licence(WriteTxn& txn, const Context& context, std::string_view id)
{
    Shelf<Licence> licences{txn.records()};
    const auto licence = licences.find(id);
    if (!licence) return not_found("licence");
    if (licence->used > 0)
        return Refusal{Reason::not_allowed, "licence",
                       std::to_string(licence->used) + " users hold the licence " + licence->name,
                       "take it from them first"};
    licences.erase(id);
    tell(txn, context, Activity::delete_licence, *licence, {});
    return {};
}

Result<std::vector<std::string>> take_automatic_licences(WriteTxn& txn)
{
    Shelf<Licence> licences{txn.records()};
    std::vector<std::string> taken;
    for (const Licence& each : licences.list("", std::numeric_limits<std::int64_t>::max())) {
        if (!each.is_automatic) continue;
        TRY(const Licence after, rules::take_seat(each));
        must_have_been_there(licences.replace(after));
        taken.push_back(each.id);
    }
    return taken;
}

void give_licences_back(WriteTxn& txn, const User& user)
{
    Shelf<Licence> licences{txn.records()};
    for (const std::string& id : user.standing.licences)
        if (const auto licence = licences.find(id))
            must_have_been_there(licences.replace(rules::give_seat_back(*licence)));
}

Result<User> set_licences(WriteTxn& txn, const Context& context, const UserId& id,
                          const std::vector<std::string>& wanted)
{
    auto user = txn.user(id);
    if (!user) return not_found("user");
    const auto steps = rules::exchange(user->standing.licences, wanted);
    if (steps.take.empty() && steps.give_back.empty()) return *std::move(user);

    Shelf<Licence> licences{txn.records()};
    struct Told {
        Activity activity;
        Change change;
    };
    std::vector<Told> told;
    for (const std::string& each : steps.give_back) {
        const auto licence = licences.find(each);
        if (licence) must_have_been_there(licences.replace(rules::give_seat_back(*licence)));
        told.push_back({Activity::unassign_licence, {"licences", text(licence ? licence->name : each), nullptr}});
    }
    for (const std::string& each : steps.take) {
        const auto licence = licences.find(each);
        if (!licence)
            return Refusal{Reason::invalid_value, "licences", "there is no licence " + each,
                           "take one from the list of licences"};
        TRY(const Licence after, rules::take_seat(*licence));
        must_have_been_there(licences.replace(after));
        told.push_back({Activity::assign_licence, {"licences", nullptr, text(licence->name)}});
    }
    auto& held = user->standing.licences;
    std::erase_if(held, [&](const std::string& each) {
        return std::binary_search(steps.give_back.begin(), steps.give_back.end(), each);
    });
    held.insert(held.end(), steps.take.begin(), steps.take.end());
    std::sort(held.begin(), held.end());
    const auto known_version = user->version++;
    user->last_modified = std::max(user->last_modified, context.now);
    TRY_ONLY(txn.replace(*user, known_version));
    for (auto& each : told) tell(txn, context, each.activity, *user, {std::move(each.change)});
    return *std::move(user);
}

} // namespace core::actions
