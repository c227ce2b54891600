#include "loader/usage.hpp"

#include <unistd.h>

#include <ctime>
#include <fstream>
#include <string>

namespace statelink::benchmarks {
namespace {

double read_clock(clockid_t id) noexcept {
  timespec t{};
  return ::clock_gettime(id, &t) == 0 ? static_cast<double>(t.tv_sec) + t.tv_nsec * 1e-9 : 0.0;
}

}  // namespace

double now() noexcept { return read_clock(CLOCK_MONOTONIC); }

// In nanoseconds, where /proc/PID/stat has ticks of 10 ms.
double cpu_of(std::vector<pid_t> const& processes) noexcept {
  double sum = 0;
  for (pid_t const process : processes) {
    clockid_t id{};
    if (::clock_getcpuclockid(process, &id) == 0) sum += read_clock(id);
  }
  return sum;
}

double own_cpu() noexcept { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }

double machine_cpu() {
  std::ifstream stat("/proc/stat");
  std::string name;
  double user = 0;
  double nice = 0;
  double system = 0;
  double idle = 0;
  double waiting = 0;
  double irq = 0;
  double softirq = 0;
  double steal = 0;
  stat >> name >> user >> nice >> system >> idle >> waiting >> irq >> softirq >> steal;
  double const ticks = user + nice + system + irq + softirq + steal;
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double rss_of(std::vector<pid_t> const& processes) {
  double sum = 0;
  double const page = static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
  for (pid_t const process : processes) {
    std::ifstream statm("/proc/" + std::to_string(process) + "/statm");
    double size = 0;
    double resident = 0;
    if (statm >> size >> resident) sum += resident * page;
  }
  return sum;
}

}  // namespace statelink::benchmarks
