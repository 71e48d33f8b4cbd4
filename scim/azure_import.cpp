#include "scim/azure_import.hpp"

#include "core/base/json.hpp"
#include "core/base/text.hpp"
#include "scim/call.hpp"
#include "scim/custom_schema.hpp"
#include "scim/entra/azure_users.hpp"
#include "scim/entra/quirks.hpp"
#include "scim/schema.hpp"
#include "scim/users.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace scim {

namespace bj = boost::json;

namespace {

// --- targets against the schema ---------------------------------------------------------------------------------

Error wrong_target(const entra::MappingLine& line, std::string_view detail)
{
    return bad_request(ScimType::invalid_value, fmt::format("the mapping of {}: {}", line.target, detail));
}

std::string suggestion(std::string_view name, const std::vector<Attribute>& among)
{
    std::vector<std::string_view> known;
    for (const Attribute& attribute : among) known.push_back(attribute.name);
    const auto near = core::nearest(name, known.data(), known.size());
    return near.empty() ? std::string{} : fmt::format("; did you mean {}?", near);
}

Result<void> check_attribute(const entra::MappingLine& line, const Attribute& attribute)
{
    const AttributePath& path = line.path;
    if (attribute.mutability == Mutability::read_only) return wrong_target(line, "it is read-only");
    if (path.filter && !attribute.multi_valued)
        return wrong_target(line, "a filter selects among several values, and it has one");
    if (!path.sub.empty() || path.filter) {
        if (!path.filter && attribute.multi_valued)
            return wrong_target(line, R"(it has several values: choose one with a filter, as in [type eq "work"])");
        if (!attribute.find_sub(path.sub))
            return wrong_target(line, fmt::format("{} has no such sub-attribute{}", attribute.name,
                                                  suggestion(path.sub, attribute.sub)));
        if (path.filter && !attribute.find_sub(line.filter_name))
            return wrong_target(line, fmt::format("{} has no sub-attribute {}", attribute.name, line.filter_name));
    } else if (attribute.type == Type::complex && !attribute.multi_valued &&
               !core::same_ignoring_ascii_case(attribute.name, "manager")) {
        return wrong_target(line, "it is made of parts: name one of them, as in name.familyName");
    }
    return {};
}

Result<void> check_target(const entra::MappingLine& line, const ResourceSchema& schema)
{
    const AttributePath& path = line.path;
    if (path.urn.empty() || core::same_ignoring_ascii_case(path.urn, schema.core.urn)) {
        if (const Attribute* const attribute = schema.find(path.name)) return check_attribute(line, *attribute);
        return wrong_target(
            line, fmt::format("users have no such attribute{}", suggestion(path.name, schema.core.attributes)));
    }
    // Another extension than the known ones is the organisation's own: the directory sends its values as plain texts.
    const Schema* const extension = schema.extension(path.urn);
    if (!extension) return {};
    if (const Attribute* const attribute = extension->find(path.name)) return check_attribute(line, *attribute);
    return wrong_target(
        line, fmt::format("{} has no such attribute{}", extension->name, suggestion(path.name, extension->attributes)));
}

bool is_core(const AttributePath& path, std::string_view name)
{
    return path.urn.empty() && !path.filter && path.sub.empty() && core::same_ignoring_ascii_case(path.name, name);
}

// --- one user ---------------------------------------------------------------------------------------------------

enum class Outcome : std::uint8_t { created, updated, unchanged, deactivated, skipped };

struct Row {
    std::size_t line = 0;
    entra::AzureObject user;
};

class Import {
public:
    Import(const core::Organisation& organisation, core::IdSource& ids, const core::Context& context,
           entra::Mapping mapping, ImportReport& report)
        : organisation_{organisation}, ids_{ids}, context_{context}, mapping_{std::move(mapping)}, report_{report}
    {
        for (const auto& line : mapping_.lines()) {
            if (!is_core(line.path, "externalId")) continue;
            const auto sources = line.source.sources();
            lasting_id_ = sources.size() == 1 && sources.front() == "objectId";
        }
    }

    const entra::Mapping& mapping() const { return mapping_; }

