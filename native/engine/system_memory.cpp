#include "engine/system_memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>
#elif defined(__APPLE__)
#include <mach/mach.h>
#elif defined(__GLIBC__)
#include <malloc.h>
#endif

namespace lorikeet::engine {
namespace {

#if defined(__linux__)

// The number after `key` in a file of "key value" lines; 0 where it is absent.
uint64_t ReadField(const std::string& path, const std::string& key) {
  std::ifstream file(path);
  for (std::string name; file >> name;) {
    uint64_t value = 0;
    if (name == key && file >> value) return value;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return 0;
}

// What a container (control group, version 2) leaves; the largest number where there is no limit.
// Cached file pages count as available: the kernel gives them up first.
uint64_t ContainerAvailable() {
  constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();
  std::ifstream limit_file("/sys/fs/cgroup/memory.max"), used_file("/sys/fs/cgroup/memory.current");
  uint64_t limit = 0, used = 0;
  if (!(limit_file >> limit) || !(used_file >> used)) return kUnlimited;
  const std::string statistics = "/sys/fs/cgroup/memory.stat";
  used -=
      std::min(used, ReadField(statistics, "inactive_file") + ReadField(statistics, "active_file"));
  return limit - std::min(limit, used);
}

#endif

}  // namespace

uint64_t AvailableMemoryBytes() {
#if defined(__linux__)
  return std::min(ReadField("/proc/meminfo", "MemAvailable:") * 1024, ContainerAvailable());
#elif defined(_WIN32)
  MEMORYSTATUSEX status{};
  status.dwLength = sizeof(status);
  GlobalMemoryStatusEx(&status);
  return status.ullAvailPhys;
#elif defined(__APPLE__)
  vm_statistics64_data_t statistics{};
  mach_msg_type_number_t count = HOST_VM_INFO64_COUNT;
  host_statistics64(mach_host_self(), HOST_VM_INFO64, reinterpret_cast<host_info64_t>(&statistics),
                    &count);
  return (static_cast<uint64_t>(statistics.free_count) + statistics.inactive_count +
          statistics.purgeable_count) *
         vm_kernel_page_size;
#endif
}

void ReturnFreeMemory() {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

}  // namespace lorikeet::engine
