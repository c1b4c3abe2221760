internal import CConfinement
internal import Glibc

/// One end of a socket pair over which descriptors travel: each message is one byte, its kind, and
/// at most two descriptors.
public struct DescriptorChannel: ~Copyable, Sendable {
    /// The most descriptors a message can carry.
    public static let descriptorsMax = 2

    /// A message that has arrived; whoever takes it closes the descriptors.
    public struct Message: Sendable, Equatable {
        /// What it is.
        public let kind: UInt8
        /// The descriptors, close-on-exec, as this process numbers them.
        public let descriptors: [CInt]
    }

    private let socket: Descriptor

    /// Takes over one end of a stream socket pair.
    public init(_ socket: consuming Descriptor) { self.socket = socket }

    /// Sends copies of descriptors, which stay open here too.
    ///
    /// Never waits.
    ///
    /// - Throws: the call that failed, `EAGAIN` if the peer has stopped reading.
    public borrowing func send(kind: UInt8, descriptors: [CInt]) throws(ConfinementError) {
        guard descriptors.count <= Self.descriptorsMax else { throw .badMessage }
        let payload = descriptors.count * MemoryLayout<CInt>.size
        var control = [UInt8](repeating: 0, count: cconfinement_cmsg_space(payload))
        var byte = kind
        let socket = socket.number
        let sent = unsafe Self.withMessage(&byte, &control) { message in
            if descriptors.isEmpty {
                unsafe message.msg_control = nil
                unsafe message.msg_controllen = 0
            } else if let header = unsafe cconfinement_cmsg_first(&message) {
                unsafe header.pointee.cmsg_level = SOL_SOCKET
                unsafe header.pointee.cmsg_type = cconfinement_scm_rights()
                unsafe header.pointee.cmsg_len = cconfinement_cmsg_length(payload)
                unsafe memcpy(cconfinement_cmsg_data(header), descriptors, payload)
            }
            let flags = CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL)
            return unsafe sendmsg(socket, &message, flags)
        }
        guard sent == 1 else { throw lastError("sendmsg") }
    }

    /// Waits for the next message; nil when the peer has gone.
    ///
    /// - Throws: `badMessage` if more descriptors came than a message may carry (they are closed),
    ///   or the call that failed.
    public borrowing func receive() throws(ConfinementError) -> Message? {
        let payload = Self.descriptorsMax * MemoryLayout<CInt>.size
        var control = [UInt8](repeating: 0, count: cconfinement_cmsg_space(payload))
        var byte: UInt8 = 0
        var descriptors: [CInt] = []
        var isCut = false
        let socket = socket.number
        var count = -1
        repeat {
            count = unsafe Self.withMessage(&byte, &control) { message in
                let count = unsafe recvmsg(socket, &message, CInt(MSG_CMSG_CLOEXEC))
                guard count > 0 else { return count }
                unsafe descriptors = Self.descriptors(in: &message)
                isCut = unsafe message.msg_flags & CInt(MSG_CTRUNC) != 0
                return count
            }
        } while count < 0 && errno == EINTR
        guard count >= 0 else { throw lastError("recvmsg") }
        guard !isCut else {
            for number in descriptors { close(number) }
            throw .badMessage
        }
        return count == 0 ? nil : Message(kind: byte, descriptors: descriptors)
    }

    private static func descriptors(in message: inout msghdr) -> [CInt] {
        guard let header = unsafe cconfinement_cmsg_first(&message),
            unsafe header.pointee.cmsg_level == SOL_SOCKET,
            unsafe header.pointee.cmsg_type == cconfinement_scm_rights()
        else { return [] }
        let payload = unsafe Int(header.pointee.cmsg_len) - cconfinement_cmsg_length(0)
        let count = min(max(payload, 0) / MemoryLayout<CInt>.size, descriptorsMax)
        var numbers = [CInt](repeating: -1, count: count)
        unsafe memcpy(&numbers, cconfinement_cmsg_data(header), count * MemoryLayout<CInt>.size)
        return numbers
    }

    private static func withMessage(
        _ byte: inout UInt8, _ control: inout [UInt8], _ body: (inout msghdr) -> Int
    ) -> Int {
        unsafe withUnsafeMutablePointer(to: &byte) { bytePointer in
            var vector = unsafe iovec(iov_base: bytePointer, iov_len: 1)
            return unsafe withUnsafeMutablePointer(to: &vector) { vectorPointer in
                unsafe control.withUnsafeMutableBytes { buffer in
                    var message = unsafe msghdr()
                    unsafe message.msg_iov = vectorPointer
                    unsafe message.msg_iovlen = 1
                    unsafe message.msg_control = buffer.baseAddress
                    unsafe message.msg_controllen = buffer.count
                    return unsafe body(&message)
                }
            }
        }
    }
}
