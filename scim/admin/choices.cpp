#include "scim/admin/choices.hpp"

#include "core/actions/claiming.hpp"
#include "scim/http/target.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace scim::admin::choices {
namespace {

namespace bj = boost::json;

constexpr std::string_view kinds[] = {"immediate", "delayed"};
constexpr std::string_view words[] = {"changeAddress", "delete", "transfer", "rename"};

constexpr Field fields[] = {
    {.name = "address", .help = "of the account that was claimed", .need = Need::required},
    {.name = "organisation", .help = "the one that has claimed it", .need = Need::required},
    {.name = "kind", .help = "immediate, or with time to choose first", .need = Need::required, .words = kinds},
    {.name = "until", .type = Type::instant, .help = "then the default is taken", .need = Need::required},
    {.name = "daysLeft", .type = Type::integer, .help = "begun ones count", .need = Need::required},
    {.name = "options", .type = Type::list, .help = "what may be chosen", .need = Need::required},
    {.name = "default", .help = "what happens without a choice", .need = Need::required, .words = words},
};
constexpr Field choice_fields[] = {
    {.name = "choice", .help = "one of the options", .need = Need::required, .words = words},
    {.name = "address", .help = "the old account's new address, with changeAddress and rename"},
};
constexpr Field chosen_fields[] = {
    {.name = "address", .help = "of the account that was claimed", .need = Need::required},
    {.name = "choice", .help = "what was chosen", .need = Need::required, .words = words},
};

// Wrong, used and too old ones look alike.
Problem no_such_choice() { return {HttpStatus::not_found, "there is nothing to choose at this address"}; }

bj::value text(std::string_view word) { return bj::string_view{word.data(), word.size()}; }

struct Open {
    core::Owned<core::Claim> claim;
    std::string organisation;
};
std::optional<Open> find(core::Registry& registry, const Services& services, std::string_view secret, core::Instant now)
{
    auto claim = core::actions::claim_behind(registry, services.pepper, secret, now);
    if (!claim) return {};
    const auto organisation = registry.organisation(claim->organisation);
    if (!organisation) return {};
    return Open{*std::move(claim), organisation->display_name};
}

core::Result<core::Claim> carry_out(core::AcrossTxn& txn, const core::Context& context, const Open& open,
                                    core::Choice choice, std::string_view address)
{
    return core::actions::choose(txn, context, open.claim.organisation, open.claim.value.id, choice, address);
}

// --- the page ------------------------------------------------------------------------------------------------

std::string escaped(std::string_view plain)
{
    std::string out;
    for (const char c : plain) {
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        case '\'': out += "&#39;"; break;
        default: out += c;
        }
    }
    return out;
}

std::string_view label_of(core::Choice choice)
{
    switch (choice) {
    case core::Choice::change_address: return "Keep my old account, under another address";
    case core::Choice::remove: return "Delete my old account";
    case core::Choice::transfer: return "Move the content of my old account to the new one";
    case core::Choice::rename: return "Rename my old account; it keeps its licence there";
    }
    return "";
}

Answer html(HttpStatus status, std::string_view title, std::string_view body)
{
    Answer answer;
    answer.status = status;
    answer.content_type = "text/html; charset=utf-8";
    answer.text = fmt::format(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{0}</title><style>"
        "body{{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem;color:#1b1f24}}"
        "label{{display:block;margin:.6rem 0}}input[type=email]{{width:100%;padding:.4rem;box-sizing:border-box}}"
        "button{{margin-top:1rem;padding:.5rem 1.2rem}}.problem{{color:#a40000}}"
        "</style></head><body><main><h1>{0}</h1>\n{1}</main></body></html>\n",
        escaped(title), body);
    answer.headers = {{"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
                                                  "base-uri 'none'; frame-ancestors 'none'"},
                      {"Referrer-Policy", "no-referrer"},
                      {"X-Content-Type-Options", "nosniff"}};
    return answer;
}

Answer nothing_here()
{
    return html(HttpStatus::not_found, "Nothing to choose",
                "<p>This link is not valid, has been used, or its time is over.</p>");
}

