// How the benchmark programs begin: what they throw is a line on stderr and exit code 1.
#pragma once

#include <cstdio>
#include <exception>

namespace lorikeet::bench {

inline int RunProgram(int (*body)(int, char**), int argc, char** argv) {
  try {
    return body(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

}  // namespace lorikeet::bench
