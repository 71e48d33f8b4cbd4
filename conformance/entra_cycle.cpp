#include "conformance/entra_cycle.hpp"

#include <fmt/format.h>

#include <iterator>
#include <random>

namespace conformance {

Checks entra_checks()
{
    Checks all;
    for (auto make : {entra_row_checks, entra_life_checks, entra_validator_checks}) {
        auto some = make();
        all.insert(all.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
    }
    return all;
}

namespace entra {

ObjectId new_object_id()
{
    static std::random_device device;
    std::string hex;
    for (int i = 0; i < 4; ++i) hex += fmt::format("{:08x}", device());
    hex[12] = '4';
    hex[16] = 'a';
    return {fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
                        hex.substr(20)),
            hex};
}

std::string set_active(Dialect dialect, bool active)
{
    if (dialect == Dialect::verbose) {
        return fmt::format(R"({{"op":"Replace","path":"active","value":"{}"}})", active ? "True" : "False");
    }
    return fmt::format(R"({{"op":"replace","path":"active","value":{}}})", active);
}

std::string rename_user(Dialect dialect, const std::string& name)
{
    if (dialect == Dialect::verbose) {
        return fmt::format(R"({{"op":"Replace","path":"userName","value":"{}"}})", name);
    }
    return fmt::format(R"({{"op":"replace","value":{{"userName":"{}"}}}})", name);
}

namespace {
std::string member_values(const std::vector<std::string>& ids)
{
    std::string list;
    for (const auto& id : ids) {
        list += fmt::format(R"({}{{"$ref":null,"value":"{}"}})", list.empty() ? "" : ",", id);
    }
    return "[" + list + "]";
}
} // namespace

std::string add_members(Dialect dialect, const std::vector<std::string>& ids)
{
    return fmt::format(R"({{"op":"{}","path":"members","value":{}}})", dialect == Dialect::verbose ? "Add" : "add",
                       member_values(ids));
}

std::vector<std::string> remove_members(Dialect dialect, const std::vector<std::string>& ids)
{
    if (dialect == Dialect::verbose) {
        return {fmt::format(R"({{"op":"Remove","path":"members","value":{}}})", member_values(ids))};
    }
    std::vector<std::string> messages;
    for (const auto& id : ids) {
        messages.push_back(fmt::format(R"({{"op":"remove","path":"members[value eq \"{}\"]"}})", id));
    }
    return messages;
}

std::string enterprise_path(std::string_view rest) { return fmt::format("/{}{}", enterprise_urn, rest); }

} // namespace entra
} // namespace conformance
