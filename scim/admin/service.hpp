// The management API behind the wire: bearer, role, route, body; the endpoint's work where it belongs; the answer back.
// A service of its own beside SCIM's (scim/app hands it what lies below /api/v1): another error format, other
// credentials, and threads of its own, so that a long list or a slow name server holds up no directory.
#pragma once

#include "scim/admin/admins.hpp"
#include "scim/admin/routes.hpp"
#include "scim/callers.hpp"
#include "scim/http/service.hpp"
#include "scim/long_answer.hpp"
#include "scim/request_ids.hpp"
#include "scim/scan_pool.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace scim::admin {

struct ServiceOptions {
    std::string public_url; // as server.public_url
    std::size_t body_bytes = 1024 * 1024;
    core::Duration idempotency_time = std::chrono::hours{24};
    bool access_log = true; // as log.access
};

class Service final : public http::Service {
public:
    // Runs `work` in the writer's next commit, then `done`; false when its queue is full.
    using SubmitWrite = std::function<bool(std::function<core::Keep(core::AcrossTxn&)> work,
                                           std::function<void(std::exception_ptr)> done)>;

    Service(ServiceOptions, const Services&, Admins&, Callers&, ScanPool&, SubmitWrite, const core::Sealer& kept);

    Admission admit(const http::Request&) override;
    std::optional<http::Response> answer(http::Request&, Admission&, Later) override;
    http::Response wire_error(int status, std::string_view detail) override;

private:
    struct Visit;

    std::optional<http::Response> refusal_of(const http::Request&, Visit&, Admission&);
    void run(const std::shared_ptr<Visit>&, http::Request, Later);
    Result<Call> call_of(const Visit&, const http::Request&) const;
    void write(const std::shared_ptr<Visit>&, AcrossWork, const http::Request&, const Later&);
    http::Response respond(const Visit&, const Result<Answer>&) const;
    http::Response respond(const Visit&, const Problem&) const;
    http::Response finish(const Visit&, http::Response) const;
    http::Response disaster(const Visit&, std::exception_ptr) const;

    const ServiceOptions options_;
    const Services& services_;
    Admins& admins_;
    Callers& callers_; // the brake on guessing is one for both doors
    ScanPool& pool_;
    const SubmitWrite submit_write_;
    const core::Sealer& kept_; // answers that are kept for their Idempotency-Key hold secrets
    std::shared_ptr<LongAnswers> long_answers_;
    RequestIds request_ids_;
};

} // namespace scim::admin