    // A refusal leaves nothing that its transaction must not forget.
    Result<Outcome> bring(core::WriteTxn& txn, const Row& row)
    {
        TRY(const auto values, mapping_.values(row.user));
        TRY(const auto known, find(txn, row, values));
        if (known) return update(txn, *known, values);
        if (entra::is_soft_deleted(row.user)) return Outcome::skipped;
        TRY_ONLY(create(txn, row));
        return Outcome::created;
    }

    // True when a manager was set who was not there before. Managers out of the file's and the store's reach are left
    // out, as the directory leaves out those out of its scope.
    Result<bool> refer(core::WriteTxn& txn, const Row& row)
    {
        TRY(const auto manager, mapping_.manager(row.user));
        if (!manager) return false;
        TRY(const auto values, mapping_.values(row.user));
        TRY(const auto known, find(txn, row, values));
        const auto managers = txn.users_with_external_id(*manager);
        if (!known || managers.size() != 1) return false;
        bj::object operation{{"op", "replace"},
                             {"path", fmt::format("{}:manager", enterprise_urn)},
                             {"value", bj::object{{"value", core::to_text(managers.front().id)}}}};
        TRY_ONLY(patch(txn, known->id, bj::array{std::move(operation)}));
        const auto after = txn.user(known->id);
        return after && after->version != known->version;
    }

    bool may_refer() const { return mapping_.has_manager() && lasting_id_; }

    void count(Outcome outcome)
    {
        ImportCounts& counts = report_.counts;
        switch (outcome) {
        case Outcome::created: ++counts.created; break;
        case Outcome::updated: ++counts.updated; break;
        case Outcome::unchanged: ++counts.unchanged; break;
        case Outcome::deactivated: ++counts.deactivated; break;
        case Outcome::skipped: ++counts.skipped; break;
        }
    }

    // Warnings of a batch that is run again must not be told twice: they go with what was kept.
    std::vector<std::string> take_warnings() { return std::exchange(warnings_, {}); }

private:
    using Values = std::vector<entra::MappedValue>;

    static std::string text(const Values& values, std::string_view target)
    {
        for (const auto& mapped : values)
            if (is_core(mapped.line->path, target) && mapped.value.is_string())
                return std::string{mapped.value.get_string()};
        return {};
    }

    Error wrong(std::string detail) const { return {HttpStatus::conflict, ScimType::uniqueness, std::move(detail)}; }

    // By userName, then by the object id (S-003). The directory remembers whom it has linked to whom; here the object
    // id is that memory: a user found by both in two places is the one that carries the id, under a new name.
    Result<std::optional<core::User>> find(core::WriteTxn& txn, const Row& row, const Values& values)
    {
        const std::string name = text(values, "userName");
        const std::string id = text(values, "externalId");
        auto named = txn.user_named(name);
        if (!lasting_id_ || id.empty()) return named;
        auto linked = txn.users_with_external_id(id);
        if (linked.size() > 1 && (!named || named->external_id != id))
            return wrong(fmt::format("several users carry the externalId {}; remove all but one", id));
        if (named && (linked.empty() || named->external_id == id)) {
            if (named->external_id && *named->external_id != id)
                warnings_.push_back(fmt::format("line {}: the user of this name carried another externalId and is "
                                                "linked anew; if the account was deleted and made again in the "
                                                "directory, delete the old user first",
                                                row.line));
            return named;
        }
        if (linked.empty()) return std::optional<core::User>{};
        return std::optional<core::User>{std::move(linked.front())};
    }

    Call call(const http::Request& request, std::string id) const
    {
        Call made;
        made.context = context_;
        made.organisation = &organisation_;
        made.id = std::move(id);
        made.request = &request;
        made.ids = &ids_;
        made.limits = &limits_;
        made.quirks = &quirks_;
        made.schemas = schemas_.get();
        return made;
    }

    static http::Request request(http::Method method, const bj::value& body)
    {
        http::Request made;
        made.method = method;
        made.method_text = method == http::Method::post ? "POST" : "PATCH";
        made.path = "/Users";
        made.headers = {{"content-type", "application/scim+json"}};
        made.body = core::json::write(body);
        return made;
    }

