internal import LinuxKernel

/// What this host offers and what Brig has: Docker's object of `info`, as far as Brig has what it tells.
public struct SystemInformation: Encodable, Sendable {
    public let containers: Int
    public let containersRunning: Int
    public let containersStopped: Int
    public let images: Int
    public let driver = "overlay2"
    public let swapLimit: Bool
    /// `1`, or `2` where version 2 has every controller.
    public let cgroupVersion: String
    public let cgroupDriver = "cgroupfs"
    public let kernelVersion: String
    public let architecture: String
    public let processors: Int
    /// Bytes.
    public let memoryTotal: Int64
    public let name: String
    public let serverVersion: String
    public let defaultRuntime: String
    public let rootDirectory: String
    public let runDirectory: String
    public let securityOptions: [String]
    /// What does not work here, and what follows.
    public let warnings: [String]

    enum CodingKeys: String, CodingKey {
        case containers = "Containers"
        case containersRunning = "ContainersRunning"
        case containersStopped = "ContainersStopped"
        case images = "Images"
        case driver = "Driver"
        case swapLimit = "SwapLimit"
        case cgroupVersion = "CgroupVersion"
        case cgroupDriver = "CgroupDriver"
        case kernelVersion = "KernelVersion"
        case architecture = "Architecture"
        case processors = "NCPU"
        case memoryTotal = "MemTotal"
        case name = "Name"
        case serverVersion = "ServerVersion"
        case defaultRuntime = "DefaultRuntime"
        case rootDirectory = "DockerRootDir"
        case runDirectory = "RunDir"
        case securityOptions = "SecurityOptions"
        case warnings = "Warnings"
    }
}

extension Engine {
    /// Asks the host and the store.
    public func information() throws(EngineError) -> SystemInformation {
        let facts = try HostFacts.read()
        let list = try containers(all: true)
        let running = list.count { $0.state == "running" }
        var warnings: [String] = []
        if !facts.countsSwap { warnings.append("No swap limit support: --memory does not limit swap") }
        if !facts.hasAppArmor { warnings.append("No AppArmor: capabilities, seccomp and masks confine alone") }
        if !facts.canRaiseLimits {
            warnings.append("No CAP_SYS_RESOURCE: limits above this process's own cannot be given")
        }
        if !exists(runtime) { warnings.append("\(runtime) is not there: no container can be started") }
        do {
            let system = try SystemName()
            return SystemInformation(
                containers: list.count, containersRunning: running, containersStopped: list.count - running,
                images: try store.images().count, swapLimit: facts.countsSwap,
                cgroupVersion: facts.hasUnifiedCgroups ? "2" : "1", kernelVersion: system.release,
                architecture: system.machine, processors: facts.processors,
                memoryTotal: Self.totalMemory(try readText("/proc/meminfo")), name: system.hostname,
                serverVersion: brigVersion, defaultRuntime: runtime, rootDirectory: locations.root,
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
