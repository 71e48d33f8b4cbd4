#include "core/licence.hpp"

#include "core/base/text.hpp"
#include "core/record_doc.hpp"

namespace core {

Record to_record(const Licence& licence)
{
    return {.key = licence.id,
            .name = fold(licence.name),
            .ref = {},
            .due = {},
            .doc = {{"name", licence.name},
                    {"seats", doc::value(licence.seats)},
                    {"used", licence.used},
                    {"automatic", licence.is_automatic},
                    {"createdAt", doc::value(licence.created)}}};
}

Licence Licence::from_record(const Record& record)
{
    Licence licence;
    licence.id = record.key;
    licence.name = doc::text(record.doc, "name");
    licence.seats = doc::maybe_integer(record.doc, "seats");
    licence.used = doc::integer(record.doc, "used");
    licence.is_automatic = doc::truth(record.doc, "automatic");
    licence.created = doc::instant(record.doc, "createdAt");
    return licence;
}

} // namespace core
