import LinuxKernel

// brig-runtime: an OCI runtime with runc's command line.
endProcess(runProgram(Array(CommandLine.arguments.dropFirst())))
