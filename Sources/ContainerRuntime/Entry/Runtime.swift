/// The runtime on one state root: what makes containers and starts programs in them.
///
/// Synchronous and single-threaded: the kernel refuses a user namespace to a process with a second thread.
package struct Runtime {
    package let root: StateRoot
    package let log: Log

    package init(root: StateRoot, log: Log) {
        self.root = root
        self.log = log
    }
}