    Result<void> create(core::WriteTxn& txn, const Row& row)
    {
        TRY(bj::object body, mapping_.apply(row.user));
        const http::Request post = request(http::Method::post, bj::value(std::move(body)));
        TRY(const Work work, users::create(call(post, {})));
        TRY_ONLY(work.write(txn));
        const auto* const mail = row.user.if_contains("mail");
        const auto* const name = row.user.if_contains("userPrincipalName");
        if (mail && name && mail->is_string() && name->is_string() &&
            core::fold(mail->get_string()) != core::fold(name->get_string()) && txn.user_named(mail->get_string()))
            warnings_.push_back(fmt::format("line {}: created, although a user is named like this one's mail address: "
                                            "perhaps the same person twice (the match is by userName)",
                                            row.line));
        return {};
    }

    Result<Outcome> update(core::WriteTxn& txn, const core::User& known, const Values& values)
    {
        bj::array operations;
        for (const auto& mapped : values)
            operations.push_back(bj::object{{"op", "replace"}, {"path", mapped.line->target}, {"value", mapped.value}});
        TRY_ONLY(patch(txn, known.id, std::move(operations)));
        const auto after = txn.user(known.id);
        if (!after || after->version == known.version) return Outcome::unchanged;
        return known.is_active() && !after->is_active() ? Outcome::deactivated : Outcome::updated;
    }

    Result<void> patch(core::WriteTxn& txn, const core::UserId& id, bj::array operations)
    {
        bj::object body{{"schemas", bj::array{patch_op_urn}}, {"Operations", std::move(operations)}};
        const http::Request sent = request(http::Method::patch, bj::value(std::move(body)));
        TRY(const Work work, users::patch(call(sent, core::to_text(id))));
        TRY_ONLY(work.write(txn));
        return {};
    }

    const core::Organisation& organisation_;
    core::IdSource& ids_;
    core::Context context_;
    entra::Mapping mapping_;
    ImportReport& report_;
    ProtocolLimits limits_;
    std::shared_ptr<const Schemas> schemas_ = schemas_of(organisation_);
    // The importer speaks for Entra's connector whatever profile the organisation has chosen for its other clients.
    entra::Quirks quirks_{"entra", {}};
    bool lasting_id_ = false; // externalId is the object id alone
    std::vector<std::string> warnings_;
};

// --- the file ---------------------------------------------------------------------------------------------------

constexpr std::size_t most_warnings = 100;

class Run {
public:
    Run(core::Store& store, core::OrgId org, Import& import, ImportReport& report, const ImportOptions& options)
        : store_{store}, org_{org}, import_{import}, report_{report}, options_{options}
    {
    }

    // Reads the file to its end, batch by batch. Users go through `bring` or, in the second pass, through `refer`.
    void users(entra::AzureUsers& file, bool references)
    {
        std::vector<Row> batch;
        for (;;) {
            auto next = file.next();
            if (!next) {
                if (!references) {
                    ++report_.counts.rows;
                    fail(file.line(), next.error().detail);
                }
                if (!file.is_broken()) continue;
                report_.whole = false;
                break;
            }
            if (!*next) break;
            if (!references) ++report_.counts.rows;
            batch.push_back({(*next)->line, std::move((*next)->attributes)});
            if (batch.size() < std::max<std::size_t>(options_.batch, 1)) continue;
            commit(batch, references);
            batch.clear();
        }
        if (!batch.empty()) commit(batch, references);
        if (references) return;
        for (const std::string& warning : file.warnings()) warn(warning);
    }

    // A dry run's whole file in one transaction.
    core::WriteTxn* dry = nullptr;

private:
    // What one user of a batch came to, told to the report only when the batch is kept.
    struct Told {
        std::vector<Outcome> outcomes;
        std::int64_t references = 0;
    };

    void commit(const std::vector<Row>& batch, bool references)
    {
        if (dry) {
            for (const Row& row : batch) alone(*dry, row, references);
        } else if (!together(batch, references)) {
            for (const Row& row : batch)
                store_.write(org_, [&](core::WriteTxn& txn) {
                    return alone(txn, row, references) ? core::Keep::yes : core::Keep::no;
                });
        }
        if (options_.progress) options_.progress(report_.counts);
    }

