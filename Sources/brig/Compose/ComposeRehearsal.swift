import ArgumentParser

/// `--dry-run` behind a command's name, as before it.
struct ComposeRehearsal: ParsableArguments {
    @Flag(help: "Say what would be done, and do nothing.") var dryRun = false

    mutating func validate() { if dryRun { ComposeGlobals.current.dryRun = true } }
}
