// Which peers are proxies of ours, and who is behind them: X-Forwarded-For is believed from a trusted address only, and
// read from its right end, because everything to the left was written by somebody else.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace scim::http {

class Proxies {
public:
    // Addresses or networks: "10.0.0.7", "10.0.0.0/8", "fd00::/8". Throws std::invalid_argument naming a bad one.
    explicit Proxies(const std::vector<std::string>& trusted);

    bool are_trusted(std::string_view address) const;
    // The last address of the list that is not itself a trusted proxy; `peer` when the list has none or is malformed
    // before one is found.
    std::string client_of(std::string_view peer, std::string_view forwarded_for) const;

private:
    using Address = std::array<std::uint8_t, 16>; // IPv4 in its mapped form
    struct Network {
        Address address;
        unsigned bits;
    };
    static bool parse(std::string_view text, Address&);
    bool contains(const Address&) const;

    std::vector<Network> networks_;
};

} // namespace scim::http
