internal import Archive
internal import LinuxKernel

/// Copies selections of a tree into a directory, by the one extractor.
enum CopyOut {
    /// - Returns: Each file's name and digest, if asked for.
    @discardableResult
    static func copy(
        _ tree: SourceTree, _ selections: [Selection], _ changes: CopyChanges,
        into destination: consuming OwnedDescriptor,
        isListing: Bool = false, guarding: CopyGuard? = nil
    ) throws -> [CopiedFile] {
        let entries = SelectedEntries(tree, selections, changes, isListing: isListing)
        let source: any EntrySource = guarding.map { GuardedEntries(entries, $0) } ?? entries
        _ = try Extractor(into: destination, options: ExtractionOptions()).extract(source)
        return entries.list
    }
}
