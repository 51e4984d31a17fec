import ArgumentParser
import CommandLineUI
import Engine
import LinuxKernel

// Parse, call, print, exit code. A closed standard descriptor would let a file of the engine's take its number.
try? StandardDescriptors.openMissing()
exitNow(
    BrigCommand.main(
        programName: CommandLine.arguments.first ?? "brig", arguments: Array(CommandLine.arguments.dropFirst())))
