#include "core/archive.hpp"

namespace core {

std::string_view word(DeletionCause cause)
{
    switch (cause) {
    case DeletionCause::directory: return "directory";
    case DeletionCause::retention: return "retention";
    case DeletionCause::admin: return "admin";
    }
    return {};
}

} // namespace core
