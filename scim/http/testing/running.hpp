// A server on a free port with an application whose behaviour is chosen by the path.
#pragma once

#include "scim/http/server.hpp"
#include "scim/http/testing/peer.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace scim::http::testing {

// /echo       200, what arrived, as text
// /later      the same from another thread; /never keeps the answer until release()
// /throw      throws while answering; /throw-admit while admitting
// /refuse     refused before the body with 401; /small takes 10 bytes of body, /big?n=5 answers with 5 bytes
// /pieces?n=5 answers with 5 pieces of 50,000 bytes each, made one by one on another thread; /pieces?n=5&broken=3
// breaks off after the third /header?v=x with the field Location: x; /known counts as authenticated; /close ends the
// connection
class Application final : public Service {
public:
    ~Application() override;
    Admission admit(const Request&) override;
    std::optional<Response> answer(Request&, Admission&, Later) override;
    Response wire_error(int status, std::string_view detail) override;

    std::vector<std::string> answered() const; // the paths, in order
    bool holds_answers() const;
    void release(); // answers all that /never has kept
    std::size_t pieces_made() const { return pieces_made_; }
    std::size_t sources_alive() const { return sources_alive_; }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> answered_;
    std::vector<Later> kept_;
    std::vector<std::thread> threads_;
    std::atomic<std::size_t> pieces_made_{0};
    std::atomic<std::size_t> sources_alive_{0};
    friend class Pieces;
};

struct Running {
    explicit Running(bool with_tls, const Limits& limits = {}, std::vector<std::string> proxies = {},
                     std::shared_ptr<SSL_CTX> context = nullptr);
    Peer peer() { return Peer{server.port(), tls}; }
    // Still serving: a new connection is answered.
    bool is_alive();

    Application application;
    bool tls;
    Server server;
};

std::string get(std::string_view target, std::string_view fields = "");
std::string post(std::string_view target, std::string_view body, std::string_view fields = "");

} // namespace scim::http::testing
