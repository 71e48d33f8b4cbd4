// Whatever is put into a mail: its header has the nine fields of this house in their order and no other, lines end in
// CR LF and are not too long, and nothing before the text is beyond ASCII.
#include "scim/outside/mail_text.hpp"

#include <array>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    // The input's parts, one for each field of the mail; what is left over is the text.
    std::string_view rest{reinterpret_cast<const char*>(data), size};
    std::array<std::string, 6> parts;
    for (std::string& part : parts) {
        const auto end = std::min(rest.find('\xFE'), rest.size());
        part = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    const auto composed = scim::outside::compose({.from = parts[0],
                                                  .from_name = parts[1],
                                                  .to = parts[2],
                                                  .to_name = parts[3],
                                                  .subject = parts[4],
                                                  .text = std::string{rest},
                                                  .message_id = parts[5]});
    if (!composed) return 0;
    static constexpr std::array<std::string_view, 9> fields = {
        "Date: ",          "From: ",         "To: ",           "Message-ID: ",
        "Subject: ",       "MIME-Version: ", "Content-Type: ", "Content-Transfer-Encoding: ",
        "Auto-Submitted: "};
    std::string_view text = *composed;
    std::size_t seen = 0;
    bool header = true;
    while (!text.empty()) {
        const auto end = text.find("\r\n");
        if (end == text.npos || end > 998) std::abort();
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end + 2);
        for (const char c : line)
            if (c == '\r' || c == '\n' || c == '\0' || static_cast<unsigned char>(c) > 126) std::abort();
        if (!header) continue;
        if (line.empty()) {
            header = false;
        } else if (line.front() != ' ') {
            if (seen == fields.size() || !line.starts_with(fields[seen])) std::abort();
            ++seen;
        } else if (line.find_first_not_of(' ') == line.npos) {
            std::abort(); // a folded line of nothing ends the header for some
        }
    }
    if (header || seen != fields.size()) std::abort();
    return 0;
}
