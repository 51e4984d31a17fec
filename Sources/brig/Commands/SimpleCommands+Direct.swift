// What people and scripts mostly write, read without a grammar, which takes longer than to look for a container.

extension StopCommand: DirectCommand {
    static func taking(_ words: [String]) -> Self? {
        var command = Self()
        (command.time, command.signal, command.containers) = (nil, nil, [])
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "-t", "--time", "--timeout":
                guard let value = rest.popFirst(), !value.hasPrefix("-"), let seconds = Int(value) else { return nil }
                command.time = seconds
            case _ where word.hasPrefix("-"): return nil
            default: command.containers.append(word)
            }
        }
        return command.containers.isEmpty ? nil : command
    }
}

extension RmCommand: DirectCommand {
    static func taking(_ words: [String]) -> Self? {
        var command = Self()
        (command.force, command.volumes, command.containers) = (false, false, [])
        for word in words {
            switch word {
            case "-f", "--force": command.force = true
            case "-v", "--volumes": command.volumes = true
            case "-fv", "-vf": (command.force, command.volumes) = (true, true)
            case _ where word.hasPrefix("-"): return nil
            default: command.containers.append(word)
            }
        }
        return command.containers.isEmpty ? nil : command
    }
}
