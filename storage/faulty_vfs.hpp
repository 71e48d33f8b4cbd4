// A file layer for tests that fails on purpose: the n-th write or sync of the database or its log from now on, and all
// that follow until it is mended. Everything else goes to SQLite's own layer.
#pragma once

#include <string>

namespace storage::testing {

enum class Fault { none, disk_full, write_error, sync_error };

// The name to put into Options::vfs. Registered on first use.
std::string faulty_vfs();
void break_at(Fault, int nth); // 1: the next one
void mend();
bool has_broken(); // since break_at

} // namespace storage::testing
