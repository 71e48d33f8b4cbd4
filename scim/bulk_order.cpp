#include "scim/bulk_order.hpp"

#include <algorithm>

namespace scim::bulk {

namespace {

class Search {
public:
    Search(std::size_t count, const Needs& needs) : needs_{needs}, nodes_(count) {}

    std::vector<std::vector<std::size_t>> units()
    {
        for (std::size_t i = 0; i < nodes_.size(); ++i)
            if (nodes_[i].order == 0) visit(i);
        return std::move(units_);
    }

private:
    struct Node {
        std::size_t order = 0; // when it was first seen; 0: not yet
        std::size_t low = 0;   // the earliest it leads back to
        std::size_t next = 0;  // which of its needs to look at next
        bool is_open = false;  // its circle is not known yet
    };

    void enter(std::size_t i)
    {
        nodes_[i].order = nodes_[i].low = ++seen_;
        nodes_[i].is_open = true;
        open_.push_back(i);
        way_.push_back(i);
    }

    void visit(std::size_t start)
    {
        enter(start);
        while (!way_.empty()) {
            const auto i = way_.back();
            auto& node = nodes_[i];
            const auto& needs = needs_(i);
            if (node.next < needs.size()) {
                const auto need = needs[node.next++];
                if (nodes_[need].order == 0)
                    enter(need);
                else if (nodes_[need].is_open)
                    node.low = std::min(node.low, nodes_[need].order);
                continue;
            }
            way_.pop_back();
            if (!way_.empty()) nodes_[way_.back()].low = std::min(nodes_[way_.back()].low, node.low);
            if (node.low == node.order) close(i);
        }
    }

    // Everything opened since `first` is its circle.
    void close(std::size_t first)
    {
        const auto begin = std::find(open_.rbegin(), open_.rend(), first).base() - 1;
        std::vector<std::size_t> unit{begin, open_.end()};
        open_.erase(begin, open_.end());
        for (const auto each : unit) nodes_[each].is_open = false;
        std::sort(unit.begin(), unit.end());
        units_.push_back(std::move(unit));
    }

    const Needs& needs_;
    std::vector<Node> nodes_;
    std::vector<std::size_t> open_;
    std::vector<std::size_t> way_;
    std::vector<std::vector<std::size_t>> units_;
    std::size_t seen_ = 0;
};

} // namespace

std::vector<std::vector<std::size_t>> in_order_of_need(std::size_t count, const Needs& needs)
{
    return Search{count, needs}.units();
}

} // namespace scim::bulk
