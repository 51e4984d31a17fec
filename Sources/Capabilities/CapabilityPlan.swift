internal import CLinux
public import LinuxKernel

/// What a process is to hold when it executes a program, and the calls that bring it there.
///
/// The caller, single-threaded and with CAP_SETPCAP, does in this order:
/// `dropBounding()`; if `keepsAcross(userID:)`, `keepAcrossUserChange()`; change groups and user; `apply()`.
/// Source: capabilities(7).
public struct CapabilityPlan: Equatable, Sendable {
    /// What the process is to have after exec.
    public var sets: ProcessCapabilities

    /// Five sets, as config.json names them.
    public init(
        bounding: CapabilitySet, permitted: CapabilitySet, effective: CapabilitySet, inheritable: CapabilitySet = [],
        ambient: CapabilitySet = []
    ) {
        sets = ProcessCapabilities(
            bounding: bounding, permitted: permitted, effective: effective, inheritable: inheritable, ambient: ambient)
    }

    /// These sets, whatever the kernel knows of them.
    public init(_ sets: ProcessCapabilities) { self.sets = sets }

    /// The same capabilities in the bounding, permitted and effective sets; nothing inheritable and nothing ambient.
    public init(granting set: CapabilitySet) { self.init(bounding: set, permitted: set, effective: set) }

    /// What to do, as a value.
    public enum Step: Equatable, Sendable {
        /// Everything but this leaves the bounding set, so that no exec brings it back.
        case dropBounding(keeping: CapabilitySet)
        /// The permitted set outlives the change to another user than root.
        case keepAcrossUserChange
        case changeUser
        case set(permitted: CapabilitySet, effective: CapabilitySet, inheritable: CapabilitySet)
        case raiseAmbient(CapabilitySet)
    }

    /// The steps of the way to user `userID`, in order.
    public func steps(userID: UInt32) -> [Step] {
        // The bounding set goes while CAP_SETPCAP is still there. The user changes while CAP_SETUID is. Ambient
        // capabilities come last: a change of user clears them, and they must be permitted and inheritable.
        var result: [Step] = [.dropBounding(keeping: sets.bounding)]
        if keepsAcross(userID: userID) { result.append(.keepAcrossUserChange) }
        result.append(.changeUser)
        result.append(.set(permitted: sets.permitted, effective: sets.effective, inheritable: sets.inheritable))
        if !raisableAmbient.isEmpty { result.append(.raiseAmbient(raisableAmbient)) }
        return result
    }

    /// Whether capabilities must be kept over the change of user: root keeps them, and nobody needs what is dropped.
    public func keepsAcross(userID: UInt32) -> Bool {
        userID != 0 && !(sets.permitted.isEmpty && sets.inheritable.isEmpty)
    }

    /// Ambient capabilities that can be raised, as they are permitted and inheritable. The rest can't be granted, which
    /// the runtime-spec makes a warning.
    public var raisableAmbient: CapabilitySet {
        sets.ambient.intersection(sets.permitted).intersection(sets.inheritable)
    }
}

extension CapabilityPlan {
    /// Takes everything but the plan's bounding set out of the bounding set.
    ///
    /// - Throws: `EPERM` without CAP_SETPCAP.
    public func dropBounding() throws(SyscallError) {
        // Without asking first what is there: a drop of what is gone already succeeds, and a question costs the same.
        for number in UInt8(0)..<64 {
            guard let capability = Capability(rawValue: number), !sets.bounding.contains(capability) else { continue }
            do throws(SyscallError) {
                try kernel("prctl", "PR_CAPBSET_DROP \(capability)") {
                    clinux_prctl(CLINUX_PR_CAPBSET_DROP, UInt(number), 0, 0, 0)
                }
            } catch  where error.code == .invalidArgument {
                return  // The kernel knows no capability of this number, nor any above.
            }
        }
    }

    /// Keeps the permitted set over the next change of user. The kernel forgets it at exec.
    public func keepAcrossUserChange() throws(SyscallError) { try Self.setKeepingAcrossUserChange(true) }

    /// Says whether the permitted set is kept over the next change of user. It takes no capability.
    public static func setKeepingAcrossUserChange(_ isKept: Bool) throws(SyscallError) {
        try kernel("prctl", "PR_SET_KEEPCAPS") { clinux_prctl(CLINUX_PR_SET_KEEPCAPS, isKept ? 1 : 0, 0, 0, 0) }
    }

