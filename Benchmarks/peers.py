"""Engines in turn on one machine, in namespaces of a script's own: what `builds` and `compose` share."""
import os, shutil, statistics, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.realpath(__file__))
BRIG = os.path.realpath(os.environ.get("BENCH_BRIG", f"{HERE}/../bin/brig"))
WITHOUT = os.environ.get("BENCH_WITHOUT", "").split()


def run(words, **more):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, **more)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: {(done.stderr + done.stdout).decode(errors='replace')[-1500:]}")
    return done.stdout.decode(errors="replace").strip()


def worked():
    """Seconds that this machine's processors have worked: user, nice, system, irq and softirq."""
    fields = [int(field) for field in open("/proc/stat").readline().split()[1:]]
    return (sum(fields[:3]) + sum(fields[5:7])) / os.sysconf("SC_CLK_TCK")


def settle():
    """Waits, at most ten seconds, until the processors rest: what one engine leaves behind it (a daemon that tidies up, the kernel
    that takes a network namespace apart) is not what the next one is measured by."""
    for _ in range(50):
        before = worked()
        time.sleep(0.2)
        if worked() - before <= 0.02:
            return


def timed(words, **more):
    settle()
    start = time.monotonic()
    run(words, **more)
    return time.monotonic() - start


def has_docker():
    return "docker" not in WITHOUT and os.path.exists("/usr/sbin/dockerd") and os.path.exists("/usr/bin/docker")


class Docker:
    """A dockerd with everything of its own."""

    def __init__(self, work):
        self.address = f"unix://{work}/socket"
        self.words = ["/usr/bin/docker", "--host", self.address]
        open(f"{work}/daemon.json", "w").write("{}")
        self.process = subprocess.Popen(
            ["/usr/sbin/dockerd", "--config-file", f"{work}/daemon.json", "--data-root", f"{work}/docker", "--exec-root",
             f"{work}/exec", "--pidfile", f"{work}/pid", "--host", self.address, "--storage-driver", "overlay2"],
            stdout=open(f"{work}/dockerd.log", "w"), stderr=subprocess.STDOUT)
        for _ in range(300):
            if subprocess.run([*self.words, "version"], capture_output=True).returncode == 0:
                return
            time.sleep(0.1)
        raise SystemExit(open(f"{work}/dockerd.log").read()[-2000:])

    def end(self):
        for container in run([*self.words, "ps", "-aq"]).split():
            subprocess.run([*self.words, "rm", "-f", container], capture_output=True)
        self.process.terminate()
        self.process.wait()


def shown(title, times):
    """Medians, in brackets minima, and how brig stands to each of the others."""
    best = {name: statistics.median(values) for name, values in times.items()}
    print(f"{title:30}" + "  ".join(f"{name} {best[name]:.3f} s ({min(times[name]):.3f})" for name in times)
          + "".join(f"  /{name} {best['brig'] / best[name]:.2f}" for name in times if name != "brig"), flush=True)


def inside(body):
    """Calls body(work) in mount and network namespaces of its own, with a file system in memory."""
    if os.environ.get("BENCH_INSIDE") != "1":
        os.environ["BENCH_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--net", "--propagation", "private", sys.executable, *sys.argv])
    work = tempfile.mkdtemp(prefix="brig-bench-", dir="/tmp")
    run(["mount", "-t", "tmpfs", "-o", "size=6g,mode=755", "bench", work])
    run(["mount", "-t", "tmpfs", "-o", "mode=755", "bench", "/run"])
    run(["ip", "link", "set", "lo", "up"])
    open("/proc/sys/net/ipv4/ip_forward", "w").write("1")
    try:
        body(work)
    finally:
        subprocess.run(["umount", "-l", "/run"])
        subprocess.run(["umount", "-R", "-l", work])
        os.rmdir(work)
