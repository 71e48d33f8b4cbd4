#include "scim/http/router.hpp"

#include <catch2/catch.hpp>

using namespace scim::http;

namespace {

enum class Tag { root, users, user, create, remove, me, search };

constexpr Route<Tag> routes[] = {
    {Method::get, "/", Tag::root},
    {Method::get, "/orgs/{org}/Users", Tag::users},
    {Method::post, "/orgs/{org}/Users", Tag::create},
    {{Method::get, Method::patch}, "/orgs/{org}/Users/{id}", Tag::user},
    {Method::del, "/orgs/{org}/Users/{id}", Tag::remove},
    {Method::post, "/Me", Tag::me},
    {Method::post, "/orgs/{org}/Users/.search", Tag::search},
};

auto ask(Method method, std::string_view path, std::string_view text = "TRACE")
{
    return match<Tag>(routes, method, method == Method::other ? text : word(method), path);
}
using Outcome = Match<Tag>::Outcome;

} // namespace

TEST_CASE("a route is found by method and path, with its placeholders raw")
{
    const auto user = ask(Method::patch, "/orgs/acme/Users/a%2Fb+c");
    REQUIRE(user.outcome == Outcome::found);
    CHECK(user.route->tag == Tag::user);
    CHECK(user.captures[0] == "acme");
    CHECK(user.captures[1] == "a%2Fb+c");
    CHECK(ask(Method::del, "/orgs/a/Users/b").route->tag == Tag::remove);
    CHECK(ask(Method::post, "/orgs/a/Users").route->tag == Tag::create);
    CHECK(ask(Method::get, "/").route->tag == Tag::root);
    CHECK(ask(Method::head, "/orgs/a/Users").route->tag == Tag::users);
}

TEST_CASE("SEC-09: only the spelling of the table is found")
{
    const auto* path = GENERATE("/orgs/acme/Users/", "//orgs/acme/Users", "/orgs//Users", "/orgs/acme//Users",
                                "/orgs/acme/./Users", "/orgs/acme/%55sers", "/orgs/acme/users", "/orgs/acme/Users;x",
                                "/orgs/acme%2fUsers", "/orgs/../orgs/acme/Users", "/orgs/acme/Users/1/2", "/orgs",
                                "/orgs/", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p", "/me", "//");
    INFO(path);
    CHECK(ask(Method::get, path).outcome == Outcome::not_found);
    CHECK(ask(Method::options, path).outcome == Outcome::not_found);
    CHECK(ask(Method::other, path, "FOO").outcome == Outcome::not_found);
}

TEST_CASE("SEC-09: a method that the path does not know is answered with those that it knows")
{
    const auto put = ask(Method::put, "/orgs/acme/Users/1");
    CHECK(put.outcome == Outcome::not_allowed);
    CHECK(allow(put.allowed) == "GET, HEAD, PATCH, DELETE, OPTIONS");
    CHECK(allow(ask(Method::get, "/Me").allowed) == "POST, OPTIONS");
    CHECK(ask(Method::head, "/Me").outcome == Outcome::not_allowed);
    CHECK(ask(Method::options, "/orgs/acme/Users").outcome == Outcome::options);
    CHECK(allow(ask(Method::options, "/orgs/acme/Users").allowed) == "GET, HEAD, POST, OPTIONS");
    CHECK(ask(Method::other, "/orgs/acme/Users", "TRACE").outcome == Outcome::not_allowed);
    CHECK(ask(Method::other, "/orgs/acme/Users", "get").outcome == Outcome::not_implemented);
    CHECK(ask(Method::other, "/orgs/acme/Users", "FOO").outcome == Outcome::not_implemented);
}

TEST_CASE("what the table spells out is no placeholder's, whatever the method and whichever comes first")
{
    CHECK(ask(Method::post, "/orgs/acme/Users/.search").route->tag == Tag::search);
    const auto get = ask(Method::get, "/orgs/acme/Users/.search");
    CHECK(get.outcome == Outcome::not_allowed);
    CHECK(get.route == nullptr);
    CHECK(allow(get.allowed) == "POST, OPTIONS");
    CHECK(ask(Method::get, "/orgs/acme/Users/.Search").route->tag == Tag::user);
}

TEST_CASE("a pattern that makes no sense does not compile into the table")
{
    const auto* pattern =
        GENERATE("", "orgs", "/orgs/", "//", "/a//b", "/{a}/{b}/{c}/{d}/{e}", "/1/2/3/4/5/6/7/8/9/10/11/12/13");
    INFO(pattern);
    CHECK_THROWS_AS(Pattern{pattern}, std::invalid_argument);
}

TEST_CASE("methods are words with their case")
{
    for (const Method method :
         {Method::get, Method::head, Method::post, Method::put, Method::patch, Method::del, Method::options})
        CHECK(method_from(word(method)) == method);
    CHECK(method_from("get") == Method::other);
    CHECK(method_from("") == Method::other);
}
