#include "storage/writer.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace storage {

struct Writer::Inside {
    Inside(SqliteStore& s, WriterOptions o) : store{s}, options{o}, thread{[this] { run(); }} {}

    SqliteStore& store;
    const WriterOptions options;

    mutable std::mutex mutex; // guards everything below but the thread
    std::condition_variable waiting_work;
    std::deque<WriteJob> queue;
    std::deque<WriteJob> large;
    bool closing = false;
    Figures figures;

    std::mutex joining;
    std::thread thread; // last: it uses the rest

    void run()
    {
        std::vector<WriteJob> batch;
        batch.reserve(options.batch);
        bool was_large = false; // the last one: then it is the others' turn
        std::unique_lock lock{mutex};
        for (;;) {
            waiting_work.wait(lock, [this] { return closing || !queue.empty() || !large.empty(); });
            if (queue.empty() && large.empty()) return; // closing, and nothing left
            const bool takes_large = !large.empty() && (queue.empty() || !was_large);
            auto& from = takes_large ? large : queue;
            const std::size_t many = takes_large ? 1 : std::min(queue.size(), options.batch);
            std::move(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(many), std::back_inserter(batch));
            from.erase(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(many));
            was_large = takes_large;
            ++figures.batches;
            lock.unlock();
            store.write_batch(batch);
            batch.clear();
            lock.lock();
        }
    }
};

Writer::Writer(SqliteStore& store, WriterOptions options) : inside_{std::make_unique<Inside>(store, options)} {}

Writer::~Writer() { drain(); }

bool Writer::submit(WriteJob job)
{
    {
        const std::lock_guard lock{inside_->mutex};
        auto& queue = job.is_large ? inside_->large : inside_->queue;
        if (inside_->closing || queue.size() >= (job.is_large ? inside_->options.large : inside_->options.queue)) {
            ++inside_->figures.refused;
            return false;
        }
        queue.push_back(std::move(job));
        ++inside_->figures.jobs;
    }
    inside_->waiting_work.notify_one();
    return true;
}

void Writer::drain()
{
    {
        const std::lock_guard lock{inside_->mutex};
        inside_->closing = true;
    }
    inside_->waiting_work.notify_all();
    const std::lock_guard lock{inside_->joining};
    if (inside_->thread.joinable()) inside_->thread.join();
}

Writer::Figures Writer::figures() const
{
    const std::lock_guard lock{inside_->mutex};
    Figures now = inside_->figures;
    now.waiting = inside_->queue.size() + inside_->large.size();
    return now;
}

} // namespace storage
