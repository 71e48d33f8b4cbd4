// Reads users of the directory from a file: Microsoft Graph's JSON ({"value": […]} pages, an array, one object, or one
// per line) or the portal's CSV export. One user at a time: memory does not grow with the file.
#pragma once

#include "scim/entra/expression.hpp"
#include "scim/error.hpp"

#include <array>
#include <cstddef>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scim::entra {

struct AzureUser {
    std::size_t line = 0; // where it begins
    AzureObject attributes;
};

struct AzureLimits {
    std::size_t record_bytes = 1024 * 1024;
    std::size_t columns = 512;
    std::size_t json_depth = 32;
};

class AzureUsers {
public:
    virtual ~AzureUsers() = default;

    // Tells JSON from CSV by the first character and reads a CSV's column names. Refuses (invalidValue) an empty file,
    // another encoding than UTF-8, unknown or doubled columns (with the nearest known one) and a file without
    // userPrincipalName. The stream must outlive the reader.
    static Result<std::unique_ptr<AzureUsers>> open(std::istream&, const AzureLimits& = {});

    // The next user; nothing at the end. A refusal is about one record, whose line it names; reading goes on after it
    // unless is_broken().
    virtual Result<std::optional<AzureUser>> next() = 0;

    std::size_t line() const { return record_line_; } // of the record that next() gave or refused
    bool is_broken() const { return broken_; }        // the rest of the file cannot be read
    // What the reader met and passed over: properties it does not know, a page that is not the last.
    const std::vector<std::string>& warnings() const { return warnings_; }

protected:
    AzureUsers(std::istream& in, const AzureLimits& limits) : limits_{limits}, in_{in} {}

    // The bytes of the file, counted in lines. -1 at the end.
    int peek()
    {
        if (at_ == end_ && !fill()) return -1;
        return static_cast<unsigned char>(buffer_[at_]);
    }
    int take();
    void take_over(AzureUsers&); // what another reader has buffered of the same stream
    void warn(std::string text);
    Error wrong(std::string detail) const; // "line 12: …"
    Error broken(std::string detail);

    AzureLimits limits_;
    std::size_t line_ = 1; // of the next byte
    std::size_t record_line_ = 1;

private:
    bool fill();

    std::istream& in_;
    std::array<char, 64 * 1024> buffer_{};
    std::size_t at_ = 0;
    std::size_t end_ = 0;
    std::vector<std::string> warnings_;
    bool broken_ = false;
};

} // namespace scim::entra
