internal import LinuxKernel

/// Why a lesson cannot be held here.
public struct LabError: Error, Equatable, CustomStringConvertible {
    public let description: String
}

/// A place to work in that leaves nothing: a mount namespace, a directory that only it shows, and every process that is
/// started there a descendant of this one.
public final class LabSession {
    /// What the steps so far have kept, by name.
    public private(set) var variables: [String: String] = [:]
    private let directory: String

    /// Makes the place.
    ///
    /// The calling process has one thread and no other children, and becomes the reaper of what is started here.
    ///
    /// - Parameters:
    ///   - program: The file of this program, for the steps.
    ///   - runtime: The `brig-runtime` that its containers use.
    /// - Throws: ``LabError`` without the privileges of root, or without a `/bin/sh`.
    public init(program: String, runtime: String) throws {
        guard CallerIdentity.effectiveUid == 0 else {
            throw LabError(
                description: "a lesson needs root: it makes namespaces and control groups (try sudo brig lab)")
        }
        guard (try? mayExecute("/bin/sh")) != nil else {
            throw LabError(description: "a lesson needs /bin/sh, and this machine has none")
        }
        let identifier = "\(CallerIdentity.pid)-\(UInt32.random(in: 0 ... .max))"
        directory = "/tmp/brig-lab-\(identifier)"
        variables = ["LAB": directory, "LAB_ID": identifier, "BRIG_RUNTIME": runtime]
        try ProcessAttribute.setSubreaper()
        try unshare([.mount])
        try setRootPropagation(.slave, recursive: true)
        do {
            try makePlace(program)
        } catch {
            close()
            throw error
        }
    }

    private func makePlace(_ program: String) throws {
        let machine = try OwnedDescriptor(open: "/", [.pathOnly, .directory])
        try machine.makeDirectory(directory, mode: 0o700)
        let files = try DetachedMount.fileSystem("tmpfs", source: "brig-lab", options: ["mode=755", "size=1g"])
        try files.attach(to: try OwnedDescriptor(open: directory, [.pathOnly, .directory]), subject: directory)
        let place = try OwnedDescriptor(open: directory, [.pathOnly, .directory])
        try place.makeDirectory("kept", mode: 0o700)
        // By a mount, so that everybody can execute it, whoever may look into its own directory.
        let mounted = try place.open("brig.program", [.write, .create, .exclusive], mode: 0o755)
        try DetachedMount.copy(
            of: try OwnedDescriptor(open: program, .pathOnly), recursive: false, subject: program
        )

        .attach(to: mounted, subject: "brig.program")
        try place.open("brig", [.write, .create, .exclusive], mode: 0o755)
            .write("#!/bin/sh\nexec \(directory)/brig.program \"$@\"\n")
    }

    /// Runs a step's command in a shell.
    ///
    /// - Parameter seconds: How long it may take before it is killed, where nobody watches.
    public func run(_ command: String, seconds: Int64 = 60) throws -> Outcome {
        let log = try OwnedDescriptor(memoryFile: "output")
        var spawn = Spawn(program: "/bin/sh", arguments: ["sh", "-c", Self.preamble + command])
        spawn.workingDirectory = directory
        spawn.environment =
            callerEnvironment().filter { entry in
                !entry.hasPrefix("LC_ALL=") && !variables.keys.contains { entry.hasPrefix("\($0)=") }
            } + ["LC_ALL=C"] + variables.map { "\($0.key)=\($0.value)" }
        let child = try spawn.start([(log.raw, 1), (log.raw, 2)])
        let status = try child.wait(timeout: .seconds(seconds))
        if status == nil {
            try child.send(.kill)
            _ = try child.wait(timeout: .seconds(5))
        }
        try readKept()
        try log.seek(to: 0)
        let output = String(decoding: try log.readAll(limit: 1 << 22), as: UTF8.self)
        return Outcome(
            succeeded: status?.isSuccess ?? false,
            output: status == nil ? output + "(stopped after \(seconds) seconds)\n" : output)
    }

    /// Ends every process of the lesson, and takes the place away.
    public func close() {
        endProcesses()
        try? removeMount(at: directory)
        try? OwnedDescriptor(open: "/", [.pathOnly, .directory]).removeDirectory(directory)
    }

    /// Kills this process's descendants: whoever loses its parent becomes a child of this process, the reaper.
    public func endProcesses() {
        for _ in 0..<200 {
            let children = Self.children
            guard !children.isEmpty else { return }
            for pid in children {
                guard let process = try? openProcess(pid) else { continue }
                try? send(.kill, to: process)
                _ = try? process.wait(for: .readable, timeout: .seconds(5))
            }
            while (try? Children.reapAny()) != nil {}
        }
    }

    private static var children: [Int32] {
        guard let tasks = try? OwnedDescriptor(open: "/proc/self/task", [.read, .directory]),
            let threads = try? tasks.entries()
        else { return [] }
        return threads.flatMap { thread -> [Int32] in
            guard
                let bytes = try? OwnedDescriptor(open: "/proc/self/task/\(thread.name)/children", .read).readAll(
                    limit: 65_536)
            else { return [] }
            return bytes.split(separator: UInt8(ascii: " ")).compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
        }
    }

    private func readKept() throws {
        let place = try OwnedDescriptor(open: directory + "/kept", [.read, .directory])
        for entry in try place.entries() where entry.name.allSatisfy({ $0.isASCII && ($0.isLetter || $0 == "_") }) {
            let bytes = try place.open(entry.name, [.read, .noFollow]).readAll(limit: 4096)
            variables[entry.name] = String(decoding: bytes, as: UTF8.self)
        }
    }

    /// What every command can use, the reader's own too.
    private static let preamble = """
        PATH=$LAB:$PATH:/usr/sbin:/usr/bin:/sbin:/bin
        image_of_the_host() {
            mkdir -p "$LAB/skeleton/usr"; binds="-v /usr:/usr:ro"
            for d in bin sbin lib lib32 lib64; do
                if [ -L "/$d" ]; then cp -P "/$d" "$LAB/skeleton/$d"
                elif [ -d "/$d" ]; then mkdir "$LAB/skeleton/$d"; binds="$binds -v /$d:/$d:ro"; fi
            done
            keep binds "$binds"
            tar -C "$LAB/skeleton" -c . | brig --root "$LAB/engine" --run-root "$LAB/run" import - lab >/dev/null
        }
        in_a_container() { brig --root "$LAB/engine" --run-root "$LAB/run" run --rm --network none $binds "$@"; }
        keep() { printf %s "$2" >"$LAB/kept/$1"; eval "$1=\\$2"; }
        soon() {
            tries=0
            until "$@" >/dev/null 2>&1; do
                tries=$((tries + 1)); [ $tries -lt 400 ] || { echo "never came true: $*" >&2; return 1; }
                sleep 0.02
            done
        }
        child_of() { cat "/proc/$1/task/$1/children" | cut -d ' ' -f 1; }
        has_child() { [ -n "$(child_of "$1")" ]; }
        runs() { [ "$(cat "/proc/$1/comm")" = "$2" ]; }
        root_of_the_host() {
            mkdir -p "$1/proc" "$1/tmp" "$1/usr" "$1/old"; mount --rbind /usr "$1/usr"
            for d in bin sbin lib lib32 lib64; do
                if [ -L "/$d" ]; then cp -P "/$d" "$1/$d"
                elif [ -d "/$d" ]; then mkdir -p "$1/$d"; mount --rbind "/$d" "$1/$d"; fi
            done
        }
        set -e

        """
}
