// The application behind the wire: host, bearer, route and rights, then the protocol's work on its lane, and the answer
// back (HOUSE 4). Everything it stands on is built before it and outlives it.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/ids.hpp"
#include "core/base/sealer.hpp"
#include "scim/callers.hpp"
#include "scim/config.hpp"
#include "scim/http/server.hpp"
#include "scim/long_answer.hpp"
#include "scim/request_ids.hpp"
#include "scim/routes.hpp"
#include "scim/scan_pool.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/writer.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace scim {

// Name and value of each counter, in the Prometheus text format without its prefix: `requests_total{lane="write"}`.
// Names come from fixed lists only, so that no peer can make the series grow (OBS-03).
using Figures = std::vector<std::pair<std::string, std::int64_t>>;

class App final : public http::Service {
public:
    App(const Config&, storage::SqliteStore&, storage::Writer&, ScanPool&, Callers&, const core::Clock&,
        core::Sealer cursors);

    Admission admit(const http::Request&) override;
    std::optional<http::Response> answer(http::Request&, Admission&, Later) override;
    http::Response wire_error(int status, std::string_view detail) override;

    // What lies at `prefix` and below is answered by `service`, which outlives the application; before the first
    // request.
    void add_annex(std::string prefix, http::Service& service) { annexes_.emplace_back(std::move(prefix), &service); }
    void begin_draining() { draining_ = true; }
    // What else /readyz asks: why purging waits, if it does.
    void ask_for_hold(std::function<std::optional<std::string>()> held) { held_ = std::move(held); }
    // Called when the disk has refused a write, and when one was kept.
    void ask_for_retry(std::function<void()> retry) { retry_ = std::move(retry); }
    void storage_is_well() { storage_full_ = false; }
    // Figures of rooms that stand after this one: the wire's counters, the sweep's.
    void ask_for_figures(std::function<void(Figures&)> add) { add_figures_ = std::move(add); }

private:
    struct Visit;

    std::optional<http::Response> refusal_of(const http::Request&, Visit&, Admission&);
    bool is_allowed_host(std::string_view host) const;
    std::string base_url(const http::Request&, const core::Organisation&) const;
    std::optional<http::Response> plan(http::Request&, const std::shared_ptr<Visit>&, Later);
    Call call_of(const Visit&, const http::Request&);
    std::optional<http::Response> run(const Call&, const std::shared_ptr<Visit>&, Later);
    bool scan(const std::shared_ptr<Visit>&, ReadWork, Later, std::optional<Answer> otherwise = {});
    http::Response too_busy(const Visit&) const;
    http::Response respond(const Visit&, const Result<Answer>&) const;
    http::Response respond(const Visit&, const Error&) const;
    http::Response disaster(const Visit&, std::exception_ptr);
    http::Response health(Page) const;
    http::Response metrics() const;
    http::Response finish(const Visit&, http::Response) const;
    http::Service* annex_of(std::string_view path) const;

    const Config& config_;
    storage::SqliteStore& store_;
    storage::Writer& writer_;
    ScanPool& scans_;
    Callers& callers_;
    const core::Clock& clock_;
    const core::Sealer cursors_;
    std::shared_ptr<LongAnswers> long_answers_;
    core::SystemIds ids_;
    std::unordered_set<std::string> hosts_;
    std::string bulk_too_large_;
    RequestIds request_ids_;
    std::vector<std::pair<std::string, http::Service*>> annexes_;
    std::atomic<bool> draining_{false};
    std::atomic<bool> storage_full_{false};
    std::function<std::optional<std::string>()> held_;
    std::function<void()> retry_;
    std::function<void(Figures&)> add_figures_;

    // Answers by status class and refusals by scimType: what the limits of the protocol count towards.
    static constexpr std::size_t statuses = 6, scim_types = 14;
    mutable std::array<std::atomic<std::int64_t>, statuses> answers_{};
    mutable std::array<std::atomic<std::int64_t>, scim_types> refusals_{};
    std::atomic<std::int64_t> failed_authentications_{0}, slowed_authentications_{0}, rate_refused_{0},
        rate_delayed_{0}, scans_refused_{0}, storage_full_answers_{0};
};

} // namespace scim
