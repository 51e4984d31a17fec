import LinuxKernel

/// The right to put a container into a cgroup directory: flock(2) on it, held from before it is found empty until the
/// maker has ended, with every process that it made for the container and that has not executed its program yet.
///
/// An empty directory may have been prepared by somebody, so that its being there says nothing; two creates that find it
/// empty at the same moment would share it, and the end of one container would be the end of the other's processes.
final class CgroupClaim: Sendable {
    private let lock: FileLock

    /// - Returns: `nil` if somebody else makes a container there, or has made one that was not started yet.
    static func take(_ path: String, _ mount: borrowing CgroupMountPoint) throws(CgroupError) -> CgroupClaim? {
        let directory = try mount.open(path, forReading: true)
        do throws(SyscallError) {
            guard let lock = try FileLock.attempt(directory) else { return nil }
            return CgroupClaim(lock)
        } catch {
            throw .failed(error)
        }
    }

    /// Gives it up before the maker's end. That it fails leaves it until then, which harms nobody.
    func release() { try? lock.release() }

    private init(_ lock: consuming FileLock) { self.lock = lock }
}
