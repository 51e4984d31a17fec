internal import CLinux
public import LinuxKernel

extension RouteSocket {
    /// Takes the link of this name away, and returns as soon as nobody can find it any more.
    ///
    /// Whoever asks for that waits another 10 to 20 ms in the kernel, until no processor can still be looking at the link (`rcu_barrier`
    /// in `netdev_run_todo`); here a process of its own does. Its peer, if it is a veth, is gone by then, too.
    ///
    /// - Returns: That process; `nil` if there was none to be had, and this one has waited.
    /// - Throws: `ENODEV`; `EOPNOTSUPP` for hardware and `lo`.
    public static func removeSoon(linkNamed name: InterfaceName) throws(NetlinkError) -> Errand? {
        var socket = try RouteSocket()
        let index = try socket.link(named: name.text).index
        do throws(SyscallError) {
            let raw = socket.descriptor.raw
            try kernel("setsockopt", "netlink") {
                clinux_netlink_option(raw, 1 /* NETLINK_ADD_MEMBERSHIP */, 1 /* RTNLGRP_LINK */)
            }
        } catch {
            throw .socket(error)
        }
        let message = socket.removal(of: index)
        let errand: Errand
        do throws(SyscallError) {
            errand = try Errand(sending: message, on: socket.descriptor)
        } catch {
            try socket.remove(link: index)
            return nil
        }
        // Another socket: this one hears of every link, and may have missed some.
        var second = try RouteSocket()
        switch try socket.answer(to: "remove link \(name)", about: index) {
        case .gone:
            // The lock under which links go is given up a moment after the word that they have: this question takes it.
            do throws(NetlinkError) { _ = try second.link(index: index) } catch  where error.code == .noDevice {}
        case .refused(let code, let explanation):
            throw .refused(request: "remove link \(name)", code, explanation: explanation)
        case .nothing:
            // Whatever has become of the errand, the kernel's answer to this one counts.
            do throws(NetlinkError) { try second.remove(link: index) } catch  where error.code == .noDevice {}
        }
        return errand
    }

    /// The request, which another process sends.
    private mutating func removal(of index: Int32) -> [UInt8] {
        var message = MessageWriter(.deleteLink, [.request, .acknowledge])
        message.appendLink(index: index)
        sequence &+= 1
        return message.finished(sequence: sequence)
    }

    private enum RemovalAnswer {
        case gone
        case refused(Errno, String?)
        /// None came, or it was lost among others.
        case nothing
    }

    /// Waits for the word that a link is gone, or for a no.
    private borrowing func answer(to request: String, about index: Int32) throws(NetlinkError) -> RemovalAnswer {
        while true {
            let datagram: [UInt8]
            do throws(SyscallError) {
                guard try !descriptor.wait(for: .readable, timeout: .seconds(10)).isEmpty else { return .nothing }
            } catch {
                throw .socket(error)
            }
            // Of too many changes at once the kernel leaves some out (ENOBUFS).
            do throws(NetlinkError) { datagram = try receiveFromKernel(descriptor.raw) } catch { return .nothing }
            do throws(MalformedMessage) {
                for message in try ReceivedMessage.list(datagram[...]) {
                    if let answer = try removalAnswer(in: message, about: index) { return answer }
                }
            } catch {
                throw .malformed(request: request, "\(error.what)")
            }
        }
    }

    private borrowing func removalAnswer(
        in message: ReceivedMessage, about index: Int32
    ) throws(MalformedMessage) -> RemovalAnswer? {
        switch MessageType(rawValue: message.type) {
        case .error where message.sequence == sequence:
            var answer = Answer()
            try answer.take(message) { _ in }
            guard let (code, explanation) = answer.failure, code != .noDevice else { return .gone }
            return .refused(code, explanation)
        case .deleteLink:
            // A bridge says with its own family that it has lost a port.
            var reader = FieldReader(message.payload)
            let family = try reader.next(UInt8.self)
            try reader.skip(3)
            let gone = try reader.next(Int32.self)
            return family == 0 && gone == index ? .gone : nil
        default: return nil
        }
    }
}
