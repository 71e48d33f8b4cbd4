// Beast's parser writing straight into a Request. Beast's own containers would copy every field once more, and its
// `fields` throws on a trailer over 64 KiB (F1); trailers are checked here and dropped.
#pragma once

#include "scim/http/message.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace scim::http {

class RequestParser final : public boost::beast::http::basic_parser<true> {
public:
    explicit RequestParser(Request& request) : request_{request} { body_limit(boost::none); }

    // Views into the bytes of the head, valid until those are consumed.
    std::string_view method() const { return method_; }
    std::string_view target() const { return target_; }
    unsigned version() const { return version_; }

    void cap_body(std::size_t bytes) { body_cap_ = bytes; }

private:
    using Error = boost::beast::error_code;
    using Text = boost::beast::string_view;
    using Field = boost::beast::http::field;
    static constexpr std::size_t first_reserve = 16 * 1024; // what a length alone, without bytes, can make us set aside

    void on_request_impl(boost::beast::http::verb, Text method, Text target, int version, Error&) override
    {
        method_ = {method.data(), method.size()};
        target_ = {target.data(), target.size()};
        version_ = static_cast<unsigned>(version);
    }

    void on_field_impl(Field field, Text name, Text value, Error& error) override
    {
        if (in_trailer_) {
            // A trailer that would have framed or routed the request is a trick (RFC 9110 6.5.1).
            if (field == Field::content_length || field == Field::transfer_encoding || field == Field::host ||
                field == Field::authorization)
                error = boost::beast::http::error::bad_field;
            return;
        }
        auto& [lower, text] = request_.headers.emplace_back();
        lower.resize(name.size());
        std::transform(name.begin(), name.end(), lower.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
        text.assign(value.data(), value.size());
    }

    void on_header_impl(Error&) override { in_trailer_ = true; }

    void on_body_init_impl(const boost::optional<std::uint64_t>& length, Error&) override
    {
        if (length) request_.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, first_reserve)));
    }

    std::size_t on_body_impl(Text bytes, Error& error) override { return add(bytes, error); }
    std::size_t on_chunk_body_impl(std::uint64_t, Text bytes, Error& error) override { return add(bytes, error); }

    std::size_t add(Text bytes, Error& error)
    {
        if (bytes.size() > body_cap_ - request_.body.size()) {
            error = boost::beast::http::error::body_limit;
            return 0;
        }
        request_.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }

    void on_response_impl(int, Text, int, Error&) override {}
    // What a chunk announces is believed: there is no use in reading what will be refused.
    void on_chunk_header_impl(std::uint64_t size, Text, Error& error) override
    {
        if (size > body_cap_ - request_.body.size()) error = boost::beast::http::error::body_limit;
    }
    void on_finish_impl(Error&) override {}

    Request& request_;
    std::string_view method_;
    std::string_view target_;
    unsigned version_ = 0;
    std::size_t body_cap_ = 0;
    bool in_trailer_ = false;
};

} // namespace scim::http
