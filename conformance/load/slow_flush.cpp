// Preloaded into a server, makes each of its flushes to disk last longer, so that a machine whose disk acknowledges
// from a cache shows what group commit is worth on one that does not:
//   SLOW_FLUSH_US=2000 LD_PRELOAD=librollcall_slow_flush.so rollcall serve …
#include <chrono>
#include <cstdlib>
#include <dlfcn.h>
#include <thread>

namespace {

using Flush = int (*)(int);

std::chrono::microseconds extra()
{
    static const auto wanted = [] {
        const char* text = std::getenv("SLOW_FLUSH_US");
        return std::chrono::microseconds{text ? std::strtol(text, nullptr, 10) : 2000};
    }();
    return wanted;
}

int late(int file, const char* name)
{
    std::this_thread::sleep_for(extra());
    return reinterpret_cast<Flush>(dlsym(RTLD_NEXT, name))(file);
}

} // namespace

extern "C" int fsync(int file);
extern "C" int fdatasync(int file);

extern "C" int fsync(int file) { return late(file, "fsync"); }
extern "C" int fdatasync(int file) { return late(file, "fdatasync"); }
