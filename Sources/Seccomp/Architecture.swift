/// An instruction set with its own table of system calls, as the runtime-spec names them.
public enum Architecture: UInt8, CaseIterable, Sendable {
    case x86, x86_64, x32, arm, aarch64
    case mips, mips64, mips64n32, mipsel, mipsel64, mipsel64n32, ppc, ppc64, ppc64le, riscv64, s390, s390x
    case parisc, parisc64, loongarch64, m68k, sh, sheb

    /// The name that the runtime-spec has from libseccomp, such as `SCMP_ARCH_X86_64`.
    ///
    /// Written out: to have Swift find a case's name takes longer than to compile a profile.
    public var specName: String {
        switch self {
        case .x86: "SCMP_ARCH_X86"
        case .x86_64: "SCMP_ARCH_X86_64"
        case .x32: "SCMP_ARCH_X32"
        case .arm: "SCMP_ARCH_ARM"
        case .aarch64: "SCMP_ARCH_AARCH64"
        case .mips: "SCMP_ARCH_MIPS"
        case .mips64: "SCMP_ARCH_MIPS64"
        case .mips64n32: "SCMP_ARCH_MIPS64N32"
        case .mipsel: "SCMP_ARCH_MIPSEL"
        case .mipsel64: "SCMP_ARCH_MIPSEL64"
        case .mipsel64n32: "SCMP_ARCH_MIPSEL64N32"
        case .ppc: "SCMP_ARCH_PPC"
        case .ppc64: "SCMP_ARCH_PPC64"
        case .ppc64le: "SCMP_ARCH_PPC64LE"
        case .riscv64: "SCMP_ARCH_RISCV64"
        case .s390: "SCMP_ARCH_S390"
        case .s390x: "SCMP_ARCH_S390X"
        case .parisc: "SCMP_ARCH_PARISC"
        case .parisc64: "SCMP_ARCH_PARISC64"
        case .loongarch64: "SCMP_ARCH_LOONGARCH64"
        case .m68k: "SCMP_ARCH_M68K"
        case .sh: "SCMP_ARCH_SH"
        case .sheb: "SCMP_ARCH_SHEB"
        }
    }

    /// The architecture with this name of the runtime-spec.
    public init?(specName: String) {
        guard let found = Self.allCases.first(where: { $0.specName == specName }) else { return nil }
        self = found
    }

    /// What this library was built for; nil if it has no table of that machine's calls.
    public static var native: Architecture? {
        #if arch(x86_64)
            return .x86_64
        #elseif arch(arm64)
            return .aarch64
        #else
            return nil
        #endif
    }

    /// What a process may run on a machine of this kind: the kernel of the first runs the others' calls as well.
    /// A filter needs rules for these only.
    public var family: [Architecture] {
        switch self {
        case .x86_64: [.x86_64, .x32, .x86]
        case .aarch64: [.aarch64, .arm]
        default: [self]
        }
    }
}

extension Architecture {
    /// What `seccomp_data.arch` holds for a call: `AUDIT_ARCH_X86_64` for x32, too, which the number's bit tells apart.
    /// nil where we have no table. Source: linux/audit.h, `EM_` number with the flags for little-endian and 64 bits.
    var auditToken: UInt32? {
        switch self {
        case .x86: 0x4000_0003
        case .x86_64, .x32: 0xC000_003E
        case .arm: 0x4000_0028
        case .aarch64: 0xC000_00B7
        default: nil
        }
    }

    /// Whether the kernel hands a call's arguments to the filter as 64-bit values of which every bit can be set. x32
    /// programs have 64-bit registers; those of i386 and arm come with a high half of zero.
    var hasWideArguments: Bool { self != .x86 && self != .arm }

    /// What is added to the table's number.
    var numberOffset: UInt32 { self == .x32 ? Self.x32Bit : 0 }

    /// `__X32_SYSCALL_BIT`
    static let x32Bit: UInt32 = 0x4000_0000
}
