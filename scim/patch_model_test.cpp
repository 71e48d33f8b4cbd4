// The PATCH engine against a second one, written to be obviously right and nothing else: a handful of attributes as
// plain C++ values, every rule of RFC 7644 3.5.2 and of the decisions spelled out for each. Random sequences must end
// in the same resource or in the same refusal.
#include "scim/patch.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace scim {
namespace {

namespace json = boost::json;
using Text = std::optional<std::string>;

struct Email {
    Text value, type;
    std::optional<bool> primary;
    bool operator==(const Email&) const = default;
    bool is_empty() const { return !value && !type && !primary; }
};

struct Model {
    std::string user_name;
    Text title, given_name, family_name, department;
    std::optional<bool> active;
    std::vector<Email> emails;
};

// What an operation points at. `sub` and the filter belong to emails.
enum class Target { nothing, user_name, title, active, name, given_name, department, emails, read_only, unknown };

struct Step {
    PatchKind kind{};
    Target target{};
    std::string filter_name; // "type", "value", "primary"; empty: no filter
    json::value filter_literal;
    std::string sub; // of emails
    json::value value;

    std::optional<std::string> path() const
    {
        switch (target) {
        case Target::nothing: return std::nullopt;
        case Target::user_name: return "userName";
        case Target::title: return "TITLE";
        case Target::active: return "active";
        case Target::name: return "name";
        case Target::given_name: return "name.givenName";
        case Target::department: return std::string(enterprise_urn) + ":department";
        case Target::read_only: return "meta.version";
        case Target::unknown: return "shoeSize";
        case Target::emails: break;
        }
        std::string text = "emails";
        if (!filter_name.empty()) text += "[" + filter_name + " eq " + json::serialize(filter_literal) + "]";
        if (!sub.empty()) text += "." + sub;
        return text;
    }
};

std::ostream& operator<<(std::ostream& out, const Step& step)
{
    const char* const kinds[] = {"add", "remove", "replace"};
    return out << kinds[static_cast<int>(step.kind)] << ' ' << step.path().value_or("(no path)") << ' ' << step.value;
}

// --- the model ------------------------------------------------------------------------------------

void refuse(ScimType type) { throw type; }

bool is_nothing(const json::value& value) { return value.is_null() || (value.is_array() && value.get_array().empty()); }

std::string text_in(const json::value& value)
{
    if (!value.is_string()) refuse(ScimType::invalid_value);
    return std::string(value.get_string());
}
bool boolean_in(const json::value& value)
{
    if (!value.is_bool()) refuse(ScimType::invalid_value);
    return value.get_bool();
}

void write_text(Text& slot, const json::value& value)
{
    if (value.is_null())
        slot.reset();
    else
        slot = text_in(value);
}

void write_user_name(Model& model, const json::value& value)
{
    if (value.is_null() || text_in(value).empty()) refuse(ScimType::invalid_value);
    model.user_name = text_in(value);
}

void write_name(Model& model, const json::value& value)
{
    if (value.is_null()) {
        model.given_name.reset();
        model.family_name.reset();
        return;
    }
    if (!value.is_object()) refuse(ScimType::invalid_value);
    if (const auto* given = value.get_object().if_contains("givenName")) write_text(model.given_name, *given);
    if (const auto* family = value.get_object().if_contains("familyName")) write_text(model.family_name, *family);
}

void write_sub(Email& email, const std::string& sub, const json::value& value)
{
    if (is_nothing(value)) {
        if (sub == "value") email.value.reset();
        if (sub == "type") email.type.reset();
        if (sub == "primary") email.primary.reset();
        return;
    }
    if (sub == "value") email.value = text_in(value);
    if (sub == "type") email.type = text_in(value);
    if (sub == "primary") email.primary = boolean_in(value);
}

void merge_into(Email& email, const json::value& value)
{
    if (!value.is_object()) refuse(ScimType::invalid_value);
    for (const auto* sub : {"value", "type", "primary"})
        if (const auto* part = value.get_object().if_contains(sub)) write_sub(email, sub, *part);
}

std::vector<Email> list_in(const json::value& value)
{
    json::array parts;
    if (value.is_array())
        parts = value.get_array();
    else
        parts.push_back(value);
    std::vector<Email> list;
    for (const auto& part : parts) {
        if (is_nothing(part)) continue;
        Email email;
        merge_into(email, part);
        if (!email.is_empty()) list.push_back(email);
    }
    return list;
}

// `touched`: the elements this operation has just made what they are.
void settle_primary(std::vector<Email>& emails, const std::vector<std::size_t>& touched)
{
    std::vector<std::size_t> claimants;
    for (const auto i : touched)
        if (emails[i].primary == true) claimants.push_back(i);
    if (claimants.size() > 1) refuse(ScimType::invalid_value);
    if (claimants.empty()) return;
    for (std::size_t i = 0; i < emails.size(); ++i)
        if (i != claimants.front() && emails[i].primary == true) emails[i].primary = false;
}

void append(std::vector<Email>& emails, const std::vector<Email>& incoming)
{
    std::vector<std::size_t> touched;
    for (const auto& email : incoming) {
        bool is_known = false;
        for (const auto& present : emails) is_known = is_known || present == email;
        if (is_known) continue;
        touched.push_back(emails.size());
        emails.push_back(email);
    }
    settle_primary(emails, touched);
}

void drop_empty(std::vector<Email>& emails)
{
    std::vector<Email> kept;
    for (const auto& email : emails)
        if (!email.is_empty()) kept.push_back(email);
    emails = kept;
}

std::string lower(std::string text)
{
    for (auto& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

bool matches(const Step& step, const Email& email)
{
    if (step.filter_name == "primary") return email.primary == step.filter_literal.get_bool();
    const Text& part = step.filter_name == "type" ? email.type : email.value;
    return part && lower(*part) == lower(std::string(step.filter_literal.get_string()));
}

void write_emails(Model& model, const Step& step, const entra::Tolerance& tolerance)
{
    auto& emails = model.emails;
    if (step.filter_name.empty() && step.sub.empty()) {
        if (step.kind == PatchKind::replace) {
            std::vector<Email> fresh;
            if (!is_nothing(step.value)) append(fresh, list_in(step.value));
            emails = fresh;
        } else if (!is_nothing(step.value)) {
            append(emails, list_in(step.value));
        }
        return;
    }
    if (!step.filter_name.empty() && step.sub.empty() && !is_nothing(step.value) && !step.value.is_object())
        refuse(ScimType::invalid_value);

    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < emails.size(); ++i)
        if (step.filter_name.empty() || matches(step, emails[i])) found.push_back(i);

    if (found.empty() && !step.filter_name.empty() && (step.sub.empty() || !tolerance.create_unmatched_element))
        refuse(ScimType::no_target);
    if (found.empty()) {
        if (is_nothing(step.value)) return;
        Email made;
        if (!step.filter_name.empty()) write_sub(made, step.filter_name, step.filter_literal);
        write_sub(made, step.sub, step.value);
        if (step.filter_name.empty())
            emails.push_back(made);
        else
            append(emails, {made});
        return;
    }
    for (const auto i : found) {
        if (!step.sub.empty()) {
            write_sub(emails[i], step.sub, step.value);
        } else if (is_nothing(step.value)) {
            emails[i] = Email{};
        } else if (step.kind == PatchKind::add) {
            merge_into(emails[i], step.value);
        } else {
            emails[i] = Email{};
            merge_into(emails[i], step.value);
        }
    }
    if (step.sub.empty() || step.sub == "primary") settle_primary(emails, found);
    drop_empty(emails);
}

void remove_emails(Model& model, const Step& step, const entra::Tolerance& tolerance)
{
    auto& emails = model.emails;
    if (step.filter_name.empty() && step.sub.empty()) {
        if (step.value.is_null()) {
            emails.clear();
            return;
        }
        if (!tolerance.remove_listed_values) refuse(ScimType::invalid_value);
        json::array parts;
        if (step.value.is_array())
            parts = step.value.get_array();
        else
            parts.push_back(step.value);
        std::vector<Email> unwanted;
        for (const auto& part : parts) {
            Email email;
            merge_into(email, part);
            if (!email.value || email.value->empty()) refuse(ScimType::invalid_value);
            unwanted.push_back(email);
        }
        std::vector<Email> kept;
        for (const auto& email : emails) {
            bool is_unwanted = false;
            for (const auto& each : unwanted) {
                const bool same_value = email.value && lower(*email.value) == lower(*each.value);
                const bool same_type = !each.type || !email.type || lower(*each.type) == lower(*email.type);
                is_unwanted = is_unwanted || (same_value && same_type);
            }
            if (!is_unwanted) kept.push_back(email);
        }
        emails = kept;
        return;
    }
    for (auto& email : emails) {
        if (!step.filter_name.empty() && !matches(step, email)) continue;
        if (step.sub.empty())
            email = Email{};
        else
            write_sub(email, step.sub, nullptr);
    }
    drop_empty(emails);
}

void play(Model& model, const Step& step, const entra::Tolerance& tolerance)
{
    const bool removes = step.kind == PatchKind::remove;
    switch (step.target) {
    case Target::read_only: refuse(ScimType::mutability); return;
    case Target::unknown:
        if (!tolerance.ignore_unknown_path) refuse(ScimType::invalid_path);
        return;
    case Target::user_name:
        if (removes) refuse(ScimType::mutability);
        write_user_name(model, step.value);
        return;
    case Target::title:
        if (removes)
            model.title.reset();
        else
            write_text(model.title, step.value);
        return;
    case Target::active:
        if (removes || step.value.is_null())
            model.active.reset();
        else
            model.active = boolean_in(step.value);
        return;
    case Target::name: write_name(model, removes ? json::value() : step.value); return;
    case Target::given_name: write_text(model.given_name, removes ? json::value() : step.value); return;
    case Target::department: write_text(model.department, removes ? json::value() : step.value); return;
    case Target::emails:
        if (removes)
            remove_emails(model, step, tolerance);
        else
            write_emails(model, step, tolerance);
        return;
    case Target::nothing: break;
    }
    if (removes) refuse(ScimType::no_target);
    if (!step.value.is_object()) refuse(ScimType::invalid_value);
    for (const auto& pair : step.value.get_object()) { // in the order of the request
        Step inner;
        inner.kind = step.kind;
        inner.value = pair.value();
        const auto name = std::string(pair.key());
        if (name == "userName")
            inner.target = Target::user_name;
        else if (name == "title")
            inner.target = Target::title;
        else if (name == "active")
            inner.target = Target::active;
        else if (name == "name")
            inner.target = Target::name;
        else if (name == "emails")
            inner.target = Target::emails;
        else
            continue; // read-only and unknown names are passed over
        play(model, inner, tolerance);
    }
}

// --- both sides -----------------------------------------------------------------------------------

json::object to_json(const Model& model)
{
    json::object resource;
    resource["userName"] = model.user_name;
    if (model.title) resource["title"] = *model.title;
    if (model.active) resource["active"] = *model.active;
    json::object name;
    if (model.given_name) name["givenName"] = *model.given_name;
    if (model.family_name) name["familyName"] = *model.family_name;
    if (!name.empty()) resource["name"] = name;
    json::array emails;
    for (const auto& email : model.emails) {
        json::object element;
        if (email.value) element["value"] = *email.value;
        if (email.type) element["type"] = *email.type;
        if (email.primary) element["primary"] = *email.primary;
        emails.push_back(element);
    }
    if (!emails.empty()) resource["emails"] = emails;
    if (model.department) resource[enterprise_urn] = json::object{{"department", *model.department}};
    return resource;
}

namespace gen = rc::gen;

rc::Gen<json::value> any_text()
{
    return gen::map(gen::element<std::string>("a", "A", "b", ""), [](std::string text) { return json::value(text); });
}
rc::Gen<json::value> any_wrong()
{
    return gen::element(json::value(7), json::value(json::object{}), json::value("no"), json::value(true),
                        json::value(json::array{"x"}));
}
rc::Gen<json::value> any_type()
{
    return gen::map(gen::element<std::string>("work", "WORK", "home"),
                    [](std::string text) { return json::value(text); });
}

rc::Gen<json::value> part_of_email(const std::string& sub)
{
    auto right = sub == "primary" ? gen::map(gen::arbitrary<bool>(), [](bool value) { return json::value(value); })
                 : sub == "type"  ? any_type()
                                  : any_text();
    return gen::weightedOneOf<json::value>({{12, std::move(right)}, {2, gen::just(json::value())}, {1, any_wrong()}});
}

rc::Gen<json::value> any_email()
{
    const auto well_known = gen::element(json::value{{"value", "a"}, {"type", "work"}}, // so that equal ones meet
                                         json::value{{"type", "home"}, {"value", "b"}},
                                         json::value{{"value", "a"}, {"type", "work"}, {"primary", true}});
    const auto any = gen::exec([] {
        json::object email;
        for (const std::string sub : {"type", "value", "primary"})
            if (*gen::inRange(0, 3) != 0) email[sub] = *part_of_email(sub);
        return json::value(email);
    });
    return gen::oneOf(well_known, any);
}

rc::Gen<json::value> any_emails()
{
    const auto list =
        gen::map(gen::resize(4, gen::container<std::vector<json::value>>(any_email())),
                 [](const std::vector<json::value>& all) { return json::value(json::array(all.begin(), all.end())); });
    return gen::weightedOneOf<json::value>(
        {{6, list}, {4, any_email()}, {1, gen::just(json::value())}, {1, any_wrong()}});
}

rc::Gen<json::value> any_name()
{
    return gen::exec([] {
        json::object name;
        if (*gen::arbitrary<bool>()) name["givenName"] = *part_of_email("value");
        if (*gen::arbitrary<bool>()) name["familyName"] = *part_of_email("value");
        return json::value(name);
    });
}

rc::Gen<json::value> value_for(Target target, const std::string& sub)
{
    switch (target) {
    case Target::active: return part_of_email("primary");
    case Target::name:
        return gen::weightedOneOf<json::value>({{6, any_name()}, {1, gen::just(json::value())}, {1, any_wrong()}});
    case Target::emails: return sub.empty() ? any_emails() : part_of_email(sub);
    case Target::nothing:
        return gen::exec([] {
            if (*gen::inRange(0, 12) == 0) return *any_wrong();
            json::object value;
            if (*gen::arbitrary<bool>()) value["title"] = *part_of_email("value");
            if (*gen::arbitrary<bool>()) value["active"] = *part_of_email("primary");
            if (*gen::arbitrary<bool>()) value["emails"] = *any_emails();
            if (*gen::arbitrary<bool>()) value["name"] = *any_name();
            if (*gen::arbitrary<bool>()) value["id"] = "forged";
            if (*gen::arbitrary<bool>()) value["shoeSize"] = 45;
            return json::value(value);
        });
    case Target::user_name:
    case Target::title:
    case Target::given_name:
    case Target::department:
    case Target::read_only:
    case Target::unknown: break;
    }
    return part_of_email("value");
}

rc::Gen<Step> any_step()
{
    return gen::exec([] {
        Step step;
        step.kind = *gen::element(PatchKind::add, PatchKind::remove, PatchKind::replace);
        step.target = *gen::weightedElement<Target>({{4, Target::nothing},
                                                     {1, Target::user_name},
                                                     {2, Target::title},
                                                     {2, Target::active},
                                                     {2, Target::name},
                                                     {2, Target::given_name},
                                                     {2, Target::department},
                                                     {20, Target::emails},
                                                     {1, Target::read_only},
                                                     {1, Target::unknown}});
        if (step.target == Target::emails) {
            step.filter_name = *gen::element<std::string>("", "type", "type", "value", "primary");
            step.sub = *gen::element<std::string>("", "value", "type", "primary");
            if (step.filter_name == "primary")
                step.filter_literal = *gen::arbitrary<bool>();
            else if (step.filter_name == "type")
                step.filter_literal = *any_type();
            else if (!step.filter_name.empty())
                step.filter_literal = *gen::element<std::string>("a", "b", "c");
        }
        const bool bears_value = step.kind != PatchKind::remove || *gen::inRange(0, 4) == 0;
        if (bears_value) step.value = *value_for(step.target, step.sub);
        return step;
    });
}

struct Outcome {
    std::optional<json::value> resource;
    std::optional<ScimType> refusal;
    bool operator==(const Outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& outcome)
{
    if (outcome.resource) return out << *outcome.resource;
    return out << "refused: " << word(*outcome.refusal);
}

TEST_CASE("the engine and a naive model agree on every sequence of operations, and a refusal leaves no trace")
{
    const bool agree = rc::check("engine = model", [] {
        Model model;
        model.user_name = "babs";
        model.title = "Guide";
        model.given_name = "Barbara";
        model.active = true;
        model.emails = {{"a", "work", true}, {"b", "home", std::nullopt}};
        entra::Tolerance tolerance;
        tolerance.create_unmatched_element = *gen::arbitrary<bool>();
        tolerance.ignore_unknown_path = *gen::arbitrary<bool>();
        tolerance.remove_listed_values = *gen::arbitrary<bool>();

        const auto requests = *gen::resize(12, gen::container<std::vector<std::vector<Step>>>(
                                                   gen::resize(5, gen::container<std::vector<Step>>(any_step()))));
        json::object resource = to_json(model);
        std::size_t refusals = 0;
        for (const auto& request : requests) {
            std::vector<PatchOperation> operations;
            for (const auto& step : request) {
                auto& operation = operations.emplace_back();
                operation.kind = step.kind;
                operation.path = step.path();
                if (step.kind != PatchKind::remove || !step.value.is_null()) operation.value = step.value;
            }
            Outcome expected;
            Model next = model;
            try {
                for (const auto& step : request) play(next, step, tolerance);
                expected.resource = json::value(to_json(next));
                model = next;
            } catch (ScimType type) {
                expected.refusal = type;
                ++refusals;
            }

            const std::string before = json::serialize(resource);
            auto after = apply_patch(resource, operations, user_schema(), tolerance);
            Outcome got;
            if (after)
                got.resource = json::value(*after);
            else
                got.refusal = after.error().type;
            RC_ASSERT(got == expected);
            if (after)
                resource = *std::move(after);
            else
                RC_ASSERT(json::serialize(resource) == before);
        }
        RC_CLASSIFY(refusals == 0, "all accepted");
        RC_CLASSIFY(refusals > 0 && refusals < requests.size(), "some refused");
        RC_CLASSIFY(model.emails.size() > 2, "more than two emails");
    });
    CHECK(agree);
}

} // namespace
} // namespace scim
