#include "core/rules/status.hpp"

namespace core::rules {

Status status_on_arrival(Provenance provenance, bool domain_verified)
{
    switch (provenance) {
    case Provenance::scim: return domain_verified ? Status::active : Status::not_verified;
    case Provenance::manual:
    case Provenance::csv:
    case Provenance::claim: return domain_verified ? Status::verified : Status::not_verified;
    case Provenance::site_link: return Status::verified;
    }
    return Status::not_verified;
}

Status after_email_verification(Status status) { return status == Status::not_verified ? Status::verified : status; }

Status after_sign_in(Status status) { return status == Status::verified ? Status::active : status; }

} // namespace core::rules
