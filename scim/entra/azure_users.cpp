#include "scim/entra/azure_users.hpp"

#include "scim/entra/letters.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>

namespace scim::entra {

namespace bj = boost::json;

namespace {

// What Microsoft Graph and the portal's export call an attribute that the mappings know by another name.
struct Alias {
    std::string_view outside; // letters and digits alone decide, in any case
    std::string_view attribute;
};
constexpr Alias aliases[] = {
    {"id", "objectId"},
    {"mobilePhone", "mobile"},
    {"mobilePhoneNumber", "mobile"},
    {"businessPhones", "telephoneNumber"},
    {"businessPhone", "telephoneNumber"},
    {"officePhone", "telephoneNumber"},
    {"faxNumber", "facsimileTelephoneNumber"},
    {"fax", "facsimileTelephoneNumber"},
    {"officeLocation", "physicalDeliveryOfficeName"},
    {"office", "physicalDeliveryOfficeName"},
    {"firstName", "givenName"},
    {"lastName", "surname"},
    {"title", "jobTitle"},
    {"email", "mail"},
    {"username", "userPrincipalName"},
    {"zipCode", "postalCode"},
    {"zipOrPostalCode", "postalCode"},
    {"stateOrProvince", "state"},
    {"countryOrRegion", "country"},
    {"onPremisesImmutableId", "immutableId"},
};

// Columns and properties that are the directory's but no source of a mapping: known, and passed over.
constexpr std::string_view unused[] = {
    "aboutMe",
    "alternativeAuthenticationPhoneNumber",
    "assignedLicenses",
    "assignedPlans",
    "authenticationAlternativePhoneNumber",
    "authenticationEmail",
    "authenticationPhoneNumber",
    "authorizationInfo",
    "birthday",
    "cloudRealtimeCommunicationInfo",
    "customSecurityAttributes",
    "deviceEnrollmentLimit",
    "employeeLeaveDateTime",
    "externalUserConvertedOn",
    "externalUserState",
    "externalUserStateChangeDateTime",
    "hireDate",
    "identities",
    "imAddresses",
    "infoCatalogs",
    "interests",
    "isLicenseReconciliationNeeded",
    "isManagementRestricted",
    "isResourceAccount",
    "jobTitleChangeDateTime",
    "lastPasswordChangeDateTime",
    "licenseAssignmentStates",
    "mySite",
    "onPremisesLastSyncDateTime",
    "onPremisesObjectIdentifier",
    "onPremisesProvisioningErrors",
    "onPremisesSipInfo",
    "onPremisesSyncEnabled",
    "passwordPolicies",
    "passwordProfile",
    "pastProjects",
    "preferredDataLocation",
    "preferredName",
    "print",
    "provisionedPlans",
    "refreshTokensValidFromDateTime",
    "responsibilities",
    "schools",
    "securityIdentifier",
    "serviceProvisioningErrors",
    "signInActivity",
    "signInSessionsValidFromDateTime",
    "skills",
};

std::string squeezed(std::string_view name)
{
    std::string out;
    for (const char c : name)
        if (std::isalnum(static_cast<unsigned char>(c))) out.push_back(c);
    return out;
}

// The attribute behind a column or property. "": known, but nothing that mappings read. Nothing: unknown.
std::optional<std::string> attribute_behind(std::string_view name)
{
    if (const auto exact = source_named(name)) return std::string{*exact};
    const std::string word = squeezed(name);
    if (word.empty()) return std::nullopt;
    if (const auto known = source_named(word)) return std::string{*known};
    for (const Alias& alias : aliases)
        if (same_word(alias.outside, word)) return std::string{alias.attribute};
    for (const std::string_view known : unused)
        if (same_word(known, word)) return std::string{};
    return std::nullopt;
}

std::string suggestion(std::string_view name)
{
    std::vector<std::string_view> known{known_sources().begin(), known_sources().end()};
    for (const Alias& alias : aliases) known.push_back(alias.outside);
    const auto near = nearest(squeezed(name), known);
    return near.empty() ? std::string{} : fmt::format("; did you mean {}?", near);
}

constexpr std::string_view flags[] = {"accountEnabled", "isAssigned", "IsSoftDeleted"};

// A flag must be one: a misspelt "Flase" would leave a blocked user active.
bool flag_is_wrong(std::string_view attribute, const bj::value& value)
{
    if (std::find(std::begin(flags), std::end(flags), attribute) == std::end(flags)) return false;
    if (value.is_null() || value.is_bool()) return false;
    const auto* const text = value.if_string();
    return !text || !(text->empty() || same_word(*text, "true") || same_word(*text, "false"));
}

// Text that a reader of the report can be shown: names of columns come from the file.
std::string shown(std::string_view name)
{
    if (!is_utf8(name)) return "(not UTF-8)";
    std::string out{part(name, 0, 40)};
    std::replace_if(
        out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    return out;
}

constexpr std::size_t most_warnings = 20;

} // namespace

int AzureUsers::take()
{
    const int c = peek();
    if (c >= 0) {
        ++at_;
        if (c == '\n') ++line_;
    }
    return c;
}

bool AzureUsers::fill()
{
    at_ = end_ = 0;
    if (!in_.good()) return false;
    in_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    end_ = static_cast<std::size_t>(in_.gcount());
    return end_ > 0;
}

void AzureUsers::take_over(AzureUsers& other)
{
    buffer_ = other.buffer_;
    at_ = other.at_;
    end_ = other.end_;
    line_ = other.line_;
}

void AzureUsers::warn(std::string text)
{
    if (warnings_.size() < most_warnings && std::find(warnings_.begin(), warnings_.end(), text) == warnings_.end())
        warnings_.push_back(std::move(text));
}

Error AzureUsers::wrong(std::string detail) const
{
    return bad_request(ScimType::invalid_value, fmt::format("line {}: {}", record_line_, detail));
}

Error AzureUsers::broken(std::string detail)
{
    broken_ = true;
    return wrong(std::move(detail));
}

namespace {

// --- JSON -------------------------------------------------------------------------------------------------------

// Walks the outermost structure itself and hands one user's text at a time to the parser.
class GraphUsers final : public AzureUsers {
public:
    GraphUsers(std::istream& in, const AzureLimits& limits) : AzureUsers{in, limits} {}
    using AzureUsers::peek;
    using AzureUsers::take;

