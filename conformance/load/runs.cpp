#include "conformance/load/runs.hpp"

namespace conformance::load {

Run measure(Contestant& side, const Shape& shape, std::size_t connections, const Bounds& bounds)
{
    double before = 0;
    double after = 0;
    const Watch watch{.begins = [&] { before = cpu_seconds(side.pid()); },
                      .ends = [&] { after = cpu_seconds(side.pid()); },
                      .answer = {}};
    Run run;
    run.outcome = side.run(shape, connections, bounds, watch);
    if (run.outcome.requests > 0) run.cpu = (after - before) * 1000 / static_cast<double>(run.outcome.requests);
    run.resident = static_cast<double>(memory_of(side.pid()).resident) / 1024;
    return run;
}

} // namespace conformance::load
