#include "certs/openssl.hpp"

#include <openssl/err.h>

namespace certs {

std::string openssl_reason()
{
    // The first entry is the cause; the later ones are its echoes in outer functions.
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    const char* reason = code ? ERR_reason_error_string(code) : nullptr;
    return reason ? reason : "unknown reason";
}

} // namespace certs
