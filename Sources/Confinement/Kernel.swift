internal import CConfinement
internal import Glibc

// One Swift name for each call of the shim; the constants are the kernel's (include/uapi/linux).

func process(_ option: CInt, _ argument: UInt = 0, _ second: UInt = 0) -> CInt {
    cconfinement_prctl(option, argument, second)
}

/// Gives the calling thread a name for lists of threads, of at most 15 bytes.
func nameThread(_ name: String) {
    _ = unsafe name.withCString { process(PR_SET_NAME, UInt(bitPattern: $0)) }
}

@unsafe func createMemoryFile(_ name: UnsafePointer<CChar>) -> CInt {
    let closeOnExec: UInt32 = 1
    return unsafe cconfinement_memfd_create(name, closeOnExec)
}

/// How many threads the process has now, from `/proc/self/task`.
func threadCount() throws(ConfinementError) -> Int {
    guard let folder = unsafe opendir("/proc/self/task") else { throw lastError("/proc/self/task") }
    defer { _ = unsafe closedir(folder) }
    var count = 0
    while let entry = unsafe readdir(folder) {
        // The first byte of "." and ".."; every other entry is a thread's number.
        if unsafe entry.pointee.d_name.0 != CChar(bitPattern: UInt8(ascii: ".")) { count += 1 }
    }
    return count
}