    // All or, when one is refused, none: a refused one may not leave half of its work behind.
    bool together(const std::vector<Row>& batch, bool references)
    {
        Told told;
        bool all = true;
        store_.write(org_, [&](core::WriteTxn& txn) {
            told = {};
            import_.take_warnings();
            all = std::all_of(batch.begin(), batch.end(),
                              [&](const Row& row) { return one(txn, row, references, told).has_value(); });
            return all ? core::Keep::yes : core::Keep::no;
        });
        if (all) tell(told);
        return all;
    }

    bool alone(core::WriteTxn& txn, const Row& row, bool references)
    {
        Told told;
        import_.take_warnings();
        const auto done = one(txn, row, references, told);
        if (!done) {
            // A user who cannot be brought is told of once, in the first pass.
            if (!references) fail(row.line, fmt::format("line {}: {}", row.line, done.error().detail));
            return false;
        }
        tell(told);
        return true;
    }

    Result<void> one(core::WriteTxn& txn, const Row& row, bool references, Told& told)
    {
        if (references) {
            TRY(const bool set, import_.refer(txn, row));
            told.references += set;
        } else {
            TRY(const Outcome outcome, import_.bring(txn, row));
            told.outcomes.push_back(outcome);
        }
        return {};
    }

    void tell(const Told& told)
    {
        for (const Outcome outcome : told.outcomes) import_.count(outcome);
        report_.counts.references += told.references;
        for (std::string& warning : import_.take_warnings()) warn(std::move(warning));
    }

    void fail(std::size_t line, std::string reason)
    {
        ++report_.counts.failed;
        if (report_.failures.size() < options_.failures_kept) report_.failures.push_back({line, std::move(reason)});
    }

    void warn(std::string warning)
    {
        if (report_.warnings.size() < most_warnings) report_.warnings.push_back(std::move(warning));
    }

    core::Store& store_;
    core::OrgId org_;
    Import& import_;
    ImportReport& report_;
    const ImportOptions& options_;
};

} // namespace

Result<entra::Mapping> check_mapping(const bj::object& overrides, const ResourceSchema& users)
{
    TRY(entra::Mapping mapping, entra::Mapping::from(overrides));
    for (const entra::MappingLine& line : mapping.lines()) TRY_ONLY(check_target(line, users));
    return mapping;
}

Result<entra::Mapping> mapping_of(const core::Organisation& organisation)
{
    return check_mapping(organisation.mapping, schemas_of(organisation)->users);
}

Result<ImportReport> import_azure_users(core::Store& store, const core::Organisation& organisation, core::IdSource& ids,
                                        const core::Context& context, std::istream& in, const ImportOptions& options)
{
    ImportReport report;
    TRY(entra::Mapping mapping, mapping_of(organisation));
    report.warnings = mapping.warnings();
    Import import{organisation, ids, context, std::move(mapping), report};
    TRY(const auto file, entra::AzureUsers::open(in));
    Run run{store, organisation.id, import, report, options};

    const auto both_passes = [&]() -> Result<void> {
        run.users(*file, false);
        if (!import.mapping().has_manager()) return {};
        if (!import.may_refer()) {
            report.warnings.push_back("managers are left out: they are found by their object id, which externalId does "
                                      "not hold; map externalId to [objectId]");
            return {};
        }
        in.clear();
        if (!in.seekg(0)) {
            report.warnings.push_back("managers are left out: they need a second reading, and the input is no file");
            return {};
        }
        TRY(const auto again, entra::AzureUsers::open(in));
        run.users(*again, true);
        return {};
    };

    if (!options.dry_run) {
        TRY_ONLY(both_passes());
        return report;
    }
    Result<void> done;
    store.write(organisation.id, [&](core::WriteTxn& txn) {
        run.dry = &txn;
        done = both_passes();
        return core::Keep::no;
    });
    TRY_ONLY(done);
    return report;
}

} // namespace scim
