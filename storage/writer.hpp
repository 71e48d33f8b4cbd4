// The one writer: takes every write that waits, runs each inside one transaction, commits once, and only then releases
// the answers (HOUSE 5). A large job has a commit of its own, and between two of them come all others that wait: nobody
// waits for more than one. One thread of its own.
#pragma once

#include "storage/sqlite_store.hpp"

#include <cstddef>
#include <cstdint>

namespace storage {

struct WriterOptions {
    std::size_t batch = 64;   // most jobs in one commit
    std::size_t queue = 4096; // beyond it, submit refuses
    std::size_t large = 16;   // most large jobs that wait: each holds megabytes
};

class Writer {
public:
    Writer(SqliteStore&, WriterOptions = {});
    ~Writer(); // drains what was accepted

    // False when the queue is full or the writer is closing: answered as 503 with Retry-After. From any thread.
    [[nodiscard]] bool submit(WriteJob);
    // Accepts no more, finishes what was accepted, returns when the last answer is released.
    void drain();

    struct Figures {
        std::uint64_t jobs = 0, batches = 0, refused = 0;
        std::size_t waiting = 0;
    };
    Figures figures() const;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

} // namespace storage
