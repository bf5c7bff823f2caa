// How much main memory there is to take, and giving it back.
#pragma once

#include <cstdint>

namespace lorikeet::engine {

// Bytes of main memory that can be had without swapping, the limits of a container included. Any
// thread.
uint64_t AvailableMemoryBytes();

// Gives memory that was freed back to the system, after much of it was. (glibc keeps buffers of up
// to 32 MiB in its heaps once one of their size was freed.) Takes milliseconds. Any thread.
void ReturnFreeMemory();

}  // namespace lorikeet::engine
