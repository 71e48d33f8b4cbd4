// TXT records through c-ares: UDP, over TCP when the answer is cut, CNAMEs followed.
#pragma once

#include "core/outside.hpp"

#include <cstddef>
#include <string>

namespace scim::outside {

struct ResolverOptions {
    // "192.0.2.1:53", "[2001:db8::1]:53", port 53 when there is none; several with commas between them: the next is
    // asked when one cannot answer. A name in place of an address is looked up by the system each time, which the
    // deadline does not bound. Empty: the system's own resolvers.
    std::string servers = {};
    int tries = 3;                     // of each question at each server, within the deadline
    int aliases = 8;                   // CNAMEs that are followed
    std::size_t answer_bytes = 65'535; // all that TCP can carry
};

// Whether `servers` can be read as above; does not ask anyone.
bool is_resolver(std::string_view servers);

// Each call has a channel of its own: a fresh source port and id, the resolv.conf of now, and nothing shared between
// threads. Answers from another address, with another id or another question are passed over.
class AresTxtResolver final : public core::TxtResolver {
public:
    explicit AresTxtResolver(ResolverOptions options = {}) : options_{std::move(options)} {}
    core::TxtAnswer look_up(std::string_view name, core::Duration longest) override;

private:
    ResolverOptions options_;
};

} // namespace scim::outside
