internal import AsyncHTTPClient
internal import LinuxKernel
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import OCISpec

/// What went wrong on the way, in our words; cancellation and our own errors as they are.
func failure(_ error: any Error, from origin: WebAddress.Origin) -> any Error {
    func unreachable(_ problem: String, advice: String? = nil) -> RegistryError {
        RegistryError(.unreachable, host: origin.name, problem, advice: advice)
    }
    switch error {
    case is RegistryError, is CancellationError: return error
    case let error as HTTPClientError where error == .cancelled && Task.isCancelled: return CancellationError()
    case let error as HTTPClientError where timeOuts.contains(error):
        return RegistryError(.timedOut, host: origin.name, "no answer in time (\(error.shortDescription.lowercased()))")
    case let error as HTTPClientError where error == .remoteConnectionClosed:
        return unreachable("the connection was closed before the answer was complete")
    case let error as HTTPClientError where error == .proxyAuthenticationRequired:
        return RegistryError(
            .unauthorized, host: origin.name, "the proxy wants to know who asks",
            advice: "say it in https_proxy and http_proxy: http://USER:PASSWORD@HOST:PORT")
    case let error as HTTPClientError where error == .invalidProxyResponse:
        return RegistryError(
            .unreachable, host: origin.name, "the proxy does not connect to it",
            advice: "see what the proxy says, or name the host in no_proxy", isFinal: true)
    case let error as HTTPClientError:
        return RegistryError(.invalidAnswer, host: origin.name, error.shortDescription.lowercased())
    case let error as NIOConnectionError:
        if error.dnsAError != nil, error.connectionErrors.isEmpty {
            return RegistryError(
                .unreachable, host: origin.name, "the name of the host is not known",
                advice: "check the name and the network", isFinal: true)
        }
        return unreachable(
            "cannot connect: \(error.connectionErrors.first.map { reason($0.error) } ?? "no address")",
            advice: connectingAdvice(error))
    case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: return tlsFailure(error, from: origin)
    case let error as ChannelError:
        if case .connectTimeout = error {
            return RegistryError(.timedOut, host: origin.name, "no connection in time")
        }
        return unreachable("the connection was closed")
    case is IOError: return unreachable(reason(error), advice: connectingAdvice(error))
    case let error as HTTPParserError where error == .invalidEOFState:
        return unreachable("the connection was closed before the answer was complete")
    case let error as HTTPParserError:
        return RegistryError(.invalidAnswer, host: origin.name, "not an answer in HTTP: \(error)")
    default: return unreachable(printable("\(error)"))
    }
}

/// Whether the other side spoke, but not TLS.
func isNotTLS(_ error: any Error) -> Bool {
    guard case NIOSSLError.handshakeFailed(let reason) = error else { return false }
    let text = "\(reason)"
    return ["WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNEXPECTED_RECORD", "DECODE_ERROR"].contains {
        text.contains($0)
    }
}

/// Whether nobody listens there.
func isRefused(_ error: any Error) -> Bool {
    let errors = (error as? NIOConnectionError)?.connectionErrors.map(\.error) ?? [error]
    return errors.contains { ($0 as? IOError)?.errnoCode == Errno.connectionRefused.rawValue }
}

private func connectingAdvice(_ error: any Error) -> String? {
    if isRefused(error) { return "check the host and the port, and that a registry runs there" }
    guard error is NIOConnectionError else { return nil }
    return "check the network and, if one is needed, the proxy (https_proxy)"
}

private let timeOuts: [HTTPClientError] = [
    .readTimeout, .writeTimeout, .connectTimeout, .tlsHandshakeTimeout, .deadlineExceeded,
    .getConnectionFromPoolTimeout, .httpProxyHandshakeTimeout, .socksHandshakeTimeout,
]

private func reason(_ error: any Error) -> String {
    if let error = error as? IOError { return Errno(rawValue: error.errnoCode).description }
    if case ChannelError.connectTimeout = error { return "no answer in time" }
    return printable("\(error)")
}

private func tlsFailure(_ error: any Error, from origin: WebAddress.Origin) -> RegistryError {
    func untrusted(_ problem: String, _ advice: String) -> RegistryError {
        RegistryError(.untrusted, host: origin.name, problem, advice: advice)
    }
    let text = "\(error)"
    if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname {
        return untrusted("the server's certificate is for another host", "use the name that the certificate has")
    }
    if case NIOSSLError.uncleanShutdown? = error as? NIOSSLError {
        return RegistryError(
            .unreachable, host: origin.name, "the connection was closed before the answer was complete")
    }
    if text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("unableToValidateCertificate") {
        return untrusted(
            "the server's certificate is not signed by an authority that this machine knows",
            "put the authority's certificate into /etc/brig/certs.d/\(origin.name)/ca.crt")
    }
    if isNotTLS(error) {
        return untrusted(
            "the server does not speak TLS",
            "if it is meant to be without, say \"plainHTTP\": true for it in \(RegistryConfiguration.path)")
    }
    if text.contains("CERTIFICATE_REQUIRED") || text.contains("BAD_CERTIFICATE") || text.contains("UNKNOWN_CA") {
        return untrusted(
            "the server does not accept our certificate",
            "put it into /etc/brig/certs.d/\(origin.name)/ as client.cert and client.key")
    }
    if text.contains("eofDuringHandshake") || text.contains("EOF during handshake") {
        return RegistryError(.unreachable, host: origin.name, "the connection was closed during the TLS handshake")
    }
    return untrusted("TLS failed: \(printable(text))", "see what the server's log says")
}

/// Text of others on one line, short, and without characters that steer a terminal.
func printable(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let shown = quoted(line, limit: 200)
    return String(shown.filter { $0 != "\"" }.map { $0 == "\\" ? "'" : $0 })
}
