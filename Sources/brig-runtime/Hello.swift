import HelloReport
import LinuxKernel

/// Tells what this process sees of itself, if that is what was asked: by the program's name, as in the embedded image
/// `hello`, or as `brig-runtime hello`.
///
/// - Returns: The exit status; `nil` for every other command line.
func helloStatus(_ arguments: [String]) -> Int32? {
    let name = arguments.first.map { $0.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) } }
    guard name == "hello" || (arguments.count == 2 && arguments[1] == "hello") else { return nil }
    do {
        try StandardDescriptors.print(HelloReport.ofCaller().text)
        return 0
    } catch {
        return 1
    }
}
