import LinuxKernel
import Monitor

// brig-runtime: an OCI runtime with runc's command line.

// A monitor that has executed itself anew goes on before anything is set up that it would keep.
if let status = Monitor.resume(CommandLine.arguments) { endProcess(status) }
if let status = Monitor.waitToExecute(CommandLine.arguments) { endProcess(status) }
endProcess(runProgram(Array(CommandLine.arguments.dropFirst())))
