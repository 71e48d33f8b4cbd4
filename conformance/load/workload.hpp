// What is asked of a SCIM server under load: scenarios as streams of ready-made HTTP requests.
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
    first,  // the first page, the page in the middle, the last page of all users
    middle,
    last,
    sort,         // the first page by userName
    sort_any,     // the first page by an attribute without an index
    cursor,       // pages one after the other by cursor, each connection for itself
    contains,     // a filter that no index answers and nobody matches
    scan_beside,  // the first `writers` connections ask such filters, all others get
    bulk,         // 100 users in one request
    soft_delete,  // Entra's: a tombstone before the name, and inactive; each user once
    group_member, // one member added to the group, then removed again, each connection with members of its own
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
    std::size_t writers = 8;     // of `beside` and `scan_beside`
    std::size_t stored = 0;      // how many users there are: where `middle` and `last` are
    double rate = 0;             // requests a second of each connection, by a schedule; 0: one after the other
    std::string group{};         // id, of `group_member`
    struct Tenant {
        std::string base{};
        std::string token{};
    };
    std::vector<Tenant> tenants{}; // connections take them in turn; none: all use the target's own
};

enum class Kind { read, write };

class Workload {
public:
    // `users` outlives this object; needed by get, filter, patch, mixed and beside.
    Workload(const Target&, Shape, const std::vector<StoredUser>& users, std::size_t connections);
    // The next request of this connection, written over `bytes`.
    Kind next(std::size_t connection, std::string& bytes);
    // What was answered to it: `cursor` goes on from there.
    void heard(std::size_t connection, std::string_view body);
    std::size_t patches() const { return patch_; } // continues Shape::first_patch
    std::size_t posts() const { return posted_; }
    double rate() const { return shape_.rate; }

private:
    struct Address { // of one tenant
        std::string users_path;
        std::string root_path;
        std::string read_tail;  // from " HTTP/1.1" to the blank line
        std::string write_tail; // from " HTTP/1.1" to "Content-Length: "
    };
    void get(const Address&, std::string& bytes);
    void look_up(const Address&, std::string& bytes, std::string_view user_name);
    void ask(const Address&, std::string& bytes, std::string_view query);
    void write(const Address&, std::string& bytes, std::string_view method, std::string_view path,
               std::string_view body);
    void post(const Address&, std::string& bytes, std::size_t number);
    void patch(const Address&, std::string& bytes);
    void bulk(const Address&, std::string& bytes);
    void soft_delete(const Address&, std::string& bytes);
    void group_member(const Address&, std::string& bytes, std::size_t connection);
    std::uint64_t random(std::uint64_t below);

    Shape shape_;
    const std::vector<StoredUser>& users_;
    std::vector<Address> addresses_;
    std::vector<std::optional<std::size_t>> looked_up_; // of sync: the user that each connection will post next
    std::vector<std::string> cursors_;                  // of cursor: where each connection goes on
    std::vector<std::size_t> turns_;                    // of group_member: how often each connection has asked
    std::size_t posted_ = 0;
    std::size_t patch_ = 0;
    std::uint64_t state_ = 0x9e3779b97f4a7c15;
};

// The body of a POST as Entra's connector shapes it.
std::string entra_user(std::string_view name);

} // namespace conformance::load
