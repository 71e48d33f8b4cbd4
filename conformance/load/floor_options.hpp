// The command line that both floors share.
#pragma once

#include "conformance/load/floor_server.hpp"

#include <CLI/CLI.hpp>

namespace conformance::load {

inline void add_floor_options(CLI::App& app, FloorOptions& options)
{
    app.add_option("--port", options.port, "Port on 127.0.0.1")->required();
    app.add_option("--threads", options.threads)->capture_default_str()->check(CLI::Range(1, 64));
    auto* certificate = app.add_option("--tls-cert", options.certificate, "PEM chain; without it: plain HTTP");
    auto* key = app.add_option("--tls-key", options.key, "PEM key");
    certificate->needs(key);
    key->needs(certificate);
}

} // namespace conformance::load
