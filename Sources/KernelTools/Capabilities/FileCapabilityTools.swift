internal import Capabilities
internal import CommandLineUI
internal import LinuxKernel

/// `getcap`: what files grant. Source: getcap(8) of libcap 2.66.
let getcapTool = Tool(
    "getcap", "Display the capabilities of files.",
    operands: "<filename> [<filename> ...]",
    options: [
        ToolOption("n", nil, "show the user namespace that a file's capabilities are for, too"),
        ToolOption("r", nil, "search directories, all that is below"),
        ToolOption("v", nil, "show files without capabilities, too"),
    ],
    run: { options, _ in
        guard !options.operands.isEmpty else { throw ToolFailure("no file given") }
        for path in options.operands {
            do throws(SyscallError) {
                try FileCapabilityWalk(options).show(path)
            } catch {
                // As the original: said, and no failure of the whole.
                Output.write(Array("getcap: \(Table.printable(path)): \(error.code)\n".utf8), to: .error)
            }
        }
        return 0
    })

private struct FileCapabilityWalk {
    let all: Bool
    let descends: Bool
    let showsRoot: Bool

    init(_ options: ToolOptions) {
        all = options.has("v")
        descends = options.has("r")
        showsRoot = options.has("n")
    }

    func show(_ path: String) throws(SyscallError) {
        var pending = [path]
        var isFirst = true
        while let next = pending.popLast() {
            do throws(SyscallError) {
                let file = try OwnedDescriptor(open: next, [.pathOnly, .noFollow])
                let status = try file.status()
                // By the descriptor: the path may lead elsewhere by now.
                let found = "/proc/self/fd/\(file.raw)"
                if status.isDirectory, descends {
                    let names = try OwnedDescriptor(open: found, [.read, .directory]).entries().map(\.name)
                    pending += names.sorted(by: >).map { next.hasSuffix("/") ? next + $0 : "\(next)/\($0)" }
                } else if status.isRegularFile {
                    line(next, try OwnedDescriptor(open: found, [.read, .nonBlocking]).fileCapabilitiesOrNil())
                }
            } catch {
                // What lies below and cannot be read, or went away, is passed over: only what was named is an error.
                if isFirst { throw error }
            }
            isFirst = false
        }
    }

    private func line(_ path: String, _ capabilities: FileCapabilities?) {
        guard let capabilities else {
            if all { Output.line(Table.printable(path)) }
            return
        }
        let root = showsRoot ? capabilities.rootID.map { " [rootid=\($0)]" } ?? "" : ""
        Output.line("\(Table.printable(path)) \(CapabilityState(capabilities))\(root)")
    }
}

extension OwnedDescriptor {
    /// What the file grants; an attribute that cannot be understood grants nothing.
    fileprivate borrowing func fileCapabilitiesOrNil() throws(SyscallError) -> FileCapabilities? {
        try extendedAttribute(FileCapabilities.attribute).flatMap { try? FileCapabilities(attribute: $0) }
    }
}

/// `setcap`: have files grant capabilities. Source: setcap(8) of libcap 2.66.
let setcapTool = Tool(
    "setcap", "Set the capabilities of files.",
    operands: "(-r|-|<caps>) <filename> [ ... (-r|-|<capsN>) <filenameN> ]",
    takesAllWords: true,
    remarks: """
         -q          quietly
         -v          verify that the file has these, and change nothing
         -n <rootid> for user namespaces whose user 0 is <rootid> outside
         -r          remove capabilities from the file
         -           read the capabilities from standard input
         <caps>      as in cap_from_text(3): cap_net_raw+ep
        """,
    run: { options, _ in
        var settings = FileCapabilitySetting()
        return try settings.carryOut(options.operands)
    })

private struct FileCapabilitySetting {
    var isQuiet = false
    var verifies = false
    var rootID: UInt32?

    mutating func carryOut(_ words: [String]) throws -> Int32 {
        var rest = words[...]
        var done = 0
        var status: Int32 = 0
        while let word = rest.popFirst() {
            switch word {
            case "-q": isQuiet = true
            case "-v": verifies = true
            case "-n":
                guard let text = rest.popFirst(), let number = UInt32(text), number > 0 else {
                    throw ToolFailure("-n needs the id of a user other than 0")
                }
                rootID = number
            default:
                guard let path = rest.popFirst() else { throw ToolFailure("no file given for '\(word)'") }
                let wanted = word == "-r" ? nil : try state(word).file(rootID: rootID)
                if try !apply(wanted, to: path) { status = 1 }
                done += 1
            }
        }
        guard done > 0 else { throw ToolFailure("needs capabilities and a file: see brig setcap --help") }
        return status
    }

    private func state(_ word: String) throws -> CapabilityState {
        var text = word
        if word == "-" {
            Output.write(Array("Please enter caps for file [empty line to end]:\n".utf8), to: .error)
            text = try Self.enteredText()
        }
        return try CapabilityState(parsing: text.split(whereSeparator: \.isWhitespace).joined(separator: " "))
    }

    /// The lines on standard input up to an empty one, which belong to one `-`; what follows is the next one's.
    private static func enteredText() throws -> String {
        let input = try StandardDescriptors.input()
        var lines: [[UInt8]] = [[]]
        while let byte = try input.read(upTo: 1).first {
            if byte != UInt8(ascii: "\n") {
                lines[lines.count - 1].append(byte)
                guard lines.count < 64, lines[lines.count - 1].count < 4096 else {
                    throw ToolFailure("standard input: too long for the text of capabilities")
                }
            } else if lines.last?.isEmpty == true {
                break
            } else {
                lines.append([])
            }
        }
        let text = lines.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw ToolFailure("no capabilities were entered on standard input")
        }
        return text
    }

    /// - Returns: False if a file that was to be verified has others.
    private func apply(_ wanted: FileCapabilities?, to path: String) throws -> Bool {
        do {
            let file = try OwnedDescriptor(open: path, [.read, .noFollow, .nonBlocking])
            guard try file.status().isRegularFile else {
                throw ToolFailure("\(path): a regular file is needed, and no symbolic link")
            }
            if verifies {
                let present = try file.fileCapabilities()
                let sets = [present, wanted].map { $0.map { CapabilityState($0) } ?? CapabilityState() }
                let differing =
                    (sets[0].permitted == sets[1].permitted ? "" : "p")
                    + (sets[0].inheritable == sets[1].inheritable ? "" : "i")
                    + (sets[0].effective == sets[1].effective ? "" : "e")
                if !isQuiet {
                    let name = Table.printable(path)
                    Output.line(differing.isEmpty ? "\(name): OK" : "\(name) differs in [\(differing)]")
                }
                return differing.isEmpty
            }
            if wanted == nil, try file.extendedAttribute(FileCapabilities.attribute) == nil {
                throw ToolFailure("File '\(path)' has no capability to remove")
            }
            try file.setFileCapabilities(wanted)
            return true
        } catch let error as SyscallError {
            throw ToolFailure("Failed to set capabilities on file '\(path)': \(error.code)")
        }
    }
}
