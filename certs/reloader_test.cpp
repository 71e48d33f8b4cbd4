#include "certs/testing.hpp"
#include "certs/tls_context.hpp"

#include <catch2/catch.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

using namespace certs;
using namespace certs::testing;
using namespace std::chrono_literals;

namespace {

// Collects reports; `wait_for` returns as soon as there are that many, or false after ten seconds.
class Reports {
public:
    Reloader::Report listener()
    {
        return [this](bool swapped, const std::string& what) {
            const std::lock_guard guard{mutex_};
            reports_.emplace_back(swapped, what);
            arrived_.notify_all();
        };
    }
    bool wait_for(std::size_t count)
    {
        std::unique_lock lock{mutex_};
        return arrived_.wait_for(lock, 10s, [&] { return reports_.size() >= count; });
    }
    std::vector<std::pair<bool, std::string>> all()
    {
        const std::lock_guard guard{mutex_};
        return reports_;
    }

private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<std::pair<bool, std::string>> reports_;
};

struct Fixture {
    Folder folder;
    std::filesystem::path chain = folder / "chain.pem";
    std::filesystem::path key = folder / "key.pem";
    Reports reports;
    Fixture() { install(self_signed(ec_key())); }
    void install(const Pem& pem)
    {
        put(key, pem.key);
        put(chain, pem.chain);
    }
};

constexpr auto never = std::chrono::milliseconds{std::chrono::hours{1}}; // tests that ask by themselves

} // namespace

TEST_CASE_METHOD(Fixture,
                 "TLS-03 a new pair is served within the interval, and the old context stays alive for its connections")
{
    Reloader reloader{chain, key, {}, reports.listener(), 5ms};
    const auto old = reloader.current();
    const auto before = shake(*old).serial;
    Wish longer = a_wish();
    longer.until += 48h;
    const auto expiry = reloader.expires();
    const auto fresh = self_signed(ec_key(), longer);
    install(fresh);
    REQUIRE(reports.wait_for(1));
    while (!reports.all().back().first)
        REQUIRE(reports.wait_for(reports.all().size() + 1)); // seen between the two files
    CHECK(reloader.current() != old);
    CHECK(shake(*reloader.current()).serial != before);
    CHECK(shake(*old).serial == before);
    CHECK(reloader.expires() == expiry + 48h);
}

TEST_CASE_METHOD(
    Fixture, "TLS-03 a bad pair is reported once, tried again, and the old certificate stays until a good one comes")
{
    Reloader reloader{chain, key, {}, reports.listener(), 2ms};
    const auto old = reloader.current();
    const auto fresh = self_signed(ec_key());
    put(chain, fresh.chain.substr(0, fresh.chain.size() / 2));
    REQUIRE(reports.wait_for(1));
    CHECK_FALSE(reports.all()[0].first);
    CHECK_THAT(reports.all()[0].second, Catch::Contains("middle of a PEM block"));
    CHECK(reloader.current() == old);
    put(chain, fresh.chain); // whole now, but the key is still the old one: another state, reported too
    REQUIRE(reports.wait_for(2));
    CHECK_THAT(reports.all()[1].second, Catch::Contains("does not belong"));
    put(key, fresh.key);
    REQUIRE(reports.wait_for(3));
    CHECK(reports.all()[2].first);
    CHECK(reports.all().size() == 3); // hundreds of looks, three reports
    CHECK(reloader.current() != old);
}

TEST_CASE_METHOD(Fixture, "a file that vanishes is reported and the old certificate stays")
{
    Reloader reloader{chain, key, {}, reports.listener(), 2ms};
    std::filesystem::remove(key);
    REQUIRE(reports.wait_for(1));
    CHECK_FALSE(reports.all()[0].first);
    CHECK_THAT(reports.all()[0].second, Catch::Contains("cannot be read"));
    CHECK_FALSE(shake(*reloader.current()).suite.empty());
}

TEST_CASE_METHOD(Fixture, "a reload asked for happens and is reported before the asking returns, changed or not")
{
    Reloader reloader{chain, key, {}, reports.listener(), never};
    const auto first = reloader.current();
    reloader.reload_now();
    REQUIRE(reports.all().size() == 1);
    CHECK(reports.all()[0].first);
    CHECK(reloader.current() != first);
    put(chain, "nothing");
    reloader.reload_now();
    reloader.reload_now();
    REQUIRE(reports.all().size() == 3); // asked twice, told twice
    CHECK_FALSE(reports.all()[1].first);
    CHECK_FALSE(reports.all()[2].first);
    CHECK_FALSE(shake(*reloader.current()).suite.empty());
}

TEST_CASE_METHOD(Fixture, "an expired pair does not replace a valid one")
{
    Reloader reloader{chain, key, {}, reports.listener(), never};
    const auto old = reloader.current();
    Wish past = a_wish();
    past.from -= 48h;
    past.until -= 48h;
    install(self_signed(ec_key(), past));
    reloader.reload_now();
    REQUIRE(reports.all().size() == 1);
    CHECK_THAT(reports.all()[0].second, Catch::Contains("expired on"));
    CHECK(reloader.current() == old);
}

TEST_CASE_METHOD(Fixture, "contexts may be taken from many threads while pairs are swapped")
{
    Reloader reloader{chain, key, {}, reports.listener(), 1ms};
    std::atomic<bool> done = false;
    std::atomic<int> failed = 0;
    std::vector<std::jthread> takers;
    for (int i = 0; i < 2; ++i)
        takers.emplace_back([&] {
            while (!done) failed += shake(*reloader.current(), {.version = TLS1_3_VERSION}).suite.empty();
        });
    for (int i = 0; i < 20; ++i) {
        install(self_signed(ec_key()));
        reloader.reload_now();
    }
    done = true;
    takers.clear();
    CHECK(failed == 0);
}

TEST_CASE_METHOD(Fixture, "a reloader does not begin with a bad pair")
{
    put(key, "nothing");
    CHECK_THROWS_AS((Reloader{chain, key, {}, reports.listener(), never}), BadCertificate);
}
