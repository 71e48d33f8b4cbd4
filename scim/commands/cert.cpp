#include "certs/dev_certs.hpp"
#include "scim/commands/common.hpp"

#include <fmt/format.h>

namespace scim::commands {

void add_cert(CLI::App& app, Common& common)
{
    auto* cert = app.add_subcommand("cert", "TLS certificates");
    cert->require_subcommand(1);
    auto* dev = cert->add_subcommand(
        "dev", "Make a development CA and a certificate for localhost, 127.0.0.1 and ::1 in DIR/tls");
    add_data_option(*dev, common);
    add_json_option(*dev, common);
    dev->callback([&] {
        const DataDir data{common.data, true};
        const auto made = certs::make_dev_certificate(data.tls());
        if (common.json)
            print_json(boost::json::object{
                {"ca", made.ca.string()}, {"cert", made.chain.string()}, {"key", made.key.string()}});
        else
            fmt::print("CA for clients: {}\ncertificate:    {}\nkey:            {}\nfor development only: a "
                       "directory's service needs a certificate from a public CA\n",
                       made.ca.string(), made.chain.string(), made.key.string());
    });
}

} // namespace scim::commands
