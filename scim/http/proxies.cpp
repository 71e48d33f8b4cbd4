#include "scim/http/proxies.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace scim::http {

bool Proxies::parse(std::string_view text, Address& address)
{
    const std::string terminated{text};
    if (inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1) return true;
    address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return inet_pton(AF_INET, terminated.c_str(), address.data() + 12) == 1;
}

Proxies::Proxies(const std::vector<std::string>& trusted)
{
    for (const auto& text : trusted) {
        const auto slash = text.find('/');
        const std::string_view host = std::string_view{text}.substr(0, slash);
        const unsigned width = host.find(':') == std::string_view::npos ? 32 : 128;
        Network network{{}, width};
        bool good = parse(host, network.address);
        if (slash != std::string::npos) {
            const char* end = text.data() + text.size();
            const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, network.bits);
            good = good && error == std::errc{} && stop == end && network.bits <= width;
        }
        if (!good) throw std::invalid_argument{"'" + text + "' is not an address or network"};
        network.bits += 128 - width;
        networks_.push_back(network);
    }
}

bool Proxies::contains(const Address& address) const
{
    return std::ranges::any_of(networks_, [&](const Network& network) {
        const std::size_t whole = network.bits / 8;
        if (std::memcmp(address.data(), network.address.data(), whole) != 0) return false;
        const unsigned rest = network.bits % 8;
        return rest == 0 || (address[whole] ^ network.address[whole]) >> (8 - rest) == 0;
    });
}

bool Proxies::are_trusted(std::string_view text) const
{
    Address address{};
    return !networks_.empty() && parse(text, address) && contains(address);
}

std::string Proxies::client_of(std::string_view peer, std::string_view list) const
{
    while (!list.empty()) {
        const auto comma = list.rfind(',');
        std::string_view last = comma == std::string_view::npos ? list : list.substr(comma + 1);
        list = list.substr(0, comma == std::string_view::npos ? 0 : comma);
        while (last.starts_with(' ') || last.starts_with('\t')) last.remove_prefix(1);
        while (last.ends_with(' ') || last.ends_with('\t')) last.remove_suffix(1);
        Address address{};
        if (!parse(last, address)) break;
        if (!contains(address)) return std::string{last};
    }
    return std::string{peer};
}

} // namespace scim::http
