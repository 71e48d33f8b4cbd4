// Records of one kind as values of their type. A type that can be kept says so beside itself:
//
//     static constexpr RecordKind record_kind;
//     Record to_record(const T&);
//     static T from_record(const Record&);   // throws std::runtime_error for what no program of ours wrote
//
// Shelf<Domain>{txn.records()}.find("example.com")
#pragma once

#include "core/record.hpp"

namespace core {

template<class T>
class ReadShelf {
public:
    explicit ReadShelf(const Records& records) : records_{records} {}

    std::optional<T> find(std::string_view key) const { return maybe(records_.find(T::record_kind, key)); }
    std::optional<T> named(std::string_view name) const { return maybe(records_.named(T::record_kind, name)); }
    std::vector<T> about(std::string_view ref) const { return all(records_.about(T::record_kind, ref)); }
    std::vector<T> list(std::string_view after, std::int64_t limit) const
    {
        return all(records_.list(T::record_kind, after, limit));
    }
    std::int64_t count() const { return records_.count(T::record_kind); }

private:
    static std::optional<T> maybe(const std::optional<Record>& record)
    {
        if (!record) return std::nullopt;
        return T::from_record(*record);
    }
    static std::vector<T> all(const std::vector<Record>& records)
    {
        std::vector<T> values;
        values.reserve(records.size());
        for (const Record& record : records) values.push_back(T::from_record(record));
        return values;
    }

    const Records& records_;
};

template<class T>
class Shelf : public ReadShelf<T> {
public:
    explicit Shelf(Records& records) : ReadShelf<T>{records}, records_{records} {}

    Result<void> insert(const T& value) { return records_.insert(T::record_kind, to_record(value)); }
    Result<void> replace(const T& value) { return records_.replace(T::record_kind, to_record(value)); }
    void erase(std::string_view key) { records_.erase(T::record_kind, key); }

private:
    Records& records_;
};

} // namespace core
