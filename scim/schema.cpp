#include "scim/schema.hpp"

#include "core/base/text.hpp"
#include "core/user.hpp"

#include <boost/json/array.hpp>

namespace scim {

namespace json = boost::json;

namespace {

bool same_name(std::string_view a, std::string_view b)
{
    return a.size() == b.size() && core::same_ignoring_ascii_case(a, b);
}

const Attribute* find_in(const std::vector<Attribute>& attributes, std::string_view name)
{
    for (const auto& attribute : attributes)
        if (same_name(attribute.name, name)) return &attribute;
    return nullptr;
}

// A row of the table: what is not said is as RFC 7643 2.2 defaults it.
struct Row {
    Attribute attribute;

    Row(std::string_view name, std::string_view description, Type type = Type::string)
    {
        attribute.name = name;
        attribute.description = description;
        attribute.type = type;
    }
    Row& required() { return attribute.required = true, *this; }
    Row& case_exact() { return attribute.case_exact = true, *this; }
    Row& read_only() { return attribute.mutability = Mutability::read_only, *this; }
    Row& immutable() { return attribute.mutability = Mutability::immutable, *this; }
    Row& write_only() { return attribute.mutability = Mutability::write_only, *this; }
    Row& returned(Returned when) { return attribute.returned = when, *this; }
    Row& unique() { return attribute.uniqueness = Uniqueness::server, *this; }
    Row& unlisted() { return attribute.listed = false, *this; }
    Row& one_of(std::vector<std::string> values) { return attribute.canonical_values = std::move(values), *this; }
    Row& refers_to(std::vector<std::string> types)
    {
        attribute.type = Type::reference;
        attribute.case_exact = true;
        return attribute.reference_types = std::move(types), *this;
    }
    Row& of(std::vector<Attribute> sub)
    {
        attribute.type = Type::complex;
        return attribute.sub = std::move(sub), *this;
    }
    Row& many() { return attribute.multi_valued = true, *this; }
    operator Attribute() const { return attribute; } // NOLINT: a row becomes an attribute where one is wanted
};

Attribute primary() { return Row{"primary", "Whether this is the preferred value; at most one is.", Type::boolean}; }
Attribute kind(std::vector<std::string> values)
{
    Row row{"type", "What the value is used for."};
    return values.empty() ? row : row.one_of(std::move(values));
}
// Readable and writable like its neighbours, but shown in no schema: a well-known validator refuses schemas that do.
Attribute display() { return Row{"display", "A name for people to read."}.unlisted(); }

Attribute meta()
{
    return Row{"meta", "When and how the resource was made and changed."}
        .of({
            Row{"resourceType", "The kind of resource."}.read_only().case_exact(),
            Row{"created", "When it was created here.", Type::date_time}.read_only(),
            Row{"lastModified", "When it last changed.", Type::date_time}.read_only(),
            Row{"location", "Its address."}.refers_to({"uri"}).read_only(),
            Row{"version", "Its version, as in the ETag."}.read_only().case_exact(),
        })
        .read_only()
        .unlisted();
}

std::vector<Attribute> common_attributes()
{
    return {
        Row{"id", "The identifier this server has given; never reused."}
            .read_only()
            .case_exact()
            .returned(Returned::always)
            .unique()
            .unlisted(),
        meta(),
        Row{"schemas", "The URNs of the schemas whose attributes are present."}
            .refers_to({"uri"})
            .many()
            .returned(Returned::always)
            .unlisted(),
    };
}

Attribute external_id() { return Row{"externalId", "The identifier in the client's own directory."}.case_exact(); }

Schema core_user()
{
    const std::vector<std::string> places = {"work", "home", "other"};
    return {
        std::string{user_urn},
        "User",
        "An account of a person",
        {
            Row{"userName", "The name the person signs in with, usually an e-mail address."}.required().unique(),
            external_id(),
            Row{"active", "Whether the person may sign in.", Type::boolean},
            Row{"displayName", "The name shown to others."},
            Row{"nickName", "What the person likes to be called."},
            Row{"name", "The parts of the person's name."}.of({
                Row{"formatted", "The whole name, ready to be shown."},
                Row{"familyName", "The last name."},
                Row{"givenName", "The first name."},
                Row{"middleName", "The middle names."},
                Row{"honorificPrefix", "A title before the name, such as Dr."},
                Row{"honorificSuffix", "What stands after the name, such as III."},
            }),
            Row{"profileUrl", "A page about the person."}.refers_to({"external"}),
            Row{"title", "The job title."},
            Row{"userType", "The relation to the organisation, such as Employee or Guest."},
            Row{"preferredLanguage", "The languages the person prefers, as in Accept-Language."},
            Row{"locale", "How dates, numbers and money are shown, such as sv-SE."},
            Row{"timezone", "The time zone, such as Europe/Oslo."},
            Row{"password", "A first password; accepted and not kept."}
                .write_only()
                .case_exact()
                .returned(Returned::never)
                .unlisted(),
            Row{"emails", "E-mail addresses."}
                .of({Row{"value", "The address."}, display(), kind(places), primary()})
                .many(),
            Row{"phoneNumbers", "Telephone numbers."}
                .of({Row{"value", "The number, as the client wrote it."}, display(),
                     kind({"work", "home", "mobile", "fax", "pager", "other"}), primary()})
                .many(),
            Row{"ims", "Addresses for instant messages."}
                .of({Row{"value", "The address."}, display(), kind({}), primary()})
                .many(),
            Row{"photos", "Where pictures of the person are found."}
                .of({Row{"value", "The address of the picture."}.refers_to({"external"}), display(),
                     kind({"photo", "thumbnail"}), primary()})
                .many(),
            Row{"addresses", "Postal addresses."}
                .of({Row{"formatted", "The whole address, ready to be shown."},
                     Row{"streetAddress", "Street, number and what else leads to the door."},
                     Row{"locality", "The city."}, Row{"region", "The state or region."},
                     Row{"postalCode", "The postal code."}, Row{"country", "The country."}, kind(places), primary()})
                .many(),
            Row{"groups", "The groups the person belongs to; changed through the groups."}
                .of({Row{"value", "The id of the group."}.case_exact().read_only(),
                     Row{"$ref", "The address of the group."}.refers_to({"Group"}).read_only().unlisted(),
                     Row{"display", "The name of the group."}.read_only(),
                     Row{"type", "Whether the person is a member, or a group that is."}
                         .one_of({"direct", "indirect"})
                         .read_only()})
                .many()
                .read_only(),
            Row{"entitlements", "What the person is entitled to."}
                .of({Row{"value", "The entitlement."}, display(), kind({}), primary()})
                .many(),
            Row{"roles", "The roles the person has."}
                .of({Row{"value", "The role."}, Row{"display", "A name for people to read."}, kind({}), primary()})
                .many(),
            Row{"x509Certificates", "Certificates of the person."}
                .of({Row{"value", "A DER certificate in Base64.", Type::binary}.case_exact(), display(), kind({}),
                     primary()})
                .many(),
        },
    };
}

Schema enterprise_user()
{
    return {
        std::string{enterprise_urn},
        "EnterpriseUser",
        "What an employer knows about a person",
        {
            Row{"employeeNumber", "The number or code the employer has given."},
            Row{"costCenter", "The cost centre."},
            Row{"organization", "The organisation."},
            Row{"division", "The division."},
            Row{"department", "The department."},
            Row{"manager", "The person's manager."}.of({
                Row{"value", "The id of the manager's account."}.case_exact(),
                Row{"$ref", "The address of the manager's account."}.refers_to({"User"}),
                Row{"displayName", "The manager's name."}.read_only(),
            }),
        },
    };
}

Schema lifecycle_user()
{
    const auto row = [](std::string_view name, std::string_view description, Type type = Type::string) {
        return Row{name, description, type}.read_only().returned(Returned::request);
    };
    return {
        std::string{core::lifecycle_urn},
        "LifecycleUser",
        "Where an account stands in its life",
        {
            row("status", "The account's status.")
                .one_of({"active", "verified", "notVerified", "inactive", "delayedClaim", "convertedAway"}),
            row("reason", "Why the account is inactive.")
                .one_of({"admin", "directory", "softDeleted", "directoryAbsent"}),
            row("provenance", "How the account came here.").one_of({"scim", "manual", "csv", "siteLink", "claim"}),
            row("softDeletedAt", "When the directory deleted the account.", Type::date_time),
            row("purgeAt", "When the account will be purged.", Type::date_time),
            row("originalUserName", "The user name from before the directory deleted the account."),
            row("tokensValidAfter", "Tokens issued up to then are void.", Type::date_time),
        },
    };
}

Schema core_group()
{
    return {
        std::string{group_urn},
        "Group",
        "A group of accounts",
        {
            Row{"displayName", "The group's name."}.required().unique(),
            external_id(),
            Row{"members", "Who belongs to the group."}
                .of({
                    Row{"value", "The id of the member."}.case_exact().immutable(),
                    Row{"$ref", "The address of the member."}.refers_to({"User", "Group"}).immutable().unlisted(),
                    Row{"type", "The kind of member."}.one_of({"User", "Group"}).immutable(),
                    display(),
                })
                .many(),
        },
    };
}

json::array words(const std::vector<std::string>& texts)
{
    json::array all;
    for (const auto& text : texts) all.emplace_back(text);
    return all;
}

json::array to_json(const std::vector<Attribute>& attributes);

json::object to_json(const Attribute& attribute)
{
    json::object row{
        {"name", attribute.name},
        {"type", word(attribute.type)},
        {"multiValued", attribute.multi_valued},
        {"description", attribute.description},
        {"required", attribute.required},
        {"caseExact", attribute.case_exact},
        {"mutability", word(attribute.mutability)},
        {"returned", word(attribute.returned)},
        {"uniqueness", word(attribute.uniqueness)},
    };
    if (!attribute.canonical_values.empty()) row.emplace("canonicalValues", words(attribute.canonical_values));
    if (!attribute.reference_types.empty()) row.emplace("referenceTypes", words(attribute.reference_types));
    if (!attribute.sub.empty()) row.emplace("subAttributes", to_json(attribute.sub));
    return row;
}

json::array to_json(const std::vector<Attribute>& attributes)
{
    json::array rows;
    for (const auto& attribute : attributes)
        if (attribute.listed) rows.push_back(to_json(attribute));
    return rows;
}

} // namespace

const Attribute* Attribute::find_sub(std::string_view name_in_any_case) const { return find_in(sub, name_in_any_case); }

const Attribute* Schema::find(std::string_view name_in_any_case) const { return find_in(attributes, name_in_any_case); }

const Schema* ResourceSchema::extension(std::string_view urn_in_any_case) const
{
    for (const auto& schema : extensions)
        if (same_name(schema.urn, urn_in_any_case)) return &schema;
    return nullptr;
}

const Attribute* ResourceSchema::find(std::string_view name_in_any_case) const
{
    if (const auto* attribute = core.find(name_in_any_case)) return attribute;
    return find_in(common, name_in_any_case);
}

std::vector<std::string> ResourceSchema::names() const
{
    std::vector<std::string> all;
    const auto add = [&](const std::vector<Attribute>& attributes, const std::string& prefix) {
        for (const auto& attribute : attributes) {
            if (attribute.returned == Returned::never) continue;
            all.push_back(prefix + attribute.name);
            for (const auto& sub : attribute.sub)
                if (sub.returned != Returned::never) all.push_back(prefix + attribute.name + "." + sub.name);
        }
    };
    add(core.attributes, "");
    add(common, "");
    for (const auto& schema : extensions) add(schema.attributes, schema.urn + ":");
    return all;
}

const std::shared_ptr<const Schemas>& built_in_schemas()
{
    static const std::shared_ptr<const Schemas> schemas = std::make_shared<const Schemas>(Schemas{
        {"User",
         "/Users",
         "Accounts",
         core_user(),
         {enterprise_user(), lifecycle_user()},
         common_attributes(),
         {"manager"}},
        {"Group", "/Groups", "Groups of accounts", core_group(), {}, common_attributes(), {}},
    });
    return schemas;
}

const ResourceSchema& user_schema() { return built_in_schemas()->users; }
const ResourceSchema& group_schema() { return built_in_schemas()->groups; }

json::object to_json(const Schema& schema)
{
    return {{"id", schema.urn},
            {"name", schema.name},
            {"description", schema.description},
            {"attributes", to_json(schema.attributes)}};
}

core::ValueKind kind_of(const Attribute& attribute)
{
    switch (attribute.type) {
    case Type::string:
    case Type::binary:
    case Type::reference: return core::ValueKind::text;
    case Type::boolean: return core::ValueKind::boolean;
    case Type::decimal:
    case Type::integer: return core::ValueKind::number;
    case Type::date_time: return core::ValueKind::instant;
    case Type::complex: return core::ValueKind::complex;
    }
    return core::ValueKind::text;
}

std::string_view word(Type type)
{
    switch (type) {
    case Type::string: return "string";
    case Type::boolean: return "boolean";
    case Type::decimal: return "decimal";
    case Type::integer: return "integer";
    case Type::date_time: return "dateTime";
    case Type::binary: return "binary";
    case Type::reference: return "reference";
    case Type::complex: return "complex";
    }
    return "";
}

std::string_view word(Mutability mutability)
{
    switch (mutability) {
    case Mutability::read_only: return "readOnly";
    case Mutability::read_write: return "readWrite";
    case Mutability::immutable: return "immutable";
    case Mutability::write_only: return "writeOnly";
    }
    return "";
}

std::string_view word(Returned returned)
{
    switch (returned) {
    case Returned::always: return "always";
    case Returned::never: return "never";
    case Returned::by_default: return "default";
    case Returned::request: return "request";
    }
    return "";
}

std::string_view word(Uniqueness uniqueness)
{
    switch (uniqueness) {
    case Uniqueness::none: return "none";
    case Uniqueness::server: return "server";
    case Uniqueness::global: return "global";
    }
    return "";
}

} // namespace scim
