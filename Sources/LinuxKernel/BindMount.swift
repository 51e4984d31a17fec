internal import CLinux
internal import Glibc

/// Makes what `source` names appear at `target`, a file for a file: mount(2) with `MS_BIND`.
///
/// For tools whose user names both paths. Nothing in a tree that a container can change is mounted so: `DetachedMount`.
public func bindMount(_ source: String, on target: String) throws(SyscallError) {
    try kernel("mount", "\(source) on \(target)") { clinux_bind_mount(source, target) }
}
