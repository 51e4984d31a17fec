/// Takes the loopback link of the calling thread's network namespace up: one socket, one message.
///
/// It is number 1 in every namespace. Addresses 127.0.0.1 and ::1 come with it.
/// - Throws: `EPERM` without CAP_NET_ADMIN over the namespace.
public func loopbackUp() throws(NetlinkError) {
    let request = "take link lo up"
    var message = MessageWriter(.newLink, [.request, .acknowledge])
    message.appendLink(index: 1, flags: .up, mask: .up)
    // Without the options for explanations that a `RouteSocket` sets: every container that starts comes this way.
    var socket = try RouteSocket(explaining: false)
    try socket.change(request, message)
}