    Result<std::optional<AzureUser>> next() override
    {
        for (;;) {
            skip_blanks();
            record_line_ = line_;
            const int c = peek();
            if (inside_ == Inside::nothing) {
                if (c < 0) return finished();
                if (c == '[') {
                    take();
                    begin_list(false);
                } else if (c == '{') {
                    take();
                    begin_object();
                } else {
                    return broken("a JSON object or array is expected");
                }
            } else if (inside_ == Inside::list) {
                if (c == ']') {
                    if (after_comma_) return broken("a value is expected after a comma");
                    take();
                    inside_ = in_page_ ? Inside::object : Inside::nothing;
                    after_value_ = true;
                    continue;
                }
                if (after_value_) {
                    if (c != ',') return broken("a comma or ] is expected after a user");
                    take();
                    after_value_ = false;
                    after_comma_ = true;
                    continue;
                }
                TRY_ONLY(capture());
                after_value_ = true;
                after_comma_ = false;
                return user();
            } else {
                TRY(const bool whole, member());
                if (whole) return user();
            }
        }
    }

private:
    enum class Inside { nothing, object, list };

    void begin_list(bool in_page)
    {
        inside_ = Inside::list;
        in_page_ = in_page;
        after_value_ = false;
    }

    void begin_object()
    {
        inside_ = Inside::object;
        in_page_ = false;
        after_value_ = false;
        more_pages_ = false;
        text_ = "{";
        object_line_ = record_line_;
    }

