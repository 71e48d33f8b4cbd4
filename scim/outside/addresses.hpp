// Which addresses a URL that somebody else wrote may lead to (OWASP API7: server-side request forgery).
#pragma once

struct sockaddr;

namespace scim::outside {

// Globally routable: not loopback, private, link-local, shared, documentation, multicast or reserved, neither by itself
// nor inside an IPv6 address that carries an IPv4 one.
bool is_public(const sockaddr&);
bool is_loopback(const sockaddr&);

} // namespace scim::outside
