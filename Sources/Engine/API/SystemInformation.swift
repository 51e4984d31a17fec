internal import LinuxKernel

/// What this host offers and what Brig has: Docker's object of `info`, as far as Brig has what it tells.
public struct SystemInformation: Encodable, Sendable {
    public let containers: Int
    public let containersRunning: Int
    public let containersPaused: Int
    public let containersStopped: Int
    public let images: Int
    public let driver = "overlay2"
    /// Names with values.
    public let driverStatus: [[String]]
    public let plugins: Plugins
    public let memoryLimit = true
    public let swapLimit: Bool
    /// `1`, or `2` where version 2 has every controller.
    public let cgroupVersion: String
    public let cgroupDriver = "cgroupfs"
    public let cpuCfsPeriod = true
    public let cpuCfsQuota = true
    public let cpuShares = true
    public let cpuSet = true
    public let pidsLimit = true
    public let oomKillDisable: Bool
    public let ipv4Forwarding: Bool
    public let debug = false
    public let systemTime: String
    public let loggingDriver = "json-file"
    public let kernelVersion: String
    /// As the host's os-release says it.
    public let operatingSystem: String
    public let osVersion: String
    public let osType = "linux"
    public let architecture: String
    public let indexServerAddress = "https://index.docker.io/v1/"
    public let processors: Int
    /// Bytes.
    public let memoryTotal: Int64
    public let name: String
    public let labels: [String] = []
    public let experimentalBuild = false
    public let serverVersion: String
    public let runtimes: [String: Runtime]
    public let defaultRuntime = "brig-runtime"
    public let swarm = Swarm()
    public let liveRestoreEnabled = true
    public let isolation = ""
    public let initBinary = "brig-runtime"
    public let rootDirectory: String
    public let runDirectory: String
    public let securityOptions: [String]
    /// What does not work here, and what follows.
    public let warnings: [String]

    enum CodingKeys: String, CodingKey {
        case containers = "Containers"
        case containersRunning = "ContainersRunning"
        case containersPaused = "ContainersPaused"
        case containersStopped = "ContainersStopped"
        case images = "Images"
        case driver = "Driver"
        case driverStatus = "DriverStatus"
        case plugins = "Plugins"
        case memoryLimit = "MemoryLimit"
        case swapLimit = "SwapLimit"
        case cpuCfsPeriod = "CpuCfsPeriod"
        case cpuCfsQuota = "CpuCfsQuota"
        case cpuShares = "CPUShares"
        case cpuSet = "CPUSet"
        case pidsLimit = "PidsLimit"
        case ipv4Forwarding = "IPv4Forwarding"
        case debug = "Debug"
        case oomKillDisable = "OomKillDisable"
        case systemTime = "SystemTime"
        case loggingDriver = "LoggingDriver"
        case cgroupVersion = "CgroupVersion"
        case cgroupDriver = "CgroupDriver"
        case kernelVersion = "KernelVersion"
        case operatingSystem = "OperatingSystem"
        case osVersion = "OSVersion"
        case osType = "OSType"
        case architecture = "Architecture"
        case indexServerAddress = "IndexServerAddress"
        case processors = "NCPU"
        case memoryTotal = "MemTotal"
        case name = "Name"
        case labels = "Labels"
        case experimentalBuild = "ExperimentalBuild"
        case serverVersion = "ServerVersion"
        case runtimes = "Runtimes"
        case defaultRuntime = "DefaultRuntime"
        case swarm = "Swarm"
        case liveRestoreEnabled = "LiveRestoreEnabled"
        case isolation = "Isolation"
        case initBinary = "InitBinary"
        case rootDirectory = "DockerRootDir"
        case runDirectory = "RunDir"
        case securityOptions = "SecurityOptions"
        case warnings = "Warnings"
    }

    /// What can be chosen by name.
    public struct Plugins: Encodable, Sendable {
        public let volume = ["local"]
        public let network = ["bridge", "host", "macvlan", "null"]
        public let log = ["json-file", "local", "none"]

        enum CodingKeys: String, CodingKey {
            case volume = "Volume"
            case network = "Network"
            case log = "Log"
        }
    }

    /// A runtime as Docker lists it.
    public struct Runtime: Encodable, Sendable {
        /// Of its program on the host.
        public let path: String
    }

    /// There is none; tools ask.
    public struct Swarm: Encodable, Sendable {
        public let localNodeState = "inactive"

        enum CodingKeys: String, CodingKey {
            case localNodeState = "LocalNodeState"
        }
    }
}

extension Engine {
    /// Asks the host and the store.
    public func information() throws(EngineError) -> SystemInformation {
        let facts = try HostFacts.read()
        let list = try containers(all: true)
        let running = list.count { $0.state == "running" }
        let paused = list.count { $0.state == "paused" }
        var warnings: [String] = []
        if !facts.countsSwap { warnings.append("No swap limit support: --memory does not limit swap") }
        if !facts.hasAppArmor { warnings.append("No AppArmor: capabilities, seccomp and masks confine alone") }
        if !facts.canRaiseLimits {
            warnings.append("No CAP_SYS_RESOURCE: limits above this process's own cannot be given")
        }
        if !exists(runtime) { warnings.append("\(runtime) is not there: no container can be started") }
        // Only for show: a host may have no such file.
        let releases = (try? readText("/etc/os-release")) ?? (try? readText("/usr/lib/os-release")) ?? ""
        func release(_ key: String) -> String? {
            releases.split(separator: "\n").first { $0.hasPrefix("\(key)=") }.map { line in
                String(line.dropFirst(key.utf8.count + 1)).filter { $0 != "\"" }
            }
        }
        do {
            let system = try SystemName()
            return SystemInformation(
                containers: list.count, containersRunning: running, containersPaused: paused,
                containersStopped: list.count - running - paused, images: try store.images().count,
                driverStatus: [["Backing", "overlay"], ["Supports d_type", "true"]], plugins: .init(),
                swapLimit: facts.countsSwap, cgroupVersion: facts.hasUnifiedCgroups ? "2" : "1",
                oomKillDisable: !facts.hasUnifiedCgroups,
                ipv4Forwarding: (try? readText("/proc/sys/net/ipv4/ip_forward"))?.first == "1",
                systemTime: Timestamp.now.description, kernelVersion: system.release,
                operatingSystem: release("PRETTY_NAME") ?? "Linux", osVersion: release("VERSION_ID") ?? "",
                architecture: system.machine, processors: facts.processors,
                memoryTotal: Self.totalMemory(try readText("/proc/meminfo")), name: system.hostname,
                serverVersion: brigVersion, runtimes: ["brig-runtime": .init(path: runtime)],
                rootDirectory: locations.root,
                runDirectory: locations.runRoot,
                securityOptions: (facts.hasAppArmor ? ["name=apparmor"] : []) + ["name=seccomp,profile=builtin"],
                warnings: warnings)
        } catch {
            throw .wrapping(error, while: "look at this host")
        }
    }

    /// Bytes, from the line `MemTotal:  16384 kB`.
    static func totalMemory(_ text: String) -> Int64 {
        let line = text.split(separator: "\n").first { $0.hasPrefix("MemTotal:") }
        let kibibytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int64($0) } ?? 0
        return kibibytes.multipliedReportingOverflow(by: 1024).overflow ? .max : kibibytes * 1024
    }
}
