// Measures the ledger by itself: what an entry costs with 10^3 and with 10^6 before it, and how long it takes to open.
// Prints one JSON object. Usage: LedgerMeasure FOLDER [ENTRIES]
//        LedgerMeasure FOLDER --open: opens what the first wrote and prints the seconds.

import Foundation

let arguments = CommandLine.arguments.dropFirst()
guard let folder = arguments.first else {
    FileHandle.standardError.write(Data("usage: LedgerMeasure FOLDER [ENTRIES | --open]\n".utf8))
    exit(64)
}
let measure = try LedgerMeasure(folder: URL(filePath: folder))
if arguments.dropFirst().first == "--open" {
    try measure.open()
} else {
    try measure.append(entries: arguments.dropFirst().first.flatMap { Int($0) } ?? 1_000_000)
}
