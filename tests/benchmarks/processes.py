"""What processes cost: CPU time and memory of a process and all its children, read from /proc."""

import os
from collections import defaultdict
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and its descendants, the finished ones of the process included."""
    ticks = sum(_times(pid)[2:])  # its finished children
    return (ticks + sum(sum(_times(each)[:2]) for each in tree(pid))) / _TICK


def busy_seconds(core: int) -> float:
    """Time a core was not idle since boot, whoever used it; stolen time counts as used."""
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name == f"cpu{core}":
            user, nice, system, _, _, irq, softirq, steal = map(int, ticks[:8])
            return (user + nice + system + irq + softirq + steal) / _TICK
    raise ValueError(f"/proc/stat shows no core {core}")


def resident_bytes(pid: int) -> int:
    """VmRSS of a process and its descendants."""
    found = 0
    for each in tree(pid):
        for line in Path(f"/proc/{each}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                found += int(line.split()[1]) * 1024
    return found


def tree(pid: int) -> list[int]:
    """A process and its descendants."""
    children = defaultdict(list)
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            fields = _fields(int(folder.name))
            if fields:
                children[int(fields[1])].append(int(folder.name))
    found = [pid]
    for each in found:
        found += children[each]
    return found


def _times(pid: int) -> list[int]:
    """utime, stime, cutime, cstime in ticks."""
    return [int(field) for field in _fields(pid)[11:15]] or [0, 0, 0, 0]


def _fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; none if the process has gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
