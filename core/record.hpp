// The small things of an organisation besides users and groups: domains, claims, licences, mails … To a store they all
// look alike: a key, up to three handles they are found by, and the rest as one JSON document. Typed by core/shelf.hpp;
// nothing else reads or writes records by hand.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/result.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core {

enum class RecordKind : std::uint8_t {
    domain,
    claim,
    licence,
    mail,
    import_job,
    sync_plan,
    brake,
    parked_change,
    oauth_client,
    console_session,
    kept_answer, // of a POST with an Idempotency-Key
    legal_hold,
    choice_link,
};
std::string_view word(RecordKind);

struct Record {
    std::string key;                 // unique within kind and organisation; the order of lists
    std::optional<std::string> name; // unique likewise where there is one; compared byte by byte: fold it first
    std::optional<std::string> ref;  // what it is about; found across organisations (Registry)
    std::optional<Instant> due;      // when something is to happen to it; found across organisations
    boost::json::object doc;
    bool operator==(const Record&) const = default;
};

// One organisation's records, for the length of one transaction.
class Records {
public:
    virtual ~Records() = default;
    virtual std::optional<Record> find(RecordKind, std::string_view key) const = 0;
    virtual std::optional<Record> named(RecordKind, std::string_view name) const = 0;
    virtual std::vector<Record> about(RecordKind, std::string_view ref) const = 0; // in order of key
    // Those behind `after` ("": all) in order of key, at most `limit`.
    virtual std::vector<Record> list(RecordKind, std::string_view after, std::int64_t limit) const = 0;
    virtual std::int64_t count(RecordKind) const = 0;

    virtual Result<void> insert(RecordKind, const Record&) = 0;  // taken (field "name"): key or name
    virtual Result<void> replace(RecordKind, const Record&) = 0; // by key; not_found, taken
    virtual void erase(RecordKind, std::string_view key) = 0;
};

} // namespace core