Answer form(const Open& open, core::Instant now, HttpStatus status = HttpStatus::ok, std::string_view problem = {})
{
    const core::Claim& claim = open.claim.value;
    const auto days = core::rules::days_left(claim.until, now);
    std::string body = fmt::format("<p><strong>{}</strong> has taken over the account <strong>{}</strong>. What shall "
                                   "become of the old account? {} left to choose.</p>\n",
                                   escaped(open.organisation), escaped(claim.address),
                                   days == 1 ? std::string{"One day is"} : fmt::format("{} days are", days));
    if (!problem.empty()) body += fmt::format("<p class=\"problem\" role=\"alert\">{}</p>\n", escaped(problem));
    body += "<form method=\"post\">\n";
    bool asks_address = false;
    for (const auto option : core::rules::options_of(claim)) {
        asks_address |= core::rules::needs_address(option);
        body += fmt::format("<label><input type=\"radio\" name=\"choice\" value=\"{}\" required> {}</label>\n",
                            core::word(option), label_of(option));
    }
    if (asks_address)
        body += "<label>The old account's new address, if it is kept <input type=\"email\" name=\"address\" "
                "autocomplete=\"email\"></label>\n";
    body += "<button>Choose</button></form>\n";
    return html(status, "Your account has moved", body);
}

} // namespace

const Shape shape{"ChoiceOffered", fields};
const Shape choice_shape{"Choice", choice_fields};
const Shape chosen_shape{"ChoiceMade", chosen_fields};

Result<Work> get(const Call& call)
{
    return Work{ReadRegistryWork{[services = call.services, secret = call.ids[0],
                                  now = call.context.now](core::Registry& registry) -> Result<Answer> {
        const auto open = find(registry, *services, secret, now);
        if (!open) return no_such_choice();
        const core::Claim& claim = open->claim.value;
        bj::array options;
        for (const auto option : core::rules::options_of(claim)) options.push_back(text(core::word(option)));
        return Answer{.body = bj::object{{"address", claim.address},
                                         {"organisation", open->organisation},
                                         {"kind", text(core::word(claim.kind))},
                                         {"until", core::to_iso(claim.until)},
                                         {"daysLeft", core::rules::days_left(claim.until, now)},
                                         {"options", std::move(options)},
                                         {"default", text(core::word(core::rules::default_choice(claim.kind)))}}};
    }}};
}

Result<Work> choose(const Call& call)
{
    const auto choice = core::choice_from(text_of(call.body, "choice").value_or(""));
    if (!choice) return wrong_field("choice", "is none that there is", "choose one of its options");
    return Work{
        AcrossWork{[context = call.context, services = call.services, secret = call.ids[0], choice = *choice,
                    address = text_of(call.body, "address").value_or("")](core::AcrossTxn& txn) -> Result<Answer> {
            const auto open = find(txn.registry(), *services, secret, context.now);
            if (!open) return no_such_choice();
            TRY_CORE(const core::Claim claim, carry_out(txn, context, *open, choice, address));
            return Answer{.body = bj::object{{"address", claim.address}, {"choice", text(core::word(choice))}}};
        }}};
}

Result<Work> page(const Call& call)
{
    return Work{ReadRegistryWork{[services = call.services, secret = call.ids[0],
                                  now = call.context.now](core::Registry& registry) -> Result<Answer> {
        const auto open = find(registry, *services, secret, now);
        return open ? form(*open, now) : nothing_here();
    }}};
}

Result<Work> submit(const Call& call)
{
    // A form's fields are spelled as a query's are.
    const std::string target = "/?" + call.request->body;
    const auto sent = http::split_target(target);
    std::string choice, address;
    for (const auto& each : sent.query) {
        if (each.name == "choice") choice = each.value;
        if (each.name == "address") address = each.value;
    }
    return Work{AcrossWork{[context = call.context, services = call.services, secret = call.ids[0],
                            choice = core::choice_from(choice), address](core::AcrossTxn& txn) -> Result<Answer> {
        const auto open = find(txn.registry(), *services, secret, context.now);
        if (!open) return nothing_here();
        if (!choice) return form(*open, context.now, HttpStatus::bad_request, "Choose one of these.");
        std::string problem;
        txn.attempt([&] {
            const auto done = carry_out(txn, context, *open, *choice, address);
            if (!done) problem = done.error().detail + ": " + done.error().remedy;
            return done ? core::Keep::yes : core::Keep::no;
        });
        if (!problem.empty()) return form(*open, context.now, HttpStatus::bad_request, problem);
        return html(HttpStatus::ok, "Thank you", "<p>Your choice has been taken down. You can close this page.</p>");
    }}};
}

} // namespace scim::admin::choices
