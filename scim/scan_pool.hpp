// The lane `scan`: a few threads for lists, filters without an index and exports, so that no connection waits behind
// them. Hand-written because the protocol's rooms have no Asio (HOUSE 1) and the standard library has no pool with a
// bounded queue.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace scim {

class ScanPool {
public:
    ScanPool(std::size_t threads, std::size_t queue);
    ~ScanPool(); // drains
    // Accepts no more and returns when what was accepted is finished. From one thread.
    void drain();

    // False when too many wait: answered as 503 with Retry-After. `work` must not throw. From any thread.
    [[nodiscard]] bool submit(std::function<void()> work);
    // For what was accepted and is done in parts: never refused, behind what waits. Whoever calls it bounds their
    // number.
    void go_on(std::function<void()> work);

private:
    void run();

    const std::size_t queue_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> waiting_;
    bool closing_ = false;
    std::vector<std::thread> threads_;
};

} // namespace scim
