// What is asked of a SCIM server under load: eight scenarios as a stream of ready-made HTTP requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace conformance::load {

enum class Scenario {
    get,    // one user by id
    filter, // userName eq: a hit
    miss,   // userName eq: no hit
    list,   // a page of 100 at a random start
    patch,  // Entra's {"op":"Replace","path":"active","value":"False"}; every one changes something
    post,   // a new user with the enterprise extension, 0.9 KB sent, 1.1 KB stored
    sync,   // Entra's initial sync: a lookup that misses, then the POST of that user
    mixed,  // nine gets to one post, drawn at random
    beside, // the first `writers` connections post, all others get: reads beside writes
};
std::string_view word(Scenario);
std::optional<Scenario> scenario_from(std::string_view);
bool grows_the_store(Scenario);

// A server on this machine. `base` is the path of the SCIM root, without a slash at its end.
struct Target {
    std::string host{};
    std::uint16_t port = 0;
    bool tls = true;
    std::string base{};
    std::string token{};
};
// From "https://127.0.0.1:8443/orgs/x/scim/v2". Throws std::invalid_argument, also for any host beyond loopback.
Target target_from(std::string_view url, std::string token);

struct StoredUser {
    std::string id{};
    std::string user_name{};
};

struct Shape {
    Scenario scenario = Scenario::get;
    std::string tag = "run";     // makes the users of this run unlike those of any other: letters and digits
    std::size_t page = 100;      // size of a page of `list`
    std::size_t pages = 50;      // how many different pages are asked for
    std::size_t first_patch = 0; // where in the circle of users the patches go on
    std::size_t writers = 8;     // of `beside`
};

enum class Kind { read, write };

class Workload {
public:
    // `users` outlives this object; needed by get, filter, patch, mixed and beside.
    Workload(const Target&, Shape, const std::vector<StoredUser>& users, std::size_t connections);
    // The next request of this connection, written over `bytes`.
    Kind next(std::size_t connection, std::string& bytes);
    std::size_t patches() const { return patch_; } // continues Shape::first_patch
    std::size_t posts() const { return posted_; }

private:
    void get(std::string& bytes);
    void look_up(std::string& bytes, std::string_view user_name);
    void post(std::string& bytes, std::size_t number);
    void patch(std::string& bytes);
    std::uint64_t random(std::uint64_t below);

    Shape shape_;
    const std::vector<StoredUser>& users_;
    std::string users_path_;
    std::string read_tail_;                             // from " HTTP/1.1" to the blank line
    std::string write_tail_;                            // from " HTTP/1.1" to "Content-Length: "
    std::vector<std::optional<std::size_t>> looked_up_; // of sync: the user that each connection will post next
    std::size_t posted_ = 0;
    std::size_t patch_ = 0;
    std::uint64_t state_ = 0x9e3779b97f4a7c15;
};

// The body of a POST as Entra's connector shapes it.
std::string entra_user(std::string_view name);

} // namespace conformance::load
