import LinuxKernel
import Testing

@testable import ContainerRuntime

@Suite("Mount options")
struct MountOptionsTests {
    @Test(
        "attributes of the mount",
        arguments: [
            (["ro"], .readOnly, []),
            (["ro", "rw"], [], .readOnly),
            (["rw", "ro"], .readOnly, []),
            (["nosuid", "nodev", "noexec"], [.noSetUID, .noDevices, .noExec], []),
            (["nosuid", "suid"], [], .noSetUID),
            (["noatime"], .noAccessTime, .accessTimeField),
            (["strictatime"], .strictAccessTime, .accessTimeField),
            (["noatime", "relatime"], [], .accessTimeField),
            (["nosymfollow"], .noSymbolicLinks, []),
        ] as [([String], MountAttributes, MountAttributes)])
    func attributes(words: [String], set: MountAttributes, clear: MountAttributes) {
        let options = MountOptions(words)
        #expect(options.set == set)
        #expect(options.clear == clear)
        #expect(options.recursiveSet.isEmpty && options.recursiveClear.isEmpty && options.data.isEmpty)
    }

    @Test(
        "attributes of the whole tree",
        arguments: [
            (["rro"], .readOnly, []),
            (["rrw"], [], .readOnly),
            (["rnosuid", "rnodev", "rnoexec"], [.noSetUID, .noDevices, .noExec], []),
            (["rnoatime"], .noAccessTime, .accessTimeField),
            (["rrelatime"], [], .accessTimeField),
        ] as [([String], MountAttributes, MountAttributes)])
    func recursiveAttributes(words: [String], set: MountAttributes, clear: MountAttributes) {
        let options = MountOptions(words)
        #expect(options.recursiveSet == set)
        #expect(options.recursiveClear == clear)
        #expect(options.set.isEmpty && options.clear.isEmpty && options.data.isEmpty)
    }

    @Test("binds, propagation and what is left for the file system")
    func rest() {
        let options = MountOptions([
            "rbind", "rslave", "shared", "size=64k", "mode=1777", "tmpcopyup", "ridmap", "sync",
        ])
        #expect(options.isBind && options.isRecursive && options.copiesUp)
        #expect(
            options.propagation == [
                .init(kind: .slave, recursive: true), .init(kind: .shared, recursive: false),
            ])
        #expect(options.ownerMapping == .tree)
        #expect(options.data == ["size=64k", "mode=1777", "sync"])
    }

    @Test("words that begin with r and are no recursive attributes stay what they are")
    func similarWords() {
        #expect(MountOptions(["rsize=4096"]).data == ["rsize=4096"])
        #expect(MountOptions(["rprivate"]).propagation == [.init(kind: .private, recursive: true)])
    }
}
