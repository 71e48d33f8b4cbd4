// The whole product on a desk: a fresh data directory, the real program, real TLS on loopback. What these tests know of
// Rollcall is what an operator knows: its commands and its addresses.
#pragma once

#include "conformance/client.hpp"
#include "conformance/process.hpp"

#include <boost/json/value.hpp>

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace desk {

using conformance::Answer;
using conformance::Client;
using conformance::Ended;
using conformance::Finished;
using conformance::Milliseconds;
using conformance::Process;
using Environment = std::vector<std::pair<std::string, std::string>>;

inline constexpr const char* patch_schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
inline constexpr const char* user_schema = "urn:ietf:params:scim:schemas:core:2.0:User";
inline constexpr const char* group_schema = "urn:ietf:params:scim:schemas:core:2.0:Group";
inline constexpr const char* lifecycle = "urn:rollcall:params:scim:schemas:extension:lifecycle:2.0:User";

// The programs under test: as built beside this test, or named by DESK_PROGRAM and DESK_FAILPOINT_PROGRAM.
std::string program();
std::string
failpoint_program(); // built with failpoints; throws when there is none, so that no test passes by its absence
// The same program with libc's allocator: libfaketime cannot be preloaded before jemalloc, which asks for the time
// while the library is still setting itself up.
std::string faketime_program();

// A data directory with a certificate, an organisation `desk` and a token; servers come and go on it.
class Desk {
public:
    explicit Desk(std::string program = desk::program());
    ~Desk();

    // `rollcall ARGUMENTS --data DIR`.
    Finished command(std::vector<std::string> arguments, Environment = {},
                     Milliseconds at_most = std::chrono::seconds(60)) const;
    // Its standard output without the last newline; the test fails when the command did.
    std::string said(std::vector<std::string> arguments) const;

    struct Serving {
        std::vector<std::string> flags{}; // beside --data and --listen
        Environment environment{};
        std::string program{};              // empty: the desk's
        std::vector<std::string> wrapper{}; // put before the program: strace, faketime
        bool plain = false;
    };
    // Starts a server and waits until it is ready; the test fails when it is not, with its log.
    void serve(Serving);
    void serve() { serve(Serving{}); }
    Process& server() { return *server_; }
    Ended stop() { return server_->terminate(std::chrono::seconds(30)); }
    std::string log() const;
    const std::filesystem::path& path() const { return folder_.path(); }
    std::filesystem::path data() const { return folder_.path() / "data"; }
    std::uint16_t port() const { return port_; }
    std::string ca() const { return (data() / "tls" / "ca.crt").string(); }
    const std::string& token() const { return token_; }

    std::string url(std::string_view organisation = "desk") const;
    Client client() const { return client_of("desk", token_); }
    Client client_of(std::string_view organisation, const std::string& token) const;
    Answer ready() const; // GET /readyz

private:
    std::string program_;
    conformance::TemporaryDirectory folder_{"rollcall-desk"};
    std::string token_{};
    std::uint16_t port_ = 0;
    bool plain_ = false;
    std::unique_ptr<Process> server_{};
};

boost::json::object user(std::string_view name);
boost::json::object group(std::string_view name);
// {"op": op, "path": path, "value": value} in a PatchOp message; one or several.
boost::json::object operation(std::string_view op, std::string_view path, boost::json::value value);
template<std::convertible_to<std::string_view> Text>
boost::json::object operation(std::string_view op, std::string_view path, const Text& text)
{
    return operation(op, path, boost::json::value(boost::json::string_view{std::string_view{text}}));
}
boost::json::object patch(std::vector<boost::json::object> operations);
std::string id_of(const Answer&);
std::string tombstone(std::string_view hex_digit, std::string_view name); // 32 times the digit, then the name

// What the store says about itself when nobody serves it; the test fails when it is not sound.
void require_sound(const Desk&);

} // namespace desk
