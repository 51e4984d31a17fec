internal import LinuxKernel
internal import NIOSSL
internal import Synchronization

/// Whom to believe and as whom to appear, for each server: the system's authorities, and what lies in `certs.d`.
final class TrustStore: Sendable {
    private let directories: [String]
    private let known = Mutex<[WebAddress.Origin: TLSConfiguration]>([:])

    private let showsOwnCertificates: Bool

    /// - Parameter showsOwnCertificates: Whether servers are told who asks, where there is a certificate for that.
    init(directories: [String], showsOwnCertificates: Bool = true) {
        self.directories = directories
        self.showsOwnCertificates = showsOwnCertificates
    }

    /// - Throws: ``RegistryError`` of kind `invalidInput` for a file that cannot be read or is no certificate or key.
    func configuration(for origin: WebAddress.Origin) throws(RegistryError) -> TLSConfiguration {
        if let configuration = known.withLock({ $0[origin] }) { return configuration }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let roots = Self.systemRoots { configuration.trustRoots = .file(roots) }
        for directory in directories {
            for name in Self.names(of: origin) { try add(filesIn: "\(directory)/\(name)", to: &configuration) }
        }
        let finished = configuration
        known.withLock { $0[origin] = finished }
        return finished
    }

    /// Under which names an administrator may have put its certificates.
    private static func names(of origin: WebAddress.Origin) -> [String] {
        var names = ["\(origin.host):\(origin.port)"]
        if origin.port == origin.scheme.defaultPort { names.append(origin.host) }
        if origin.host == "registry-1.docker.io" { names.append("docker.io") }
        return names
    }

    /// The file with the system's authorities where it is not at one of the places that NIOSSL knows.
    private static let systemRoots: String? = {
        if let file = environmentVariable("SSL_CERT_FILE"), file.hasPrefix("/") { return file }
        let usual = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"]
        let others = [
            "/etc/ssl/ca-bundle.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
        ]
        let exists = { (path: String) in (try? OwnedDescriptor(open: path, .pathOnly)) != nil }
        return usual.contains(where: exists) ? nil : others.first(where: exists)
    }()

    private func add(
        filesIn directory: String, to configuration: inout TLSConfiguration
    ) throws(RegistryError) {
        guard let names = try Self.fileNames(in: directory) else { return }
        for name in names where name.hasSuffix(".crt") {
            configuration.additionalTrustRoots.append(.certificates(try certificates("\(directory)/\(name)")))
        }
        guard showsOwnCertificates else { return }
        for name in names where name.hasSuffix(".cert") && configuration.privateKey == nil {
            let key = "\(directory)/\(name.dropLast(5)).key"
            configuration.certificateChain = try certificates("\(directory)/\(name)").map { .certificate($0) }
            configuration.privateKey = .privateKey(try privateKey(key))
        }
    }

    /// nil if there is no such directory.
    private static func fileNames(in directory: String) throws(RegistryError) -> [String]? {
        do {
            return try OwnedDescriptor(open: directory, [.read, .directory]).entries().map(\.name).sorted()
        } catch  where error.code == .noSuchFile {
            return nil
        } catch {
            throw RegistryError(.invalidInput, host: "", "cannot read \(directory): \(error.code)")
        }
    }

    private func certificates(_ path: String) throws(RegistryError) -> [NIOSSLCertificate] {
        let bytes = try content(path)
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
            throw RegistryError(.invalidInput, host: "", "\(path) holds no certificate in PEM form")
        }
        return certificates
    }

    private func privateKey(_ path: String) throws(RegistryError) -> NIOSSLPrivateKey {
        let bytes = try content(path)
        guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
            throw RegistryError(.invalidInput, host: "", "\(path) holds no private key in PEM form without a password")
        }
        return key
    }

    private func content(_ path: String) throws(RegistryError) -> [UInt8] {
        do {
            return try readFile(path)
        } catch {
            throw RegistryError(.invalidInput, host: "", "cannot read \(path): \(error.code)")
        }
    }
}
