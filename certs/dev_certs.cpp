#include "certs/dev_certs.hpp"

#include "certs/issue.hpp"
#include "certs/pair.hpp"
#include "certs/tls_context.hpp"

#include <openssl/err.h>

#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace certs {
namespace {

using std::chrono::days;
using std::chrono::system_clock;
using std::filesystem::path;

constexpr auto ca_name = "Rollcall development CA";
constexpr auto ca_life = days{3650};
constexpr auto leaf_life = days{397}; // what browsers accept at most
constexpr auto renew_before = days{30};
constexpr auto clock_slack = std::chrono::minutes{5};
constexpr auto leaf_names = "DNS:localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1";
// The CA is trusted by whoever tries the program out: a stolen key of it must be good for this machine's names only.
constexpr auto ca_constraints = "critical,permitted;DNS:localhost,permitted;IP:127.0.0.1/255.255.255.255,"
                                "permitted;IP:0:0:0:0:0:0:0:1/FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF";

[[noreturn]] void fail(const std::string& what, const path& where)
{
    const int why = errno;
    throw std::runtime_error(what + " " + where.string() + ": " + std::generic_category().message(why));
}

// Whole or not at all: a temporary file beside it (created 0600 and only then given content), flushed, renamed.
void write_file(const path& file, std::string_view text, mode_t mode)
{
    std::string name = file.string() + ".XXXXXX";
    const int fd = mkostemp(name.data(), O_CLOEXEC); // O_CREAT | O_EXCL, mode 0600
    if (fd < 0) fail("cannot create", file);
    const auto give_up = [&](const char* what) {
        const int why = errno;
        close(fd);
        unlink(name.c_str());
        errno = why;
        fail(what, file);
    };
    while (!text.empty()) {
        const auto written = write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) give_up("cannot write");
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    if (fchmod(fd, mode) != 0 || fsync(fd) != 0) give_up("cannot write");
    if (rename(name.c_str(), file.c_str()) != 0) give_up("cannot rename");
    close(fd);
    const int folder = open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return;
    fsync(folder); // best effort: without it a power cut loses a development certificate
    close(folder);
}

void make_folder(const path& folder)
{
    if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path());
    if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) fail("cannot create folder", folder);
    if (!std::filesystem::is_directory(folder)) throw std::runtime_error(folder.string() + " is not a folder");
}

struct Authority {
    CertPtr certificate;
    KeyPtr key;
};

std::string common_name(const X509_NAME& name)
{
    std::string text(256, '\0');
    const int size = X509_NAME_get_text_by_NID(&name, NID_commonName, text.data(), static_cast<int>(text.size()));
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return text;
}

// The CA of an earlier run, if both its files are whole, belong together and outlive a new leaf.
std::optional<Authority> existing_authority(const path& ca_file, const path& key_file)
try {
    Authority ca{.certificate = std::move(read_chain(ca_file).front()), .key = read_key(key_file)};
    const bool belongs = X509_check_private_key(ca.certificate.get(), ca.key.get()) == 1;
    ERR_clear_error();
    if (!belongs || common_name(*X509_get_subject_name(ca.certificate.get())) != ca_name) return std::nullopt;
    if (not_after(*ca.certificate) < system_clock::now() + leaf_life) return std::nullopt;
    return ca;
} catch (const BadCertificate&) {
    return std::nullopt;
}

Authority new_authority()
{
    const auto now = system_clock::now();
    Authority ca;
    ca.key = KeyPtr{EVP_EC_gen("P-256")};
    if (!ca.key) throw std::runtime_error("no key could be made: " + openssl_reason());
    const Wish wish{.common_name = ca_name,
                    .from = now - clock_slack,
                    .until = now + ca_life,
                    .authority = true,
                    .name_constraints = ca_constraints};
    ca.certificate = issue(wish, *ca.key, nullptr, *ca.key);
    return ca;
}

// Whether the leaf of an earlier run still serves: a sound pair, signed by the CA beside it, not about to expire.
bool is_good(const DevCertificate& files)
try {
    const Pair pair = read_pair(files.chain, files.key);
    const auto ca = read_chain(files.ca);
    const bool signed_by_it = X509_verify(pair.chain.front().get(), X509_get0_pubkey(ca.front().get())) == 1;
    ERR_clear_error();
    return signed_by_it && not_after(*pair.chain.front()) > system_clock::now() + renew_before;
} catch (const BadCertificate&) {
    return false;
}

// Somebody may have put a real certificate where ours would go: that is never overwritten.
void refuse_foreign(const path& chain_file)
{
    std::string issuer = ca_name;
    try {
        issuer = common_name(*X509_get_issuer_name(read_chain(chain_file).front().get()));
    } catch (const BadCertificate&) {
        return; // missing or broken: nothing worth keeping
    }
    if (issuer != ca_name)
        throw std::runtime_error(chain_file.string() + " was issued by \"" + issuer +
                                 "\" and is not replaced; choose another folder or move it away");
}

} // namespace

DevCertificate make_dev_certificate(const path& folder)
{
    const DevCertificate files{.ca = folder / "ca.crt", .chain = folder / "server.crt", .key = folder / "server.key"};
    make_folder(folder);
    if (is_good(files)) return files;
    refuse_foreign(files.chain);

    const path ca_key = folder / "ca.key";
    auto ca = existing_authority(files.ca, ca_key);
    if (!ca) {
        ca = new_authority();
        write_file(ca_key, to_pem(*ca->key), 0600);
        write_file(files.ca, to_pem(*ca->certificate), 0644);
    }
    const KeyPtr key{EVP_EC_gen("P-256")};
    if (!key) throw std::runtime_error("no key could be made: " + openssl_reason());
    const auto now = system_clock::now();
    const Wish wish{.common_name = "localhost",
                    .from = now - clock_slack,
                    .until = now + leaf_life,
                    .authority = false,
                    .alternative_names = leaf_names};
    const CertPtr leaf = issue(wish, *key, ca->certificate.get(), *ca->key);
    write_file(files.key, to_pem(*key), 0600);
    write_file(files.chain, to_pem(*leaf) + to_pem(*ca->certificate), 0644);
    return files;
}

} // namespace certs
