// What is read from a DNS message was in it: no value is longer than the message, no name longer than names can be.
#include "scim/outside/dns_answer.hpp"

#include <algorithm>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    const std::string_view message{reinterpret_cast<const char*>(data), size};
    const auto records = scim::outside::read_dns_answer(message);
    if (!records) return 0;
    const auto is_name = [](const std::string& text) {
        return text.size() <= 4 * 255 && std::all_of(text.begin(), text.end(), [](char c) {
                   return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
                          c == '\\';
               });
    };
    std::size_t bytes = 0;
    for (const scim::outside::AnswerRecord& record : *records) {
        if (!is_name(record.owner) || (record.is_alias && !is_name(record.value))) std::abort();
        if (!record.is_alias) bytes += record.value.size();
    }
    if (bytes > size) std::abort();
    return 0;
}
