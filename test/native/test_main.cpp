// Runs the registered tests. Arguments: [--quick] [--times] [text that a test's name must contain].
// --quick leaves out "long/..."; --times prints what took over a second of processor time.
#include <cstdio>
#include <cstring>
#include <ctime>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "test.h"

namespace lorikeet::testing {
namespace {

std::vector<std::pair<std::string, std::function<void()>>>& Tests() {
  static std::vector<std::pair<std::string, std::function<void()>>> tests;
  return tests;
}

int failures_of_test = 0;

}  // namespace

Registration::Registration(const char* name, std::function<void()> body) {
  Tests().emplace_back(name, std::move(body));
}

void ReportFailure(const char* file, int line, const std::string& what) {
  failures_of_test++;
  std::fprintf(stderr, "  %s:%d: %s\n", file, line, what.c_str());
}

}  // namespace lorikeet::testing

int main(int argc, char** argv) {
  using namespace lorikeet::testing;
  bool quick = false, times = false;
  std::string filter;
  for (int i = 1; i < argc; i++) {
    if (std::strcmp(argv[i], "--quick") == 0) {
      quick = true;
    } else if (std::strcmp(argv[i], "--times") == 0) {
      times = true;
    } else {
      filter = argv[i];
    }
  }
  int passed = 0, failed = 0, skipped = 0;
  for (const auto& [name, body] : Tests()) {
    if (name.find(filter) == std::string::npos) continue;
    if (quick && name.starts_with("long/")) {
      skipped++;
      continue;
    }
    failures_of_test = 0;
    const std::clock_t start = std::clock();
    try {
      body();
    } catch (const Failure&) {
      // already reported
    } catch (const std::exception& error) {
      ReportFailure("(exception)", 0, error.what());
    }
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    if (times && seconds > 1) std::printf("%6.1f s  %s\n", seconds, name.c_str());
    if (failures_of_test > 0) {
      failed++;
      std::fprintf(stderr, "FAILED %s\n", name.c_str());
    } else {
      passed++;
    }
  }
  std::printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
  return failed > 0 || passed == 0 ? 1 : 0;
}
