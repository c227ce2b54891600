// Time, and what processes have used of the machine.
#pragma once

#include <sys/types.h>

#include <vector>

namespace statelink::benchmarks {

/// Seconds of a steady clock.
double now() noexcept;

/// Seconds of CPU (user and system, all threads) that these processes have used; one that has ended
/// counts nothing.
double cpu_of(std::vector<pid_t> const& processes) noexcept;
double own_cpu() noexcept;
/// Of all processes of the machine, the kernel's own work and stolen time included.
double machine_cpu();

/// KiB of resident memory.
double rss_of(std::vector<pid_t> const& processes);

}  // namespace statelink::benchmarks
