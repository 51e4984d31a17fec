internal import Archive
internal import Engine
internal import LinuxKernel

/// Does what writes a result, and says which disk is full, and not which descriptor could not be written to.
///
/// - Parameter place: Where the result goes: a directory or a file of the host's.
func writing<Value>(to place: String, _ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch let error as SyscallError where error.code == .noSpace {
        throw fullDisk("the result", place)
    } catch let error as ExtractionError {
        let file = "/" + String(decoding: error.entry.prefix(200), as: UTF8.self)
        if error.failure.code == .noSpace { throw fullDisk(file, place) }
        throw EngineError(.fault, "\(file) cannot be written: \(error.failure)")
    }
}

private func fullDisk(_ file: String, _ place: String) -> EngineError {
    EngineError(.fault, "\(file) cannot be written below \(place): \(Errno.noSpace); `brig system prune` may make room")
}
