// The application without sockets, on a real store in a directory that goes with its test.
#pragma once

#include "core/base/secrets.hpp"
#include "scim/admin/service.hpp"
#include "scim/admin/token_endpoint.hpp"
#include "scim/app.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/writer.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <future>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace scim::testing {

struct TempDir {
    std::filesystem::path path;
    TempDir()
    {
        std::string name = (std::filesystem::temp_directory_path() / "rollcall-app-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~TempDir() { std::filesystem::remove_all(path); }
};

// Believes no assertion until a test says whose.
struct Verifier : core::AssertionVerifier {
    std::function<core::AssertionAnswer(std::string_view, const core::ExpectedAssertion&, core::Instant)> ask;
    core::AssertionAnswer verify(std::string_view jwt, const core::ExpectedAssertion& expected,
                                 core::Instant now) override
    {
        if (!ask) return core::AssertionProblem::keys_unavailable;
        return ask(jwt, expected, now);
    }
};

struct WholeDesk {
    TempDir folder;
    Config config;
    core::SystemClock clock;
    std::vector<std::uint8_t> pepper = std::vector<std::uint8_t>(32, 7);
    storage::SqliteStore store;
    storage::Writer writer{store};
    ScanPool scans{1, 16};
    Callers callers{store, pepper, {}};
    App app{config, store, writer, scans, callers, clock, core::Sealer{pepper, "cursor"}};

    core::Sealer admin_cursors{pepper, "admin cursor"}, kept_answers{pepper, "kept answer"};
    core::SystemIds ids;
    admin::Admins admins{store, pepper, callers};
    admin::Services services{
        .store = &store,
        .clock = &clock,
        .ids = &ids,
        .pepper = pepper,
        .cursors = &admin_cursors,
        .default_policy = store.default_policy(),
        .status = [] { return boost::json::object{}; },
        .problem_with_issuer =
            [](const std::string& url) { return url.starts_with("https://") ? std::string{} : "is no https address"; }};
    ScanPool admin_pool{1, 16};
    admin::Service management{
        {"", config.http.body_bytes},
        services,
        admins,
        callers,
        admin_pool,
        [this](auto work, auto done) {
            return writer.submit({.organisation = {}, .work = {}, .done = std::move(done), .across = std::move(work)});
        },
        kept_answers};
    Verifier verifier;
    admin::TokenEndpoint token_endpoint{
        {},
        services,
        callers,
        admin_pool,
        [this](auto work, auto done) {
            return writer.submit({.organisation = {}, .work = {}, .done = std::move(done), .across = std::move(work)});
        },
        verifier};

    explicit WholeDesk(storage::Options options = {}) : store{in(folder, std::move(options))}
    {
        app.add_annex("/api/v1", management);
        app.add_annex("/choices", management);
        app.add_annex("/oauth2", token_endpoint);
    }
    ~WholeDesk()
    {
        scans.drain();
        admin_pool.drain();
        writer.drain();
    }
    explicit WholeDesk(std::chrono::milliseconds longest_search) : WholeDesk{limited_to(longest_search)} {}
    static storage::Options limited_to(std::chrono::milliseconds longest_search)
    {
        storage::Options options;
        options.read_limit = longest_search;
        return options;
    }
    static storage::Options in(const TempDir& folder, storage::Options options)
    {
        options.file = folder.path / "rollcall.db";
        return options;
    }

    core::OrgId organisation(const std::string& name)
    {
        core::OrgId id;
        store.registry([&](core::Registry& registry) {
            core::Organisation o;
            o.name = o.display_name = name;
            o.created = clock.now();
            id = registry.create(o)->id;
            return core::Keep::yes;
        });
        return id;
    }
    std::string token(core::OrgId org, core::Scope scope = core::Scope::write,
                      const std::function<void(core::Token&)>& change = {})
    {
        auto fresh = core::make_token(pepper);
        core::Token token;
        token.public_id = fresh.public_id;
        token.organisation = org;
        token.mac = fresh.mac;
        token.scope = scope;
        token.created = clock.now();
        if (change) change(token);
        store.registry([&](core::Registry& registry) {
            registry.insert(token);
            return core::Keep::yes;
        });
        return std::string{fresh.text.reveal()};
    }

    // An admin token; a server-admin's without an organisation.
    std::string admin_token(core::AdminRole role, core::OrgId org = {})
    {
        auto fresh = core::make_token(pepper, core::TokenKind::admin);
        core::Token token;
        token.public_id = fresh.public_id;
        token.organisation = org;
        token.mac = fresh.mac;
        token.role = role;
        token.created = clock.now();
        store.registry([&](core::Registry& registry) {
            registry.insert(token);
            return core::Keep::yes;
        });
        return std::string{fresh.text.reveal()};
    }

    // As the session does: admission first, then the answer, from whatever thread it comes.
    http::Response ask(http::Request request)
    {
        auto admission = app.admit(request);
        if (admission.refusal) return *admission.refusal;
        std::promise<http::Response> later;
        auto answered = later.get_future();
        if (auto now = app.answer(request, admission, [&](http::Response r) { later.set_value(std::move(r)); }))
            return *now;
        return answered.get();
    }
};

inline http::Request request_for(http::Method method, std::string path, const std::string& authorization)
{
    http::Request request;
    request.method = method;
    request.method_text = std::string{http::word(method)};
    request.path = std::move(path);
    request.host = "127.0.0.1:8443";
    request.peer = "127.0.0.1";
    if (!authorization.empty()) request.headers.emplace_back("authorization", authorization);
    return request;
}

} // namespace scim::testing
