#include "operands.h"
#include "sections.h"

namespace envlock::blas {
namespace {

using Fill = void (*)(Floats&, std::uint32_t);

void compute_products(const std::string& name, Fill fill, bool exact, const Product& product, Reference& reference,
                      std::size_t shift, probe::TierRun& run) {
  std::vector<probe::OpInfo> infos;
  std::vector<core::Sha256> roots;
  std::uint32_t number = 0;
  for (const Shape& shape : battery_shapes()) {
    Operands operands(shape, shift);
    fill(operands.a, number++);
    fill(operands.b, number++);
    product(operands.gemm());
    infos.push_back({name_of(shape), probe::ElementType::f32, {shape.M, shape.N}});
    roots.push_back(digest_of(operands.c.words()));
    const probe::Place place{name, -1, infos.back().name};
    if (auto wrong = find_wrong(reference, operands.gemm(), operands.c.data(), exact, place)) {
      run.wrong.push_back(std::move(*wrong));
    }
  }
  probe::SectionBuilder section(name, std::move(infos), {});
  section.add(roots);
  run.sections.push_back(section.finish());
}

}  // namespace

void compute_integers(const Product& product, Reference& reference, std::size_t shift, probe::TierRun& run) {
  compute_products("integers", fill_integers, true, product, reference, shift, run);
}

void compute_battery(const Product& product, Reference& reference, std::size_t shift, probe::TierRun& run) {
  compute_products("battery", fill_uniform, false, product, reference, shift, run);
}

}  // namespace envlock::blas