    Result<std::optional<AzureUser>> finished()
    {
        if (more_pages_)
            warn("the last page of the file names a next one (@odata.nextLink): this is not the whole directory");
        return std::optional<AzureUser>{};
    }

    void skip_blanks()
    {
        for (int c = peek(); c == ' ' || c == '\t' || c == '\r' || c == '\n'; c = peek()) take();
    }

    // One member of an outermost object: of a page (then its `value` is the list of users) or of a lone user, whose
    // text is collected. True when a lone user is complete.
    Result<bool> member()
    {
        int c = peek();
        if (c == '}') {
            take();
            inside_ = Inside::nothing;
            if (in_page_) return false;
            text_ += '}';
            record_line_ = object_line_;
            return true;
        }
        if (after_value_) {
            if (c != ',') return broken("a comma or } is expected");
            take();
            skip_blanks();
            if (!in_page_) text_ += ',';
            after_value_ = false;
        }
        const std::size_t begin = text_.size();
        if (peek() != '"') return broken("a name in quotes is expected");
        TRY_ONLY(capture_more());
        const std::string key = text_.substr(begin);
        skip_blanks();
        if (take() != ':') return broken("a colon is expected after a name");
        skip_blanks();
        c = peek();
        if (key == R"("value")" && c == '[') {
            take();
            text_.clear();
            begin_list(true);
            return false;
        }
        if (key == R"("@odata.nextLink")") more_pages_ = true;
        text_ += ':';
        TRY_ONLY(capture_more());
        if (in_page_) text_.clear();
        after_value_ = true;
        return false;
    }

    Result<void> capture()
    {
        text_.clear();
        return capture_more();
    }

    // Appends the text of one JSON value, found by its quotes and brackets alone; the parser judges it later.
    Result<void> capture_more()
    {
        std::size_t depth = 0;
        const std::size_t begin = text_.size();
        for (;;) {
            const int c = peek();
            if (c < 0) return broken("the file ends in the middle of a value");
            if (text_.size() > limits_.record_bytes)
                return broken(fmt::format("one user takes more than {} bytes", limits_.record_bytes));
            if (c == '"') {
                TRY_ONLY(capture_text());
                if (depth == 0) return {};
                continue;
            }
            if (c == '{' || c == '[') {
                if (++depth > limits_.json_depth) return broken("the JSON is nested too deep");
            } else if (c == '}' || c == ']') {
                if (depth == 0) return ended(begin);
                text_ += static_cast<char>(take());
                if (--depth == 0) return {};
                continue;
            } else if (depth == 0 && (c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n')) {
                return ended(begin);
            }
            text_ += static_cast<char>(take());
        }
    }

    Result<void> ended(std::size_t begin)
    {
        if (text_.size() == begin) return broken("a value is expected");
        return {};
    }

    Result<void> capture_text()
    {
        text_ += static_cast<char>(take());
        for (;;) {
            const int c = take();
            if (c < 0) return broken("the file ends in the middle of a text");
            if (text_.size() > limits_.record_bytes)
                return broken(fmt::format("one user takes more than {} bytes", limits_.record_bytes));
            text_ += static_cast<char>(c);
            if (c == '"') return {};
            if (c == '\\') {
                const int escaped = take();
                if (escaped < 0) return broken("the file ends in the middle of a text");
                text_ += static_cast<char>(escaped);
            }
        }
    }

    Result<std::optional<AzureUser>> user()
    {
        boost::json::error_code problem;
        bj::parse_options options;
        options.max_depth = limits_.json_depth;
        const bj::value parsed = bj::parse(text_, problem, {}, options);
        text_.clear();
        if (problem) return wrong(fmt::format("this is no JSON: {}", problem.message()));
        const auto* const object = parsed.if_object();
        if (!object) return wrong("a user must be a JSON object");
        AzureUser read;
        read.line = record_line_;
        for (const auto& [name, value] : *object) {
            if (name.starts_with("@") || name.find("@odata.") != bj::string_view::npos) {
                if (name == "@removed") read.attributes["deletedDateTime"] = "removed"; // a delta query's tombstone
                continue;
            }
            TRY_ONLY(keep(read.attributes, name, value));
        }
        if (!read.attributes.contains("accountEnabled") && !is_soft_deleted(read.attributes))
            warn("users without accountEnabled count as enabled; ask Microsoft Graph for it with $select");
        return std::optional<AzureUser>{std::move(read)};
    }

    Result<void> keep(AzureObject& out, std::string_view name, const bj::value& value)
    {
        if (value.is_null()) return {};
        if (name == "onPremisesExtensionAttributes" || name == "employeeOrgData") {
            if (const auto* const inner = value.if_object())
                for (const auto& [key, each] : *inner) TRY_ONLY(keep(out, key, each));
            return {};
        }
        const auto attribute = attribute_behind(name);
        if (!attribute) {
            warn(fmt::format("unknown property {} is passed over{}", shown(name), suggestion(name)));
            return {};
        }
        if (attribute->empty()) return {};
        if (flag_is_wrong(*attribute, value)) return wrong(fmt::format("{} must be true or false", shown(name)));
        if (*attribute == "manager") {
            const auto* const object = value.if_object();
            const auto* const id = object ? object->if_contains("id") : &value;
            if (id && id->is_string()) out[*attribute] = *id;
            return {};
        }
        // A list of telephones is one telephone to the mappings: the first.
        if (*attribute == "telephoneNumber" && value.is_array()) {
            if (!value.get_array().empty()) out[*attribute] = value.get_array().front();
            return {};
        }
        if (value.is_object()) return {}; // no mapping reads one
        out[*attribute] = value;
        return {};
    }

    Inside inside_ = Inside::nothing;
    bool in_page_ = false;
    bool after_value_ = false;
    bool after_comma_ = false;
    bool more_pages_ = false;
    std::size_t object_line_ = 1;
    std::string text_;
};

// --- CSV --------------------------------------------------------------------------------------------------------

class PortalUsers final : public AzureUsers {
public:
    PortalUsers(std::istream& in, const AzureLimits& limits) : AzureUsers{in, limits} {}

