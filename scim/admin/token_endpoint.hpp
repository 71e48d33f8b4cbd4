// POST /oauth2/token: access tokens for OAuth clients (RFC 6749 4.4), who show a secret or a client assertion
// (RFC 7523). What it gives are SCIM tokens of short life, so that nothing behind the bearer knows of it. It answers in
// the words of RFC 6749 5; whatever is wrong with a client, the answer and the work are the same (AUTH-21).
#pragma once

#include "core/actions/clients.hpp"
#include "core/outside.hpp"
#include "scim/admin/service.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace scim::admin {

struct TokenEndpointOptions {
    core::Duration life = std::chrono::hours{1};
    std::size_t body_bytes = std::size_t{80} * 1024;
};

class TokenEndpoint final : public http::Service {
public:
    // Assertions are verified on the pool's threads, because an issuer's keys may have to be fetched.
    TokenEndpoint(TokenEndpointOptions, const Services&, Callers&, ScanPool&, admin::Service::SubmitWrite,
                  core::AssertionVerifier&);

    Admission admit(const http::Request&) override;
    std::optional<http::Response> answer(http::Request&, Admission&, Later) override;
    http::Response wire_error(int status, std::string_view detail) override;

private:
    struct Visit;
    struct Asked;
    struct Shown;

    void run(const std::shared_ptr<Visit>&, const http::Request&, const Later&);
    std::optional<Shown> verified(const Asked&, Visit&) const;
    void give(const std::shared_ptr<Visit>&, core::OrgId, const core::actions::Grant&, const Later&);
    http::Response not_the_client(Visit&, std::string_view presented);
    http::Response refuse(int status, std::string_view error, std::string_view description) const;
    http::Response finish(const Visit&, http::Response) const;
    http::Response disaster(const Visit&, std::exception_ptr) const;

    const TokenEndpointOptions options_;
    const Services& services_;
    Callers& callers_; // the brake on guessing is one for all doors
    ScanPool& pool_;
    const admin::Service::SubmitWrite submit_write_;
    core::AssertionVerifier& verifier_;
    RequestIds request_ids_;
};

} // namespace scim::admin
