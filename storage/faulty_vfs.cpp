#include "storage/faulty_vfs.hpp"

#include <sqlite3.h>

#include <atomic>
#include <cstring>
#include <new>

namespace storage::testing {

namespace {

std::atomic<Fault> armed{Fault::none};
std::atomic<int> left{0};
std::atomic<bool> broken{false};

// True for the n-th passage and all after it.
bool breaks(Fault fault)
{
    if (armed.load() != fault) return false;
    if (left.fetch_sub(1) > 1) return false;
    broken = true;
    return true;
}

// SQLite allocates szOsFile bytes: our head, then the file of the layer below.
struct FaultyFile {
    sqlite3_file head;
    sqlite3_file* below() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

sqlite3_file* below(sqlite3_file* file) { return reinterpret_cast<FaultyFile*>(file)->below(); }

int write(sqlite3_file* file, const void* data, int bytes, sqlite3_int64 offset)
{
    if (breaks(Fault::disk_full)) return SQLITE_FULL;
    if (breaks(Fault::write_error)) return SQLITE_IOERR_WRITE;
    return below(file)->pMethods->xWrite(below(file), data, bytes, offset);
}

int sync(sqlite3_file* file, int flags)
{
    if (breaks(Fault::sync_error)) return SQLITE_IOERR_FSYNC;
    return below(file)->pMethods->xSync(below(file), flags);
}

// Forwards a method with its arguments as they are.
template<auto Method, class... Arguments>
auto forward(sqlite3_file* file, Arguments... arguments)
{
    return (below(file)->pMethods->*Method)(below(file), arguments...);
}

const sqlite3_io_methods methods = {
    .iVersion = 3,
    .xClose = forward<&sqlite3_io_methods::xClose>,
    .xRead = forward<&sqlite3_io_methods::xRead, void*, int, sqlite3_int64>,
    .xWrite = write,
    .xTruncate = forward<&sqlite3_io_methods::xTruncate, sqlite3_int64>,
    .xSync = sync,
    .xFileSize = forward<&sqlite3_io_methods::xFileSize, sqlite3_int64*>,
    .xLock = forward<&sqlite3_io_methods::xLock, int>,
    .xUnlock = forward<&sqlite3_io_methods::xUnlock, int>,
    .xCheckReservedLock = forward<&sqlite3_io_methods::xCheckReservedLock, int*>,
    .xFileControl = forward<&sqlite3_io_methods::xFileControl, int, void*>,
    .xSectorSize = forward<&sqlite3_io_methods::xSectorSize>,
    .xDeviceCharacteristics = forward<&sqlite3_io_methods::xDeviceCharacteristics>,
    .xShmMap = forward<&sqlite3_io_methods::xShmMap, int, int, int, void volatile**>,
    .xShmLock = forward<&sqlite3_io_methods::xShmLock, int, int, int>,
    .xShmBarrier = forward<&sqlite3_io_methods::xShmBarrier>,
    .xShmUnmap = forward<&sqlite3_io_methods::xShmUnmap, int>,
    .xFetch = forward<&sqlite3_io_methods::xFetch, sqlite3_int64, int, void**>,
    .xUnfetch = forward<&sqlite3_io_methods::xUnfetch, sqlite3_int64, void*>,
};

int open(sqlite3_vfs* self, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags)
{
    auto* const real = static_cast<sqlite3_vfs*>(self->pAppData);
    auto* const faulty = new (file) FaultyFile{};
    faulty->below()->pMethods = nullptr;
    const int code = real->xOpen(real, name, faulty->below(), flags, out_flags);
    faulty->head.pMethods = faulty->below()->pMethods == nullptr ? nullptr : &methods;
    return code;
}

} // namespace

std::string faulty_vfs()
{
    static sqlite3_vfs vfs = [] {
        sqlite3_vfs* const real = sqlite3_vfs_find(nullptr);
        sqlite3_vfs made = *real;
        made.pNext = nullptr;
        made.zName = "rollcall-faulty";
        made.pAppData = real;
        made.szOsFile = static_cast<int>(sizeof(FaultyFile)) + real->szOsFile;
        made.xOpen = open;
        return made;
    }();
    static const int registered = sqlite3_vfs_register(&vfs, 0);
    return registered == SQLITE_OK ? vfs.zName : "";
}

void break_at(Fault fault, int nth)
{
    broken = false;
    left = nth;
    armed = fault;
}

void mend() { armed = Fault::none; }

bool has_broken() { return broken; }

} // namespace storage::testing
