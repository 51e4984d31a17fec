import TestSupport
import Testing

/// Tests that drive the built executables: as root, in workspaces of their own.
@Suite("Integration", .enabled(if: Machine.isReady, "needs root, `make build` and `make fixtures`"))
enum Integration {}
