#include "scim/scan_pool.hpp"

namespace scim {

ScanPool::ScanPool(std::size_t threads, std::size_t queue) : queue_{queue}
{
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

ScanPool::~ScanPool() { drain(); }

void ScanPool::drain()
{
    {
        const std::lock_guard lock{mutex_};
        closing_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_)
        if (thread.joinable()) thread.join();
}

bool ScanPool::submit(std::function<void()> work)
{
    {
        const std::lock_guard lock{mutex_};
        if (closing_ || waiting_.size() >= queue_) return false;
        waiting_.push_back(std::move(work));
    }
    wake_.notify_one();
    return true;
}

void ScanPool::go_on(std::function<void()> work)
{
    {
        const std::lock_guard lock{mutex_};
        waiting_.push_back(std::move(work));
    }
    wake_.notify_one();
}

void ScanPool::run()
{
    std::unique_lock lock{mutex_};
    for (;;) {
        wake_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        auto work = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        work();
        work = nullptr;
        lock.lock();
    }
}

} // namespace scim
