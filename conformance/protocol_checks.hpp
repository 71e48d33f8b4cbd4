// RFC 7643 and 7644 as an outsider sees them, section by section. Only what the RFCs demand or recommend: where they
// leave a choice, every choice passes; Entra's oddities are no part of it.
#pragma once

#include "conformance/check.hpp"

namespace conformance {

Checks protocol_checks(); // all of the following

Checks discovery_checks(); // RFC 7644 4, RFC 7643 5 to 7
Checks http_checks();      // methods, media types, authentication, error messages
Checks resource_checks();  // create, read, replace, delete, projection, paging, versions, groups
Checks filter_checks();    // RFC 7644 3.4.2.2
Checks patch_checks();     // RFC 7644 3.5.2
Checks bulk_checks();      // RFC 7644 3.7; and /Me, 3.11
Checks list_checks();      // order, cursors (RFC 9865), searches by POST and across kinds

} // namespace conformance