    Result<void> read_header()
    {
        TRY(const bool any, record());
        if (!any) return broken("the file is empty");
        bool has_name = false;
        for (const std::string& field : fields_) {
            if (!is_utf8(field)) return broken("the column names are not UTF-8; save the file as CSV UTF-8");
            const auto attribute = attribute_behind(field);
            if (!attribute && fields_.size() == 1 && field.find(';') != std::string::npos)
                return broken("the columns are separated by semicolons; save the file with commas");
            if (!attribute) return broken(fmt::format("unknown column {}{}", shown(field), suggestion(field)));
            if (!attribute->empty() && std::find(columns_.begin(), columns_.end(), *attribute) != columns_.end())
                return broken(fmt::format("two columns hold {}: {} is the second", *attribute, shown(field)));
            has_name = has_name || *attribute == "userPrincipalName";
            columns_.push_back(*attribute);
        }
        if (!has_name) return broken("the column userPrincipalName is missing");
        if (std::find(columns_.begin(), columns_.end(), "accountEnabled") == columns_.end())
            warn("the file has no column accountEnabled: everybody in it counts as enabled");
        return {};
    }

    Result<std::optional<AzureUser>> next() override
    {
        TRY(const bool any, record());
        if (!any) return std::optional<AzureUser>{};
        if (fields_.size() != columns_.size())
            return wrong(fmt::format("{} fields where the header has {}", fields_.size(), columns_.size()));
        AzureUser read;
        read.line = record_line_;
        for (std::size_t i = 0; i < fields_.size(); ++i) {
            const std::string& attribute = columns_[i];
            if (attribute.empty() || fields_[i].empty()) continue;
            if (!is_utf8(fields_[i])) return wrong(fmt::format("{} is not UTF-8", attribute));
            bj::value value = bj::string(fields_[i]);
            if (flag_is_wrong(attribute, value)) return wrong(fmt::format("{} must be True or False", attribute));
            read.attributes[attribute] = std::move(value);
        }
        return std::optional<AzureUser>{std::move(read)};
    }

private:
    // One record of RFC 4180 into fields_; blank lines are passed over. False at the end of the file.
    Result<bool> record()
    {
        do {
            if (peek() < 0) return false;
            fields_.clear();
            record_line_ = line_;
            bytes_ = 0;
            TRY_ONLY(fields());
        } while (fields_.size() == 1 && fields_.front().empty());
        return true;
    }

