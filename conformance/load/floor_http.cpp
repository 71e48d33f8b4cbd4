// rollcall-floor-http: answers every request with the same 700 bytes. What Beast and TLS cost alone.
#include "conformance/load/floor_options.hpp"

#include <cstdio>
#include <exception>

int main(int argc, char** argv)
try {
    using namespace conformance::load;
    CLI::App app{"Answers every request with the same 700 bytes: what Beast and TLS cost alone"};
    FloorOptions options;
    add_floor_options(app, options);
    CLI11_PARSE(app, argc, argv);

    constexpr std::size_t size = 700;
    std::string body = R"({"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"0","displayName":")";
    body.append(size - body.size() - 2, 'a').append("\"}");
    serve_floor(options, [&](const FloorRequest& request, const FloorAnswer& answer) {
        answer(request.method() == boost::beast::http::verb::post ? 201 : 200, body);
    });
    return 0;
} catch (const std::exception& failure) {
    std::fprintf(stderr, "rollcall-floor-http: %s\n", failure.what());
    return 2;
}
