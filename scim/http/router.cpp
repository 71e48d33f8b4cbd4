#include "scim/http/router.hpp"

namespace scim::http {

std::string allow(Methods methods)
{
    std::string text;
    for (const Method method :
         {Method::get, Method::head, Method::post, Method::put, Method::patch, Method::del, Method::options}) {
        if (!methods.has(method)) continue;
        if (!text.empty()) text += ", ";
        text += word(method);
    }
    return text;
}

Segments::Segments(std::string_view path)
{
    if (path == "/") return;
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto segment = path.substr(0, path.find('/'));
        path.remove_prefix(segment.size());
        if (size < most_segments) parts[size] = segment;
        ++size;
    }
}

} // namespace scim::http