    /// Sets permitted, effective, inheritable and ambient capabilities of the calling thread.
    ///
    /// - Returns: What the plan asks for and the caller does not hold itself, so that it could not be granted: to be
    ///   warned of.
    /// - Throws: `EPERM` if the effective set is not within the permitted one, or a filter or `securebits` forbid it.
    @discardableResult
    public func apply() throws(SyscallError) -> CapabilitySet {
        var granted = self
        var missing = sets.ambient.subtracting(raisableAmbient)
        do throws(SyscallError) {
            try set()
        } catch  where error.code == .notPermitted {
            // A host that lacks some capabilities itself gives those it has.
            let held = try ProcessCapabilities.ownPermitted()
            let all = sets.permitted.union(sets.effective).union(sets.inheritable)
            guard !all.isSubset(of: held), sets.effective.isSubset(of: sets.permitted) else { throw error }
            missing.formUnion(all.subtracting(held))
            granted.sets.permitted.formIntersection(held)
            granted.sets.effective.formIntersection(held)
            granted.sets.inheritable.formIntersection(held)
            try granted.set()
        }
        for capability in granted.raisableAmbient.capabilities {
            do throws(SyscallError) {
                try kernel("prctl", "PR_CAP_AMBIENT_RAISE \(capability)") {
                    clinux_prctl(
                        CLINUX_PR_CAP_AMBIENT, CLINUX_PR_CAP_AMBIENT_RAISE, UInt(capability.rawValue), 0, 0)
                }
            } catch  where error.code == .invalidArgument {
                missing.formUnion(CapabilitySet([capability]))  // The kernel knows no capability of this number.
            }
        }
        return missing.union(sets.ambient.subtracting(granted.raisableAmbient))
    }

    private func set() throws(SyscallError) {
        let (effective, permitted, inheritable) = (sets.effective, sets.permitted, sets.inheritable)
        try kernel("capset", "permitted \(permitted.hexadecimal), effective \(effective.hexadecimal)") {
            clinux_capset(effective.rawValue, permitted.rawValue, inheritable.rawValue)
        }
    }

    /// Empties the ambient set, before anything else has changed it: the caller may have been started with one.
    public static func clearAmbient() throws(SyscallError) {
        try kernel("prctl", "PR_CAP_AMBIENT_CLEAR_ALL") {
            clinux_prctl(CLINUX_PR_CAP_AMBIENT, CLINUX_PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
        }
    }
}

/// How the kernel treats user 0 in this thread: capabilities(7), "The securebits flags".
public struct SecureBits: OptionSet, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// `SECBIT_NOROOT`: user 0 gets no capabilities at exec.
    public static let noRoot = SecureBits(rawValue: 1 << 0)
    /// `SECBIT_NOROOT_LOCKED`
    public static let noRootLocked = SecureBits(rawValue: 1 << 1)
    /// `SECBIT_NO_SETUID_FIXUP`: a change of user leaves capabilities alone.
    public static let noSetuidFixup = SecureBits(rawValue: 1 << 2)
    /// `SECBIT_NO_SETUID_FIXUP_LOCKED`
    public static let noSetuidFixupLocked = SecureBits(rawValue: 1 << 3)
    /// `SECBIT_KEEP_CAPS`
    public static let keepCapabilities = SecureBits(rawValue: 1 << 4)
    /// `SECBIT_KEEP_CAPS_LOCKED`
    public static let keepCapabilitiesLocked = SecureBits(rawValue: 1 << 5)
    /// `SECBIT_NO_CAP_AMBIENT_RAISE`
    public static let noAmbientRaise = SecureBits(rawValue: 1 << 6)
    /// `SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED`
    public static let noAmbientRaiseLocked = SecureBits(rawValue: 1 << 7)

    /// Those of the calling thread.
    public static func own() throws(SyscallError) -> SecureBits {
        SecureBits(
            rawValue: try kernel("prctl", "PR_GET_SECUREBITS") { clinux_prctl(CLINUX_PR_GET_SECUREBITS, 0, 0, 0, 0) })
    }

    /// Sets them for the calling thread.
    ///
    /// - Throws: `EPERM` without CAP_SETPCAP, or where one is locked.
    public func apply() throws(SyscallError) {
        let value = UInt(UInt32(bitPattern: rawValue))
        try kernel("prctl", "PR_SET_SECUREBITS \(value)") { clinux_prctl(CLINUX_PR_SET_SECUREBITS, value, 0, 0, 0) }
    }
}
