// The file before and while it becomes a store: made whole or not at all, judged without being touched, brought to
// this program's schema, fold and settings.
#pragma once

#include "storage/sqlite_store.hpp"

namespace storage {

// Throws CannotOpen, and has then only read: not a file, empty, foreign, newer, read-only, another owner's, a damaged
// header, beside it the log of another database.
void judge_store_file(const std::filesystem::path&);

// A new store under its final name, 0600, or none. Another process may win the race to it.
void make_store_file(const Options&);

// Migrations, the fold's Unicode version, accounts.unique: each in one transaction, or CannotOpen.
void bring_up_to_date(const Options&);

// The defaults of organisations' policies: those given, from now on remembered; or those remembered.
core::Policy settle_default_policy(const Options&);

} // namespace storage
