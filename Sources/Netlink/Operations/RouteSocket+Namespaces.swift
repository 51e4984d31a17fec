extension RouteSocket {
    /// The number under which this namespace knows that of a process, as links' far ends are told by; `nil` if it has none.
    ///
    /// Source: rtnetlink(7), `RTM_GETNSID`, Linux 3.20; `NETNSA_PID`, `NETNSA_NSID`.
    public mutating func namespaceNumber(of pid: Int32) throws(NetlinkError) -> Int32? {
        var message = MessageWriter(.getNamespaceNumber, [.request, .acknowledge])
        message.append(UInt32(0))  // struct rtgenmsg, padded
        message.attribute(2, UInt32(bitPattern: pid))
        var number: Int32?
        try ask("get the number of the network namespace of process \(pid)", message) {
            (answer) throws(MalformedMessage) in
            guard answer.type == MessageType.newNamespaceNumber.rawValue else { return }
            for attribute in try Attribute.list(answer.payload.dropFirst(4)) where attribute.type == 1 {
                number = try attribute.number()
            }
        }
        return number.flatMap { $0 < 0 ? nil : $0 }
    }
}