    Result<void> fields()
    {
        std::optional<Error> problem; // the record is read to its end first, so that the next one can be read
        for (;;) {
            std::string field;
            if (peek() == '"') {
                TRY_ONLY(quoted(field));
                const int after = peek();
                if (after >= 0 && after != ',' && after != '\n' && after != '\r')
                    problem = wrong("text follows a closing quote; a quote inside quotes is written twice");
            }
            int c = take();
            for (; c >= 0 && c != ',' && c != '\n' && c != '\r'; c = take()) {
                if (c == '"' && !problem) problem = wrong("a quote inside a field that does not begin with one");
                field += static_cast<char>(c);
                if (++bytes_ > limits_.record_bytes)
                    return broken(fmt::format("one record takes more than {} bytes", limits_.record_bytes));
            }
            fields_.push_back(std::move(field));
            if (fields_.size() > limits_.columns)
                return broken(fmt::format("a record has more than {} fields", limits_.columns));
            if (c == ',') continue;
            if (c == '\r' && peek() == '\n') take();
            if (problem) return *problem;
            return {};
        }
    }

    Result<void> quoted(std::string& field)
    {
        take();
        for (;;) {
            const int c = take();
            if (c < 0) return broken("the file ends inside quotes");
            if (c == '"') {
                if (peek() != '"') return {};
                take();
            }
            field += static_cast<char>(c);
            if (++bytes_ > limits_.record_bytes)
                return broken(
                    fmt::format("one record takes more than {} bytes; is a quote left open?", limits_.record_bytes));
        }
    }

    std::vector<std::string> columns_; // attributes; "" for a column that is passed over
    std::vector<std::string> fields_;
    std::size_t bytes_ = 0;
};

// What stands at the beginning of the file, before anybody has read of it.
enum class Beginning { text, other_encoding, cut_mark };

Beginning skip_mark(std::istream& in)
{
    const int first = in.peek();
    if (first == 0xFE || first == 0xFF || first == 0) return Beginning::other_encoding;
    if (first != 0xEF) return Beginning::text;
    in.get();
    return in.get() == 0xBB && in.get() == 0xBF ? Beginning::text : Beginning::cut_mark;
}

} // namespace

Result<std::unique_ptr<AzureUsers>> AzureUsers::open(std::istream& in, const AzureLimits& limits)
{
    if (skip_mark(in) != Beginning::text)
        return bad_request(ScimType::invalid_value, "the file is not UTF-8; save it as UTF-8");
    auto json = std::make_unique<GraphUsers>(in, limits);
    // The reader that looks is the reader that reads on: what it has buffered is not lost.
    int first = json->peek();
    for (; first == ' ' || first == '\t' || first == '\r' || first == '\n'; first = json->peek()) json->take();
    if (first < 0) return bad_request(ScimType::invalid_value, "the file is empty");
    if (first == '{' || first == '[') return std::unique_ptr<AzureUsers>{std::move(json)};
    auto csv = std::make_unique<PortalUsers>(in, limits);
    static_cast<AzureUsers&>(*csv).take_over(*json);
    TRY_ONLY(csv->read_header());
    return std::unique_ptr<AzureUsers>{std::move(csv)};
}

} // namespace scim::entra
